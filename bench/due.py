"""What one `ack due` with nothing to do costs, beside how much has been recorded: it must not grow with
history.

`python bench/due.py [PEOPLE POLICIES]`. A small school first, then 10,000 people and 40 policies: everyone
has been told of every policy, and all but one in a hundred have acknowledged; those are reminded in some
days.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from ackservice.clock import SettableClock
from ackservice.config import settings_from
from ackservice.domain.notice import Basis, Notice
from ackservice.domain.roster import Person
from ackservice.mail.outbox import Outbox
from ackservice.service.context import Service
from ackservice.service.due import run_due
from ackservice.storage import notices, recipients, roster
from ackservice.storage.store import Transaction
from handbook.policy.version import Change
from tests.school_tree import SchoolTree

TOLD_AT = datetime(2021, 7, 26, 8, 0, tzinfo=UTC)
RUNS = 20
OUTSTANDING = 100  # one in so many
ENTRY = (
    '{"approved_by":"","approved_on":"","changes":[],"owner":"Business Manager","questions":"","seal":"",'
    '"suggestions":"","summary":""}'
)


def school(folder: Path, policies: int) -> Service:
    tree = SchoolTree(folder / "school")
    for number in range(policies):
        tree.version(
            f"policy-{number:02}", "2021-09", "2021-09-01", approved_on="2021-07-14", body=f"Rule {number}."
        )
    environ = {
        "ACK_HANDBOOK": str(tree.root),
        "ACK_DATABASE": str(folder / "ack.db"),
        "ACK_SECRET_KEYS": "a key of at least thirty-two characters",
    }
    service = Service.open(settings_from(environ))
    service.store.migrate()
    return service


def record_history(service: Service, people: int, policies: int) -> None:
    """A notice of each policy to everyone, sent, and acknowledged by nearly all."""
    staff = [
        Person(f"P{n:05}", f"Person {n}", f"p{n}@larkspur-row.example", ("Employee",)) for n in range(people)
    ]
    with service.store.write(TOLD_AT) as tx:
        import_id = tx.record("roster.imported", entries=people, source="bench", imported_by="bench")
        for person in staff:
            roster.add_entry(tx, person, import_id)
            recipients.renew_person_key(tx, person.person_id)
    for number in range(policies):
        with service.store.write(TOLD_AT) as tx:
            _record_notice(tx, f"policy-{number:02}", staff)


def _record_notice(tx: Transaction, policy: str, staff: list[Person]) -> None:
    digest = tx.keep_document(f"# {policy}\n\nA rule.\n")
    effective_on, issued_on = date(2021, 9, 1), date(2021, 7, 26)
    notice = Notice(0, policy, "2021-09", policy, digest, Change.NEW, effective_on, issued_on)
    notice_id = notices.add(tx, notice, entry_digest=tx.keep_document(ENTRY), issued_by="bench")
    for place, person in enumerate(staff):
        recipient = recipients.add(tx, notice_id, person, Basis.CHANGE, issued_on, None)
        tx.record(
            "message.outcome",
            delivery_id=recipient,
            recipient_id=recipient,
            kind="notice",
            outcome="sent",
            message_id=f"<{recipient}@bench>",
            address=person.email,
            detail="250",
        )
        if place % OUTSTANDING:
            tx.record(
                "acknowledged",
                key=recipients.new_key(),
                recipient_id=recipient,
                notice_id=notice_id,
                person_id=person.person_id,
                policy=policy,
                version="2021-09",
                digest=digest,
                base_digest=digest,
                method="link",
                typed_name=person.name,
                name_matches=1,
            )


def measure(people: int, policies: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        service = school(Path(folder), policies)
        record_history(service, people, policies)
        clock = SettableClock(TOLD_AT + timedelta(hours=1))
        outbox = Outbox(Path(folder) / "outbox")

        def run() -> float:
            start = time.perf_counter()
            result = run_due(service, outbox, clock, wait=lambda seconds: None, environ={})
            assert not result.problems, result.problems
            return time.perf_counter() - start

        first = run()
        later = statistics.median(run() for _ in range(RUNS))
        with service.store.read() as connection:
            lines = connection.execute("SELECT MAX(n) FROM ledger").fetchone()[0]
        service.store.close()
        print(
            f"{people:>6} people, {policies:>2} policies, {lines:>9,} ledger lines: nothing to do "
            f"{later * 1000:7.2f} ms; "
            f"the first run of a day, which looks at everybody, {first:.2f} s"
        )
        return later


if __name__ == "__main__":
    sizes = [(1_000, 4), (10_000, 40)] if len(sys.argv) < 3 else [(int(sys.argv[1]), int(sys.argv[2]))]
    costs = [measure(*size) for size in sizes]
    if len(costs) > 1:
        print(f"ratio of the costs: {costs[-1] / costs[0]:.2f} at {10_000 * 40 // 4_000} times the history")
