"""A person's records: read them all, or delete what is personal in them. Counts, dates and the chain stay."""

from __future__ import annotations

import sqlite3
import zlib
from base64 import b64decode

from ackservice.storage.facts import FACTS, Fact
from ackservice.storage.store import Transaction

_DELIVERY = ("id", "kind", "address", "message_id", "state", "created_at", "sent_at", "last_error")


def records(connection: sqlite3.Connection, person_id: str) -> dict[str, list[dict[str, object]]]:
    """Every row about a person by table, without salts; tables without one are left out."""
    found: dict[str, list[dict[str, object]]] = {}
    for fact in FACTS.values():
        where = _belongs(fact)
        if where:
            rows = connection.execute(
                f"SELECT * FROM {fact.table} WHERE {where} ORDER BY id", {"person": person_id}
            )
            found[fact.table] = [_without_salt(row) for row in rows]
    columns = ", ".join(_DELIVERY)
    rows = connection.execute(
        f"SELECT {columns} FROM delivery WHERE person_id = ? AND person_id <> '' ORDER BY id", (person_id,)
    )
    found["delivery"] = [dict(row) for row in rows]
    return {table: rows for table, rows in found.items() if rows}


def _without_salt(row: sqlite3.Row) -> dict[str, object]:
    """The row as a person can read it: the texts of messages are kept compressed."""
    values = {key: value for key, value in dict(row).items() if key != "salt"}
    if values.get("text") and "message_id" in values:
        values["text"] = zlib.decompress(b64decode(values["text"])).decode()
    return values


def erase(tx: Transaction, person_id: str) -> int:
    """Delete every personal value and salt of a person's rows, and what the queue holds of them; returns how
    many rows."""
    tx.execute("PRAGMA secure_delete = ON")  # freed pages are overwritten, not only forgotten
    count = 0
    for fact in FACTS.values():
        where = _belongs(fact)
        if where:
            emptied = ", ".join(f"{name} = NULL" for name in (*fact.personal, "salt"))
            sql = f"UPDATE {fact.table} SET {emptied} WHERE salt IS NOT NULL AND {where}"
            count += tx.execute(sql, {"person": person_id}).rowcount
    queue = tx.execute(
        "UPDATE delivery SET address = '', payload = '{}', last_error = '', "
        "state = CASE WHEN state IN ('queued', 'claimed') THEN 'dropped' ELSE state END, occasion = '' "
        "WHERE person_id = ?",
        (person_id,),
    )
    tx.execute("DELETE FROM to_follow WHERE person_id = ?", (person_id,))
    return count + queue.rowcount


def _belongs(fact: Fact) -> str:
    """The condition for a table's rows of a person; empty where its rows are about nobody."""
    if "person_id" in fact.plain and "recipient_id" in fact.plain:
        return "(person_id = :person OR recipient_id IN (SELECT id FROM recipient WHERE person_id = :person))"
    if "person_id" in fact.plain:
        return "" if fact.table == "person_erased" else "person_id = :person"
    if "recipient_id" in fact.plain:
        return "recipient_id IN (SELECT id FROM recipient WHERE person_id = :person)"
    if "question_id" in fact.plain:
        return (
            "question_id IN (SELECT id FROM question WHERE person_id = :person "
            "OR recipient_id IN (SELECT id FROM recipient WHERE person_id = :person))"
        )
    if "delivery_id" in fact.plain:
        return (
            "delivery_id IN (SELECT d.delivery_id FROM dispatch d JOIN recipient r ON r.id = d.recipient_id "
            "WHERE r.person_id = :person)"
        )
    return ""
