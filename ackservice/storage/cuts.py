"""As-of questions: which ledger lines had been recorded by a moment, and what the head was then."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from ackservice import ledger
from ackservice.storage.store import stamp


def cut_before(connection: sqlite3.Connection, moment: datetime) -> int:
    """The number of the last line recorded before that moment; 0 when there was none."""
    return connection.execute(
        "SELECT COALESCE(MAX(n), 0) FROM ledger WHERE at < ?", (stamp(moment),)
    ).fetchone()[0]


def last_cut(connection: sqlite3.Connection) -> int:
    """The number of the last line."""
    return connection.execute("SELECT COALESCE(MAX(n), 0) FROM ledger").fetchone()[0]


def last_line(connection: sqlite3.Connection) -> tuple[int, str]:
    """The number of the last line and its hash, which is the head."""
    row = connection.execute("SELECT n, hash FROM ledger ORDER BY n DESC LIMIT 1").fetchone()
    return (row["n"], row["hash"]) if row else (0, ledger.GENESIS)


def head_at(connection: sqlite3.Connection, cut: int) -> str:
    """The head of the ledger when its last line was number `cut`."""
    row = connection.execute("SELECT hash FROM ledger WHERE n = ?", (cut,)).fetchone()
    return row["hash"] if row else ledger.GENESIS


def recorded_at(connection: sqlite3.Connection, number: int) -> str:
    """The stamp of a line; empty when there is none of that number."""
    row = connection.execute("SELECT at FROM ledger WHERE n = ?", (number,)).fetchone()
    return row["at"] if row else ""
