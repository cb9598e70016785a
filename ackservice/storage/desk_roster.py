"""The roster as the desk lists it: searched, narrowed and paged in SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from ackservice.storage.desk import Scope

PAGE = 50


@dataclass(frozen=True)
class Wanted:
    """What a list of people shows. `search` is a key as `name_key` makes them."""

    search: str = ""
    category: str = ""
    leavers: bool = False
    page: int = 1


def people(
    connection: sqlite3.Connection, scope: Scope, wanted: Wanted, today: date, name_key: Callable[[str], str]
) -> tuple[int, list[sqlite3.Row]]:
    """(How many there are, those on the page wanted), by name."""
    connection.create_function("name_key", 1, lambda name: name_key(name or ""), deterministic=True)
    conditions = [
        "e.name IS NOT NULL",
        "NOT EXISTS (SELECT 1 FROM roster_entry x WHERE x.person_id = e.person_id AND x.id > e.id)",
    ]
    if not wanted.leavers:
        conditions.append("(e.left_on IS NULL OR e.left_on > :today)")
    if wanted.category:
        conditions.append("e.category = :category")
    if wanted.search:
        conditions.append(
            "(instr(name_key(e.name), :search) OR instr(name_key(e.email), :search) OR e.person_id = :search COLLATE NOCASE)"
        )
    where = f"FROM roster_entry e WHERE {' AND '.join(conditions)}{scope.sql('e')}"
    values = {"today": today.isoformat(), "category": wanted.category, "search": wanted.search,
              "offset": (wanted.page - 1) * PAGE, **scope.values}  # fmt: skip
    found = connection.execute(f"SELECT COUNT(*) {where}", values).fetchone()[0]
    rows = connection.execute(
        f"""SELECT e.person_id, e.name, e.email, e.category, e.site, e.joined_on, e.left_on {where}
        ORDER BY e.name COLLATE NOCASE, e.person_id LIMIT {PAGE} OFFSET :offset""",
        values,
    )
    return found, rows.fetchall()
