"""Which people a reader may see."""

from __future__ import annotations

import sqlite3

from ackservice.storage.desk import Scope

_NOW = "e.id = (SELECT MAX(id) FROM roster_entry WHERE person_id = e.person_id) AND e.name IS NOT NULL"


def ids(connection: sqlite3.Connection, scope: Scope) -> set[str]:
    """The ids of the people of the roster within a scope."""
    rows = connection.execute(
        f"SELECT e.person_id FROM roster_entry e WHERE {_NOW} {scope.sql('e')}", scope.values
    )
    return {row[0] for row in rows}


def any_of_notice(connection: sqlite3.Connection, notice_id: int, scope: Scope) -> bool:
    """Whether the scope has anybody of a notice."""
    if not scope.is_limited:
        return True
    sql = f"""SELECT 1 FROM recipient r JOIN roster_entry e ON e.person_id = r.person_id
        WHERE r.notice_id = :notice AND {_NOW} {scope.sql("e")} LIMIT 1"""
    return connection.execute(sql, {"notice": notice_id, **scope.values}).fetchone() is not None
