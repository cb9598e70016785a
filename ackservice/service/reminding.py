"""Reminders to people who have not acknowledged: planned ones, worked out from the facts, and a manager's.

Once a day everybody who owes something is looked at; within the day only those whom a fact recorded since
concerns. Who has acknowledged or left by the time of sending is dropped there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from ackservice.clock import end_of_day
from ackservice.domain.calendar import SchoolCalendar
from ackservice.domain.history import Book
from ackservice.domain.reminders import day_to_catch_up, reminder_due
from ackservice.domain.status import RecipientStatus
from ackservice.service import statuses
from ackservice.service.composing import REMINDER
from ackservice.service.context import AsOf, Service
from ackservice.service.records import Done
from ackservice.storage import cuts, deliveries, marks, recipients
from ackservice.storage.deliveries import Delivery
from ackservice.storage.store import Transaction
from handbook.policy.school import ClosedSettings

PEOPLE_AT_ONCE = 200  # so that acknowledging never waits long for the write lock
MAY_OWE_AGAIN = (
    "roster.entry",
    "roster.undone",
    "notice.recalled",
    "notice.postponed",
    "letter.given",
    "letter.withdrawn",
    "return.settled",
    "acknowledgement.withdrawn",
    "excuse.withdrawn",
)
_LOOKED = "reminders looked at"


@dataclass(frozen=True)
class Look:
    """The day everybody was looked at last, the day of the look before it, and the last ledger line seen."""

    day: str = ""
    before: str = ""
    line: int = 0
    settings: str = ""


@dataclass(frozen=True)
class Planned:
    """A planned reminder to one person: everything they owe, and the day it goes out."""

    person_id: str
    name: str
    email: str
    items: tuple[int, ...]
    send_on: date


@lru_cache(maxsize=8)
def calendar_of(closed: ClosedSettings) -> SchoolCalendar:
    """The school's calendar; one for equal settings."""
    return SchoolCalendar(closed)


def queue_reminders(service: Service, now: datetime) -> int:
    """Queue the reminders that are due and were not looked at yet; returns to how many people."""
    today, queued = service.today(now), 0
    with service.store.read() as connection:
        last = _last_look(connection)
        next_look, people = _planned(service, connection, last, now)
    if next_look == last:
        return 0
    for start in range(0, len(people), PEOPLE_AT_ONCE):
        with service.store.write(now) as tx:
            for person in people[start : start + PEOPLE_AT_ONCE]:
                queued += _queue(service, tx, person, today)
    with service.store.write(now) as tx:
        marks.put(tx, _LOOKED, json.dumps(asdict(next_look)))
    return queued


def to_remind(service: Service, now: datetime) -> list[str]:
    """Who would be reminded now, for a dry run."""
    with service.store.read() as connection:
        _, people = _planned(service, connection, _last_look(connection), now)
        today = service.today(now)
        return [
            f"{person.name} <{person.email}>"
            for person in people
            if not is_reminded_today(service, connection, person.person_id, today)
        ]


def remind(service: Service, recipient_ids: Sequence[int], *, by: str, now: datetime) -> Done:
    """Remind the people of these recipients now: one e-mail each about everything they owe.

    Left out are who owes nothing, has no address or is away, and who was reminded today.
    """
    lines: list[int] = []
    with service.store.read() as connection:
        book, as_of = _now(service, connection, now)
        asked = statuses.of_recipients(service, connection, book, recipient_ids, as_of)
    notice_of = {row.recipient.person_id: row.notice.id for row in asked if _can_be_asked(row)}
    people = list(notice_of)
    for start in range(0, len(people), PEOPLE_AT_ONCE):
        with service.store.write(now) as tx:
            some = people[start : start + PEOPLE_AT_ONCE]
            book, as_of = statuses.book_at(service, tx.connection, service.in_write(tx)), service.in_write(tx)
            rows = statuses.of_people(service, tx.connection, book, some, as_of)
            for person_id, theirs in _by_person(row for row in rows if _can_be_asked(row)).items():
                planned = _for_person(theirs, as_of.on)
                if _queue(service, tx, planned, as_of.on):
                    lines.append(_note(tx, "reminder", notice_of[person_id], person_id, by))
    left_out = len({row.recipient.person_id for row in asked}) - len(lines)
    return Done(len(lines), left_out, min(lines, default=0), max(lines, default=0))


def cancel(service: Service, person_ids: Sequence[str], *, notice_id: int, by: str, now: datetime) -> int:
    """Cancel the reminders of these people that still wait; returns of how many people."""
    with service.store.write(now) as tx:
        cancelled = [person for person in person_ids if deliveries.cancel(tx, REMINDER, person)]
        for person_id in cancelled:
            _note(tx, "reminder cancelled", notice_id, person_id, by)
    return len(cancelled)


def held_until(service: Service, delivery: Delivery, now: datetime) -> datetime | None:
    """Until when a reminder waits because the school is closed; None when it may go.

    One planned for this very day may, and so may one whose wait would pass the last day to acknowledge.
    """
    today, calendar = service.today(now), calendar_of(service.settings.school.closed)
    if delivery.kind != REMINDER or calendar.is_open(today) or delivery.occasion == today.isoformat():
        return None
    with service.store.read() as connection:
        book, as_of = _now(service, connection, now)
        rows = statuses.of_recipients(service, connection, book, delivery.items, as_of)
    opens_on = min((day_to_catch_up(row.window, today, calendar) for row in rows if row.owes), default=today)
    if opens_on <= today:
        return None
    return end_of_day(service.zone, opens_on - timedelta(days=1))


