"""The store: opens the database, hands out read snapshots and write transactions, and records facts."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from ackservice import ledger
from ackservice.errors import StorageError
from ackservice.storage.facts import FACTS
from ackservice.storage.filelock import FileLock
from ackservice.storage.migrations import migrations
from handbook.policy.digest import digest_of

BUSY_TIMEOUT_SECONDS = 30


def stamp(at: datetime) -> str:
    """A moment as the database holds it: ISO 8601, UTC, microseconds, sorting as text."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> datetime:
    """The moment a stamp stands for."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


class Transaction:
    """One write transaction: everything in it happens, or nothing."""

    def __init__(self, connection: sqlite3.Connection, now: datetime):
        self.connection = connection
        self.now = now
        last = connection.execute("SELECT n, at, hash FROM ledger ORDER BY n DESC LIMIT 1").fetchone()
        self._number, last_at, self._hash = tuple(last) if last else (0, "", ledger.GENESIS)
        # A clock put back must not move a record into a day already reported on.
        self.at = max(stamp(now), last_at)

    def record(self, kind: str, /, **values: object) -> int:
        """Write a fact and its ledger line; returns their number. Missing values are None."""
        fact = FACTS[kind]
        unknown = values.keys() - {*fact.plain, *fact.personal}
        if unknown:
            raise TypeError(f"{kind} has no {', '.join(sorted(unknown))}")
        self._number += 1
        salt = ledger.new_salt()
        plain = {name: values.get(name) for name in fact.plain}
        personal = {name: values.get(name) for name in fact.personal}
        text = ledger.line(self._number, self.at, kind, plain, ledger.commitment(salt, personal))
        self._hash = ledger.next_hash(self._hash, text)
        self.connection.execute(
            "INSERT INTO ledger (n, at, kind, line, hash) VALUES (?, ?, ?, ?, ?)",
            (self._number, self.at, kind, text, self._hash),
        )
        row = (self._number, self.at, *plain.values(), *personal.values(), salt)
        self.connection.execute(_INSERT[kind], row)
        return self._number

    def keep_document(self, content: str) -> str:
        """Keep a text under its digest, which is returned; the same text twice is kept once."""
        digest = digest_of(content)
        self.connection.execute(
            "INSERT INTO document (digest, content) VALUES (?, ?) ON CONFLICT DO NOTHING", (digest, content)
        )
        return digest

    def execute(self, sql: str, values: Mapping[str, object] | tuple = ()) -> sqlite3.Cursor:
        """Run one statement within the transaction."""
        return self.connection.execute(sql, values)


_INSERT = {
    kind: f"INSERT INTO {fact.table} ({', '.join(fact.columns)}) VALUES "
    f"({', '.join('?' * len(fact.columns))})"
    for kind, fact in FACTS.items()
}


class Store:
    """The database of one school. One connection a thread; writes one at a time, across threads and
    processes."""

    def __init__(self, path: Path):
        self.path = path
        self._local = threading.local()
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self.sending_lock = FileLock(
            path.with_name(path.name + ".sending")
        )  # held by the one process that sends

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A consistent snapshot for reading."""
        with _plain_errors(self.path):
            connection = self._connection()
            if connection.in_transaction:  # within a write of this thread, or a read further out
                yield connection
                return
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def write(self, now: datetime) -> Iterator[Transaction]:
        """A short write transaction under the cross-process lock; rolled back when the block raises."""
        with _plain_errors(self.path):
            connection = self._connection()  # first: without a database there is nothing to lock
            with self._lock, _whole(connection):
                yield Transaction(connection, now)

    def migrate(self) -> list[str]:
        """Create the database or bring it up to this version; returns the names of the migrations applied."""
        with _plain_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._lock:
                connection = self._connection(checked=False)
                database = Database(connection)
                _refuse_newer(database, self.path)
                before = {m.name for m in migrations.applied(database)}
                migrations.apply(database)
                return [m.name for m in migrations.applied(database) if m.name not in before]

    def backup(self, target: Path) -> None:
        """A consistent copy of the database in one file, complete before it stands under its name."""
        if target.exists():
            raise StorageError(f"{target} exists already; choose another name for the backup")
        with _plain_errors(self.path):
            connection = self._connection()
        partial = target.with_name(target.name + ".partial")
        with _plain_errors(target):
            try:
                _copy(connection, partial)
                os.replace(partial, target)
            finally:
                partial.unlink(missing_ok=True)

    def empty_log(self) -> None:
        """Move what the write-ahead log holds into the database and empty it: old values would stay readable
        there."""
        with _plain_errors(self.path), self._lock:
            self._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _connection(self, checked: bool = True) -> sqlite3.Connection:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            if checked and not self.path.exists():
                raise StorageError(f"there is no database at {self.path}; make one with: ack migrate")
            connection = self._local.connection = _connect(self.path, checked)
        return connection


@contextmanager
def _whole(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that writes from its first moment: committed at the end, rolled back when the block
    raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _connect(path: Path, checked: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS, check_same_thread=False
    )
    try:
        connection.row_factory = sqlite3.Row
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "recursive_triggers = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")
        if checked:
            _check_version(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _copy(connection: sqlite3.Connection, target: Path) -> None:
    """A copy that is one file, without a log beside it."""
    copy = sqlite3.connect(target)
    try:
        with copy:
            connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    finally:
        copy.close()


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    database = Database(connection)
    _refuse_newer(database, path)
    if migrations.pending(database):
        raise StorageError(
            f"the database {path} is from an older version of this software; bring it up with: ack migrate"
        )


def _refuse_newer(database: Database, path: Path) -> None:
    known = {migration.name for migration in migrations._migrations}
    newer = [m.name for m in migrations.applied(database) if m.name not in known]
    if newer:
        raise StorageError(
            f"the database {path} is from a newer version of this software ({newer[-1]}); update the software"
        )


@contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say into a sentence for the person who runs the service."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # a fault of ours, not of the machine
    except sqlite3.DatabaseError as error:
        raise StorageError(_in_plain_words(path, error)) from error
    except PermissionError as error:
        raise StorageError(
            f"no permission to write {error.filename or path}; check who owns the folder {path.parent}"
        ) from error
    except OSError as error:
        raise StorageError(f"{error.filename or path}: {error.strerror or error}") from error


def _in_plain_words(path: Path, error: sqlite3.DatabaseError) -> str:
    said = str(error)
    if "readonly" in said:
        return (
            f"the database {path} cannot be written to; check the permissions of the file and of its folder"
        )
    if "full" in said or "disk I/O error" in said:
        return (
            f"the disk that holds {path} is full, or fails; nothing was recorded. Free some space and "
            f"try again"
        )
    if "locked" in said or "busy" in said:
        return f"the database {path} is in use by another program; try again in a minute"
    if "malformed" in said or "not a database" in said:
        return f"{path} is not a database of this service, or is damaged; restore the last backup"
    if "unable to open" in said:
        return f"the database {path} cannot be opened; check that its folder exists and can be written to"
    return f"the database {path} answered: {said}"
