"""Questions and suggestions that wait for an answer, within what the reader may see."""

from __future__ import annotations

import sqlite3

from ackservice.storage.desk import Scope


def waiting(connection: sqlite3.Connection, scope: Scope, notice_id: int) -> int:
    """How many questions on a notice nobody has answered yet."""
    if scope.is_limited:
        within = (
            f"EXISTS (SELECT 1 FROM standing_now s WHERE s.recipient_id = q.recipient_id {scope.sql('s')})"
        )
    else:
        within = "1"
    return connection.execute(
        f"""
        SELECT COUNT(*) FROM question q CROSS JOIN recipient r ON r.id = q.recipient_id  -- questions are few: begin there
        WHERE r.notice_id = :notice AND {within} AND NOT EXISTS (SELECT 1 FROM question_answered a WHERE a.question_id = q.id)
        """,
        {"notice": notice_id, **scope.values},
    ).fetchone()[0]
