"""Roster rows: each change of a person is a new entry, and the last one holds."""

from __future__ import annotations

import sqlite3
from datetime import date

from ackservice.domain.roster import Person
from ackservice.storage.store import Transaction

_CURRENT = """
    SELECT e.* FROM roster_entry e
    JOIN (SELECT MAX(id) AS id FROM roster_entry WHERE id <= :cut GROUP BY person_id) last ON last.id = e.id
    WHERE e.name IS NOT NULL
"""


def day_or_none(text: str | None) -> date | None:
    """The date of an ISO text, None for none."""
    return date.fromisoformat(text) if text else None


def people(connection: sqlite3.Connection, cut: int) -> dict[str, Person]:
    """Everyone on the roster by person_id, leavers included, erased people not."""
    rows = connection.execute(f"{_CURRENT} ORDER BY e.person_id", {"cut": cut})
    return {row["person_id"]: _person(row) for row in rows}


def person(connection: sqlite3.Connection, person_id: str, cut: int) -> Person | None:
    """One person, or None when unknown or erased."""
    row = connection.execute(
        "SELECT * FROM roster_entry WHERE person_id = ? AND id <= ? ORDER BY id DESC LIMIT 1",
        (person_id, cut),
    ).fetchone()
    return _person(row) if row and row["name"] is not None else None


def add_entry(tx: Transaction, entry: Person) -> int:
    """Record how a person stands from now on."""
    return tx.record(
        "roster.entry",
        person_id=entry.person_id,
        name=entry.name,
        email=entry.email,
        category=entry.category,
        joined_on=_iso(entry.joined_on),
        left_on=_iso(entry.left_on),
        site=entry.site,
        line_manager_id=entry.line_manager_id,
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _person(row: sqlite3.Row) -> Person:
    return Person(
        person_id=row["person_id"],
        name=row["name"],
        email=row["email"],
        category=row["category"],
        joined_on=day_or_none(row["joined_on"]),
        left_on=day_or_none(row["left_on"]),
        site=row["site"],
        line_manager_id=row["line_manager_id"],
    )
