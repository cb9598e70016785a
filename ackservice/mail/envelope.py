"""A message ready to be handed over, and what takes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Envelope:
    """One message to one person: `sender` is the bounce address, `data` RFC 5322 bytes with CRLF line
    ends."""

    sender: str
    recipient: str
    message_id: str
    data: bytes = field(repr=False)


class Session(Protocol):
    """An open road to a mail server, for one thread. It mends a dropped connection by itself before the next
    message."""

    def deliver(self, envelope: Envelope) -> str:
        """Hand over one message and return the server's answer; raises MailError."""

    def close(self) -> None:
        """Say goodbye; never raises."""


class Transport(Protocol):
    """A way of sending, safe to share between threads."""

    def open(self) -> Session:
        """Connect and log in; raises NothingCanBeSent, TryLater or ConnectionLost."""

    def describe(self) -> str:
        """The name of this transport for people, without secrets."""
