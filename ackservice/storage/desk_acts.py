"""What acts at the desk look up and take back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from ackservice.storage import deliveries
from ackservice.storage.store import Transaction


def of_notice(connection: sqlite3.Connection, notice_id: int, recipients: Sequence[int]) -> list[int]:
    """Those of these recipients that are of the notice."""
    rows = connection.execute(
        "SELECT id FROM recipient WHERE notice_id = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (notice_id, json.dumps(list(recipients))),
    )
    return [row[0] for row in rows.fetchall()]


def people_of_recipients(
    connection: sqlite3.Connection, notice_id: int, recipients: Sequence[int]
) -> list[str]:
    """The persons of those of these recipients that are of the notice."""
    rows = connection.execute(
        "SELECT person_id FROM recipient WHERE notice_id = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (notice_id, json.dumps(list(recipients))),
    )
    return [row[0] for row in rows.fetchall()]


def people_of(
    connection: sqlite3.Connection, act: str, notice_id: int, first: int, last: int, by: str
) -> list[str]:
    """Whom somebody's acts between two ledger lines were about."""
    rows = connection.execute(
        "SELECT person_id FROM desk_act WHERE id BETWEEN ? AND ? AND act = ? AND notice_id = ? AND done_by = ?",
        (first, last, act, notice_id, by),
    )
    return [row[0] for row in rows.fetchall()]


def drop_queued(tx: Transaction, kind: str, people: Sequence[str]) -> list[str]:
    """Drop what is queued of a kind for these people and nobody is sending yet; returns for whom."""
    dropped = []
    for person_id in people:
        rows = tx.execute(
            "SELECT id FROM delivery WHERE person_id = ? AND person_id <> '' AND kind = ? AND state = 'queued'",
            (person_id, kind),
        ).fetchall()
        for row in rows:
            deliveries.end(tx, row["id"], "dropped")
            tx.execute(
                "UPDATE delivery SET occasion = '' WHERE id = ?", (row["id"],)
            )  # it may be queued anew today
            dropped.append(person_id)
    return dropped


def excuses(
    connection: sqlite3.Connection, notice_id: int, first: int, last: int, by: str
) -> list[tuple[int, int]]:
    """(excuse, recipient) of the somebody's excuses of a notice between two ledger lines that still hold."""
    rows = connection.execute(
        """
        SELECT x.id, x.recipient_id FROM excused x JOIN recipient r ON r.id = x.recipient_id
        WHERE x.id BETWEEN ? AND ? AND r.notice_id = ? AND x.excused_by = ?
            AND NOT EXISTS (SELECT 1 FROM excuse_withdrawn w WHERE w.excused_id = x.id)
        """,
        (first, last, notice_id, by),
    )
    return [(row[0], row[1]) for row in rows.fetchall()]


def acknowledgement(connection: sqlite3.Connection, number: int) -> sqlite3.Row | None:
    """An acknowledgement, with its notice and whether it was withdrawn."""
    return connection.execute(
        """
        SELECT a.*, r.name, r.notice_id, n.title,
            EXISTS (SELECT 1 FROM acknowledgement_withdrawn w WHERE w.acknowledgement_id = a.id) AS withdrawn
        FROM acknowledgement a JOIN recipient r ON r.id = a.recipient_id JOIN notice n ON n.id = r.notice_id WHERE a.id = ?
        """,
        (number,),
    ).fetchone()


def excuse(connection: sqlite3.Connection, excused_id: int) -> sqlite3.Row | None:
    """An excuse that holds, with the person's id."""
    return connection.execute(
        "SELECT x.id, x.recipient_id, r.person_id FROM excused x JOIN recipient r ON r.id = x.recipient_id "
        "WHERE x.id = ? AND NOT EXISTS (SELECT 1 FROM excuse_withdrawn w WHERE w.excused_id = x.id)",
        (excused_id,),
    ).fetchone()
