"""What a simulated year is held to: computed from the ledger's own lines and from what the mail server took,
not by the service."""

from __future__ import annotations

import json
from calendar import monthrange
from collections import Counter
from datetime import date, datetime, timedelta

import holidays

from ackservice.domain.reminders import planned_reminders
from ackservice.domain.status import Status, is_outstanding, status_of, window
from ackservice.links import Purpose
from ackservice.service import reminding, standing
from ackservice.service.context import AsOf
from ackservice.service.exporting import render
from ackservice.storage import cuts, notices, plans
from ackservice.storage.verify import verify
from tests.service.simulated_year import LONDON, World


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


def _no_open_day_left(world: World, mail) -> bool:
    """Whether something in a reminder was due before the school would open again."""
    calendar = reminding.calendar_of(world.service.settings.school.closed)
    opens_on = calendar.next_open(mail.on)
    with world.service.store.read() as connection:
        as_of = AsOf(mail.on, cuts.cut_before(connection, mail.at), "")
        for link in mail.links:
            recipient_id = world.service.links.number(Purpose.ACKNOWLEDGE, link)
            notice = notices.notice_of_recipient(connection, recipient_id)
            found = next(standing.standings(world.service, connection, notice, as_of, recipient_id))
            due_on = window(notice, found).due_on
            if due_on and due_on < opens_on:
                return True
    return False


def check_nobody_is_forgotten(world: World) -> None:
    """On a day when everything worked: who can be written to was told, and was reminded since the last day
    planned for it."""
    service, today = world.service, world.today
    calendar = reminding.calendar_of(service.settings.school.closed)
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, world.clock.now())
        closed = notices.closed_ids(connection, as_of.cut)
        for notice in notices.all_notices(connection, as_of.cut):
            for found in standing.standings(service, connection, notice, as_of):
                status = status_of(notice, found, today)
                if notice.id in closed or not is_outstanding(notice, status) or not found.current_email:
                    continue
                pending = connection.execute(
                    "SELECT 1 FROM delivery d JOIN delivery_item i ON i.delivery_id = d.id WHERE i.recipient_id = ? "
                    "AND d.state IN ('queued', 'claimed')",
                    (found.id,),
                ).fetchone()
                assert status is not Status.NOT_SENT or pending, (
                    f"{found.person_id} was never told of {notice.version}"
                )
                if status is not Status.NOTIFIED or pending or not calendar.is_open(today):
                    continue
                given = window(notice, found)
                planned = [
                    r.on for r in planned_reminders(given, service.settings.school.reminders, calendar)
                ]
                since = max(
                    given.notified_on, _last_bounce(connection, found.id)
                )  # a bounce moves the whole plan
                missed = [on for on in planned if since < on <= today]
                if missed:
                    link = service.links.token(Purpose.ACKNOWLEDGE, notices.link_number(connection, found.id))
                    reminded = [
                        m for m in world.taken if link in m.links and m.on >= missed[-1]
                    ]  # or told anew, at a mended address
                    assert reminded, (
                        f"{found.person_id} was not reminded of {notice.policy} {notice.version} since {missed[-1]}"
                    )


def _last_bounce(connection, recipient_id: int) -> date:
    at = connection.execute(
        "SELECT MAX(at) FROM dispatch WHERE recipient_id = ? AND outcome = 'bounced'", (recipient_id,)
    ).fetchone()[0]
    return datetime.fromisoformat(at).astimezone(LONDON).date() if at else date.min


def check_plans_equal_a_rebuild(world: World) -> None:
    """What the plan says of each recipient is what the facts say of them, and nobody outstanding and told is
    missing in it."""
    service, today = world.service, world.today
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, world.clock.now())
        rows = plans.all_rows(connection)
        for notice in notices.all_notices(connection, as_of.cut):
            if notice.id in notices.closed_ids(connection, as_of.cut):
                continue
            for found in standing.standings(service, connection, notice, as_of):
                status = status_of(notice, found, today)
                if found.id not in rows:
                    assert not (status is Status.NOTIFIED and is_outstanding(notice, status)), found
                    continue
                next_on, looked_on = rows[found.id]
                if (
                    not next_on
                    or not is_outstanding(notice, status)
                    or (looked_on and looked_on < today and next_on <= str(today))
                ):
                    continue
                row = plans.PlanRow(found.id, notice.id, found.person_id, "", looked_on)
                anew = reminding.look(service, notice, found, row, today)
                assert (str(anew.next_on) if anew.next_on else plans.NEVER) == next_on


def check_windows(world: World) -> None:
    """Every window of every export equals one computed from the ledger's lines alone."""
    service = world.service
    with service.store.read() as connection:
        lines = [json.loads(row["line"]) for row in connection.execute("SELECT line FROM ledger ORDER BY n")]
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
    recipients = {n: fact for n, _, kind, fact in facts if kind == "recipient.added"}
    for notice_id, fact in issued.items():
        if fact["basis"] == "joining":
            continue
        expected = {
            recipient["person_id"]: _window(fact, recipient, told.get(n))
            for n, recipient in recipients.items()
            if recipient["notice_id"] == notice_id
        }
        report = standing.report(service, fact["policy"], fact["version"], on=None, now=world.clock.now())
        exported = json.loads(b"".join(render(report, "json")))["recipients"]
        columns = ("notified_on", "in_time", "short_by_days", "binds_from")
        assert {row["person_id"]: tuple(row[c] for c in columns) for row in exported} == expected


def _window(notice: dict, recipient: dict, told_on: date | None) -> tuple:
    """(notified_on, in_time, short_by_days, binds_from), as JSON has them."""
    effective = date.fromisoformat(notice["effective_on"])
    ends_on = _a_month_later(told_on) if told_on else None
    if recipient["basis"] == "joining" and not (ends_on and ends_on <= effective):
        starts_on = date.fromisoformat(recipient["joined_on"])
        return str(told_on) if told_on else None, None, None, str(max(effective, starts_on))
    if told_on is None:
        return None, None, None, None
    return (
        str(told_on),
        ends_on <= effective,
        max(0, (ends_on - effective).days),
        str(max(effective, ends_on)),
    )


def _a_month_later(day: date) -> date:
    first = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))


def check_ledger(world: World) -> None:
    """The chain holds."""
    with world.service.store.read() as connection:
        assert verify(connection).faults == ()
