"""The messages of an outbox folder by kind, so that one e-mail more breaks no test that counts another."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

from ackservice.mail.bounces import OWN_HEADER
from ackservice.storage.store import Store


def messages_of(outbox: Path, store: Store, kind: str) -> list[EmailMessage]:
    """The messages of one kind of delivery, such as `notice`, in the order in which they were queued."""
    with store.read() as connection:
        rows = connection.execute("SELECT id FROM delivery WHERE kind = ? ORDER BY id", (kind,)).fetchall()
    sent = {message[OWN_HEADER]: message for message in _all(outbox)}
    return [sent[str(row["id"])] for row in rows if str(row["id"]) in sent]


def _all(outbox: Path) -> list[EmailMessage]:
    files = sorted(outbox.glob("*.eml"))
    return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
