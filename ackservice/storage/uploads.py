"""Files waiting to be confirmed: kept for an hour at most, for the session that sent them and for no other."""

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
    """Keep a file under a key nobody can guess, for one session; older ones are forgotten."""
    forget_old(tx)
    tx.execute("DELETE FROM setting WHERE name LIKE ? AND json_extract(value, '$.session') = ?", (_PREFIX + "%", session))
    data = base64.b64encode(upload.data).decode("ascii")
    marks.put(tx, _PREFIX + key, json.dumps({"session": session, "at": tx.at, "name": upload.name, "data": data}))


def find(connection: sqlite3.Connection, key: str, session: str, now: datetime) -> Upload | None:
    """The file kept under a key; None for an unknown key, another session's, or one that is too old."""
    kept = marks.get(connection, _PREFIX + key)
    found = json.loads(kept) if kept else {}
    if found.get("session") != session or moment(found["at"]) < now - KEPT_FOR:
        return None
    return Upload(found["name"], base64.b64decode(found["data"]))


def forget(tx: Transaction, key: str) -> None:
    """Forget a file."""
    tx.execute("DELETE FROM setting WHERE name = ?", (_PREFIX + key,))


def forget_old(tx: Transaction) -> None:
    """Forget every file kept for longer than an hour."""
    rows = tx.execute("SELECT name, json_extract(value, '$.at') AS at FROM setting WHERE name LIKE ?", (_PREFIX + "%",)).fetchall()
    for row in rows:
        if moment(row["at"]) < moment(tx.at) - KEPT_FOR:
            tx.execute("DELETE FROM setting WHERE name = ?", (row["name"],))
