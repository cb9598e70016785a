"""Processes that write together, and processes killed in the middle: every fact has its line, and every line
its fact."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ackservice.storage.store import Store
from ackservice.storage.verify import verify
from tests.crash.store_worker import NOON

ROOT = Path(__file__).parents[2]


def start(*arguments: object) -> subprocess.Popen:
    command = [sys.executable, "-W", "error", "-m", "tests.crash.store_worker", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen) -> str:
    out, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (0, ""), err
    return out


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "ack.db")
    store.migrate()
    yield store
    store.close()


def report_of(store):
    with store.read() as connection:
        return verify(connection)


def test_four_processes_write_at_once_and_none_fails(store):
    running = [start("write", store.path, f"process {number}", 200) for number in range(4)]
    for process in running:
        finish(process)
    report = report_of(store)
    assert (report.lines, report.faults) == (800, ())
    with store.read() as connection:
        counted = connection.execute("SELECT person_id, COUNT(*) FROM desk_act GROUP BY person_id").fetchall()
    assert [tuple(row) for row in counted] == [(f"process {number}", 200) for number in range(4)]


def test_several_processes_migrate_at_once_and_one_does_the_work(tmp_path):
    for attempt in range(3):
        path = tmp_path / str(attempt) / "ack.db"
        applied = sorted(int(finish(process)) for process in [start("migrate", path) for _ in range(4)])
        assert applied[:3] == [0, 0, 0]
        assert applied[3] >= 1
        made = Store(path)
        assert made.migrate() == []
        made.close()


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_a_process_killed_in_the_middle_leaves_whole_transactions(store):
    chance = random.Random(20210901)
    done = 0
    for _ in range(12):
        process = start("issue", store.path)
        for _ in range(chance.randint(1, 6)):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        report = report_of(store)
        assert report.faults == ()
        with store.read() as connection:
            count = {table: connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
                     for table in ("notice", "recipient", "delivery", "delivery_item")}  # fmt: skip
        notices = count["notice"]
        assert notices > done
        assert count == {
            "notice": notices,
            "recipient": 25 * notices,
            "delivery": 25 * notices,
            "delivery_item": 25 * notices,
        }
        assert report.lines == 26 * notices
        done = notices
    with store.write(NOON) as tx:
        assert tx.record("desk.act", act="counted", detail="", done_by="Bea") == 26 * done + 1


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_a_killed_process_leaves_no_lock_behind(store):
    process = start("issue", store.path)
    process.stdout.readline()
    process.kill()
    process.communicate(timeout=60)
    finish(start("write", store.path, "the next", 1))
    assert report_of(store).faults == ()
