"""Rendered bodies, kept by what they are rendered from, so that a frozen text is rendered once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from handbook.site.checked_files import Damaged, read_checked, write_checked


class BodyCache:
    """Bodies in a folder, one file each, the first line being the SHA-256 of the rest.

    Losing the folder, or any file in it, costs time and nothing else: a damaged file is rendered anew and
    counted.
    """

    def __init__(self, folder: Path | None):
        self.folder = folder
        self.damaged = 0
        self._rendered: set[str] = set()

    @property
    def rendered(self) -> int:
        """How many bodies this run has rendered."""
        return len(self._rendered)

    def get(self, key: str, render: Callable[[], str]) -> str:
        """The body kept under `key`, rendered if it is not there or not whole."""
        kept = self._read(key)
        if kept is not None:
            return kept
        self._rendered.add(key)
        body = render()
        self._write(key, body)
        return body

    def missing(self, keys: Iterable[str]) -> list[str]:
        """The keys no file stands for."""
        return [key for key in keys if self.folder is None or not os.path.exists(self._path(key))]

    def count_rendered(self, keys: Iterable[str]) -> None:
        """Take note of bodies another process has rendered into the same folder for this run."""
        self._rendered.update(key for key in keys if not self.missing([key]))

    def _path(self, key: str) -> str:
        return f"{self.folder}/{key[:2]}/{key[2:]}.html"

    def _read(self, key: str) -> str | None:
        if self.folder is None:
            return None
        try:
            content = read_checked(self._path(key))
        except Damaged:
            self.damaged += 1
            return None
        return None if content is None else content.decode("utf-8")

    def _write(self, key: str, body: str) -> None:
        if self.folder is not None:
            write_checked(self._path(key), body.encode("utf-8"))
