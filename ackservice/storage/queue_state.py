"""How the mail server is doing, kept across restarts and processes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from ackservice.storage.store import Transaction, moment, stamp

_NAME = "mail server"


def paused_until(connection: sqlite3.Connection) -> datetime | None:
    """Until when nothing is sent because the server takes nothing; None while it is well."""
    state = _state(connection)
    return moment(state["until"]) if state else None


def last_failure(connection: sqlite3.Connection) -> str:
    """What went wrong last, in plain words; empty while the server is well."""
    state = _state(connection)
    return state["why"] if state else ""


def server_failed(
    tx: Transaction, now: datetime, why: str, pauses: Sequence[int], asked_seconds: float | None
) -> None:
    """The server takes nothing: pause, longer each time (`pauses` in minutes), or as long as it asked for."""
    state = _state(tx.connection)
    failures = (state["failures"] if state else 0) + 1
    pause = (
        timedelta(seconds=asked_seconds)
        if asked_seconds
        else timedelta(minutes=pauses[min(failures, len(pauses)) - 1])
    )
    value = json.dumps({"failures": failures, "until": stamp(now + pause), "why": why})
    tx.execute(
        "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
        "excluded.value",
        (_NAME, value),
    )


def server_is_well(tx: Transaction) -> None:
    """A message was taken: forget earlier failures."""
    tx.execute("DELETE FROM setting WHERE name = ?", (_NAME,))


def first_sent_since(connection: sqlite3.Connection, since: datetime) -> datetime:
    """When the earliest message after that moment was sent; the moment itself when there was none."""
    row = connection.execute(
        "SELECT MIN(sent_at) FROM delivery WHERE sent_at > ?", (stamp(since),)
    ).fetchone()
    return moment(row[0]) if row[0] else since


def _state(connection: sqlite3.Connection) -> dict | None:
    row = connection.execute("SELECT value FROM setting WHERE name = ?", (_NAME,)).fetchone()
    return json.loads(row["value"]) if row else None
