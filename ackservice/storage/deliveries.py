"""The queue of deliveries: each one e-mail or letter to one person, with one or more items."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ackservice.storage.store import Transaction, moment, stamp


@dataclass(frozen=True)
class Delivery:
    """One queued message. `items` are the recipients it is about; empty for messages to managers."""

    id: int
    kind: str
    person_id: str
    address: str
    payload: dict[str, object]
    message_id: str
    attempts: int
    items: tuple[int, ...] = ()
    occasion: str = ""


def add(
    tx: Transaction,
    kind: str,
    *,
    host: str,
    person_id: str = "",
    address: str = "",
    items: Sequence[int] = (),
    payload: Mapping[str, object] | None = None,
    occasion: str = "",
    not_before: datetime | None = None,
) -> int | None:
    """Queue a message; None when one of the same kind, person and occasion is there already. Its Message-ID
    never changes."""
    due_at = stamp(not_before) if not_before else tx.at
    cursor = tx.execute(
        """
        INSERT INTO delivery
            (kind, person_id, address, payload, message_id, occasion, state, created_at, not_before)
        VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?)
        ON CONFLICT (kind, person_id, address, occasion) WHERE occasion <> '' DO NOTHING
        """,
        (
            kind,
            person_id,
            address,
            json.dumps(payload or {}, ensure_ascii=False),
            f"<{secrets.token_hex(10)}@{host}>",
            occasion,
            tx.at,
            due_at,
        ),
    )
    if not cursor.rowcount:
        return None
    delivery_id = cursor.lastrowid
    for recipient_id in items:
        tx.execute(
            "INSERT INTO delivery_item (delivery_id, recipient_id) VALUES (?, ?)", (delivery_id, recipient_id)
        )
    return delivery_id


def claim(tx: Transaction, now: datetime, most: int) -> list[Delivery]:
    """Take up to `most` messages that are due, oldest first; they are this process's until released or ended.

    What somebody is waiting for at this moment (a receipt, a link to sign in) goes before everything else.
    """
    rows = tx.execute(
        "SELECT * FROM delivery WHERE state = 'queued' AND not_before <= ? "
        "ORDER BY kind NOT IN ('sign-in', 'receipt'), not_before, id LIMIT ?",
        (stamp(now), most),
    ).fetchall()
    for row in rows:
        tx.execute(
            "UPDATE delivery SET state = 'claimed', claimed_at = ?, attempts = attempts + 1 WHERE id = ?",
            (tx.at, row["id"]),
        )
    return [_delivery(tx.connection, row) for row in rows]


def release_orphans(tx: Transaction) -> int:
    """Put back what a killed process had claimed. Only for who holds the sending lock. Returns how many."""
    return tx.execute("UPDATE delivery SET state = 'queued' WHERE state = 'claimed'").rowcount


def end(tx: Transaction, delivery_id: int, state: str, *, error: str = "") -> None:
    """A message's end: sent, failed, dropped or bounced. What was written for it when it was queued is not
    kept."""
    tx.execute(
        """
        UPDATE delivery SET state = :state, ended_at = :at, last_error = :error,
            sent_at = CASE WHEN :state = 'sent' THEN :at ELSE sent_at END,
            payload = CASE WHEN json_extract(payload, '$.text') IS NULL THEN payload ELSE '{}' END
        WHERE id = :id
        """,
        {"state": state, "at": tx.at, "error": error, "id": delivery_id},
    )


def put_back(
    tx: Transaction, delivery_id: int, not_before: datetime, error: str, *, counted: bool = True
) -> None:
    """Try again later; an attempt that never reached the server for this message is not counted."""
    tx.execute(
        """
        UPDATE delivery SET state = 'queued', not_before = ?, last_error = ?, attempts = attempts - ?
        WHERE id = ?
        """,
        (stamp(not_before), error, 0 if counted else 1, delivery_id),
    )


def due_count(connection: sqlite3.Connection, now: datetime) -> int:
    """How many messages are due now."""
    return connection.execute(
        "SELECT COUNT(*) FROM delivery WHERE state = 'queued' AND not_before <= ?", (stamp(now),)
    ).fetchone()[0]


def waiting_count(connection: sqlite3.Connection) -> int:
    """How many messages wait, due or not."""
    return connection.execute(
        "SELECT COUNT(*) FROM delivery WHERE state IN ('queued', 'claimed')"
    ).fetchone()[0]


def due(connection: sqlite3.Connection, now: datetime, most: int) -> list[Delivery]:
    """The messages due now, oldest first, without taking them."""
    rows = connection.execute(
        "SELECT * FROM delivery WHERE state = 'queued' AND not_before <= ? ORDER BY not_before, id LIMIT ?",
        (stamp(now), most),
    ).fetchall()
    return [_delivery(connection, row) for row in rows]


def sent_since(connection: sqlite3.Connection, since: datetime) -> int:
    """How many messages were sent after that moment: for pace and daily cap."""
    return connection.execute("SELECT COUNT(*) FROM delivery WHERE sent_at > ?", (stamp(since),)).fetchone()[
        0
    ]


def by_message_id(connection: sqlite3.Connection, message_id: str) -> Delivery | None:
    """The message of that Message-ID."""
    row = connection.execute("SELECT * FROM delivery WHERE message_id = ?", (message_id,)).fetchone()
    return _delivery(connection, row) if row else None


def is_waiting(connection: sqlite3.Connection, kind: str, recipient_id: int) -> bool:
    """Whether a message of that kind about a recipient is still to go out."""
    row = connection.execute(
        "SELECT 1 FROM delivery_item i JOIN delivery d ON d.id = i.delivery_id "
        "WHERE i.recipient_id = ? AND d.kind = ? AND d.state IN ('queued', 'claimed') LIMIT 1",
        (recipient_id, kind),
    ).fetchone()
    return row is not None


def waits_for_person(connection: sqlite3.Connection, kind: str, person_id: str) -> bool:
    """Whether a message of that kind to a person is still to go out."""
    row = connection.execute(
        "SELECT 1 FROM delivery WHERE person_id = ? AND kind = ? AND state IN ('queued', 'claimed') LIMIT 1",
        (person_id, kind),
    ).fetchone()
    return row is not None


def join_waiting(tx: Transaction, kind: str, person_id: str, items: Sequence[int]) -> None:
    """Have the message of that kind that waits for a person be about these recipients too."""
    for recipient_id in items:
        tx.execute(
            """
            INSERT INTO delivery_item (delivery_id, recipient_id) SELECT id, ? FROM delivery
            WHERE person_id = ? AND kind = ? AND state = 'queued' ORDER BY id LIMIT 1 ON CONFLICT DO NOTHING
            """,
            (recipient_id, person_id, kind),
        )


def cancel(tx: Transaction, kind: str, person_id: str) -> bool:
    """Drop what waits of that kind for a person and nobody is sending yet; it may be queued anew. Whether
    there was any."""
    cursor = tx.execute(
        "UPDATE delivery SET state = 'dropped', ended_at = ?, occasion = '' "
        "WHERE person_id = ? AND kind = ? AND state = 'queued'",
        (tx.at, person_id, kind),
    )
    return cursor.rowcount > 0


def last_sent_at(connection: sqlite3.Connection, kind: str, person_id: str) -> datetime | None:
    """When a message of that kind was last sent to a person."""
    row = connection.execute(
        "SELECT MAX(sent_at) FROM delivery WHERE person_id = ? AND kind = ?", (person_id, kind)
    ).fetchone()
    return moment(row[0]) if row[0] else None


def failed_since(connection: sqlite3.Connection, since: datetime) -> list[sqlite3.Row]:
    """Messages given up since then."""
    return connection.execute(
        "SELECT kind, person_id, address, ended_at, last_error FROM delivery WHERE state = 'failed' AND "
        "ended_at >= ? ORDER BY id",
        (stamp(since),),
    ).fetchall()


def sent_to(connection: sqlite3.Connection, delivery_id: int) -> str:
    """The address a message really went to, which may be newer than the one it was queued with; empty when
    unknown."""
    row = connection.execute(
        "SELECT address FROM dispatch WHERE delivery_id = ? AND outcome = 'sent' ORDER BY id LIMIT 1",
        (delivery_id,),
    ).fetchone()
    return (row["address"] or "") if row else ""


def items_sent(connection: sqlite3.Connection, delivery_id: int) -> list[int]:
    """The recipients a message was about when it went out."""
    rows = connection.execute(
        "SELECT DISTINCT recipient_id FROM dispatch WHERE delivery_id = ? AND outcome = 'sent' ORDER BY 1",
        (delivery_id,),
    )
    return [row[0] for row in rows]


def one(connection: sqlite3.Connection, delivery_id: int) -> sqlite3.Row | None:
    """A queue row as it stands."""
    return connection.execute("SELECT * FROM delivery WHERE id = ?", (delivery_id,)).fetchone()


def _delivery(connection: sqlite3.Connection, row: sqlite3.Row) -> Delivery:
    items = connection.execute(
        "SELECT recipient_id FROM delivery_item WHERE delivery_id = ? ORDER BY recipient_id", (row["id"],)
    )
    return Delivery(
        id=row["id"],
        kind=row["kind"],
        person_id=row["person_id"],
        address=row["address"],
        payload=json.loads(row["payload"]),
        message_id=row["message_id"],
        attempts=row["attempts"],
        items=tuple(item[0] for item in items),
        occasion=row["occasion"],
    )


def newest(connection: sqlite3.Connection) -> Delivery:
    """The message queued last."""
    return _delivery(
        connection, connection.execute("SELECT * FROM delivery ORDER BY id DESC LIMIT 1").fetchone()
    )


def claimed_items(connection: sqlite3.Connection) -> set[int]:
    """The recipients that messages on their way at this moment are about."""
    rows = connection.execute(
        "SELECT i.recipient_id FROM delivery d JOIN delivery_item i ON i.delivery_id = d.id WHERE d.state = "
        "'claimed'"
    )
    return {row[0] for row in rows}


_OF_IMPORT = (
    "SELECT i.delivery_id FROM delivery_item i JOIN recipient r ON r.id = i.recipient_id WHERE r.import_id = "
    "?"
)


def has_left_for_import(connection: sqlite3.Connection, import_id: int) -> bool:
    """Whether a message about recipients added by a roster import was taken up or sent."""
    sql = f"SELECT 1 FROM delivery WHERE id IN ({_OF_IMPORT}) AND state NOT IN ('queued', 'dropped') LIMIT 1"
    return connection.execute(sql, (import_id,)).fetchone() is not None


def drop_of_import(tx: Transaction, import_id: int) -> None:
    """Drop what waits to be sent about recipients added by a roster import."""
    tx.execute(
        f"UPDATE delivery SET state = 'dropped', ended_at = ? WHERE id IN ({_OF_IMPORT}) AND state = "
        f"'queued'",
        (tx.at, import_id),
    )
