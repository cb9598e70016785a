"""Signing in: links that work once, sessions, and how often it was tried. Nothing here is evidence; all of
it is forgotten."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from ackservice.storage import marks
from ackservice.storage.store import Transaction, stamp

_KEY = "sign-in attempts"


def add_link(tx: Transaction, address: str, secret_hash: str, ends_at: datetime) -> None:
    """Keep a link by the hash of its secret. An empty address makes a link nobody can use."""
    tx.execute(
        "INSERT INTO sign_in_link (secret_hash, address, ends_at) VALUES (?, ?, ?)",
        (secret_hash, address, stamp(ends_at)),
    )


def address_of_link(connection: sqlite3.Connection, secret_hash: str, now: datetime) -> str:
    """Whose link it is; empty when unknown, used or too old."""
    row = connection.execute(
        "SELECT address FROM sign_in_link WHERE secret_hash = ? AND used_at IS NULL AND ends_at > ?",
        (secret_hash, stamp(now)),
    ).fetchone()
    return row["address"] if row else ""


def use_link(tx: Transaction, secret_hash: str, now: datetime) -> str:
    """Whose link it is, and from now on it is used; empty when it cannot be used."""
    address = address_of_link(tx.connection, secret_hash, now)
    tx.execute(
        "UPDATE sign_in_link SET used_at = ? WHERE secret_hash = ? AND used_at IS NULL", (tx.at, secret_hash)
    )
    return address


def is_asked_for(connection: sqlite3.Connection, since: datetime) -> bool:
    """Whether a message with a link was queued after that moment and waits."""
    # Such messages are due before all others, so the first due one says it, however many wait.
    row = connection.execute(
        "SELECT kind, created_at FROM delivery WHERE state = 'queued' ORDER BY not_before, id LIMIT 1"
    ).fetchone()
    return row is not None and row["kind"] == "sign-in" and row["created_at"] > stamp(since)


def add_session(tx: Transaction, secret_hash: str, address: str, ends_at: datetime) -> None:
    """Begin a session."""
    tx.execute(
        "INSERT INTO desk_session (secret_hash, address, began_at, ends_at) VALUES (?, ?, ?, ?)",
        (secret_hash, address, tx.at, stamp(ends_at)),
    )


def address_of_session(connection: sqlite3.Connection, secret_hash: str, now: datetime) -> str:
    """Whose session it is; empty when there is none or it has ended."""
    row = connection.execute(
        "SELECT address FROM desk_session WHERE secret_hash = ? AND ends_at > ?", (secret_hash, stamp(now))
    ).fetchone()
    return row["address"] if row else ""


def carry_sessions(tx: Transaction, since: datetime, ends_at: datetime) -> None:
    """Let the sessions that ran at `since` end at another time: for the demo, whose days pass in a moment."""
    tx.execute("UPDATE desk_session SET ends_at = ? WHERE ends_at > ?", (stamp(ends_at), stamp(since)))


def end_session(tx: Transaction, secret_hash: str) -> None:
    """Forget a session."""
    tx.execute("DELETE FROM desk_session WHERE secret_hash = ?", (secret_hash,))


def forget_ended(tx: Transaction, now: datetime) -> None:
    """Forget links and sessions whose time is over."""
    for table in ("sign_in_link", "desk_session"):
        tx.execute(f"DELETE FROM {table} WHERE ends_at <= ?", (stamp(now),))


def key_of_hour(tx: Transaction, hour: str) -> bytes:
    """The key under which attempts of this hour are counted; with a new hour the old key and its counts are
    gone."""
    kept = _key(tx.connection)
    if kept.get("hour") == hour:
        return bytes.fromhex(kept["key"])
    tx.execute("DELETE FROM sign_in_attempt")
    key = secrets.token_bytes(32)
    marks.put(tx, _KEY, json.dumps({"hour": hour, "key": key.hex()}))
    return key


def is_key_stale(connection: sqlite3.Connection, hour: str) -> bool:
    """Whether there is a key of another hour to throw away."""
    return _key(connection).get("hour", hour) != hour


def throw_key_away(tx: Transaction) -> None:
    """Forget the key and everything counted under it."""
    tx.execute("DELETE FROM sign_in_attempt")
    tx.execute("DELETE FROM setting WHERE name = ?", (_KEY,))


def count_attempt(tx: Transaction, hashes: Iterable[str]) -> list[int]:
    """Count one attempt for each hash; returns how many each has now."""
    return [
        tx.execute(
            "INSERT INTO sign_in_attempt (what, times) VALUES (?, 1) "
            "ON CONFLICT (what) DO UPDATE SET times = times + 1 RETURNING times",
            (what,),
        ).fetchone()[0]
        for what in hashes
    ]


def _key(connection: sqlite3.Connection) -> dict[str, str]:
    kept = marks.get(connection, _KEY)
    return json.loads(kept) if kept else {}
