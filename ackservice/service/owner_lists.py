"""Lists of who is overdue, to the owners of policies: one e-mail a week to each owner about all of theirs, on
open days, for as long as reminders run."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import date, datetime

from ackservice.domain.history import Book
from ackservice.domain.notice import Notice
from ackservice.domain.reminders import days_overdue, is_on_owner_list, owner_list_due
from ackservice.domain.status import RecipientStatus, name_key
from ackservice.mail import messages
from ackservice.service import notify_manager, statuses
from ackservice.service.context import AsOf, Service
from ackservice.service.reminding import calendar_of
from ackservice.storage import marks, notices
from handbook.policy.school import Contact

_LOOKED = "owner lists looked at"
_SENT = "owner lists sent"  # {address of the owner: the day of their last list}


@dataclass(frozen=True)
class _Late:
    notice: Notice
    people: list[RecipientStatus]


def queue_lists(service: Service, now: datetime) -> int:
    """Queue the lists that are due, once a day; returns how many."""
    today, calendar = service.today(now), calendar_of(service.settings.school.closed)
    with service.store.read() as connection:
        if marks.get(connection, _LOOKED) >= today.isoformat():
            return 0
        late = _late_by_owner(service, connection, now) if calendar.is_open(today) else {}
    with service.store.write(now) as tx:
        if marks.get(tx.connection, _LOOKED) >= today.isoformat():
            return 0
        marks.put(tx, _LOOKED, today.isoformat())
        sent = json.loads(marks.get(tx.connection, _SENT) or "{}")
        queued = 0
        for owner, notices_ in late.items():
            last = date.fromisoformat(sent[owner.email]) if owner.email in sent else None
            if owner_list_due(today, calendar, last):
                facts = _facts(service, owner, notices_, today)
                queued += notify_manager.queue(service, tx, "owner-overdue", owner, facts, today.isoformat())
                sent[owner.email] = today.isoformat()
        marks.put(tx, _SENT, json.dumps(sent))
    return queued


def _late_by_owner(
    service: Service, connection: sqlite3.Connection, now: datetime
) -> dict[Contact, list[_Late]]:
    as_of = service.as_of(connection, None, now)
    book = statuses.book_at(service, connection, as_of)
    late: dict[str, tuple[Contact, list[_Late]]] = {}
    for notice in book.notices:
        people = _late(service, connection, book, notice, as_of)
        if people:
            owner = service.settings.contact(notices.kept_entry(connection, notice.id).owner)
            late.setdefault(owner.email, (owner, []))[1].append(_Late(notice, people))
    return dict(late.values())


def _late(
    service: Service, connection: sqlite3.Connection, book: Book, notice: Notice, as_of: AsOf
) -> list[RecipientStatus]:
    if not notice.must_be_acknowledged or not book.is_open(notice, as_of.on):
        return []
    rules = service.settings.school.reminders
    rows = statuses.of_notice(service, connection, book, notice, as_of)
    return [row for row in rows if row.overdue and is_on_owner_list(row.window, as_of.on, rules)]


def _facts(service: Service, owner: Contact, late: list[_Late], today: date) -> messages.OwnerOverdueFacts:
    return messages.OwnerOverdueFacts(
        school=service.settings.school.name,
        owner=owner.name or owner.role,
        notices=tuple(
            messages.OverdueNotice(
                one.notice.title,
                one.notice.version,
                tuple(
                    _line(service, row, today) for row in sorted(one.people, key=lambda r: name_key(r.name))
                ),
            )
            for one in late
        ),
        people=len({row.recipient.person_id for one in late for row in one.people}),
        link=service.settings.link("/ack/desk/"),
        reply=service.settings.contact("Business Manager"),
    )


def _line(service: Service, row: RecipientStatus, today: date) -> messages.OverduePerson:
    sent_on = service.today(row.sent.last_at) if row.sent.last_at else None
    return messages.OverduePerson(row.name, row.category, days_overdue(row.window, today), sent_on)
