"""What a mail server is told to hand over one message (RFC 5321). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ackservice.mail.answers import Stage
from ackservice.mail.envelope import Envelope

NO_MESSAGE = b".\r\n"


@dataclass(frozen=True)
class Command:
    """A command before the message, and the codes that take it."""

    stage: Stage
    line: str
    accepted: tuple[int, ...]

    def written(self) -> bytes:
        """Raises ValueError for a line that would be two commands."""
        if "\r" in self.line or "\n" in self.line:
            raise ValueError("a mail command holds no line break")
        return f"{self.line}\r\n".encode("ascii")


def announcing(envelope: Envelope) -> tuple[Command, Command, Command]:
    """Who sends what to whom: the commands before the message."""
    return (
        Command(Stage.SENDER, f"MAIL FROM:<{envelope.sender}>", (250,)),
        Command(Stage.RECIPIENT, f"RCPT TO:<{envelope.recipient}>", (250, 251)),
        Command(Stage.DATA, "DATA", (354,)),
    )


def stuffed(data: bytes) -> bytes:
    """A message as DATA wants it: dots doubled at line starts, and the final dot (RFC 5321, 4.5.2)."""
    text = data.replace(b"\r\n.", b"\r\n..")
    if text.startswith(b"."):
        text = b"." + text
    return text + (b".\r\n" if text.endswith(b"\r\n") else b"\r\n.\r\n")
