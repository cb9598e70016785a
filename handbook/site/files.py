"""Files of a site, of which there are thousands: written and listed at little cost."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # of Linux; a path is as the process sees it, and both must be there


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file, and the folders above it where they turn out to be missing."""
    try:
        _write(path, data)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _write(path, data)


def link(old: str, new: str) -> None:
    """Give a file a second name, and make the folders above that where they turn out to be missing."""
    try:
        os.link(old, new)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(new), exist_ok=True)
        os.link(old, new)


def exchange(one: Path, other: Path) -> bool:
    """Let two folders change names in one step; False where the system, or the file system, cannot."""
    try:
        renameat2 = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    return renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0


def files_below(folder: Path, ending: str = "") -> Iterator[str]:
    """The files below a folder whose names end so, as paths from there with slashes, in no order."""
    pending = [(str(folder), "")]
    while pending:
        inner, prefix = pending.pop()
        with os.scandir(inner) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append((entry.path, f"{prefix}{entry.name}/"))
                elif entry.name.endswith(ending):
                    yield f"{prefix}{entry.name}"


def _write(path: str | os.PathLike[str], data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
