"""The store's promises: all or nothing, a clock that never goes back, and a sentence for whatever is wrong
with the file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ackservice.errors import StorageError
from ackservice.storage.store import Store, moment, stamp
from ackservice.storage.verify import verify
from tests.storage.conftest import NOON
from tests.storage.every_fact import record_every_kind

ROOT = Path(__file__).parents[2]


def act(tx, detail="csv"):
    return tx.record("desk.act", act="exported", detail=detail, done_by="Bea")


def lines(store) -> int:
    with store.read() as connection:
        return connection.execute("SELECT COUNT(*) FROM ledger").fetchone()[0]


def test_a_stamp_keeps_a_moment_to_the_microsecond_and_sorts_as_text():
    summer = datetime.fromisoformat("2021-07-26T09:00:00.000123+01:00")
    assert stamp(summer) == "2021-07-26T08:00:00.000123Z"
    assert moment("2021-07-26T08:00:00.000123Z") == summer
    assert (
        stamp(summer) < stamp(summer + timedelta(microseconds=1)) < stamp(datetime(2021, 10, 1, tzinfo=UTC))
    )


def test_a_transaction_that_fails_leaves_nothing(store):
    with pytest.raises(ZeroDivisionError), store.write(NOON) as tx:
        record_every_kind(tx)
        raise ZeroDivisionError
    assert lines(store) == 0
    with store.read() as connection:
        assert connection.execute("SELECT COUNT(*) FROM document").fetchone()[0] == 0


def test_a_fact_the_database_refuses_takes_its_ledger_line_with_it(store):
    with pytest.raises(sqlite3.IntegrityError), store.write(NOON) as tx:
        act(tx)
        tx.record("letter.given", recipient_id=999, given_on="2021-07-27", recorded_by="Bea")
    assert lines(store) == 0


def test_a_record_goes_on_where_the_last_transaction_ended(store):
    with store.write(NOON) as tx:
        assert (act(tx), act(tx)) == (1, 2)
    with store.write(NOON) as tx:
        assert act(tx) == 3


def test_a_clock_put_back_never_takes_a_record_back(store, check):
    with store.write(NOON) as tx:
        act(tx)
    with store.write(NOON - timedelta(days=3)) as tx:
        act(tx)
        assert tx.at == "2021-07-26T11:00:00.000000Z"
    with store.read() as connection:
        assert [row["at"] for row in connection.execute("SELECT at FROM desk_act")] == [
            "2021-07-26T11:00:00.000000Z"
        ] * 2
    assert check().faults == ()


def test_a_text_is_kept_once_under_its_digest(store):
    with store.write(NOON) as tx:
        first, second = tx.keep_document("# A\n"), tx.keep_document("# A\n")
    assert first == second == "sha256:aa1237b773c38dbddef583c4868aaea7a44c5237ea7923aecca5513764b42d80"
    with store.read() as connection:
        assert connection.execute("SELECT COUNT(*) FROM document").fetchone()[0] == 1


def test_a_reader_sees_one_moment_while_others_write(store):
    def write():
        with store.write(NOON) as tx:
            act(tx)
        store.close()

    with store.read() as connection:
        assert connection.execute("SELECT COUNT(*) FROM ledger").fetchone()[0] == 0
        writer = threading.Thread(target=write)
        writer.start()
        writer.join()
        assert connection.execute("SELECT COUNT(*) FROM ledger").fetchone()[0] == 0
    assert lines(store) == 1


def test_a_read_within_a_write_sees_what_was_written(store):
    with store.write(NOON) as tx:
        act(tx)
        with store.read() as connection:
            assert connection.execute("SELECT COUNT(*) FROM ledger").fetchone()[0] == 1


def test_two_threads_write_one_after_the_other(store, check):
    def write():
        for _ in range(50):
            with store.write(NOON) as tx:
                act(tx)
        store.close()

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = check()
    assert (report.lines, report.faults) == (100, ())


def test_the_file_is_durable_and_shared_safely(store):
    with store.read() as connection:
        found = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in
                 ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers",
                  "busy_timeout")}  # fmt: skip
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "busy_timeout": 30_000,
    }


def use(store, how):
    with getattr(store, how)(*([NOON] if how == "write" else [])):
        pass


@pytest.mark.parametrize("how", ["read", "write"])
class TestWhatIsWrongWithTheFileIsSaid:
    def said(self, store, how) -> str:
        with pytest.raises(StorageError) as raised:
            use(store, how)
        store.close()
        return str(raised.value)

    def test_missing(self, tmp_path, how):
        path = tmp_path / "ack.db"
        assert self.said(Store(path), how) == f"there is no database at {path}; make one with: ack migrate"
        assert not path.exists()

    def test_its_folder_is_missing(self, tmp_path, how):
        path = tmp_path / "var" / "ack.db"
        assert self.said(Store(path), how) == f"there is no database at {path}; make one with: ack migrate"

    def test_not_a_database(self, tmp_path, how):
        path = tmp_path / "ack.db"
        path.write_text("Dear Bea, this is the list. " * 100)
        assert self.said(Store(path), how) == (
            f"{path} is not a database of this service, or is damaged; restore the last backup"
        )

    def test_empty_or_older(self, tmp_path, how):
        path = tmp_path / "ack.db"
        path.touch()
        assert self.said(Store(path), how) == (
            f"the database {path} is from an older version of this software; bring it up with: ack migrate"
        )

    def test_newer(self, store, how):
        with closing(sqlite3.connect(store.path)) as connection, connection:
            connection.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('ackservice', "
                "'m999_later', '2030')"
            )
        assert self.said(Store(store.path), how) == (
            f"the database {store.path} is from a newer version of this software (m999_later); update the "
            f"software"
        )

    def test_a_folder_stands_in_its_place(self, tmp_path, how):
        path = tmp_path / "ack.db"
        path.mkdir()
        assert self.said(Store(path), how) == (
            f"the database {path} cannot be opened; check that its folder exists and can be written to"
        )


def test_a_newer_database_is_not_migrated(store):
    with closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('ackservice', "
            "'m999_later', '2030')"
        )
    with pytest.raises(StorageError, match="newer version"):
        Store(store.path).migrate()


def test_migrating_again_does_nothing(store):
    assert store.migrate() == []


def test_a_damaged_database_is_told(store):
    with store.write(NOON) as tx:
        for _ in range(300):
            act(tx)
    store.close()
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = store.path.stat().st_size
    with store.path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with (
        pytest.raises(StorageError, match="is damaged; restore the last backup"),
        store.read() as connection,
    ):
        verify(connection)


def test_a_full_disk_is_told_and_nothing_is_half_written(store, check):
    with store.write(NOON) as tx:
        act(tx)
        pages = tx.execute("PRAGMA page_count").fetchone()[0]
        tx.execute(f"PRAGMA max_page_count = {pages + 5}")
    with pytest.raises(StorageError) as raised, store.write(NOON) as tx:
        for _ in range(5000):
            act(tx, "a long remark " * 20)
    assert str(raised.value) == (
        f"the disk that holds {store.path} is full, or fails; nothing was recorded. Free some space and try "
        f"again"
    )
    report = check()
    assert (report.lines, report.faults) == (1, ())
    with store.read() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    with store.write(NOON) as tx:
        assert act(tx) == 2


FULL_FILE = """
import resource, sys
from pathlib import Path
from ackservice.errors import StorageError
from ackservice.storage.store import Store
from tests.storage.test_store import NOON, act
store = Store(Path(sys.argv[1]))
with store.write(NOON) as tx:
    act(tx)
