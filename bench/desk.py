"""What the desk costs from a cold process: a notice's page, home with forty open notices, a person, the
export.

    python bench/desk.py [--sizes 150,8000] [--notices 40] [--keep FOLDER]

Every size is a school of its own: so many people, and forty open notices of policies of their own to all of
them, each sent and acknowledged by 60 in 100. Facts are written as the service writes them, ledger lines and
all. Figures are milliseconds of processor time. "first" is the first look in a new process; "again" a second
one, the middle of five; "after one more" the look after one more acknowledgement.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ackservice import create_app  # noqa: E402
from ackservice.clock import SettableClock  # noqa: E402
from ackservice.config import settings_from  # noqa: E402
from ackservice.domain.notice import Basis, Notice  # noqa: E402
from ackservice.domain.roster import Person  # noqa: E402
from ackservice.ledger import canonical  # noqa: E402
from ackservice.service import exporting, overview, signing_in  # noqa: E402
from ackservice.service.context import Service  # noqa: E402
from ackservice.storage import notices, recipients, roster  # noqa: E402
from ackservice.storage.store import Transaction  # noqa: E402
from handbook.policy.digest import digest_of  # noqa: E402
from handbook.policy.version import Change  # noqa: E402

NOW = datetime(2021, 8, 16, 9, 0, tzinfo=UTC)
ISSUED = datetime(2021, 7, 26, 9, 0, tzinfo=UTC)
BATCH = 5_000
AGAIN = 5
BASE = "https://policies.larkspur-row.example"
SETTINGS = f"""name = "Larkspur Row School"
base_address = "{BASE}"
categories = ["Governor", "Employee", "Contractor", "Volunteer"]
[contacts."Business Manager"]
email = "office@larkspur-row.example"
[[managers]]
address = "office@larkspur-row.example"
role = "manager"
"""
ENTRY = {
    "policy": "p", "version": "v", "owner": "Business Manager", "questions": "", "suggestions": "",
    "summary": "What changed.", "changes": [], "approved_by": "Board", "approved_on": "2021-07-14",
    "seal": "",
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", default="150,8000")
    parser.add_argument("--notices", type=int, default=40)
    parser.add_argument("--keep", type=Path, help="keep the databases here, and use those that are there")
    parser.add_argument("--look", type=Path, help=argparse.SUPPRESS)  # what a fresh process measures
    chosen = parser.parse_args()
    if chosen.look:
        print(json.dumps(look(chosen.look)))
        return
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="desk-bench-"))
    try:
        results = {}
        for size in map(int, chosen.sizes.split(",")):
            root = folder / f"{size}-{chosen.notices}"
            if not (root / "ack.db").exists():
                fill(root, size, chosen.notices)
            command = [sys.executable, __file__, "--look", str(root)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            results[size] = json.loads(done.stdout)
    finally:
        if not chosen.keep:
            shutil.rmtree(folder, ignore_errors=True)
    report(results)


def opened(root: Path) -> Service:
    names = {"ACK_HANDBOOK": root, "ACK_DATABASE": root / "ack.db", "ACK_SECRET_KEYS": "k" * 40}
    return Service.open(settings_from({name: str(value) for name, value in names.items()}))


def fill(root: Path, people: int, number: int) -> None:
    """Record a school."""
    for name in ("handbook/docs/policies", "changelog"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "school.toml").write_text(SETTINGS, encoding="utf-8")
    service, staff, started = opened(root), [person(n) for n in range(people)], time.perf_counter()
    service.store.migrate()
    with service.store.write(ISSUED) as tx:
        imported = tx.record("roster.imported", entries=people, source="bench", imported_by="bench")
        for one in staff:
            roster.add_entry(tx, one, imported)
            recipients.renew_person_key(tx, one.person_id)
    for policy in range(number):
        give(service, f"policy-{policy:02}", staff)
    service.store.close()
    print(f"{people}: recorded in {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)


def give(service: Service, policy: str, staff: list[Person]) -> None:
    """Give notice of one policy to all, send it, and have 60 in 100 acknowledge it."""
    text = f"# {policy}\n\nThink.\n"
    with service.store.write(ISSUED) as tx:
        digest = tx.keep_document(text)
        notice = Notice(
            0, policy, "2021-09", policy, digest_of(text), Change.MATERIAL, date(2021, 9, 1), ISSUED.date()
        )
        number = notices.add(tx, notice, entry_digest=tx.keep_document(canonical(ENTRY)), issued_by="Bea")
    for start in range(0, len(staff), BATCH):
        with service.store.write(ISSUED) as tx:
            for one in staff[start : start + BATCH]:
                key = recipients.add(tx, number, one, Basis.CHANGE, ISSUED.date(), None)
                tx.record(
                    "message.outcome", delivery_id=key, recipient_id=key, kind="notice", outcome="sent",
                    message_id=f"<{key}@larkspur-row.example>", address=one.email, detail="250 OK",
                )  # fmt: skip
                if int(one.person_id[1:]) % 100 < 60:
                    acknowledge(tx, key, number, one, policy, digest)


def acknowledge(
    tx: Transaction, recipient_id: int, notice_id: int, one: Person, policy: str, digest: str
) -> None:
    tx.record(
        "acknowledged", key=recipients.new_key(), recipient_id=recipient_id, notice_id=notice_id,
        person_id=one.person_id, policy=policy, version="2021-09", digest=digest, base_digest=digest,
        method="link", signed_on=None, name_matches=1, typed_name=one.name,
    )  # fmt: skip


def person(number: int) -> Person:
    first, last = ("Ada", "Ben", "Gia", "Pat", "Zoë")[number % 5], f"Name{number * 7919 % 100_003:06}"
    categories = (("Employee", "Employee", "Governor", "Volunteer")[number % 4],)
    return Person(
        f"P{number:06}", f"{first} {last}", f"p{number}@larkspur-row.example", categories, date(2010, 9, 1),
        site=("North", "South")[number % 2], line_manager_id=f"P{number // 10:06}",
    )  # fmt: skip


def look(root: Path) -> dict[str, float]:
    """Milliseconds of one school, in this fresh process."""
    service = opened(root)
    client = create_app(service.settings, clock=SettableClock(NOW), service=service).test_client()
    path = signing_in.make_link(service, "office@larkspur-row.example", NOW).removeprefix(BASE)
    client.post(path, headers={"Origin": BASE})
    with service.store.read() as connection:
        first, last = connection.execute("SELECT MIN(id), MAX(id) FROM notice").fetchone()
    client.get("/ack/desk/people/import")  # templates and modules; no statuses

    def get(path: str) -> float:
        started = time.process_time()
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status)
        return (time.process_time() - started) * 1000

    def again(path: str) -> float:
        return statistics.median(get(path) for _ in range(AGAIN))

    one, found = f"/ack/desk/notices/{last}", {}
    client.get(f"/ack/desk/notices/{first}?as-at=2021-07-26&show=name+to+be+confirmed")  # the page's template
    found["notice, first"] = get(one)
    found["notice, again"] = again(one)
    found["notice, searched"] = again(f"{one}?show=all&q=name00001")
    found["notice, a past day"] = again(f"{one}?as-at=2021-08-01")
    memory, started = resident(), time.process_time()
    overview.prepare(service, NOW)
    found["all notices, prepared"] = (time.process_time() - started) * 1000
    found["memory for them (MB)"] = resident() - memory
    found["home, again"] = again("/ack/desk/")
    one_more(service, last)
    found["home, after one more"] = get("/ack/desk/")
    one_more(service, last)
    found["notice, after one more"] = get(one)
    found["person"] = again("/ack/desk/person?id=P000001")
    found["people"] = again("/ack/desk/people/")
    started = time.process_time()
    report = exporting.of_version(service, "policy-00", "2021-09", on=None, now=NOW)
    size = sum(map(len, exporting.render(report, "csv")))
    found["CSV"] = (time.process_time() - started) * 1000
    found["CSV (kB)"] = size / 1000
    service.store.close()
    return found


def resident() -> float:
    """Megabytes of memory in use now; 0 where /proc does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
    except OSError:
        return 0.0


def one_more(service: Service, notice_id: int) -> None:
    """Somebody else acknowledges."""
    with service.store.write(NOW) as tx:
        row = tx.execute(
            "SELECT r.id, r.person_id, n.policy, n.digest FROM recipient r JOIN notice n ON n.id = "
            "r.notice_id WHERE n.id = ? AND r.id NOT IN (SELECT recipient_id FROM acknowledgement) LIMIT 1",
            (notice_id,),
        ).fetchone()
        one = Person(row["person_id"], "Somebody", "", ())
        acknowledge(tx, row["id"], notice_id, one, row["policy"], row["digest"])


def report(results: dict[int, dict[str, float]]) -> None:
    sizes = list(results)
    print(f"{'':28}" + "".join(f"{size:>12,}" for size in sizes))
    for name in results[sizes[0]]:
        print(f"{name:28}" + "".join(f"{results[size][name]:>12.1f}" for size in sizes))


if __name__ == "__main__":
    main()
