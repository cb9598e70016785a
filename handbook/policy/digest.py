"""The canonical text of a version, its digest, and the seal over what was approved."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable
from datetime import date


def canonical_text(title: str, body: str) -> str:
    """`# Title`, a blank line and the body: NFC, LF line ends, no trailing spaces, one final newline.

    Encoded as UTF-8 these are exactly the bytes published as `<version>.md`, so `sha256sum` shows the digest.
    """
    text = with_lf(f"# {title}\n\n{body}")
    lines = map(str.rstrip, unicodedata.normalize("NFC", text).split("\n"))
    head, _, rest = "\n".join(lines).partition("\n")
    return f"{head}\n\n{rest.strip(chr(10))}".rstrip("\n") + "\n"


def with_lf(text: str) -> str:
    """The text with LF line ends; few have any others, and finding one character costs next to nothing."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def digest_of(text: str) -> str:
    """`sha256:` and the hexadecimal SHA-256 of the text's UTF-8 bytes."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()


def seal_of(
    *,
    policy: str,
    version: str,
    digest: str | None,
    effective_on: date,
    audience: Iterable[str],
    change: str,
    approved_by: str,
    approved_on: date,
) -> str:
    """SHA-256 of the canonical JSON of everything an approval covers (sorted keys, no spaces, UTF-8).

    An empty audience stands as "all". `digest` is None for a withdrawal, which has no text.
    """
    covered = {
        "policy": policy,
        "version": version,
        "digest": digest,
        "effective_on": effective_on.isoformat(),
        "audience": sorted(audience) or "all",
        "change": str(change),
        "approved_by": approved_by,
        "approved_on": approved_on.isoformat(),
    }
    return digest_of(json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
