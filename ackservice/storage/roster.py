"""Roster rows: each change of a person is a new entry, and the last one holds. An undone import counts as
never made."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from ackservice.clock import day_in
from ackservice.domain.audience import Entry
from ackservice.domain.roster import Person
from ackservice.storage.store import Transaction, moment

_HOLDS = (
    "id <= :cut AND (import_id IS NULL OR import_id NOT IN (SELECT import_id FROM roster_undone WHERE "
    "id <= :cut))"
)
_PERSON = (
    "person_id",
    "name",
    "email",
    "categories",
    "joined_on",
    "left_on",
    "away_until",
    "site",
    "line_manager_id",
)
_COLUMNS = ", ".join(("id", "at", *_PERSON))
_CURRENT = f"""
    SELECT e.* FROM roster_entry e
    JOIN (SELECT MAX(id) AS id FROM roster_entry WHERE {_HOLDS} GROUP BY person_id) last ON last.id = e.id
"""


def day_or_none(text: str | None) -> date | None:
    """The date of an ISO text, None for none."""
    return _date(text) if text else None


def people(connection: sqlite3.Connection, cut: int) -> dict[str, Person]:
    """Everyone on the roster by person_id, leavers included, erased people not."""
    rows = connection.execute(f"{_CURRENT} WHERE e.name IS NOT NULL ORDER BY e.person_id", {"cut": cut})
    return {row["person_id"]: _person(row) for row in rows}


def erased_ids(connection: sqlite3.Connection) -> set[str]:
    """Whose records were erased."""
    return {row[0] for row in connection.execute("SELECT person_id FROM person_erased")}


def person(connection: sqlite3.Connection, person_id: str, cut: int) -> Person | None:
    """One person, or None when unknown or erased."""
    row = connection.execute(
        f"SELECT * FROM roster_entry WHERE person_id = :person AND {_HOLDS} ORDER BY id DESC LIMIT 1",
        {"person": person_id, "cut": cut},
    ).fetchone()
    return _person(row) if row and row["name"] is not None else None


def histories(
    connection: sqlite3.Connection, cut: int, zone: str, person_ids: Iterable[str] | None = None
) -> dict[str, list[Entry]]:
    """Every entry of each person, oldest first; of all people, or of some. Erased people's have empty
    names."""
    some = "" if person_ids is None else "AND person_id IN (SELECT value FROM json_each(:people))"
    values = {"cut": cut, "people": json.dumps(list(person_ids or ()))}
    entries: dict[str, list[Entry]] = {}
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM roster_entry WHERE {_HOLDS} {some} ORDER BY id", values
    )
    for row in rows:
        entry = _entry(zone, *row)
        entries.setdefault(entry.person.person_id, []).append(entry)
    return entries


def first_import_on(connection: sqlite3.Connection, zone: str) -> date | None:
    """The day of the school's first roster import that was not undone; None while there is none."""
    row = connection.execute(
        "SELECT MIN(at) FROM roster_import i WHERE id NOT IN (SELECT import_id FROM roster_undone)"
    ).fetchone()
    return day_in(zone, moment(row[0])) if row[0] else None


def last_import(connection: sqlite3.Connection) -> tuple[int, datetime, int] | None:
    """(number, when, entries) of the last import that was not undone."""
    row = connection.execute(
        "SELECT id, at, entries FROM roster_import WHERE id NOT IN (SELECT import_id FROM roster_undone) "
        "ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return (row["id"], moment(row["at"]), row["entries"]) if row else None


def add_entry(tx: Transaction, entry: Person, import_id: int | None = None) -> int:
    """Record a person as they are from now on."""
    return tx.record(
        "roster.entry",
        import_id=import_id,
        person_id=entry.person_id,
        name=entry.name,
        email=entry.email,
        categories=json.dumps(entry.categories, ensure_ascii=False),
        joined_on=iso(entry.joined_on),
        left_on=iso(entry.left_on),
        away_until=iso(entry.away_until),
        site=entry.site,
        line_manager_id=entry.line_manager_id,
    )


def follow_later(tx: Transaction, person_id: str, from_on: date) -> None:
    """Note a person whose audiences have to be looked at on that day or after."""
    tx.execute(
        "INSERT INTO to_follow (person_id, from_on) VALUES (?, ?) "
        "ON CONFLICT (person_id) DO UPDATE SET from_on = excluded.from_on",
        (person_id, from_on.isoformat()),
    )


def to_follow(connection: sqlite3.Connection, today: date) -> list[str]:
    """Whose audiences have to be looked at by that day."""
    rows = connection.execute(
        "SELECT person_id FROM to_follow WHERE from_on <= ? ORDER BY person_id", (today.isoformat(),)
    )
    return [row[0] for row in rows]


def followed(tx: Transaction, person_id: str) -> None:
    """This one has been looked at."""
    tx.execute("DELETE FROM to_follow WHERE person_id = ?", (person_id,))


def iso(day: date | None) -> str | None:
    """The ISO text of a date, None for none."""
    return day.isoformat() if day else None


@lru_cache(maxsize=20_000)
def categories_of(text: str) -> tuple[str, ...]:
    """The categories of a JSON list."""
    return tuple(json.loads(text))


@lru_cache(maxsize=50_000)
def _day_of(at: str, zone: str) -> date:
    return day_in(zone, moment(at))


_date = lru_cache(maxsize=20_000)(date.fromisoformat)


@lru_cache(maxsize=100_000)  # an entry never changes but by erasing, which changes its name
def _entry(zone: str, number: int, at: str, *values: Any) -> Entry:
    return Entry(number, _day_of(at, zone), _person_of(*values))


def _person(row: sqlite3.Row) -> Person:
    return _person_of(*(row[name] for name in _PERSON))


def _person_of(
    person_id: str,
    name: str | None,
    email: str | None,
    categories: str,
    joined_on: str | None,
    left_on: str | None,
    away_until: str | None,
    site: str,
    line_manager_id: str,
) -> Person:
    return Person(
        person_id,
        name or "",
        email or "",
        categories_of(categories),
        day_or_none(joined_on),
        day_or_none(left_on),
        day_or_none(away_until),
        site,
        line_manager_id,
    )
