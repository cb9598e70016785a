"""Signed links: short, carrying a number and a signature and nothing else.

The number is that of a ledger line, so a link says nothing of a person to who cannot read the database. The
signature is HMAC-SHA256 cut to 128 bits (RFC 2104, section 5, allows half), made and checked through
itsdangerous, with a salt for each purpose: a receipt's link never acknowledges.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import StrEnum

from itsdangerous import BadSignature, Signer
from itsdangerous.encoding import base64_decode, base64_encode
from itsdangerous.exc import BadData
from itsdangerous.signer import HMACAlgorithm

from ackservice.errors import LinkForged, SettingsError

SHORTEST_KEY = 32  # characters
_LEAST_BYTES = 3  # 4 characters: keeps 16 million links at one length


class Purpose(StrEnum):
    """What a link is for; a link of one purpose is forged for every other."""

    ACKNOWLEDGE = "acknowledge"
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

    def token(self, purpose: Purpose, number: int) -> str:
        """The signed text for a number: 27 characters up to 16 million."""
        size = max(_LEAST_BYTES, (number.bit_length() + 7) // 8)
        return self._signers[purpose].sign(base64_encode(number.to_bytes(size, "big"))).decode()

    def number(self, purpose: Purpose, token: str) -> int:
        """The number a token was made for. Raises LinkForged, also for another spelling of a right
        signature."""
        try:
            packed = self._signers[purpose].unsign(token.encode("ascii"))
            number = int.from_bytes(base64_decode(packed), "big")
            signature = token.encode("ascii").rpartition(b".")[2]
            spelt_right = base64_encode(base64_decode(signature)) == signature
        except (BadSignature, BadData, UnicodeEncodeError, ValueError) as error:
            raise LinkForged("this link is not one of ours, or a part of it is missing") from error
        if not spelt_right:
            raise LinkForged("this link is not one of ours, or a part of it is missing")
        return number


def check_keys(secret_keys: Sequence[str]) -> None:
    """Raise SettingsError unless there is a key and each has 32 characters or more."""
    advice = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
    if not secret_keys:
        raise SettingsError(f"ACK_SECRET_KEYS is not set: links cannot be signed without a secret; {advice}")
    for place, key in enumerate(secret_keys, start=1):
        if len(key) < SHORTEST_KEY:
            raise SettingsError(
                f"ACK_SECRET_KEYS: key {place} has {len(key)} characters, at least {SHORTEST_KEY} are needed; {advice}"
            )
