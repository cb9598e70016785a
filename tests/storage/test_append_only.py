"""Evidence is only ever added to: the database itself refuses anything else."""

from __future__ import annotations

import sqlite3

import pytest

from ackservice.storage.facts import FACTS
from tests.storage.conftest import NOON
from tests.storage.every_fact import KINDS

EVIDENCE = ["ledger", "document", *(fact.table for fact in FACTS.values())]


def test_every_table_that_seals_values_is_known_as_evidence(store, numbers):
    with store.read() as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        sealing = [
            t
            for t in tables
            if "salt" in [row["name"] for row in connection.execute(f"PRAGMA table_info({t})")]
        ]
    assert sorted(sealing) == sorted(fact.table for fact in FACTS.values())


@pytest.mark.parametrize("table", EVIDENCE)
def test_no_row_of_evidence_is_deleted(store, numbers, table):
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), store.write(NOON) as tx:
        tx.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize("table", EVIDENCE)
def test_no_row_of_evidence_is_replaced(store, numbers, table):
    with store.read() as connection:
        row = tuple(connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchone())
    marks = ", ".join("?" * len(row))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), store.write(NOON) as tx:
        tx.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", row)


@pytest.mark.parametrize("table", EVIDENCE)
def test_no_column_of_evidence_is_changed(store, numbers, table):
    with store.read() as connection:
        columns = [row["name"] for row in connection.execute(f"PRAGMA table_info({table})")]
    for column in columns:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"), store.write(NOON) as tx:
            tx.execute(f"UPDATE {table} SET {column} = COALESCE({column}, '') || '7'")


@pytest.mark.parametrize("kind", KINDS)
def test_personal_values_are_erased_all_at_once_or_not(store, numbers, kind):
    fact = FACTS[kind]
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), store.write(NOON) as tx:
        tx.execute(f"UPDATE {fact.table} SET {fact.personal[0]} = NULL WHERE id = ?", (numbers[kind],))
    everything = ", ".join(f"{name} = NULL" for name in (*fact.personal, "salt"))
    with store.write(NOON) as tx:
        tx.execute(f"UPDATE {fact.table} SET {everything} WHERE id = ?", (numbers[kind],))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), store.write(NOON) as tx:
        tx.execute(
            f"UPDATE {fact.table} SET {fact.personal[0]} = 'somebody else' WHERE id = ?", (numbers[kind],)
        )


def test_a_record_has_only_known_values(store):
    with pytest.raises(TypeError, match="no nickname"), store.write(NOON) as tx:
        tx.record("roster.entry", person_id="P1", nickname="Ad")
