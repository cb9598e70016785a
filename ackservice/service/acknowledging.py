"""Acknowledging: what a personal link leads to, and recording a person's own act."""

from __future__ import annotations

import sqlite3
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ackservice.domain.history import Book
from ackservice.domain.names import is_like
from ackservice.domain.notice import Notice, Window
from ackservice.domain.roster import Person, has_left
from ackservice.domain.status import RecipientStatus, Status
from ackservice.errors import LinkForged, LinkOfLeaver, LinkRevoked, NotAllowed
from ackservice.links import Purpose
from ackservice.service import statuses
from ackservice.service.context import AsOf, Service
from ackservice.service.receipts import Receipt, receipt, receipt_label, receipt_of
from ackservice.storage import acknowledgements, deliveries, notices, recipients
from ackservice.storage.notices import KeptEntry
from ackservice.storage.store import Transaction
from handbook.policy.version import Change, label_key

__all__ = ["Receipt", "receipt", "receipt_label", "receipt_of"]

LONGEST_NAME = 300
_FORGED = "this link is not one of ours, or a part of it is missing"


class NameUnlike(NotAllowed):
    """The typed name shares no word with the one on the roster; the person can insist that it is theirs."""


class LinkState(StrEnum):
    """What a good link leads to."""

    TO_READ = "to read"
    ACKNOWLEDGED = "acknowledged"
    NOTHING_TO_DO = "nothing to do"  # a clarification, a withdrawal, no longer covered: to know only
    ENDED = "ended"  # the status says how


@dataclass(frozen=True)
class LinkView:
    """Everything the page behind a link shows. `shown` is the clarification of the version that is in effect,
    or the notice itself; `previous_text` what the person acknowledged last, or the version before."""

    state: LinkState
    row: RecipientStatus
    person: Person
    entry: KeptEntry
    effective_on: date
    shown: Notice
    text: str
    previous_text: str = ""
    previous_version: str = ""
    newer: Notice | None = None
    newer_effective_on: date | None = None
    newer_token: str = ""
    receipt: Receipt | None = None  # of what counts, or waits for a manager's word about the name

    @property
    def notice(self) -> Notice:
        return self.row.notice

    @property
    def window(self) -> Window:
        return self.row.window


@dataclass(frozen=True)
class _Opened:
    """A recipient whose link is good, among all notices at a moment."""

    row: RecipientStatus
    person: Person
    book: Book
    as_of: AsOf

    @property
    def state(self) -> LinkState:
        row = self.row
        if row.status is Status.ACKNOWLEDGED:
            return LinkState.ACKNOWLEDGED
        if can_acknowledge(row, self.book, self.as_of.on):
            return LinkState.TO_READ
        return LinkState.ENDED if row.status.is_settled else LinkState.NOTHING_TO_DO

    @property
    def shown(self) -> Notice:
        return self.book.shown(self.row.notice, self.as_of.on)


def can_acknowledge(row: RecipientStatus, book: Book, on: date) -> bool:
    """Whether an acknowledgement is taken: where it is owed; of the excused, while the notice is open."""
    return row.owes or (
        row.status is Status.EXCUSED and row.stay_end is None and book.is_open(row.notice, on)
    )


def view(service: Service, token: str, now: datetime) -> LinkView:
    """What a personal link leads to. Raises LinkForged, LinkRevoked or LinkOfLeaver."""
    with service.store.read() as connection:
        return _view(
            service, connection, _open(service, connection, token, service.as_of(connection, None, now))
        )


def acknowledge(service: Service, token: str, typed_name: str, now: datetime, insist: bool = False) -> str:
    """Record that the holder of a link has read and understood; returns the key of the receipt.

    Once only: acknowledging again returns the same key. The name is kept as typed; one unlike that on the
    roster is taken only where the person insists, and counts once a manager confirms it. Raises as `view`,
    NameUnlike, and NotAllowed when there is nothing to acknowledge or the name is empty or far too long.
    """

    def once(tx: Transaction) -> str:
        opened = _open(service, tx.connection, token, service.in_write(tx))
        row = opened.row
        if row.status is Status.ACKNOWLEDGED and row.acknowledgement:
            return row.acknowledgement.key
        if opened.state is not LinkState.TO_READ:
            raise NotAllowed("there is nothing to acknowledge here any more; open the link again to see why")
        _refuse_unless_a_name(typed_name)
        matches = is_like(typed_name, opened.person.name, row.recipient.name)
        if not matches and row.name_to_confirm:
            return row.name_to_confirm.key
        if not (matches or insist):
            raise NameUnlike(
                f"this link is for {opened.person.name}, and the name you typed is not like that; "
                "type your full name, or confirm below that it is yours"
            )
        key, _ = record(service, tx, opened.shown, row, typed_name=typed_name, name_matches=int(matches))
        return key

    return service.group_commit.run(now, once)


