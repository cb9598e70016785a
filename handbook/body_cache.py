"""Rendered bodies, kept by what they are rendered from, so that a frozen text is rendered once."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path


class BodyCache:
    """Bodies in a folder, one file each, the first line being the SHA-256 of the rest.

    Losing the folder, or any file in it, costs time and nothing else: a damaged file is rendered anew and counted.
    """

    def __init__(self, folder: Path | None):
        self.folder = folder
        self.damaged = 0
        self._rendered: set[str] = set()
        self._found: set[str] = set()

    @property
    def rendered(self) -> int:
        """How many bodies this run has rendered."""
        return len(self._rendered)

    @property
    def found(self) -> int:
        """How many bodies this run has from earlier ones."""
        return len(self._found)

    def get(self, key: str, render: Callable[[], str]) -> str:
        """The body kept under `key`, rendered if it is not there or not whole."""
        kept = self._read(key)
        if kept is not None:
            if key not in self._rendered:
                self._found.add(key)
            return kept
        self._rendered.add(key)
        body = render()
        self._write(key, body)
        return body

    def missing(self, keys: Iterable[str]) -> list[str]:
        """The keys no file stands for."""
        return [key for key in keys if self.folder is None or not self._path(key).exists()]

    def count_rendered(self, keys: Iterable[str]) -> None:
        """Take note of bodies another process has rendered into the same folder for this run."""
        self._rendered.update(key for key in keys if not self.missing([key]))

    def _path(self, key: str) -> Path:
        assert self.folder is not None
        return self.folder / key[:2] / f"{key[2:]}.html"

    def _read(self, key: str) -> str | None:
        if self.folder is None:
            return None
        try:
            data = self._path(key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError:
            self.damaged += 1
            return None
        checksum, _, body = data.partition(b"\n")
        if checksum.decode("ascii", "replace") != hashlib.sha256(body).hexdigest():
            self.damaged += 1
            return None
        return body.decode("utf-8")

    def _write(self, key: str, body: str) -> None:
        """Whole or not at all; a cache that cannot be written is no reason to fail."""
        if self.folder is None:
            return
        data = body.encode("utf-8")
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                file.write(hashlib.sha256(data).hexdigest().encode("ascii") + b"\n" + data)
            os.replace(file.name, path)
        except OSError:
            return
