"""Acknowledgements: what a receipt says, what a person acknowledged before, and rows by their number."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

_WITHDRAWN = "EXISTS (SELECT 1 FROM acknowledgement_withdrawn w WHERE w.acknowledgement_id = a.id)"
_CONFIRMED = "EXISTS (SELECT 1 FROM acknowledgement_confirmed c WHERE c.acknowledgement_id = a.id)"
_NAME = """(SELECT e.name FROM roster_entry e WHERE e.person_id = a.person_id {until} AND (e.import_id IS NULL
    OR e.import_id NOT IN (SELECT import_id FROM roster_undone)) ORDER BY e.id DESC LIMIT 1)"""
_RECEIPT = f"""
SELECT a.*, r.name AS first_name, {_NAME.format(until="AND e.id < a.id")} AS name,
    {_NAME.format(until="")} AS present_name,
    n.title, n.version AS base_version, COALESCE(
        (SELECT p.effective_on FROM notice_postponed p WHERE p.notice_id = n.id ORDER BY p.id DESC LIMIT 1),
        n.effective_on) AS effective_on,
    {_WITHDRAWN} AS withdrawn, a.name_matches OR {_CONFIRMED} AS confirmed
FROM acknowledgement a JOIN recipient r ON r.id = a.recipient_id JOIN notice n ON n.id = a.notice_id
"""


def receipt(connection: sqlite3.Connection, number: int) -> sqlite3.Row | None:
    """An acknowledgement, its person's name then and now, its notice's title and date, what became of it."""
    row: sqlite3.Row | None = connection.execute(f"{_RECEIPT} WHERE a.id = ?", (number,)).fetchone()
    return row


def number_of_key(connection: sqlite3.Connection, key: str) -> int | None:
    """The number of the acknowledgement whose receipt link carries a key."""
    row = connection.execute("SELECT id FROM acknowledgement WHERE key = ?", (key,)).fetchone()
    return row["id"] if row else None


def of_person(connection: sqlite3.Connection, person_id: str, policies: Iterable[str]) -> list[sqlite3.Row]:
    """What a person has acknowledged of a policy, under whichever of its ids, without what was withdrawn."""
    return connection.execute(
        f"SELECT version, digest FROM acknowledgement a WHERE person_id = ? "
        f"AND policy IN (SELECT value FROM json_each(?)) AND NOT {_WITHDRAWN} ORDER BY id",
        (person_id, json.dumps(list(policies))),
    ).fetchall()
