"""However many processes serve the same links, each person acknowledges once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ackservice.service.roster import import_roster
from ackservice.storage.verify import verify
from tests.conftest import MONDAY
from tests.school_tree import roster_csv
from tests.service.acts import issue, token

ROOT = Path(__file__).parents[2]


def test_three_processes_acknowledge_the_same_links_and_each_counts_once(service, environ):
    people = [
        f"P{number:03},Person {number},p{number}@x.example,Employee,2015-09-01," for number in range(60)
    ]
    import_roster(service, roster_csv(*people), "staff.csv", now=MONDAY)
    issue(service, "2021-09")
    tokens = [token(service, f"P{number:03}") for number in range(60)]
    order = json.dumps({"environ": environ, "tokens": tokens})
    command = [sys.executable, "-m", "tests.crash.acknowledge_worker"]
    pipe = subprocess.PIPE
    running = [
        subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(3)
    ]
    for process in running:
        process.stdin.write(order)
        process.stdin.close()
    answers = []
    for process in running:
        answers.append(json.loads(process.stdout.read() or "null"))
        assert (process.wait(timeout=120), process.stderr.read()) == (0, "")
        process.stdout.close()
        process.stderr.close()
    assert answers[0] == answers[1] == answers[2]
    assert len(set(answers[0])) == 60
    with service.store.read() as connection:
        assert connection.execute(
            "SELECT COUNT(*), COUNT(DISTINCT recipient_id) FROM acknowledgement"
        ).fetchone()[:] == (60, 60)
        assert connection.execute("SELECT COUNT(*) FROM delivery WHERE kind = 'receipt'").fetchone()[0] == 60
        assert verify(connection).faults == ()
