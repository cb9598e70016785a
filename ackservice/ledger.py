"""The ledger's arithmetic: canonical lines, the hash chain, and salted commitments to personal data.

A line is canonical JSON (sorted keys, no spaces, UTF-8) and holds ids, dates and digests, never a name or an
address. What is personal stands in it as a commitment: SHA-256 over a random salt and the values. Deleting
values and salt leaves the chain whole; changing a value is found. The hash of a line is SHA-256 over the
hexadecimal hash before it and the line, so that `printf '%s%s' "$hash_before" "$line" | sha256sum` checks it
by hand.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping

GENESIS = "0" * 64


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: object) -> str:
    """Canonical JSON of a value."""
    return _ENCODER.encode(value)


def line(number: int, at: str, kind: str, fact: Mapping[str, object], sealed: str | None = None) -> str:
    """The text of one ledger line."""
    content = {"n": number, "at": at, "kind": kind, "fact": dict(fact)}
    if sealed is not None:
        content["sealed"] = sealed
    return canonical(content)


def next_hash(previous: str, text: str) -> str:
    """The hash of a line, given the hash of the line before it."""
    return hashlib.sha256((previous + text).encode("utf-8")).hexdigest()


def new_salt() -> str:
    """A fresh salt: 128 random bits, hexadecimal."""
    return secrets.token_hex(16)


def commitment(salt: str, values: Mapping[str, object]) -> str:
    """What stands in the ledger for personal values: tells nothing without the salt, changes with every
    value."""
    return hashlib.sha256((salt + canonical(values)).encode("utf-8")).hexdigest()
