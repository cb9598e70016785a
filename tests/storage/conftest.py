"""Fixtures of the storage tests: a store with a record of every kind, and a way round its triggers."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ackservice.storage.store import Store
from ackservice.storage.verify import Report, verify
from tests.storage.every_fact import record_every_kind

NOON = datetime(2021, 7, 26, 11, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store over a real file."""
    store = Store(tmp_path / "ack.db")
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def numbers(store: Store) -> dict[str, int]:
    """The numbers of one record of every kind in the store."""
    with store.write(NOON) as tx:
        return record_every_kind(tx)


@pytest.fixture
def tamper(store: Store) -> Callable[..., None]:
    """Runs statements as someone would who has the file and no respect: triggers dropped, foreign keys
    off."""

    def tamper(*statements: str) -> None:
        with closing(sqlite3.connect(store.path, isolation_level=None)) as connection:
            triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)

    return tamper


@pytest.fixture
def check(store: Store) -> Callable[..., Report]:
    """Verifies the store."""

    def check(head: str = "") -> Report:
        with store.read() as connection:
            return verify(connection, head=head)

    return check
