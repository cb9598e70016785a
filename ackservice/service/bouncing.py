"""Bounces: what came back, matched to what we sent and recorded once.

Nobody is marked on the word of a message that does not name one of our deliveries, nor of one that names
another address than the one we wrote to. A message that bounces after it was taken takes the day of notice
back; a later good delivery gives a new one.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ackservice.errors import AckError
from ackservice.mail.bounces import Bounce, Ignored, recognise
from ackservice.mail.inboxes import Incoming, messages_in
from ackservice.service.context import Service
from ackservice.service.warnings import BOUNCES_TROUBLE
from ackservice.storage import deliveries, marks
from ackservice.storage.store import Transaction
from handbook.policy.wording import whole_number

_READ_UP_TO = "bounces read up to "


@dataclass(frozen=True)
class BounceResult:
    """What a mailbox told. `known` failures had been recorded before; `temporary` ones are still being tried
    by a server."""

    read: int = 0
    recorded: int = 0
    known: int = 0
    temporary: int = 0
    foreign: int = 0
    ignored: int = 0

    def plus(self, what: str) -> BounceResult:
        return replace(self, read=self.read + 1, **{what: getattr(self, what) + 1})

    def in_words(self) -> str:
        return (
            f"{_counted(self.read, 'message')} read: {_counted(self.recorded, 'new failure')}, "
            f"{self.known} known already, {self.temporary} only delayed, "
            f"{self.foreign} about messages that are not ours, {self.ignored} of another kind."
        )


def read_bounces(
    service: Service,
    source: str,
    now: datetime,
    *,
    environ: Mapping[str, str] = os.environ,
    new_only: bool = False,
) -> BounceResult:
    """Read a mailbox and record what it tells; reading it twice records nothing twice. Raises MailError for
    the mailbox.

    With `new_only`, an IMAP mailbox is read from where the last run ended.
    """
    mark = _READ_UP_TO + source.partition("?")[0]
    with service.store.read() as connection:
        after = marks.get(connection, mark) if new_only else ""
    result, last = BounceResult(), after
    timeout = service.settings.school.mail.timeout_seconds
    for incoming in messages_in(source, after=after, timeout_seconds=timeout, environ=environ):
        result = result.plus(_take(service, incoming, now))
        last = incoming.key
    if new_only and "://" in source and last != after:
        with service.store.write(now) as tx:
            marks.put(tx, mark, last)
    return result


def poll_bounces(
    service: Service, now: datetime, environ: Mapping[str, str] = os.environ
) -> BounceResult | None:
    """Read the mailbox named in school.toml, if any; what is wrong with it is kept for the weekly summary,
    then raised."""
    source = service.settings.school.mail.bounces
    if not source:
        return None
    try:
        result, trouble = read_bounces(service, source, now, environ=environ, new_only=True), ""
    except (AckError, OSError) as error:
        _keep_trouble(service, f"Returned mail could not be read: {error}", now)
        raise
    _keep_trouble(service, trouble, now)
    return result


def _keep_trouble(service: Service, trouble: str, now: datetime) -> None:
    with service.store.read() as connection:
        if marks.get(connection, BOUNCES_TROUBLE) == trouble:
            return
    with service.store.write(now) as tx:
        marks.put(tx, BOUNCES_TROUBLE, trouble)


def _take(service: Service, incoming: Incoming, now: datetime) -> str:
    """Which count of the result one message belongs to; records a failure that is new."""
    report = recognise(incoming.data)
    if isinstance(report, Ignored):
        return "ignored"
    with service.store.read() as connection:
        verdict = _verdict(connection, report)
    if verdict != "recorded":
        return verdict
    with service.store.write(now) as tx:
        verdict = _verdict(tx.connection, report)
        if verdict == "recorded":
            _record(tx, report)
    return verdict


def _verdict(connection: sqlite3.Connection, report: Bounce) -> str:
    row = _delivery(connection, report)
    if row is None:
        return "foreign"
    if not report.permanent:
        return "temporary"
    return "recorded" if row["state"] == "sent" else "known"


def _delivery(connection: sqlite3.Connection, report: Bounce) -> sqlite3.Row | None:
    """The delivery a report names: by Message-ID, and by its number only together with the address it went
    to."""
    row = None
    if report.message_id:
        found = deliveries.by_message_id(connection, report.message_id)
        row = deliveries.one(connection, found.id) if found else None
    elif (number := whole_number(report.delivery_id or "")) is not None:
        row = deliveries.one(connection, number)
        if row is not None and not report.recipient:
            return None
    if row is None or row["sent_at"] is None:
        return None
    wrote_to = deliveries.sent_to(connection, row["id"]) or row["address"]
    if report.recipient and report.recipient.casefold() != wrote_to.casefold():
        return None
    return row


def _record(tx: Transaction, report: Bounce) -> None:
    row = _delivery(tx.connection, report)
    assert row is not None  # the verdict found it
    detail = report.diagnostic or "the message came back"
    wrote_to = deliveries.sent_to(tx.connection, row["id"]) or row["address"]
    deliveries.end(tx, row["id"], "bounced", error=detail)
    for recipient_id in deliveries.items_sent(tx.connection, row["id"]):
        tx.record(
            "message.outcome",
            delivery_id=row["id"],
            recipient_id=recipient_id,
            kind=row["kind"],
            outcome="bounced",
            message_id=row["message_id"],
            address=wrote_to,
            detail=detail[:500],
        )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
