"""The weekly summary to the Business Manager."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from ackservice.domain.history import Book, State
from ackservice.domain.notice import Notice
from ackservice.domain.reminders import summary_due, upcoming_last_days
from ackservice.domain.status import RecipientStatus, Status, figures, name_key
from ackservice.mail import messages
from ackservice.mail.transports import Transport
from ackservice.service import notify_manager, statuses, warnings
from ackservice.service.context import AsOf, Service
from ackservice.service.joiners import library_or_none
from ackservice.storage import marks, notices, recipients
from ackservice.storage.store import moment
from handbook.policy.notice_period import add_months
from handbook.policy.school import BUSINESS_MANAGER
from handbook.policy.version import Library

LAST_DAYS_WITHIN = 35  # days ahead that latest days to give notice are told
ENDED_WITHIN = timedelta(days=7)
_MARK = "weekly summary"


def queue_summary(service: Service, transport: Transport | None, now: datetime) -> bool:
    """Queue the weekly summary if it is due: the first one in the week after the first record."""
    today = service.today(now)
    with service.store.read() as connection:
        if not _is_due(service, connection, today):
            return False
    library = library_or_none(service)
    with service.store.read() as connection:
        facts = summary(service, connection, library, transport, now)
    with service.store.write(now) as tx:
        if not _is_due(service, tx.connection, today):
            return False
        marks.put(tx, _MARK, today.isoformat())
        return notify_manager.queue(
            service, tx, "weekly-summary", service.settings.contact(BUSINESS_MANAGER), facts, str(today)
        )


def summary(
    service: Service,
    connection: sqlite3.Connection,
    library: Library | None,
    transport: Transport | None,
    now: datetime,
) -> messages.WeeklySummaryFacts:
    """Everything the Business Manager has to know this week."""
    as_of = service.as_of(connection, None, now)
    book = statuses.book_at(service, connection, as_of)
    manager = service.settings.contact(BUSINESS_MANAGER)
    open_ = [
        (notice, statuses.of_notice(service, connection, book, notice, as_of))
        for notice in book.notices
        if book.is_open(notice, as_of.on)
    ]
    overdue = {row.recipient.person_id for _, rows in open_ for row in rows if row.overdue}
    return messages.WeeklySummaryFacts(
        school=service.settings.school.name,
        person=manager.name or manager.role,
        on=as_of.on,
        notices=tuple(
            _line(service, book, notice, rows)
            for notice, rows in open_
            if notice.must_be_acknowledged and _is_news(book, notice, rows, as_of)
        ),
        ended=tuple(_ended(book, as_of)),
        overdue_people=len(overdue),
        undeliverable=tuple(
            _unreached(connection, row)
            for _, rows in open_
            for row in rows
            if row.status is Status.UNDELIVERABLE
        ),
        last_days=_last_days(service, book, library, as_of.on) if library else (),
        reviews=_reviews(library, as_of.on) if library else (),
        warnings=tuple(warnings.all_of(service, connection, library, transport, now)),
        ledger_head=as_of.head,
        ledger_lines=as_of.cut,
        link=service.settings.link("/ack/desk/"),
        reply=manager,
    )


def _is_due(service: Service, connection: sqlite3.Connection, today: date) -> bool:
    first = notices.first_recorded_at(connection)
    if not first:
        return False
    last = marks.get(connection, _MARK)
    last_on = date.fromisoformat(last) if last else service.today(moment(first))
    return summary_due(today, service.settings.school.reminders.summary_weekday, last_on)


def _is_news(book: Book, notice: Notice, rows: Sequence[RecipientStatus], as_of: AsOf) -> bool:
    """Whether somebody owes something of an open notice, or it is still to take effect."""
    return any(row.owes for row in rows) or book.effective_on(notice) > as_of.on


def _line(
    service: Service, book: Book, notice: Notice, rows: Sequence[RecipientStatus]
) -> messages.OpenNotice:
    found = figures(rows)
    beside = (
        (found.not_notified, "not notified yet"),
        (found.returned, "returned, unconfirmed"),
        (found.names_to_confirm, "with a name to be confirmed"),
        (found.away, "away"),
        (found.questions, "with a question"),
    )
    owing = sorted((row for row in rows if row.owes), key=lambda row: (not row.overdue, name_key(row.name)))
    return messages.OpenNotice(
        notice.title + (f", {notice.round}" if notice.round else ""),
        notice.version,
        book.effective_on(notice),
        found.expected,
        found.acknowledged,
        found.overdue,
        tuple(f"{number} {what}" for number, what in beside if number),
        tuple(row.name for row in owing),
        service.settings.link("/ack/desk/"),
    )


def _ended(book: Book, as_of: AsOf) -> list[messages.EndedNotice]:
    """What managers closed or recalled within a week."""
    endings = [(notice, book.ending(notice, as_of.on)) for notice in book.notices]
    return [
        messages.EndedNotice(
            notice.title, notice.version, str(ending.state), ending.at.on, ending.reason, ending.by
        )
        for notice, ending in endings
        if ending
        and ending.state in (State.CLOSED, State.RECALLED)
        and ending.at.on > as_of.on - ENDED_WITHIN
    ]


def _unreached(connection: sqlite3.Connection, row: RecipientStatus) -> messages.Undeliverable:
    address, answer = recipients.last_answer(connection, row.id)
    return messages.Undeliverable(row.name, address or row.email, row.notice.title, answer)


def _last_days(service: Service, book: Book, library: Library, today: date) -> tuple[messages.LastDay, ...]:
    """Of versions to come without a notice, drafts too: an approval still missing takes time."""
    rules = service.settings.school.notice
    planned = [
        ((version.text.title if version.text else policy.id), version.effective_on)
        for policy in library.policies.values()
        for version in policy.versions
        if version.effective_on > today and not book.standing_of_version(policy.all_ids, version.label)
    ]
    near = upcoming_last_days(
        planned,
        today=today,
        within_days=LAST_DAYS_WITHIN,
        months=rules.period_months,
        deemed_days=rules.deemed_days,
    )
    return tuple(messages.LastDay(*entry) for entry in near)


def _reviews(library: Library, today: date) -> tuple[messages.ReviewLine, ...]:
    horizon = add_months(today, 2) + timedelta(days=1)
    in_force = [version for policy in library.policies.values() if (version := policy.in_force(today))]
    due = [
        messages.ReviewLine(v.text.title, v.label, v.text.owner, v.text.review_by)
        for v in in_force
        if v.text and v.text.review_by and v.text.review_by <= horizon
    ]
    return tuple(sorted(due, key=lambda line: line.review_by))
