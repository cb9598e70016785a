"""The numbered migrations of the database. One that has been released is never edited; a change is a new
one."""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

from ackservice.storage.facts import FIRST, Fact

migrations = Migrations("ackservice")

_LEDGER = """
CREATE TABLE ledger (
    n INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    line TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX ledger_at ON ledger (at);
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TABLE document (
    digest TEXT PRIMARY KEY,
    content TEXT NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER document_no_update BEFORE UPDATE ON document
BEGIN SELECT RAISE(ABORT, 'documents are append-only'); END;
CREATE TRIGGER document_no_delete BEFORE DELETE ON document
BEGIN SELECT RAISE(ABORT, 'documents are append-only'); END;
"""

_QUEUE = """
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    person_id TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL DEFAULT '',
    payload TEXT NOT NULL DEFAULT '{}',
    message_id TEXT NOT NULL UNIQUE,
    occasion TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('queued', 'claimed', 'sent', 'failed', 'dropped', 'bounced')),
    created_at TEXT NOT NULL,
    not_before TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    claimed_at TEXT,
    ended_at TEXT,
    sent_at TEXT,
    last_error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX delivery_due ON delivery (not_before, id) WHERE state = 'queued';
CREATE INDEX delivery_claimed ON delivery (id) WHERE state = 'claimed';
CREATE INDEX delivery_failed ON delivery (id) WHERE state = 'failed';
CREATE INDEX delivery_sent ON delivery (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX delivery_person ON delivery (person_id) WHERE person_id <> '';
CREATE UNIQUE INDEX delivery_occasion ON delivery (kind, person_id, address, occasion) WHERE occasion <> '';
CREATE TABLE delivery_item (
    delivery_id INTEGER NOT NULL REFERENCES delivery(id),
    recipient_id INTEGER NOT NULL REFERENCES recipient(id),
    PRIMARY KEY (delivery_id, recipient_id)
) WITHOUT ROWID;
CREATE INDEX delivery_item_recipient ON delivery_item (recipient_id);
CREATE TABLE to_follow (
    person_id TEXT PRIMARY KEY,
    from_on TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
"""

_SIGNING_IN = """
CREATE TABLE sign_in_link (
    secret_hash TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    used_at TEXT
) WITHOUT ROWID;
CREATE TABLE desk_session (
    secret_hash TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    began_at TEXT NOT NULL,
    ends_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE sign_in_attempt (
    what TEXT PRIMARY KEY,
    times INTEGER NOT NULL
) WITHOUT ROWID;
"""


def create_fact_table(db: Database, fact: Fact) -> None:
    """A table whose rows are never deleted, and never change but by erasing all of their personal values."""
    personal = (*fact.personal, "salt")
    plain = "".join(f", {name} {type_}" for name, type_ in fact.plain.items())
    erasable = "".join(f", {name} TEXT" for name in personal)
    table = fact.table
    db.conn.execute(
        f"CREATE TABLE {table} (id INTEGER PRIMARY KEY REFERENCES ledger(n), "
        f"at TEXT NOT NULL{plain}{erasable})"
    )
    for number, columns in enumerate(fact.indexes):
        db.conn.execute(f"CREATE INDEX {table}_{number} ON {table} ({columns})")
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in ("id", "at", *fact.plain))
    erased = " AND ".join(f"NEW.{name} IS NULL" for name in personal)
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    db.conn.execute(
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN NOT ({same} AND {erased}) {refuse}"
    )
    db.conn.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")


def _run(db: Database, script: str) -> None:
    """Run a script inside the migration's own transaction (sqlite3's executescript would commit it)."""
    statement = ""
    for text in script.splitlines(keepends=True):
        statement += text
        if statement.strip() and sqlite3.complete_statement(statement):
            db.conn.execute(statement)
            statement = ""


@migrations()
def m001_first(db: Database) -> None:
    """Version 0.1.0: the ledger, the facts, the queue, signing in."""
    _run(db, _LEDGER)
    for fact in FIRST:
        create_fact_table(db, fact)
    _run(db, _QUEUE)
    _run(db, _SIGNING_IN)
