"""Questions and suggestions: rows of what staff asked, and of who answered."""

from __future__ import annotations

import sqlite3

from ackservice.storage.store import Transaction

_ANSWER = """(SELECT MAX(a.id) FROM question_answered a WHERE a.question_id = q.id
    AND NOT EXISTS (SELECT 1 FROM answer_withdrawn w WHERE w.answer_id = a.id))"""


def add(tx: Transaction, **values: object) -> int:
    """Record a question or a suggestion; returns its number."""
    return tx.record("question.asked", **values)


def asked_since(connection: sqlite3.Connection, person_id: str, since: str) -> list[sqlite3.Row]:
    """What a person has asked from that moment on."""
    return connection.execute(
        "SELECT id, kind, policy, version, text FROM question WHERE person_id = ? AND at >= ?",
        (person_id, since),
    ).fetchall()


def listed(connection: sqlite3.Connection, *, answered: bool) -> list[sqlite3.Row]:
    """All that wait, the oldest first; or all that were answered, the last first."""
    order = "q.id DESC" if answered else "q.id"
    return connection.execute(
        f"""
        SELECT q.*, r.name, n.title, n.id AS notice_id, a.note, a.answered_by, a.at AS answered_at
        FROM question q LEFT JOIN recipient r ON r.id = q.recipient_id
        LEFT JOIN notice n ON n.id = r.notice_id
        LEFT JOIN question_answered a ON a.id = {_ANSWER}
        WHERE a.id IS {"NOT " if answered else ""}NULL ORDER BY {order}
        """
    ).fetchall()


def answered_of(connection: sqlite3.Connection, recipient_id: int) -> list[int]:
    """The numbers of a recipient's questions whose answers hold."""
    sql = f"SELECT q.id FROM question q WHERE q.recipient_id = ? AND {_ANSWER} IS NOT NULL ORDER BY q.id"
    return [row[0] for row in connection.execute(sql, (recipient_id,))]


def one(connection: sqlite3.Connection, question_id: int) -> sqlite3.Row | None:
    """A question, with the number of the answer that holds."""
    sql = f"SELECT q.id, q.person_id, {_ANSWER} AS answer_id FROM question q WHERE q.id = ?"
    row: sqlite3.Row | None = connection.execute(sql, (question_id,)).fetchone()
    return row
