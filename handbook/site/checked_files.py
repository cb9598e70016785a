"""Files of a cache, each beginning with the SHA-256 of what follows, so that a damaged one is known for what
it is."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress

from handbook.site.files import write_bytes


class Damaged(ValueError):
    """A file of the cache is not as it was written."""


def read_checked(path: str) -> bytes | None:
    """What was written to `path`, or None where nothing was; raises Damaged for anything else."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Damaged(path) from error
    checksum, _, content = data.partition(b"\n")
    if checksum.decode("ascii", "replace") != hashlib.sha256(content).hexdigest():
        raise Damaged(path)
    return content


def write_checked(path: str, content: bytes) -> None:
    """Whole or not at all; a cache that cannot be written is no reason to fail."""
    new = f"{path}.{os.getpid()}"
    try:
        write_bytes(new, hashlib.sha256(content).hexdigest().encode("ascii") + b"\n" + content)
        os.replace(new, path)
    except OSError:
        with suppress(OSError):
            os.unlink(new)  # half of it may be on a disk that is full
