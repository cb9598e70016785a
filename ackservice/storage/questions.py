"""Questions and suggestions: rows of what staff asked, and of who answered."""

from __future__ import annotations

import sqlite3

from ackservice.storage.desk import Scope
from ackservice.storage.store import Transaction

PAGE = 25

_ANSWER = "(SELECT MAX(a.id) FROM question_answered a WHERE a.question_id = q.id)"
_FROM = """
FROM question q
LEFT JOIN recipient r ON r.id = q.recipient_id
LEFT JOIN notice n ON n.id = r.notice_id
LEFT JOIN roster_entry e ON e.id = (SELECT MAX(id) FROM roster_entry WHERE person_id = q.person_id)
"""


def add(tx: Transaction, **values: object) -> int:
    """Record a question or a suggestion; returns its number."""
    return tx.record("question.asked", **values)


def add_answer(tx: Transaction, question_id: int, note: str, answered_by: str) -> int:
    """Record that it was answered, and how."""
    return tx.record("question.answered", question_id=question_id, note=note, answered_by=answered_by)


def asked_since(connection: sqlite3.Connection, person_id: str, since: str) -> list[sqlite3.Row]:
    """What a person has asked from that moment on, the last first."""
    return connection.execute(
        "SELECT id, kind, policy, version, text FROM question WHERE person_id = ? AND at >= ? ORDER BY id DESC",
        (person_id, since),
    ).fetchall()


def count(connection: sqlite3.Connection, scope: Scope, *, answered: bool) -> int:
    """How many there are."""
    return connection.execute(f"SELECT COUNT(*) {_FROM} {_where(scope, answered)}", scope.values).fetchone()[
        0
    ]


def page(connection: sqlite3.Connection, scope: Scope, *, answered: bool, number: int) -> list[sqlite3.Row]:
    """One page of them: those that wait, the oldest first; those answered, the last first."""
    order = "q.id DESC" if answered else "q.id"
    sql = f"""
        SELECT q.*, r.name, r.category, n.title, n.id AS notice_id, w.note, w.answered_by, w.at AS answered_at
        {_FROM} LEFT JOIN question_answered w ON w.id = {_ANSWER}
        {_where(scope, answered)} ORDER BY {order} LIMIT {PAGE} OFFSET :offset
    """
    return connection.execute(sql, {**scope.values, "offset": (number - 1) * PAGE}).fetchall()


def waits(connection: sqlite3.Connection, question_id: int, scope: Scope) -> bool:
    """Whether there is such a question for this reader, and nobody has answered it."""
    sql = f"SELECT 1 {_FROM} {_where(scope, False)} AND q.id = :question"
    return connection.execute(sql, {**scope.values, "question": question_id}).fetchone() is not None


def _where(scope: Scope, answered: bool) -> str:
    return f"WHERE {_ANSWER} IS {'NOT ' if answered else ''}NULL{scope.sql('e')}"
