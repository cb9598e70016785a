"""Signed links: short, carrying a random key and a signature and nothing else.

The key is drawn for one recipient, one person or one receipt, never a row number: after a restore of an older
backup a link opens its own person's page or none. The signature is HMAC-SHA256 cut to 128 bits (RFC 2104,
section 5, allows half), made and checked through itsdangerous, with a salt for each purpose: a receipt's link
never acknowledges. The links of a person are signed under that person's present key as well, so that a new
key ends all of them at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import StrEnum

from itsdangerous import Signer
from itsdangerous.encoding import base64_decode, base64_encode
from itsdangerous.exc import BadData
from itsdangerous.signer import HMACAlgorithm

from ackservice.errors import LinkForged, SettingsError

SHORTEST_KEY = 32  # characters


class Purpose(StrEnum):
    """What a link is for; a link of one purpose is forged for every other."""

    ACKNOWLEDGE = "acknowledge"
    PERSON = "person"
    RECEIPT = "receipt"
    SIGN_IN = "sign-in"


class _HalfHMAC(HMACAlgorithm):
    """HMAC-SHA256, its first 128 bits."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return super().get_signature(key, value)[:16]

    def verify_signature(self, key: bytes, value: bytes, sig: bytes) -> bool:
        return len(sig) == 16 and super().verify_signature(key, value, sig)


class _Signer(Signer):
    """A signer that derives the key of each secret once: half the cost of every link otherwise."""

    def derive_key(self, secret_key: bytes | None = None) -> bytes:
        secret = self.secret_keys[-1] if secret_key is None else secret_key
        derived: dict[bytes, bytes] = self.__dict__.setdefault("_derived", {})
        if secret not in derived:
            derived[secret] = super().derive_key(secret)
        return derived[secret]


class Links:
    """Makes and reads signed links under secret keys, newest first; older keys go on opening their links."""

    def __init__(self, secret_keys: Sequence[str]):
        check_keys(secret_keys)
        oldest_first = [key.encode() for key in reversed(secret_keys)]
        self._signers = {
            purpose: _Signer(
                oldest_first,
                salt=f"handbook.{purpose}",
                key_derivation="hmac",
                digest_method=hashlib.sha256,
                algorithm=_HalfHMAC(hashlib.sha256),
            )
            for purpose in Purpose
        }

    def token(self, purpose: Purpose, key: str, under: str = "") -> str:
        """The signed text for a key (hexadecimal): 34 characters for 64 bits. `under`: a person's present
        key."""
        value = base64_encode(bytes.fromhex(key))
        signature = self._signers[purpose].get_signature(value + under.encode())
        return (value + b"." + signature).decode()

    def key(self, token: str) -> str:
        """The key a token carries, before its signature is looked at. Raises LinkForged for what cannot be
        one."""
        value, _, _ = token.partition(".")
        try:
            packed = base64_decode(value)
        except BadData as error:
            raise LinkForged(_FORGED) from error
        if not packed or base64_encode(packed).decode() != value:
            raise LinkForged(_FORGED)
        return packed.hex()

    def check(self, purpose: Purpose, token: str, under: str = "") -> None:
        """Raise LinkForged unless a token is signed for that purpose, also for another spelling of a right
        one."""
        value, _, signature = token.partition(".")
        if not token.isascii() or not self._signers[purpose].verify_signature(
            value.encode() + under.encode(), signature.encode()
        ):
            raise LinkForged(_FORGED)
        if base64_encode(base64_decode(signature)).decode() != signature:
            raise LinkForged(_FORGED)


_FORGED = "this link is not one of ours, or a part of it is missing"


def check_keys(secret_keys: Sequence[str]) -> None:
    """Raise SettingsError unless there is a key and each has 32 characters or more."""
    advice = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
    if not secret_keys:
        raise SettingsError(f"ACK_SECRET_KEYS is not set: links cannot be signed without a secret; {advice}")
    for place, key in enumerate(secret_keys, start=1):
        if len(key) < SHORTEST_KEY:
            raise SettingsError(
                f"ACK_SECRET_KEYS: key {place} has {len(key)} characters, at least {SHORTEST_KEY} are "
                f"needed; {advice}"
            )