def record(
    service: Service,
    tx: Transaction,
    shown: Notice,
    row: RecipientStatus,
    *,
    method: str = "link",
    **how: object,
) -> tuple[str, int]:
    """Record an acknowledgement of the text shown, and queue its receipt; returns its key and number."""
    key = recipients.new_key()
    number = tx.record(
        "acknowledged",
        key=key,
        recipient_id=row.id,
        notice_id=row.notice.id,
        person_id=row.recipient.person_id,
        policy=shown.policy,
        version=shown.version,
        digest=shown.digest,
        base_digest=row.notice.digest,
        method=method,
        **how,
    )
    if row.email:
        deliveries.add(
            tx,
            "receipt",
            host=service.settings.mail_host,
            person_id=row.recipient.person_id,
            address=row.email,
            items=[row.id],
            payload={"receipt": number},
        )
    return key, number


def _open(service: Service, connection: sqlite3.Connection, token: str, as_of: AsOf) -> _Opened:
    recipient = recipients.by_key(connection, service.links.key(token))
    if recipient is None:
        raise LinkForged(_FORGED)
    _check_signature(service, connection, token, recipient["person_id"])
    book = statuses.book_at(service, connection, as_of)
    row = next(iter(statuses.of_recipients(service, connection, book, [recipient["id"]], as_of)), None)
    if row is None:  # of a roster import that was undone
        raise LinkForged(_FORGED)
    if row.person is None or has_left(row.person.left_on, as_of.on):
        raise LinkOfLeaver("the person this link was made for has left")
    return _Opened(row, row.person, book, as_of)


def _check_signature(service: Service, connection: sqlite3.Connection, token: str, person_id: str) -> None:
    present, *replaced = recipients.person_keys(connection, person_id) or [""]
    try:
        service.links.check(Purpose.ACKNOWLEDGE, token, present)
    except LinkForged:
        if any(_is_signed(service, token, key) for key in replaced):
            raise LinkRevoked("a newer link has been sent since") from None
        raise


def _is_signed(service: Service, token: str, key: str) -> bool:
    try:
        service.links.check(Purpose.ACKNOWLEDGE, token, key)
    except LinkForged:
        return False
    return True


def _view(service: Service, connection: sqlite3.Connection, opened: _Opened) -> LinkView:
    row, book, shown = opened.row, opened.book, opened.shown
    entry = notices.kept_entry(connection, shown.id)
    previous_version, previous_text = _previous(connection, entry, opened)
    newer, newer_token = _newer(service, connection, opened)
    read = row.acknowledgement or row.name_to_confirm
    return LinkView(
        state=opened.state,
        row=row,
        person=opened.person,
        entry=entry,
        effective_on=book.effective_on(row.notice),
        shown=shown,
        text=notices.document(connection, shown.digest),
        previous_text=previous_text,
        previous_version=previous_version,
        newer=newer,
        newer_effective_on=book.effective_on(newer) if newer else None,
        newer_token=newer_token,
        receipt=receipt_of(connection, read.id) if read else None,
    )


def _previous(connection: sqlite3.Connection, entry: KeptEntry, opened: _Opened) -> tuple[str, str]:
    """Version and text that the shown one is compared with; empty where there is nothing before it."""
    shown = opened.shown
    names = {shown.policy, *shown.former_ids}
    for read in reversed(acknowledgements.of_person(connection, opened.row.recipient.person_id, names)):
        if label_key(read["version"]) < label_key(shown.version):
            return read["version"], notices.document(connection, read["digest"])
    return entry.previous_version, notices.document(connection, entry.previous_digest)


def _newer(service: Service, connection: sqlite3.Connection, opened: _Opened) -> tuple[Notice | None, str]:
    """The notice that took the place of a superseded or withdrawn one, and the person's own link to it."""
    row, book, as_of = opened.row, opened.book, opened.as_of
    if row.status not in (Status.SUPERSEDED, Status.WITHDRAWN):
        return None, ""
    person_id = row.recipient.person_id
    own = [
        other
        for other in statuses.of_people(service, connection, book, [person_id], as_of)
        if _takes_the_place(other.notice, row.notice)
        and other.status is not Status.RECALLED
        and other.stay_end is None
    ]
    if own:
        last = max(own, key=lambda other: (label_key(other.notice.version), other.notice.id))
        key = recipients.person_keys(connection, person_id)[0]
        return last.notice, service.links.token(Purpose.ACKNOWLEDGE, last.recipient.key, key)
    ending = book.ending(row.notice, as_of.on)
    return (ending.by_notice if ending else None), ""


def _takes_the_place(newer: Notice, older: Notice) -> bool:
    if newer.version == older.version:
        return newer.id > older.id and newer.is_of_same_policy(older)
    is_later = label_key(newer.version) > label_key(older.version)
    is_withdrawal = newer.change is Change.WITHDRAWN and newer.is_of_same_policy(older) and is_later
    return is_withdrawal or newer.is_newer_version_than(older)


def _refuse_unless_a_name(typed_name: str) -> None:
    """Any text that shows; spaces and characters without a shape of their own are no name."""
    if not any(unicodedata.category(character)[0] not in "ZC" for character in typed_name):
        raise NotAllowed("type your full name in the box, as you would sign")
    if len(typed_name) > LONGEST_NAME:
        raise NotAllowed(f"the name is longer than {LONGEST_NAME} characters; type your full name only")
