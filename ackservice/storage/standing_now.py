"""Where recipients stand, computed beforehand: whom a new fact concerns is marked by triggers, and looked at
again before reading.

Nothing here is evidence: the rows can be thrown away and computed again from the facts at any time. They
hold what does not depend on the day of reading; what does (left, superseded, overdue) is decided in the
queries of `storage.desk`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, fields

from ackservice.storage.store import Transaction


@dataclass(frozen=True)
class Row:
    """One recipient. Days and times are ISO texts, empty where there are none; `in_time` is yes, no or
    empty."""

    recipient_id: int
    notice_id: int
    person_id: str
    name: str
    name_key: str
    category: str
    site: str
    line_manager_id: str
    lasting: str  # the status but for what the day decides
    is_open: int
    left_on: str
    notified_on: str
    in_time: str
    binds_from: str
    due_on: str
    acknowledged_at: str
    acknowledged_on: str
    method: str
    other_name: str  # what was typed, where it is unlike the roster's name
    reminders_sent: int
    last_sent_at: str


COLUMNS = tuple(field.name for field in fields(Row))
_INSERT = f"INSERT INTO standing_now ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"


def due(connection: sqlite3.Connection, most: int) -> dict[int, list[int]]:
    """The recipients to look at again by notice, up to about so many."""
    found: dict[int, list[int]] = {}
    rows = connection.execute(
        "SELECT d.recipient_id, r.notice_id FROM standing_due d JOIN recipient r ON r.id = d.recipient_id ORDER BY d.recipient_id LIMIT ?",
        (most,),
    )
    for row in rows:
        found.setdefault(row["notice_id"], []).append(row["recipient_id"])
    return found


def put(tx: Transaction, rows: Iterable[Row], cut: int) -> int:
    """Keep rows computed as of that ledger line, but for recipients marked since or looked at by somebody
    else; returns how many."""
    kept = 0
    for row in rows:
        mark = tx.execute(
            "DELETE FROM standing_due WHERE recipient_id = ? AND since <= ?", (row.recipient_id, cut)
        )
        if mark.rowcount:
            tx.execute("DELETE FROM standing_now WHERE recipient_id = ?", (row.recipient_id,))
            tx.execute(_INSERT, tuple(vars(row).values()))
            kept += 1
    return kept


def forget_all(tx: Transaction) -> None:
    """Throw every row away and mark everybody."""
    for table in ("standing_now", "standing_count", "standing_day", "standing_due"):
        tx.execute(f"DELETE FROM {table}")
    tx.execute("INSERT INTO standing_due (recipient_id, since) SELECT id, id FROM recipient")


def all_rows(connection: sqlite3.Connection) -> dict[int, Row]:
    """Every row by recipient."""
    rows = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM standing_now")
    return {row["recipient_id"]: Row(*row) for row in rows}
