"""Acknowledgement rows, joined to what a receipt says."""

from __future__ import annotations

import sqlite3

from ackservice.storage.notices import EVER_NAMED


def receipt(connection: sqlite3.Connection, number: int) -> sqlite3.Row | None:
    """An acknowledgement with its person's name, its notice's title and date, and whether it was
    withdrawn."""
    return connection.execute(
        """
        SELECT a.*, r.name, COALESCE(own.title, n.title) AS title, COALESCE(own.effective_on, n.effective_on) AS effective_on,
            EXISTS (SELECT 1 FROM acknowledgement_withdrawn w WHERE w.acknowledgement_id = a.id) AS withdrawn
        FROM acknowledgement a
        JOIN recipient r ON r.id = a.recipient_id
        JOIN notice n ON n.id = r.notice_id
        LEFT JOIN notice own ON own.id =
            (SELECT MAX(id) FROM notice WHERE policy = a.policy AND version = a.version AND id < a.id)
        WHERE a.id = ?
        """,
        (number,),
    ).fetchone()


def of_person(connection: sqlite3.Connection, person_id: str, policy: str, cut: int) -> list[sqlite3.Row]:
    """What a person has acknowledged of a policy, under whichever of its ids, not withdrawn, the last
    first."""
    return connection.execute(
        f"""
        SELECT * FROM acknowledgement a WHERE person_id = :person AND policy IN ({EVER_NAMED}) AND id <= :cut
        AND NOT EXISTS (SELECT 1 FROM acknowledgement_withdrawn w WHERE w.acknowledgement_id = a.id AND w.id <= :cut)
        ORDER BY id DESC
        """,
        {"person": person_id, "policy": policy, "cut": cut},
    ).fetchall()
