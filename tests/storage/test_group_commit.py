"""Writes that come at once share a commit, and each gets its own answer and pays for its own errors only."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from ackservice.errors import StorageError
from ackservice.storage.group_commit import GroupCommit
from ackservice.storage.store import Store, Transaction
from tests.storage.conftest import NOON

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds until a test gives up on a thread


class CountingStore(Store):
    """Counts its commits; the first transaction stays open until it is let go, so that other jobs have to
    wait for it."""

    def __init__(self, path: Path):
        super().__init__(path)
        self.commits = 0
        self.is_open, self.let_go = threading.Event(), threading.Event()

    @contextmanager
    def write(self, now: datetime):
        with super().write(now) as tx:
            yield tx
            if not self.is_open.is_set():
                self.is_open.set()
                assert self.let_go.wait(PATIENCE)
        self.commits += 1


@pytest.fixture
def counting(store) -> CountingStore:
    return CountingStore(store.path)


def act(tx: Transaction, person: str) -> int:
    return tx.record("desk.act", act="told", person_id=person, detail="", done_by="Bea")


def recorded(store: Store) -> dict[str, int]:
    with store.read() as connection:
        return {row[0]: row[1] for row in connection.execute("SELECT person_id, id FROM desk_act")}


def run_at_once(store: CountingStore, jobs: dict[str, Callable[[Transaction], object]]) -> dict[str, object]:
    """Runs a first job, and all the others while that one is being committed; what each returned or
    raised."""
    commits, outcomes = GroupCommit(store), {}

    def work(name: str, job: Callable[[Transaction], object]) -> None:
        try:
            outcomes[name] = commits.run(NOON, job)
        except Exception as error:
            outcomes[name] = error
        store.close()

    first = threading.Thread(target=work, args=("first", lambda tx: act(tx, "first")))
    first.start()
    assert store.is_open.wait(PATIENCE)
    others = [threading.Thread(target=work, args=item) for item in jobs.items()]
    for thread in others:
        thread.start()
    while len(commits._waiting) < len(jobs):  # a matter of starting threads
        threading.Event().wait(0)
    store.let_go.set()
    for thread in (first, *others):
        thread.join(PATIENCE)
    return outcomes


def test_jobs_that_wait_at_once_share_one_commit(counting, check):
    names = [f"P{number}" for number in range(12)]
    outcomes = run_at_once(counting, {name: lambda tx, name=name: act(tx, name) for name in names})
    assert counting.commits == 2  # the first one's, and one for the twelve
    assert sorted(outcomes) == sorted(["first", *names])
    assert (check().lines, check().faults) == (13, ())


def test_each_thread_gets_what_its_own_job_returned(counting):
    names = [f"P{number}" for number in range(12)]
    outcomes = run_at_once(counting, {name: lambda tx, name=name: act(tx, name) for name in names})
    assert outcomes == recorded(counting)
    counting.close()


def test_an_error_undoes_what_its_own_job_wrote_and_nothing_else(counting, check):
    def fail(tx: Transaction) -> None:
        act(tx, "undone")
        raise ZeroDivisionError

    outcomes = run_at_once(
        counting, {"P1": lambda tx: act(tx, "P1"), "bad": fail, "P2": lambda tx: act(tx, "P2")}
    )
    assert isinstance(outcomes.pop("bad"), ZeroDivisionError)
    assert outcomes == recorded(counting)
    assert sorted(outcomes) == ["P1", "P2", "first"]
    assert (check().lines, check().faults) == (3, ())
    counting.close()


def test_a_refused_statement_is_its_own_jobs_error(counting, check):
    def fail(tx: Transaction) -> None:
        tx.execute("DELETE FROM ledger")

    outcomes = run_at_once(counting, {"bad": fail, "P1": lambda tx: act(tx, "P1")})
    assert isinstance(outcomes["bad"], sqlite3.IntegrityError)
    assert sorted(recorded(counting)) == ["P1", "first"]
    assert check().faults == ()
    counting.close()


def test_a_commit_that_fails_is_everybodys_error(counting, check):
    """Deferred foreign keys are looked at when the transaction is committed."""

    def dangle(name: str) -> Callable[[Transaction], int]:
        def job(tx: Transaction) -> int:
            tx.execute("PRAGMA defer_foreign_keys = ON")
            tx.execute("INSERT INTO delivery_item (delivery_id, recipient_id) VALUES (99, 99)")
            return act(tx, name)

        return job

    outcomes = run_at_once(counting, {"P1": dangle("P1"), "P2": dangle("P2")})
    assert [type(outcomes[name]) for name in ("P1", "P2")] == [sqlite3.IntegrityError] * 2
    assert sorted(recorded(counting)) == ["first"]
    assert (check().lines, check().faults) == (1, ())
    counting.close()


def test_a_full_disk_is_told_to_everybody_and_afterwards_work_goes_on(store, check):
    commits = GroupCommit(store)
    with store.read() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    for _ in range(2):
        with pytest.raises(StorageError, match="is full, or fails; nothing was recorded"):
            commits.run(NOON, lambda tx: [act(tx, "a long name " * 50) for _ in range(50)])
    with store.read() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    assert commits.run(NOON, lambda tx: act(tx, "P1")) == 1
    assert (check().lines, check().faults) == (1, ())


ANSWER_FOREVER = """
import sys, threading
from pathlib import Path
from ackservice.storage.store import Store
from ackservice.storage.group_commit import GroupCommit
from tests.storage.conftest import NOON
from tests.storage.test_group_commit import act
commits = GroupCommit(Store(Path(sys.argv[1])))

def answer(name):
    for number in range(100_000):
        person = f"{name}-{number}"
        commits.run(NOON, lambda tx: act(tx, person))
        sys.stdout.write(person + "\\n")
        sys.stdout.flush()

for name in "abcdefgh":
    threading.Thread(target=answer, args=(name,), daemon=True).start()
threading.Event().wait()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
@pytest.mark.parametrize("answers", [1, 7, 60])
def test_what_was_answered_outlives_a_kill(store, check, answers):
    command = [sys.executable, "-W", "error", "-c", ANSWER_FOREVER, str(store.path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    answered = [process.stdout.readline() for _ in range(answers)]
    process.send_signal(signal.SIGKILL)
    rest, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (-signal.SIGKILL, "")
    answered += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    kept = recorded(store)
    assert len(answered) >= answers
    assert {line.strip() for line in answered} <= kept.keys()
    assert (check().lines, check().faults) == (len(kept), ())
