"""Keeps the desk's table of where everybody stands up to date, by the same rules that exports are made by."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from ackservice.clock import day_in
from ackservice.domain.notice import Notice
from ackservice.domain.roster import Person
from ackservice.domain.status import Standing, status_of, window
from ackservice.service.context import AsOf, Service
from ackservice.service.standing import standings
from ackservice.storage import cuts, marks, notices
from ackservice.storage import roster as roster_rows
from ackservice.storage import standing_now as table
from ackservice.storage.standing_now import Row
from ackservice.storage.store import stamp

AT_ONCE = 20_000  # computed from one snapshot
KEPT_AT_ONCE = 1_000  # written in one transaction, so that acknowledging never waits long
ONE_BY_ONE = 50  # from so many recipients of a notice on, all of them are read at once
RULES = 1  # raised when a rule changes what a row says, and everything is computed anew
_MARK = "rules of standing"


def refresh(service: Service, now: datetime) -> int:
    """Look again at whom something was recorded of; returns how many rows were written."""
    _heed_changed_rules(service, now)
    written = 0
    while True:
        with service.store.read() as connection:
            cut = cuts.last_cut(connection)
            due = table.due(connection, AT_ONCE)
            rows = [
                row
                for notice_id, ids in due.items()
                for row in compute(service, connection, notice_id, ids, cut)
            ]
        if not rows:
            return written
        for start in range(0, len(rows), KEPT_AT_ONCE):
            with service.store.write(now) as tx:
                written += table.put(tx, rows[start : start + KEPT_AT_ONCE], cut)


def compute(
    service: Service, connection: sqlite3.Connection, notice_id: int, recipient_ids: Sequence[int], cut: int
) -> Iterator[Row]:
    """The rows of some recipients of a notice, from the facts recorded up to the cut."""
    notice = notices.notice(connection, notice_id)
    of_policy = notices.of_policy(connection, notice.policy, cut)
    never = AsOf(date.min, cut, "")  # on that day nobody has left yet and no version is over
    wanted = set(recipient_ids)
    if len(wanted) > ONE_BY_ONE:
        people = roster_rows.people(connection, cut)
        for standing in standings(service, connection, notice, never, of_policy=of_policy):
            if standing.id in wanted:
                yield _row(service, notice, standing, people.get(standing.person_id))
        return
    for recipient_id in recipient_ids:
        standing = next(standings(service, connection, notice, never, recipient_id, of_policy=of_policy))
        yield _row(service, notice, standing, roster_rows.person(connection, standing.person_id, cut))


def rebuild(service: Service, now: datetime) -> int:
    """Throw the table away and compute it anew; returns how many rows it has."""
    with service.store.write(now) as tx:
        table.forget_all(tx)
    return refresh(service, now)


def name_key(name: str) -> str:
    """A name to sort and search by: without accents and capitals."""
    if name.isascii():
        return " ".join(name.casefold().split())
    parts = unicodedata.normalize(
        "NFKD", name.replace("ł", "l").replace("Ł", "L").replace("ø", "o").replace("Ø", "O")
    )
    return " ".join("".join(c for c in parts if not unicodedata.combining(c)).casefold().split())


def _row(service: Service, notice: Notice, standing: Standing, person: Person | None) -> Row:
    given = window(notice, standing)
    lasting = status_of(notice, standing, date.min)
    read = standing.acknowledgement
    return Row(
        recipient_id=standing.id,
        notice_id=notice.id,
        person_id=standing.person_id,
        name=standing.name,
        name_key=name_key(standing.name),
        category=standing.category,
        site=person.site if person else "",
        line_manager_id=person.line_manager_id if person else "",
        lasting=str(lasting),
        is_open=int(not lasting.is_settled),
        left_on=_text(standing.left_on),
        notified_on=_text(standing.notified_on),
        in_time="" if given.in_time is None else "yes" if given.in_time else "no",
        binds_from=_text(given.binds_from),
        due_on=_text(given.due_on),
        acknowledged_at=stamp(read.at) if read else "",
        acknowledged_on=_text(read.signed_on or day_in(service.zone, read.at)) if read else "",
        method=read.method if read else "",
        other_name=read.typed_name
        if read and read.typed_name and name_key(read.typed_name) != name_key(standing.name)
        else "",
        reminders_sent=standing.reminders_sent,
        last_sent_at=stamp(standing.last_sent_at) if standing.last_sent_at else "",
    )


def _heed_changed_rules(service: Service, now: datetime) -> None:
    """Compute everything anew where the rules, or the time zone that days are counted in, have changed
    since."""
    rules = f"{RULES} {service.zone}"
    with service.store.read() as connection:
        before = marks.get(connection, _MARK)
    if before == rules:
        return
    with service.store.write(now) as tx:
        if before:
            table.forget_all(tx)
        marks.put(tx, _MARK, rules)


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""
