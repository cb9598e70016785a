"""Everything recorded about one person, in order."""

from __future__ import annotations

import sqlite3
import zlib
from base64 import b64decode
from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """One thing that happened; `what` names it, `row` has what was recorded with it."""

    at: str
    what: str
    row: sqlite3.Row


_NOTICE = "n.title, n.version, n.round, n.policy, n.id AS notice_id"
_OF = """JOIN recipient r ON r.id = x.recipient_id JOIN notice n ON n.id = r.notice_id
    WHERE r.person_id = :person"""
_OF_QUESTION = """JOIN question q ON q.id = x.question_id LEFT JOIN recipient r ON r.id = q.recipient_id
    LEFT JOIN notice n ON n.id = r.notice_id WHERE q.person_id = :person"""


def _is_there(name: str, table: str, column: str) -> str:
    return f"EXISTS (SELECT 1 FROM {table} w WHERE w.{column} = x.id AND w.id <= :cut) AS {name}"


def _is_back(what: str) -> str:
    return _is_there("taken_back", *TAKEN_BACK[what][1:])


TAKEN_BACK = {
    "letter": ("letter_given", "letter_withdrawn", "letter_id"),
    "slip": ("acknowledgement", "acknowledgement_withdrawn", "acknowledgement_id"),
    "acknowledgement": ("acknowledgement", "acknowledgement_withdrawn", "acknowledgement_id"),
    "excuse": ("excused", "excuse_withdrawn", "excused_id"),
    "answer": ("question_answered", "answer_withdrawn", "answer_id"),
}
_QUERIES = {
    "roster": """SELECT x.*, x.import_id IN (SELECT import_id FROM roster_undone WHERE id <= :cut) AS undone
        FROM roster_entry x WHERE x.person_id = :person""",
    "notice": f"""SELECT x.*, {_NOTICE}, n.effective_on FROM recipient x JOIN notice n ON n.id = x.notice_id
        WHERE x.person_id = :person""",
    "outcome": f"SELECT x.*, {_NOTICE} FROM dispatch x {_OF}",
    "settled": """SELECT x.* FROM return_settled x
        WHERE x.delivery_id IN (SELECT d.delivery_id FROM dispatch d
        JOIN recipient r ON r.id = d.recipient_id WHERE r.person_id = :person)""",
    "letter": f"SELECT x.*, {_NOTICE}, {_is_back('letter')} FROM letter_given x {_OF}",
    "letter taken back": f"SELECT x.*, {_NOTICE} FROM letter_withdrawn x {_OF}",
    "acknowledged": f"""SELECT x.*, {_NOTICE}, {_is_back("acknowledgement")},
        {_is_there("confirmed", "acknowledgement_confirmed", "acknowledgement_id")}
        FROM acknowledgement x {_OF}""",
    "confirmed": f"SELECT x.*, {_NOTICE} FROM acknowledgement_confirmed x {_OF}",
    "acknowledgement taken back": f"SELECT x.*, {_NOTICE} FROM acknowledgement_withdrawn x {_OF}",
    "excused": f"SELECT x.*, {_NOTICE}, {_is_back('excuse')} FROM excused x {_OF}",
    "excuse taken back": f"SELECT x.*, {_NOTICE} FROM excuse_withdrawn x {_OF}",
    "links": "SELECT x.* FROM person_key x WHERE x.person_id = :person AND x.made_by IS NOT NULL",
    "asked": f"""SELECT x.*, {_NOTICE} FROM question x LEFT JOIN recipient r ON r.id = x.recipient_id
        LEFT JOIN notice n ON n.id = r.notice_id WHERE x.person_id = :person""",
    "answered": f"SELECT x.*, {_NOTICE}, {_is_back('answer')} FROM question_answered x {_OF_QUESTION}",
    "answer taken back": f"SELECT x.*, {_NOTICE} FROM answer_withdrawn x {_OF_QUESTION}",
    "act": f"""SELECT x.*, {_NOTICE} FROM desk_act x LEFT JOIN notice n ON n.id = x.notice_id
        WHERE x.person_id = :person""",
}
_WAITING = """
SELECT d.id AS delivery_id, d.created_at AS at, d.kind, d.address, d.not_before, d.last_error
FROM delivery d WHERE d.person_id = :person AND d.person_id <> ''
AND d.state IN ('queued', 'claimed') ORDER BY d.id DESC
"""


def of_person(connection: sqlite3.Connection, person_id: str, cut: int) -> list[Event]:
    """Everything recorded about a person up to a ledger line, the last first."""
    events = [
        Event(row["at"], what, row)
        for what, query in _QUERIES.items()
        for row in connection.execute(f"{query} AND x.id <= :cut", {"person": person_id, "cut": cut})
    ]
    return sorted(events, key=lambda event: event.row["id"], reverse=True)


def waiting(connection: sqlite3.Connection, person_id: str) -> list[Event]:
    """What is still to be sent to a person, the last queued first."""
    return [Event(row["at"], "waiting", row) for row in connection.execute(_WAITING, {"person": person_id})]


def people_of_acts(
    connection: sqlite3.Connection, act: str, notice_id: int, first: int, last: int, by: str
) -> list[str]:
    """The people whom somebody's acts at the desk between two ledger lines were about."""
    rows = connection.execute(
        "SELECT person_id FROM desk_act WHERE id BETWEEN ? AND ? AND act = ? AND notice_id = ? "
        "AND done_by = ?",
        (first, last, act, notice_id, by),
    )
    return [row[0] for row in rows]


def message(connection: sqlite3.Connection, person_id: str, delivery_id: int) -> tuple[str, str, str] | None:
    """(when, address, text) of a message as it was sent, without personal links; None where it was not that
    person's or is not kept."""
    row = connection.execute(
        """
        SELECT m.at, m.text, (SELECT d.address FROM dispatch d WHERE d.delivery_id = m.delivery_id
            ORDER BY d.id LIMIT 1) AS address
        FROM message m WHERE m.person_id = ? AND m.delivery_id = ? ORDER BY m.id DESC LIMIT 1
        """,
        (person_id, delivery_id),
    ).fetchone()
    if row is None or not row["text"]:
        return None
    return row["at"], row["address"] or "", zlib.decompress(b64decode(row["text"])).decode()
