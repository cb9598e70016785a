"""The handbook that `ack serve` shows: built into a folder beside the database, and anew when the day or a
text has changed."""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path

from ackservice.config import Settings
from ackservice.storage.filelock import FileLock
from handbook.policy.errors import HandbookError

_FOLDERS = ("handbook", "changelog", "school.toml")


class Site:
    """The built handbook. One that cannot be built keeps the pages it had: acknowledging goes on."""

    def __init__(self, settings: Settings):
        self.folder: Path = settings.database.parent / "site"
        self._settings = settings
        self._built: tuple[object, ...] | None = None
        self._log = logging.getLogger("ackservice.site")

    def follow(self, today: date) -> str:
        """Build unless the day and every file are as they were; returns what went wrong, empty when
        nothing."""
        state = (today, *self._files())
        if self._built == state:
            return ""
        self._built = state
        from handbook.site.build import build  # takes a second to import, and few commands build

        try:
            with FileLock(self.folder.with_name("site.lock")):
                build(
                    self._settings.handbook, self.folder, today, today, base_address=self._settings.base_url
                )
        except (HandbookError, OSError) as error:
            self._log.warning("the handbook could not be built: %s", error)
            return f"The handbook could not be built: {error}"
        return ""

    def _files(self) -> list[tuple[str, int, int]]:
        """Every file the handbook is made from, with its size and when it changed."""
        root = self._settings.handbook
        paths = [path for name in _FOLDERS for path in (root / name, *sorted((root / name).rglob("*")))]
        return [(str(p), (stat := p.stat()).st_mtime_ns, stat.st_size) for p in paths if p.is_file()]
