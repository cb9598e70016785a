"""What the processes of test_crash_store.py do: `python -m tests.crash.store_worker TASK DATABASE ...`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from ackservice.domain.notice import Basis, Notice
from ackservice.domain.roster import Person
from ackservice.storage import deliveries, notices, recipients
from ackservice.storage.store import Store
from handbook.policy.version import Change

NOON = datetime(2021, 7, 26, 11, 0, tzinfo=UTC)


def write_many(store: Store, name: str, count: str) -> None:
    """Transactions that read before they write, as the service's do."""
    for number in range(int(count)):
        with store.write(NOON) as tx:
            before = tx.execute("SELECT COUNT(*) FROM desk_act WHERE person_id = ?", (name,)).fetchone()[0]
            tx.record("desk.act", act="counted", person_id=name, detail=f"{before}", done_by=name)
            assert before == number


def issue_forever(store: Store) -> None:
    """Notices of 25 people each, with their messages, until killed; says when each is done."""
    round_number = 0
    while True:
        round_number += 1
        with store.write(NOON) as tx:
            text = tx.keep_document(f"# Round {round_number}\n")
            notice = Notice(0, "social-media", "2021-09", "Social media", text, Change.MATERIAL, NOON.date(),
                            NOON.date(),
                            round=str(round_number))  # fmt: skip
            notice_id = notices.add(tx, notice, entry_digest=text, issued_by="Bea")
            for number in range(25):
                person = Person(f"P{number}", f"Person {number}", f"p{number}@x.example", "Employee")
                recipient = recipients.add(tx, notice_id, person, Basis.CHANGE, NOON.date(), None)
                deliveries.add(
                    tx,
                    "notice",
                    host="x.example",
                    person_id=person.person_id,
                    address=person.email,
                    items=[recipient],
                )
        print(round_number, flush=True)


def migrate(store: Store) -> None:
    """Creates the database, together with others who do."""
    print(len(store.migrate()), flush=True)


if __name__ == "__main__":
    task, database, *rest = sys.argv[1:]
    {"write": write_many, "issue": issue_forever, "migrate": migrate}[task](Store(Path(database)), *rest)
