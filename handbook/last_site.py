"""The site that a build replaces: pages that would come out the same are taken over from it as links to their files."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from handbook.checked_files import Damaged, read_checked, write_checked
from handbook.files import link


class LastSite:
    """What the last build into a folder was made from, file by file.

    A file is taken over only where its key is the same and nobody has touched it since, by its size and time of change.
    Losing the record, or a file system without links, costs time and nothing else.
    """

    def __init__(self, output: Path, folder: Path):
        self.damaged = 0
        self.taken = 0
        self._output = output
        self._record = f"{folder}/{hashlib.sha256(os.fsencode(output)).hexdigest()}.site"
        self._before = self._read()
        self._keys: dict[str, str] = {}

    def take(self, path: str, key: str, new: Path) -> bool:
        """Whether the file could be put into the new site as it was; `key` is the digest of all it is made from."""
        self._keys[path] = key
        if path not in self._before or self._before[path][0] != key:
            return False
        old = f"{self._output}/{path}"
        try:
            if _touched(old) != self._before[path][1:]:
                return False
            link(old, f"{new}/{path}")
        except OSError:
            return False
        self.taken += 1
        return True

    def keep(self) -> None:
        """Record the files of this build; to be called when they stand in the folder."""
        record = {path: [key, *_touched(f"{self._output}/{path}")] for path, key in self._keys.items()}
        write_checked(self._record, json.dumps(record).encode("utf-8"))

    def _read(self) -> dict[str, list]:
        try:
            content = read_checked(self._record)
        except Damaged:
            self.damaged += 1
            return {}
        return json.loads(content) if content else {}


def _touched(path: str) -> list[int]:
    """A file's size and the time it was last changed."""
    found = os.stat(path)
    return [found.st_size, found.st_mtime_ns]
