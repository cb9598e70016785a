"""Excuse rows: who need not acknowledge, on whose word."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True)
class Excuse:
    """An excuse that holds. `by` is empty once the person has been erased."""

    id: int
    reason: str
    by: str


def active_excuse(connection: sqlite3.Connection, recipient_id: int) -> Excuse | None:
    """The recipient's last excuse that was not withdrawn."""
    row = connection.execute(
        "SELECT x.* FROM excused x WHERE x.recipient_id = ? "
        "AND NOT EXISTS (SELECT 1 FROM excuse_withdrawn w WHERE w.excused_id = x.id) ORDER BY x.id DESC LIMIT 1",
        (recipient_id,),
    ).fetchone()
    return Excuse(row["id"], row["reason"] or "", row["excused_by"] or "") if row else None
