"""Sending killed at any point: nothing is lost, and at most one message per open connection repeats, under
its old Message-ID."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from email import message_from_bytes
from pathlib import Path

import pytest

from ackservice.config import settings_from
from ackservice.service.context import Service
from ackservice.service.issuing import Mode
from ackservice.service.roster import import_roster
from tests.conftest import KEY, MONDAY
from tests.mail.servers import MailServer, mail_server
from tests.school_tree import SchoolTree, larkspur_row, roster_csv
from tests.service.acts import issue

ROOT = Path(__file__).parents[2]
CONNECTIONS = 3

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")


class CountingServer(MailServer):
    """A sink that lets others wait for the next messages."""

    def __init__(self):
        super().__init__()
        self.arrived = threading.Condition()

    async def handle_DATA(self, server, session, envelope):
        answer = await super().handle_DATA(server, session, envelope)
        with self.arrived:
            self.arrived.notify_all()
        return answer

    def wait_for(self, count: int, process: subprocess.Popen) -> None:
        with self.arrived:
            self.arrived.wait_for(lambda: len(self.taken) >= count or process.poll() is not None, timeout=60)

    def message_ids(self) -> list[str]:
        return [message_from_bytes(data)["Message-ID"] for _, _, data in self.taken]


def school_with_queue(tree: SchoolTree, environ: dict[str, str], people: int) -> Service:
    tree.write("school.toml", tree.read("school.toml") + "\n[mail]\nper_minute = 100000\nper_day = 1000000\n")
    service = Service.open(settings_from(environ))
    service.store.migrate()
    rows = [f"P{n:05},Person {n},p{n}@larkspur-row.example,Employee,," for n in range(people)]
    import_roster(service, roster_csv(*rows), "staff.csv", now=MONDAY)
    issue(service, "2021-09")
    return service


def sender(environ: dict[str, str]) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", "from ackservice.cli import main; main(['send'])"],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def kill_many_times(tmp_path: Path, kills: int, people: int, seed: int) -> None:
    chance = random.Random(seed)
    tree = larkspur_row(tmp_path / "school")
    with mail_server(CountingServer(), login=False) as server:
        environ = {
            "ACK_HANDBOOK": str(tree.root),
            "ACK_DATABASE": str(tmp_path / "ack.db"),
            "ACK_SECRET_KEYS": KEY,
            "ACK_MAIL": f"smtp://127.0.0.1:{server.port}?starttls=no",
        }
        service = school_with_queue(tree, environ, people)
        killed = 0
        while killed < kills:
            process = sender(environ)
            server.wait_for(len(server.taken) + chance.randrange(1, 6), process)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            killed += process.returncode == -signal.SIGKILL
            assert process.returncode == -signal.SIGKILL, (
                "the queue was empty before the last kill: give it more people"
            )
        last = sender(environ)
        said, _ = last.communicate(timeout=300)
        assert last.returncode == 0, said
    counts = Counter(server.message_ids())
    with service.store.read() as connection:
        queued = {
            row["message_id"]
            for row in connection.execute("SELECT message_id FROM delivery WHERE kind = 'notice'")
        }
        states = Counter(row["state"] for row in connection.execute("SELECT state FROM delivery"))
        told = connection.execute(
            "SELECT COUNT(DISTINCT recipient_id) FROM dispatch WHERE outcome = 'sent'"
        ).fetchone()[0]
    service.store.close()
    assert counts.keys() == queued  # nothing lost, nothing made up
    assert states == {"sent": people}
    assert told == people
    assert counts.total() - people <= kills * CONNECTIONS


def test_twenty_kills_lose_nothing(tmp_path):
    kill_many_times(tmp_path, kills=20, people=400, seed=1)


@pytest.mark.soak
def test_two_hundred_kills_lose_nothing(tmp_path):
    kill_many_times(tmp_path, kills=200, people=4000, seed=2)


def test_ten_times_two_at_once_do_nothing_twice(tmp_path):
    """Two `ack due` at the same moment, ten times over, with a notice queued before each."""
    tree = larkspur_row(tmp_path / "school")
    with mail_server(CountingServer(), login=False) as server:
        environ = {
            "ACK_HANDBOOK": str(tree.root),
            "ACK_DATABASE": str(tmp_path / "ack.db"),
            "ACK_SECRET_KEYS": KEY,
            "ACK_MAIL": f"smtp://127.0.0.1:{server.port}?starttls=no",
        }
        service = school_with_queue(tree, environ, people=8)
        for number in range(10):
            if number:
                issue(
                    service,
                    "2021-09",
                    now=MONDAY.replace(year=2022),
                    mode=Mode.AGAIN,
                    round_=f"Round {number}",
                )
            both = [due_process(environ) for _ in range(2)]
            for process in both:
                said, _ = process.communicate(timeout=120)
                assert process.returncode == 0, said
        last = due_process(environ)
        assert last.communicate(timeout=120)[0] and last.returncode == 0
    counts = Counter(server.message_ids())
    service.store.close()
    assert set(counts.values()) == {1}
    to_staff = [recipient for _, recipient, _ in server.taken if recipient.startswith("p")]
    assert len(to_staff) == 80


def due_process(environ: dict[str, str]) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", "from ackservice.cli import main; main(['due'])"],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
