"""Sending into a folder: one `.eml` file a message, for trying things out and for the demo."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ackservice.mail.errors import CannotConnect, TryLater
from handbook.policy.library import write_whole

if TYPE_CHECKING:
    from ackservice.mail.mailer import SafeMessage


def file_name(message_id: str) -> str:
    """The file a message is kept in: readable, and the same for the same Message-ID, so that a repeat
    replaces it."""
    digest = hashlib.sha256(message_id.encode()).hexdigest()[:12]
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", message_id.strip("<>").partition("@")[0]).strip("-.")[:80]
    return f"{readable or 'message'}-{digest}.eml"


@dataclass(frozen=True)
class Outbox:
    """A folder that takes every message."""

    folder: Path

    def describe(self) -> str:
        return f"outbox folder {self.folder}"

    def open(self) -> OutboxConnection:
        """Makes the folder where it is missing; raises CannotConnect when it cannot be written to."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotConnect(
                f"The outbox folder {self.folder} cannot be made: {error.strerror}."
            ) from error
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise CannotConnect(f"The outbox folder {self.folder} cannot be written to.")
        return OutboxConnection(self.folder)


@dataclass(frozen=True)
class OutboxConnection:
    """Writes messages so that a file is either whole and on disk, or not there."""

    folder: Path

    def send(self, message: SafeMessage) -> str:
        name = file_name(message.msgId)
        try:
            write_whole(self.folder / name, message.as_bytes())
            self._sync_folder()
        except OSError as error:
            raise TryLater(f"writing to the outbox failed: {error.strerror}", whole_server=True) from error
        return f"250 kept as {name}"

    def close(self) -> None:
        pass

    def _sync_folder(self) -> None:
        if not hasattr(os, "O_DIRECTORY"):  # Windows cannot open a folder
            return
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