size = Path(sys.argv[1] + "-wal").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20_000, size + 20_000))
try:
    for _ in range(50):
        with store.write(NOON) as tx:
            act(tx, "a long remark " * 500)
except StorageError as error:
    print(error)
"""


def child(code: str, *arguments: object) -> subprocess.CompletedProcess:
    """Runs code in a process of its own."""
    command = [sys.executable, "-W", "error", "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are of POSIX")
def test_a_file_that_cannot_grow_is_told_and_nothing_is_half_written(store, check):
    store.close()
    done = child(FULL_FILE, store.path)
    assert done.stdout.strip() == (
        f"the disk that holds {store.path} is full, or fails; nothing was recorded. Free some space and try "
        f"again"
    ), done.stderr
    report = check()
    assert report.faults == ()
    assert 1 <= report.lines < 51
    with store.write(NOON) as tx:
        act(tx)


READ_ONLY = """
import os, sys
from pathlib import Path
from ackservice.errors import StorageError
from ackservice.storage.store import Store
from tests.storage.test_store import NOON, act
if os.geteuid() == 0:
    os.setuid(65534)  # root writes to anything
try:
    with Store(Path(sys.argv[1])).write(NOON) as tx:
        act(tx)
except StorageError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
@pytest.mark.parametrize("what", ["the file", "the folder"])
def test_a_read_only_database_is_told(what):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ack.db"
        store = Store(path)
        store.migrate()
        store.close()
        for file in Path(folder).iterdir():
            file.chmod(0o666)
        Path(folder).chmod(0o777)
        if what == "the file":
            path.chmod(0o444)
        else:
            Path(folder).chmod(0o555)
        done = child(READ_ONLY, path)
        Path(folder).chmod(0o777)
        assert done.stderr == ""
        assert done.stdout.strip() == (
            f"the database {path} cannot be written to; check the permissions of the file and of its folder"
        )


class TestBackup:
    def test_a_backup_is_one_file_with_everything(self, store, tmp_path):
        with store.write(NOON) as tx:
            record_every_kind(tx)
        store.backup(tmp_path / "copy.db")
        assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith("copy")) == ["copy.db"]
        copy = Store(tmp_path / "copy.db")
        with copy.read() as connection:
            report = verify(connection)
        copy.close()
        assert (report.lines, report.faults) == (26, ())

    def test_a_backup_overwrites_nothing(self, store, tmp_path):
        (tmp_path / "copy.db").write_text("kept")
        with pytest.raises(StorageError, match="exists already"):
            store.backup(tmp_path / "copy.db")
        assert (tmp_path / "copy.db").read_text() == "kept"

    def test_a_backup_into_a_missing_folder_is_told(self, store, tmp_path):
        with pytest.raises(StorageError, match="cannot be opened"):
            store.backup(tmp_path / "away" / "copy.db")

    def test_a_backup_of_nothing_is_told(self, tmp_path):
        with pytest.raises(StorageError, match="make one with: ack migrate"):
            Store(tmp_path / "none.db").backup(tmp_path / "copy.db")
        assert list(tmp_path.iterdir()) == []
