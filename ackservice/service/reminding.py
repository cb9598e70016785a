"""Reminders: to people who have not acknowledged, and lists of who is overdue to the owners of policies.

The plan in the database says whom to look at today; the rules of `domain.reminders` say what is due for
them. Who has acknowledged or left by the time of sending is dropped there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby

from ackservice.clock import end_of_day
from ackservice.domain.calendar import SchoolCalendar
from ackservice.domain.notice import Notice
from ackservice.domain.reminders import planned_reminders, reminder_due
from ackservice.domain.status import Standing, Status, is_outstanding, status_of, window
from ackservice.service.context import AsOf, Service
from ackservice.service.standing import standings
from ackservice.storage import cuts, deliveries, marks, notices, plans
from ackservice.storage import roster as roster_rows
from ackservice.storage.deliveries import Delivery
from ackservice.storage.plans import PlanRow
from ackservice.storage.store import Transaction
from handbook.policy.school import ClosedSettings

REMINDER = "reminder"
ROWS_AT_ONCE = 500  # so that acknowledging never waits long for the write lock
ALL_AT_ONCE = (
    4  # when a notice has no more than so many times the recipients to look at, all of them are read
)
_SETTINGS = "reminder settings"


@dataclass(frozen=True)
class Look:
    """What is to be done for one recipient today, and when to look again; `is_over` where nothing is
    expected any more."""

    row: PlanRow
    reminds: bool = False
    is_late: bool = False  # so long overdue that the owner is told
    next_on: date | None = None
    looked_on: date | None = None
    is_over: bool = False


@lru_cache(maxsize=8)
def calendar_of(closed: ClosedSettings) -> SchoolCalendar:
    """The school's calendar; one for equal settings."""
    return SchoolCalendar(closed)


def queue_reminders(service: Service, now: datetime) -> tuple[int, list[int]]:
    """Queue today's reminders; returns to how many people, and the notices of whom somebody has become long
    overdue."""
    _heed_changed_settings(service, now)
    reminded, late = 0, []
    looks = looks_due(service, now)
    for start in range(0, len(looks), ROWS_AT_ONCE):
        with service.store.write(now) as tx:
            changed = [look for look in looks[start : start + ROWS_AT_ONCE] if _take(tx, look)]
            people = sorted({look.row.person_id for look in changed if look.reminds})
            reminded += sum(_queue(service, tx, person_id, service.today(now)) for person_id in people)
            late += [look.row.notice_id for look in changed if look.is_late]
    return reminded, sorted(set(late))


def looks_due(service: Service, now: datetime) -> list[Look]:
    """What is due for everyone who is to be looked at today."""
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, now)
        rows = plans.due(connection, as_of.on)
        closed = notices.closed_ids(connection, as_of.cut)
        looks: list[Look] = []
        for notice_id, group in groupby(rows, key=lambda row: row.notice_id):
            of_notice = list(group)
            if notice_id in closed:
                looks += [Look(row, is_over=True) for row in of_notice]
                continue
            notice = notices.notice(connection, notice_id)
            found = _standings(service, connection, notice, of_notice, as_of)
            looks += [look(service, notice, found[row.recipient_id], row, as_of.on) for row in of_notice]
    return looks


def look(service: Service, notice: Notice, standing: Standing, row: PlanRow, today: date) -> Look:
    """What one recipient's standing means for today and the next day to look."""
    status = status_of(notice, standing, today)
    if not is_outstanding(notice, status):
        return Look(row, is_over=True)
    rules, calendar = service.settings.school.reminders, calendar_of(service.settings.school.closed)
    given = window(notice, standing)
    ahead: list[date] = []
    reminds = False
    if status is Status.NOTIFIED and standing.current_email:
        occasion = reminder_due(
            given, today=today, settings=rules, calendar=calendar, looked_at_on=row.looked_on
        )
        if occasion and occasion.send_on > today:
            return Look(row, next_on=occasion.send_on, looked_on=row.looked_on)
        reminds = occasion is not None
        ahead = [planned.on for planned in planned_reminders(given, rules, calendar) if planned.on > today]
    late_on = given.due_on + timedelta(days=rules.owner_after_days) if given.due_on else None
    is_late = late_on is not None and late_on <= today and (row.looked_on is None or row.looked_on < late_on)
    if late_on and late_on > today:
        ahead.append(late_on)
    return Look(row, reminds, is_late, min(ahead, default=None), today)


