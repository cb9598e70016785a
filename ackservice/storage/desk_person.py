"""Everything recorded about one person, in order, within what the reader may see."""

from __future__ import annotations

import sqlite3
import zlib
from dataclasses import dataclass

from ackservice.storage.desk import Scope


@dataclass(frozen=True)
class Event:
    """One thing that happened; `what` names it, `row` has what was recorded with it."""

    at: str
    what: str
    row: sqlite3.Row


_NOTICE = "n.title, n.version, n.round, n.policy, n.id AS notice_id"
_WITH_NOTICE = "JOIN recipient r ON r.id = x.recipient_id JOIN notice n ON n.id = r.notice_id"
_QUERIES = {
    "roster": "SELECT x.* FROM roster_entry x WHERE x.person_id = :person",
    "notice": f"SELECT x.*, {_NOTICE}, n.effective_on FROM recipient x JOIN notice n ON n.id = x.notice_id WHERE x.person_id = :person",
    "outcome": f"SELECT x.*, {_NOTICE} FROM dispatch x {_WITH_NOTICE} WHERE r.person_id = :person",
    "letter": f"SELECT x.*, {_NOTICE} FROM letter_given x {_WITH_NOTICE} WHERE r.person_id = :person",
    "acknowledged": f"""SELECT x.*, {_NOTICE}, EXISTS (SELECT 1 FROM acknowledgement_withdrawn w WHERE w.acknowledgement_id = x.id) AS withdrawn
        FROM acknowledgement x {_WITH_NOTICE} WHERE r.person_id = :person""",
    "withdrawn": f"SELECT x.*, {_NOTICE} FROM acknowledgement_withdrawn x {_WITH_NOTICE} WHERE r.person_id = :person",
    "excused": f"""SELECT x.*, {_NOTICE}, EXISTS (SELECT 1 FROM excuse_withdrawn w WHERE w.excused_id = x.id) AS withdrawn
        FROM excused x {_WITH_NOTICE} WHERE r.person_id = :person""",
    "not excused": f"SELECT x.*, {_NOTICE} FROM excuse_withdrawn x {_WITH_NOTICE} WHERE r.person_id = :person",
    "renewed": f"SELECT x.*, {_NOTICE} FROM link_renewed x {_WITH_NOTICE} WHERE r.person_id = :person",
    "asked": f"SELECT x.*, {_NOTICE} FROM question x {_WITH_NOTICE} WHERE r.person_id = :person",
    "answered": f"""SELECT a.*, {_NOTICE} FROM question_answered a JOIN question x ON x.id = a.question_id {_WITH_NOTICE}
        WHERE r.person_id = :person""",
    "act": "SELECT x.*, n.title, n.version FROM desk_act x LEFT JOIN notice n ON n.id = x.notice_id WHERE x.person_id = :person",
    "waiting": "SELECT d.id AS delivery_id, d.created_at AS at, d.kind, d.address, d.not_before, d.last_error FROM delivery d "
    "WHERE d.person_id = :person AND d.person_id <> '' AND d.state IN ('queued', 'claimed')",
}


def events(connection: sqlite3.Connection, person_id: str) -> list[Event]:
    """Everything recorded about a person, the last first; what is still waiting to be sent before all."""
    found = [
        Event(row["at"], what, row)
        for what, query in _QUERIES.items()
        for row in connection.execute(query, {"person": person_id})
    ]
    return sorted(
        found,
        key=lambda event: (
            event.what == "waiting",
            event.at,
            event.row["id"] if "id" in event.row.keys() else 0,
        ),
        reverse=True,
    )


def may_see(connection: sqlite3.Connection, person_id: str, scope: Scope) -> bool:
    """Whether there is such a person, on the roster or among recipients, that the reader may see."""
    if scope.is_limited:
        sql = f"""SELECT 1 FROM roster_entry e WHERE e.id = (SELECT MAX(id) FROM roster_entry WHERE person_id = :person)
            AND e.name IS NOT NULL {scope.sql("e")}"""
    else:
        sql = "SELECT 1 FROM roster_entry WHERE person_id = :person UNION SELECT 1 FROM recipient WHERE person_id = :person"
    return connection.execute(sql, {"person": person_id, **scope.values}).fetchone() is not None


def last_name(connection: sqlite3.Connection, person_id: str) -> str:
    """The name of somebody who is not on the roster any more; empty when erased."""
    row = connection.execute(
        "SELECT name FROM recipient WHERE person_id = ? ORDER BY id DESC LIMIT 1", (person_id,)
    ).fetchone()
    return (row["name"] or "") if row else ""


def sent_text(
    connection: sqlite3.Connection, person_id: str, delivery_id: int
) -> tuple[sqlite3.Row, str] | None:
    """A message to a person with its text as it was sent, without personal links; None when it was not
    theirs or not kept."""
    row = connection.execute(
        "SELECT * FROM delivery WHERE id = ? AND person_id = ?", (delivery_id, person_id)
    ).fetchone()
    if row is None or row["sent_text"] is None:
        return None
    return row, zlib.decompress(row["sent_text"]).decode("utf-8")


def standings(connection: sqlite3.Connection, person_id: str) -> list[sqlite3.Row]:
    """Where a person stands in each notice, the last first, without what depends on the day."""
    return connection.execute(
        "SELECT s.*, n.title, n.version, n.round FROM standing_now s JOIN notice n ON n.id = s.notice_id WHERE s.person_id = ? ORDER BY s.notice_id DESC",
        (person_id,),
    ).fetchall()
