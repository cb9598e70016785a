"""Small marks kept between runs, by name: what was done for the last time when."""

from __future__ import annotations

import sqlite3

from ackservice.storage.store import Transaction


def get(connection: sqlite3.Connection, name: str) -> str:
    """The mark of that name, empty where there is none."""
    row = connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return row["value"] if row else ""


def put(tx: Transaction, name: str, value: str) -> None:
    """Set a mark."""
    tx.execute(
        "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
        "excluded.value",
        (name, value),
    )