def is_reminded_today(service: Service, connection: sqlite3.Connection, person_id: str, today: date) -> bool:
    """Whether a person's one reminder of the day has gone or still waits."""
    if deliveries.waits_for_person(connection, REMINDER, person_id):
        return True
    sent_at = deliveries.last_sent_at(connection, REMINDER, person_id)
    return sent_at is not None and service.today(sent_at) >= today


def _last_look(connection: sqlite3.Connection) -> Look:
    kept = marks.get(connection, _LOOKED)
    return Look(**json.loads(kept)) if kept else Look()


def _planned(
    service: Service, connection: sqlite3.Connection, last: Look, now: datetime
) -> tuple[Look, list[Planned]]:
    """The look to keep after this one, and the reminders that are due and were not looked at yet."""
    school, today = service.settings.school, service.today(now)
    settings, line = repr((school.reminders, school.closed)), cuts.last_cut(connection)
    if last == Look(today.isoformat(), last.before, line, settings) or last.day > today.isoformat():
        return last, []
    looks_at_all = last.day < today.isoformat() or last.settings != settings
    before = last.day if last.day < today.isoformat() else last.before
    if last.settings not in ("", settings):  # what the settings plan for the past is past
        before = max(before, (today - timedelta(days=1)).isoformat())
    look = Look(today.isoformat(), before, line, settings)
    rows = _rows(service, connection, None if looks_at_all else last.line, now)
    return look, _due(service, rows, today, date.fromisoformat(before) if before else None)


def _rows(
    service: Service, connection: sqlite3.Connection, since: int | None, now: datetime
) -> list[RecipientStatus]:
    """Everybody's of open notices, or those of whom facts after a line may make them owe something again."""
    if since is None:
        book, as_of = _now(service, connection, now)
        return _all(service, connection, book, as_of)
    changed = recipients.changed_since(connection, since, MAY_OWE_AGAIN)
    if not (changed.people or changed.recipients or changed.notices or changed.everything):
        return []
    book, as_of = _now(service, connection, now)
    if changed.everything or changed.notices:
        return _all(service, connection, book, as_of)
    people = changed.people | recipients.people_of(connection, changed.recipients)
    return statuses.of_people(service, connection, book, people, as_of)


def _all(service: Service, connection: sqlite3.Connection, book: Book, as_of: AsOf) -> list[RecipientStatus]:
    asking = [n for n in book.notices if n.must_be_acknowledged and book.is_open(n, as_of.on)]
    return [row for n in asking for row in statuses.of_notice(service, connection, book, n, as_of)]


def _due(
    service: Service, rows: Iterable[RecipientStatus], today: date, before: date | None
) -> list[Planned]:
    """One reminder a person for whom any is due; a missed one on a closed day goes out on a later one."""
    rules, calendar = service.settings.school.reminders, calendar_of(service.settings.school.closed)
    planned = []
    for theirs in _by_person(row for row in rows if row.can_be_reminded).values():
        occasions = [
            reminder_due(row.window, today=today, settings=rules, calendar=calendar, looked_at_on=before)
            for row in theirs
        ]
        days = [occasion.send_on for occasion in occasions if occasion]
        if days:
            planned.append(_for_person(theirs, min(days)))
    return planned


def _by_person(rows: Iterable[RecipientStatus]) -> dict[str, list[RecipientStatus]]:
    people: dict[str, list[RecipientStatus]] = {}
    for row in rows:
        people.setdefault(row.recipient.person_id, []).append(row)
    return people


def _for_person(rows: Sequence[RecipientStatus], send_on: date) -> Planned:
    one = rows[0]
    return Planned(one.recipient.person_id, one.name, one.email, tuple(row.id for row in rows), send_on)


def _queue(service: Service, tx: Transaction, planned: Planned, today: date) -> bool:
    """Queue one e-mail for everything a person owes. False where one has gone today; one that still waits
    takes it all up."""
    deliveries.join_waiting(tx, REMINDER, planned.person_id, planned.items)
    if is_reminded_today(service, tx.connection, planned.person_id, today):
        return False
    later = planned.send_on > today
    added = deliveries.add(
        tx,
        REMINDER,
        host=service.settings.mail_host,
        person_id=planned.person_id,
        address=planned.email,
        items=planned.items,
        occasion=planned.send_on.isoformat(),
        not_before=end_of_day(service.zone, planned.send_on - timedelta(days=1)) if later else None,
    )
    return added is not None


def _can_be_asked(row: RecipientStatus) -> bool:
    """Whether a manager can have a reminder sent: also where nothing has reached them yet."""
    return row.owes and bool(row.email) and not row.away and row.name_to_confirm is None


def _note(tx: Transaction, act: str, notice_id: int, person_id: str, by: str) -> int:
    return tx.record("desk.act", act=act, notice_id=notice_id, person_id=person_id, detail="", done_by=by)


def _now(service: Service, connection: sqlite3.Connection, now: datetime) -> tuple[Book, AsOf]:
    as_of = service.as_of(connection, None, now)
    return statuses.book_at(service, connection, as_of), as_of
