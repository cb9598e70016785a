"""Writing a file whole or not at all, and bytes to standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path


def write_whole(target: Path, parts: Iterable[bytes]) -> None:
    """Write beside the target and put it in its place when complete, so that nobody finds half a file.

    What is no ordinary file (a pipe, a device) is written to directly and stays what it is.
    """
    target = target.resolve()
    if target.exists() and not target.is_file():
        with target.open("wb") as stream:
            stream.writelines(parts)
        return
    partial = target.with_name(f".{target.name}.partial")
    try:
        with partial.open("wb") as stream:
            for part in parts:
                stream.write(part)
        os.replace(partial, target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write_out(parts: Iterable[bytes]) -> None:
    """Write to standard output byte for byte, whatever the terminal's encoding."""
    sys.stdout.flush()
    for part in parts:
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()
