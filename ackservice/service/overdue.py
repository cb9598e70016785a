"""Lists of who is overdue, to the owners of policies: on open days, once a week while somebody is that
late."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import date, datetime

from ackservice.domain.notice import Notice
from ackservice.domain.reminders import days_overdue, owner_list_due
from ackservice.domain.status import Standing, is_outstanding, status_of, window
from ackservice.mail import messages
from ackservice.service import telling
from ackservice.service.context import Service
from ackservice.service.reminding import calendar_of
from ackservice.service.standing import standings
from ackservice.storage import marks, notices
from ackservice.storage.store import Transaction

_MARK = "owner lists"  # {notice number: the day of its last list, or "" where the first one is to come}


def queue_lists(service: Service, late: Sequence[int], now: datetime) -> int:
    """Queue the lists that are due; `late` are notices somebody has just become long overdue of. Returns how
    many."""
    today = service.today(now)
    with service.store.read() as connection:
        known = _known(connection)
    if not set(late) - known.keys() and not any(_is_candidate(last, today) for last in known.values()):
        return 0
    with service.store.write(now) as tx:
        known = {**dict.fromkeys(late, ""), **_known(tx.connection)}
        queued = 0
        for notice_id in [n for n, last in known.items() if _is_candidate(last, today)]:
            queued += _look(service, tx, notice_id, known, now)
        marks.put(tx, _MARK, json.dumps(known))
    return queued


def _known(connection: sqlite3.Connection) -> dict[int, str]:
    return {
        int(notice_id): last for notice_id, last in json.loads(marks.get(connection, _MARK) or "{}").items()
    }


def _is_candidate(last: str, today: date) -> bool:
    return not last or (today - date.fromisoformat(last)).days >= 7


def _look(service: Service, tx: Transaction, notice_id: int, known: dict[int, str], now: datetime) -> bool:
    """Queue one notice's list if it is due today, and forget the notice once nobody is late any more."""
    today, school = service.today(now), service.settings.school
    notice = notices.notice(tx.connection, notice_id)
    people = _overdue(service, tx.connection, notice, now)
    longest = max((days for _, days in people), default=0)
    if longest < school.reminders.owner_after_days:
        del known[notice_id]
        return False
    last = date.fromisoformat(known[notice_id]) if known[notice_id] else None
    calendar = calendar_of(school.closed)
    if not owner_list_due(
        (d for _, d in people), today=today, settings=school.reminders, calendar=calendar, last_sent_on=last
    ):
        return False
    known[notice_id] = today.isoformat()
    listed = [(standing, days) for standing, days in people if days >= school.reminders.owner_after_days]
    return _queue(service, tx, notice, listed, today)


def _overdue(
    service: Service, connection: sqlite3.Connection, notice: Notice, now: datetime
) -> list[tuple[Standing, int]]:
    as_of = service.as_of(connection, None, now)
    if notice.id in notices.closed_ids(connection, as_of.cut):
        return []
    outstanding = (
        standing
        for standing in standings(service, connection, notice, as_of)
        if is_outstanding(notice, status_of(notice, standing, as_of.on))
    )
    return [
        (standing, days)
        for standing in outstanding
        if (days := days_overdue(window(notice, standing), as_of.on))
    ]


def _queue(
    service: Service, tx: Transaction, notice: Notice, listed: list[tuple[Standing, int]], today: date
) -> bool:
    owner = service.settings.contact(notices.entry(tx.connection, notice.id).owner)
    facts = messages.OwnerOverdueFacts(
        school=service.settings.school.name,
        owner=owner.name or owner.role,
        policy_title=notice.title,
        version=notice.version,
        due_on=min(window(notice, standing).due_on for standing, _ in listed),
        people=tuple(
            _line(service, standing, days) for standing, days in sorted(listed, key=lambda line: line[0].name)
        ),
        link=service.settings.link("/ack/desk/"),
        reply=service.settings.contact("Business Manager"),
    )
    return telling.queue(service, tx, "owner-overdue", owner, facts, f"{notice.id} {today}")


def _line(service: Service, standing: Standing, days: int) -> messages.OverduePerson:
    sent_on = service.today(standing.last_sent_at) if standing.last_sent_at else None
    return messages.OverduePerson(standing.name, standing.category, days, sent_on)
