"""The site that a build replaces: pages that would come out the same are taken over from it as links to
their files."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from handbook.site.checked_files import Damaged, read_checked, write_checked
from handbook.site.files import link


class LastSite:
    """What the last build into a folder was made from, file by file.

    A file is taken over only where its key is the same and nobody has touched it since, by its size and time
    of change. Losing the record, or a file system without links, costs time and nothing else.
    """

    def __init__(self, output: Path, folder: Path):
        self.damaged = 0
        self.taken = 0
        self._output = output
        self._record = f"{folder}/{hashlib.sha256(os.fsencode(output)).hexdigest()}.site"
        self._before = self._read()
        self._made: dict[str, list] = {}

    def take(self, path: str, key: str, new: Path) -> bool:
        """Whether the file could be put into the new site as it was; `key` is the digest of all it is made
        from."""
        before = self._before.get(path)
        if not before or before[0] != key:
            return False
        taken = f"{new}/{path}"
        try:
            link(f"{self._output}/{path}", taken)
            if (
                _touched(taken) != before[1:]
            ):  # asked of what was taken: another build may be replacing the site
                os.unlink(taken)
                return False
        except OSError:
            return False
        self._made[path] = before
        self.taken += 1
        return True

    def made(self, path: str, key: str, new: Path) -> None:
        """Take note of a file just made for the new site."""
        self._made[path] = [key, *_touched(f"{new}/{path}")]

    def keep(self) -> None:
        """Record the files of this build; to be called when they stand in the folder."""
        write_checked(self._record, json.dumps(self._made).encode("utf-8"))

    def _read(self) -> dict[str, list]:
        try:
            content = read_checked(self._record)
        except Damaged:
            self.damaged += 1
            return {}
        return json.loads(content) if content else {}


def _touched(path: str) -> list[int]:
    """A file's size and the time it was last changed, which of a symbolic link are its own."""
    found = os.lstat(path)
    return [found.st_size, found.st_mtime_ns]
