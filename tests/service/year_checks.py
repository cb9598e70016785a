"""What a simulated year is held to: computed from the ledger's own lines and from what the mail server took,
not by the service."""

from __future__ import annotations

import json
from calendar import monthrange
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

import holidays

from ackservice.domain.reminders import planned_reminders
from ackservice.domain.status import RecipientStatus, Status
from ackservice.links import Purpose
from ackservice.service import reminding, statuses
from ackservice.service.context import AsOf
from ackservice.storage import cuts, recipients
from ackservice.storage.verify import verify
from tests.service.simulated_year import LONDON, Mail, World


def check_mail(world: World) -> None:
    """No message twice but for lost answers, at most one reminder a day, none closed, settled or gone."""
    repeats = {message_id: n for message_id, n in Counter(m.message_id for m in world.taken).items() if n > 1}
    assert repeats.keys() <= world.lost_answers
    reminders = [mail for mail in world.taken if mail.kind == "reminder"]
    per_day = Counter((mail.to, mail.on, mail.message_id) for mail in reminders)
    assert max(Counter((to, on) for to, on, _ in per_day).values(), default=0) <= 1
    assert [mail for mail in reminders if mail.open_links != mail.links] == []
    assert [mail for mail in world.taken if mail.to_leaver] == []
    bank = holidays.country_holidays("GB", subdiv="ENG", years=(2021, 2022))
    closures = [(c.first, c.last) for c in world.service.settings.school.closed.days]
    for mail in reminders:
        is_closed = mail.on.weekday() >= 5 or mail.on in bank or any(a <= mail.on <= b for a, b in closures)
        if is_closed:
            assert _no_open_day_left(world, mail), f"reminded on {mail.on}, when the school is closed"


def _no_open_day_left(world: World, mail: Mail) -> bool:
    """Whether something in a reminder was due before the school would open again."""
    service = world.service
    opens_on = reminding.calendar_of(service.settings.school.closed).next_open(mail.on)
    with service.store.read() as connection:
        as_of = AsOf(mail.on, cuts.cut_before(connection, mail.at), "")
        book = statuses.book_at(service, connection, as_of)
        ids = [recipients.by_key(connection, service.links.key(link))["id"] for link in mail.links]
        rows = statuses.of_recipients(service, connection, book, ids, as_of)
    return any(row.window.due_on and row.window.due_on < opens_on for row in rows)


def check_nobody_is_forgotten(world: World) -> None:
    """On a day when everything worked: who can be written to was notified, and was reminded since the last
    day planned for it."""
    service, today = world.service, world.today
    calendar = reminding.calendar_of(service.settings.school.closed)
    with service.store.read() as connection:
        waiting = {
            row[0]
            for row in connection.execute(
                "SELECT recipient_id FROM delivery_item i JOIN delivery d ON d.id = i.delivery_id "
                "WHERE d.state IN ('queued', 'claimed')"
            )
        }
        bounced = _last_bounces(connection)
        for row in _owing(world, connection):
            name = f"{row.recipient.person_id} of {row.notice.policy} {row.notice.version}"
            assert row.status is not Status.NOT_SENT or row.id in waiting, f"{name} was never notified"
            if row.status is not Status.NOTIFIED or row.id in waiting or not calendar.is_open(today):
                continue
            planned = planned_reminders(row.window, service.settings.school.reminders, calendar)
            since = max(row.window.notified_on, bounced[row.id])  # a bounce moves the whole plan
            missed = [reminder.on for reminder in planned if since < reminder.on <= today]
            if missed:
                present = recipients.person_keys(connection, row.recipient.person_id)[0]
                link = service.links.token(Purpose.ACKNOWLEDGE, row.recipient.key, present)
                assert [m for m in world.taken if link in m.links and m.on >= missed[-1]], (
                    f"{name} was not reminded since {missed[-1]}"
                )


def _owing(world: World, connection) -> list[RecipientStatus]:
    service = world.service
    as_of = service.as_of(connection, None, world.clock.now())
    book = statuses.book_at(service, connection, as_of)
    rows = [row for n in book.notices for row in statuses.of_notice(service, connection, book, n, as_of)]
    return [row for row in rows if row.owes and row.email and row.name_to_confirm is None]


def _last_bounces(connection) -> defaultdict[int, date]:
    rows = connection.execute(
        "SELECT recipient_id, MAX(at) FROM dispatch WHERE outcome = 'bounced' GROUP BY recipient_id"
    )
    found = {number: datetime.fromisoformat(at).astimezone(LONDON).date() for number, at in rows}
    return defaultdict(lambda: date.min, found)


def check_what_is_kept(world: World) -> None:
    """The statuses kept in the process are those that the facts give."""
    service = world.service
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, world.clock.now())
        afresh = AsOf(as_of.on, as_of.cut, as_of.head)
        book = statuses.book_at(service, connection, as_of)
        for notice in book.notices:
            kept = statuses.of_notice(service, connection, book, notice, as_of)
            assert kept == statuses.of_notice(service, connection, book, notice, afresh)


def check_windows(world: World) -> None:
    """Every window equals one computed from the ledger's lines alone."""
    service = world.service
    with service.store.read() as connection:
        lines = [json.loads(row["line"]) for row in connection.execute("SELECT line FROM ledger ORDER BY n")]
        as_of = service.as_of(connection, None, world.clock.now())
        book = statuses.book_at(service, connection, as_of)
        rows = [row for n in book.notices for row in statuses.of_notice(service, connection, book, n, as_of)]
    facts = [
        (line["n"], datetime.fromisoformat(line["at"]).astimezone(LONDON).date(), line["kind"], line["fact"])
        for line in lines
    ]
    bounced = {
        fact["delivery_id"]
        for _, _, kind, fact in facts
        if kind == "message.outcome" and fact["outcome"] == "bounced"
    }
    told: dict[int, date] = {}
    for _, on, kind, fact in facts:
        is_good = (
            kind == "message.outcome" and fact["outcome"] == "sent" and fact["delivery_id"] not in bounced
        )
        if is_good and fact["kind"] in ("notice", "reminder"):
            told.setdefault(fact["recipient_id"], on)
    issued = {n: fact for n, _, kind, fact in facts if kind == "notice.issued"}
    expected = {
        n: _window(issued[fact["notice_id"]], fact, told.get(n))
        for n, _, kind, fact in facts
        if kind == "recipient.added"
    }
    found = {
        row.id: (
            row.window.notified_on,
            row.window.in_time,
            row.window.short_by_days,
            row.window.binds_from,
        )
        for row in rows
    }
    assert found == expected


def _window(notice: dict, recipient: dict, told_on: date | None) -> tuple:
    """(notified_on, in_time, short_by_days, binds_from)."""
    if told_on is None:
        return None, None, None, None
    effective = date.fromisoformat(notice["effective_on"])
    ends_on = _a_month_later(told_on)
    if recipient["basis"] == "joining" and ends_on > effective:
        return told_on, None, None, max(effective, date.fromisoformat(recipient["came_on"]))
    return told_on, ends_on <= effective, max(0, (ends_on - effective).days), max(effective, ends_on)


def _a_month_later(day: date) -> date:
    first = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))


def check_ledger(world: World) -> None:
    """The chain holds."""
    with world.service.store.read() as connection:
        assert verify(connection).faults == ()