def whom(service: Service, now: datetime) -> list[str]:
    """Names of those who would be reminded now, for a dry run."""
    with service.store.read() as connection:
        cut = cuts.last_cut(connection)
        ids = sorted({look.row.person_id for look in looks_due(service, now) if look.reminds})
        today = service.today(now)
        people = [
            roster_rows.person(connection, key, cut)
            for key in ids
            if not is_reminded_today(service, connection, key, today)
        ]
    return [f"{person.name} <{person.email}>" for person in people if person]


def held_until(service: Service, delivery: Delivery, now: datetime) -> datetime | None:
    """Until when a reminder waits because the school is closed; None when it may go. One planned for this
    very day may."""
    today, calendar = service.today(now), calendar_of(service.settings.school.closed)
    if delivery.kind != REMINDER or calendar.is_open(today) or delivery.occasion == today.isoformat():
        return None
    opens_on = calendar.next_open(today)
    return end_of_day(service.zone, opens_on - timedelta(days=1)) if opens_on else None


def _standings(
    service: Service, connection: sqlite3.Connection, notice: Notice, rows: Sequence[PlanRow], as_of: AsOf
) -> dict[int, Standing]:
    of_policy = notices.of_policy(connection, notice.policy, as_of.cut)

    def read(recipient_id: int | None = None) -> Iterator[Standing]:
        return standings(service, connection, notice, as_of, recipient_id, of_policy=of_policy)

    are_many = len(rows) * ALL_AT_ONCE > notices.count_recipients(connection, notice.id)
    found = read() if are_many else (next(read(row.recipient_id)) for row in rows)
    return {standing.id: standing for standing in found}


def _take(tx: Transaction, look: Look) -> bool:
    """Write the look down; False when something has happened to the recipient since, who is then looked at
    again."""
    if look.is_over:
        return plans.remove(tx, look.row)
    return plans.set_next(tx, look.row, look.next_on, look.looked_on)


def _queue(service: Service, tx: Transaction, person_id: str, today: date) -> bool:
    """One e-mail for everything a person has outstanding. None where one has gone today; one that still
    waits takes it all up."""
    person = roster_rows.person(tx.connection, person_id, cuts.last_cut(tx.connection))
    if person is None:
        return False
    items = plans.told_items(tx.connection, person_id)
    deliveries.join_waiting(tx, REMINDER, person_id, items)
    if is_reminded_today(service, tx.connection, person_id, today):
        return False
    added = deliveries.add(
        tx,
        REMINDER,
        host=service.settings.mail_host,
        person_id=person_id,
        address=person.email,
        items=items,
        occasion=today.isoformat(),
    )
    return added is not None


def is_reminded_today(service: Service, connection: sqlite3.Connection, person_id: str, today: date) -> bool:
    """Whether a person's one reminder of the day has gone or still waits."""
    if deliveries.waits_for_person(connection, REMINDER, person_id):
        return True
    sent_at = deliveries.last_sent_at(connection, REMINDER, person_id)
    return sent_at is not None and service.today(sent_at) >= today


def _heed_changed_settings(service: Service, now: datetime) -> None:
    school = service.settings.school
    settings = repr((school.reminders, school.closed))
    with service.store.read() as connection:
        if marks.get(connection, _SETTINGS) == settings:
            return
    with service.store.write(now) as tx:
        plans.settings_changed(tx, service.today(now))
        marks.put(tx, _SETTINGS, settings)
