"""Files waiting to be confirmed: kept for an hour at most, for the session that sent them and for no
other."""

from __future__ import annotations

import base64
import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from ackservice.storage import marks
from ackservice.storage.store import Transaction, moment

KEPT_FOR = timedelta(hours=1)
_PREFIX = "upload "


@dataclass(frozen=True)
class Upload:
    """A file as it came, and the name it had."""

    name: str
    data: bytes


def keep(tx: Transaction, key: str, session: str, upload: Upload) -> None:
    """Keep a file under a key nobody can guess, in place of the last one of that session; old ones are
    forgotten."""
    for other, kept in _all(tx.connection):
        if kept["session"] == session or _is_old(kept, moment(tx.at)):
            forget(tx, other)
    data = base64.b64encode(upload.data).decode("ascii")
    marks.put(
        tx, _PREFIX + key, json.dumps({"session": session, "at": tx.at, "name": upload.name, "data": data})
    )


def find(connection: sqlite3.Connection, key: str, session: str, now: datetime) -> Upload | None:
    """The file kept under a key; None for an unknown key, another session's, or one that is too old."""
    text = marks.get(connection, _PREFIX + key)
    kept = json.loads(text) if text else {}
    if kept.get("session") != session or _is_old(kept, now):
        return None
    return Upload(kept["name"], base64.b64decode(kept["data"]))


def forget(tx: Transaction, key: str) -> None:
    """Forget a file."""
    tx.execute("DELETE FROM setting WHERE name = ?", (_PREFIX + key,))


def old(connection: sqlite3.Connection, now: datetime) -> list[str]:
    """The keys of files kept for longer than an hour."""
    return [key for key, kept in _all(connection) if _is_old(kept, now)]


def _all(connection: sqlite3.Connection) -> list[tuple[str, dict[str, str]]]:
    rows = connection.execute(
        "SELECT name, value FROM setting WHERE name LIKE ?", (_PREFIX + "%",)
    ).fetchall()
    return [(row["name"].removeprefix(_PREFIX), json.loads(row["value"])) for row in rows]


def _is_old(kept: dict[str, str], now: datetime) -> bool:
    return moment(kept["at"]) < now - KEPT_FOR
