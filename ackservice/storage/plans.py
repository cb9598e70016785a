"""Whom to look at next, and when: a plan kept beside the facts, so that a run costs what is due and not what
is recorded.

A recipient has a row once they have been told, until they are settled. Triggers empty `next_on` when a fact
changes where the recipient stands: they are then looked at in the next run, which writes the next day.
`looked_on` is the last day on which everything that was due for the recipient had been done.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from ackservice.storage.roster import day_or_none
from ackservice.storage.store import Transaction

NEVER = "9999-12-31"


@dataclass(frozen=True)
class PlanRow:
    """When a recipient is to be looked at. `next_on` is empty for at once."""

    recipient_id: int
    notice_id: int
    person_id: str
    next_on: str
    looked_on: date | None


def due(connection: sqlite3.Connection, today: date) -> list[PlanRow]:
    """The recipients to look at by that day, by notice."""
    rows = connection.execute(
        "SELECT p.*, r.notice_id, r.person_id FROM reminder_plan p JOIN recipient r ON r.id = p.recipient_id "
        "WHERE p.next_on <= ? ORDER BY r.notice_id, r.id",
        (today.isoformat(),),
    )
    return [
        PlanRow(
            row["recipient_id"],
            row["notice_id"],
            row["person_id"],
            row["next_on"],
            day_or_none(row["looked_on"]),
        )
        for row in rows
    ]


def all_rows(connection: sqlite3.Connection) -> dict[int, tuple[str, date | None]]:
    """(next_on, looked_on) by recipient."""
    return {
        row["recipient_id"]: (row["next_on"], day_or_none(row["looked_on"]))
        for row in connection.execute("SELECT * FROM reminder_plan")
    }


def set_next(tx: Transaction, row: PlanRow, next_on: date | None, looked_on: date | None) -> bool:
    """Write the next day (None for no day in sight); False when something has changed since the row was
    read."""
    cursor = tx.execute(
        "UPDATE reminder_plan SET next_on = ?, looked_on = ? WHERE recipient_id = ? AND next_on = ?",
        (
            next_on.isoformat() if next_on else NEVER,
            looked_on.isoformat() if looked_on else None,
            row.recipient_id,
            row.next_on,
        ),
    )
    return cursor.rowcount == 1


def remove(tx: Transaction, row: PlanRow) -> bool:
    """Forget somebody nothing more is expected of; False when something has changed since the row was
    read."""
    cursor = tx.execute(
        "DELETE FROM reminder_plan WHERE recipient_id = ? AND next_on = ?", (row.recipient_id, row.next_on)
    )
    return cursor.rowcount == 1


def look_again(tx: Transaction, person_id: str) -> None:
    """Look at every notice of a person in the next run."""
    tx.execute(
        "INSERT INTO reminder_plan (recipient_id, next_on) SELECT id, '' FROM recipient WHERE person_id = ? "
        "ON CONFLICT (recipient_id) DO UPDATE SET next_on = ''",
        (person_id,),
    )


def settings_changed(tx: Transaction, today: date) -> None:
    """Work every plan out anew, but for what is due already: a day that is new in the settings is not done
    for the past."""
    yesterday = (today - timedelta(days=1)).isoformat()
    tx.execute(
        "UPDATE reminder_plan SET looked_on = ?, next_on = '' WHERE next_on > ? OR (next_on = '' AND looked_on IS NOT NULL)",
        (yesterday, today.isoformat()),
    )


def told_items(connection: sqlite3.Connection, person_id: str) -> list[int]:
    """The recipients of a person that have a plan: what a reminder may have to list."""
    rows = connection.execute(
        "SELECT p.recipient_id FROM recipient r JOIN reminder_plan p ON p.recipient_id = r.id WHERE r.person_id = ? ORDER BY 1",
        (person_id,),
    )
    return [row[0] for row in rows]


def follow_later(tx: Transaction, person_id: str, from_on: date) -> None:
    """Note a person whose audiences have to be looked at on that day or after; a later note replaces an
    earlier one."""
    tx.execute(
        "INSERT INTO to_follow (person_id, from_on) VALUES (?, ?) ON CONFLICT (person_id) DO UPDATE SET from_on = excluded.from_on",
        (person_id, from_on.isoformat()),
    )


def followed(tx: Transaction, person_ids: Iterable[str]) -> None:
    """These have been looked at."""
    for person_id in person_ids:
        tx.execute("DELETE FROM to_follow WHERE person_id = ?", (person_id,))


def to_follow(connection: sqlite3.Connection, today: date) -> list[str]:
    """Whose audiences have to be looked at by that day."""
    rows = connection.execute(
        "SELECT person_id FROM to_follow WHERE from_on <= ? ORDER BY person_id", (today.isoformat(),)
    )
    return [row[0] for row in rows]
