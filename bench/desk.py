"""What the desk costs as a school grows: home, a notice, a person and the CSV export, with ten years of
notices behind them.

    python bench/desk.py [--sizes 150,8000,100000] [--keep FOLDER]

Every size is a school of its own: so many people, ten yearly notices of one policy to all of them, each sent
and all but the last acknowledged by 97 in 100. Facts are written as the service writes them, ledger lines
and all; the last size takes minutes. Pages are asked for 20 times each, the first ten people of the last
notice after the first; the middle one counts. The export is read in parts as a server would, and compared
with the sqlite3 command line writing the same rows of the same query as CSV.
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
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ackservice import create_app  # noqa: E402
from ackservice.clock import SettableClock  # noqa: E402
from ackservice.config import settings_from  # noqa: E402
from ackservice.domain.notice import Basis, Notice  # noqa: E402
from ackservice.domain.roster import Person  # noqa: E402
from ackservice.ledger import canonical  # noqa: E402
from ackservice.service import signing_in, standing_now  # noqa: E402
from ackservice.service.context import Service  # noqa: E402
from ackservice.storage import cuts, notices  # noqa: E402
from ackservice.storage import roster as roster_rows  # noqa: E402
from handbook.policy.digest import digest_of  # noqa: E402
from handbook.policy.version import Change  # noqa: E402

NOW = datetime(2021, 8, 16, 9, 0, tzinfo=UTC)
YEARS = range(2012, 2022)
BATCH = 5_000
TIMES = 20
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
ENTRY = {"policy": "p", "version": "v", "owner": "Business Manager", "questions": "", "suggestions": "", "summary": "What changed.",
         "changes": [], "approved_by": "Board", "approved_on": "2021-07-14"}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="150,8000,100000")
    parser.add_argument(
        "--keep", type=Path, help="keep the databases in this folder, and use those that are there"
    )
    chosen = parser.parse_args()
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="desk-bench-"))
    try:
        results = {size: measure(folder / str(size), size) for size in map(int, chosen.sizes.split(","))}
    finally:
        if not chosen.keep:
            shutil.rmtree(folder, ignore_errors=True)
    report(results)


def measure(root: Path, people: int) -> dict[str, float]:
    """Milliseconds, kilobytes and ratios of one school."""
    fresh = not (root / "school.toml").exists()
    root.mkdir(parents=True, exist_ok=True)
    (root / "school.toml").write_text(SETTINGS, encoding="utf-8")
    for name in ("handbook/docs/policies", "changelog"):
        (root / name).mkdir(parents=True, exist_ok=True)
    service = Service.open(
        settings_from(
            {"ACK_HANDBOOK": str(root), "ACK_DATABASE": str(root / "ack.db"), "ACK_SECRET_KEYS": "k" * 40}
        )
    )
    service.store.migrate()
    if fresh:
        started = time.perf_counter()
        fill(service, people)
        print(f"{people}: recorded in {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    started = time.perf_counter()
    rows = standing_now.refresh(service, NOW)
    print(
        f"{people}: {rows} rows computed for the desk in {time.perf_counter() - started:.1f} s",
        file=sys.stderr,
        flush=True,
    )
    found = pages(service)
    found.update(export(service))
    service.store.close()
    return found


def fill(service: Service, people: int) -> None:
    staff = [person(number) for number in range(people)]
    at = datetime(2012, 7, 20, 9, 0, tzinfo=UTC)
    record(service, at, staff, lambda tx, one: roster_rows.add_entry(tx, one))
    for year in YEARS:
        at = datetime(year, 7, 26, 9, 0, tzinfo=UTC)
        label, notice = f"{year}-09", None
        with service.store.write(at) as tx:
            text = tx.keep_document(f"# Social media\n\nThink {year} times.\n")
            notice = Notice(0, "social-media", label, "Social media", digest_of(f"# Social media\n\nThink {year} times.\n"), Change.MATERIAL,
                            date(year, 9, 1), at.date())  # fmt: skip
            number = notices.add(
                tx, notice, entry_digest=tx.keep_document(canonical(ENTRY)), issued_by="Bea Manager"
            )
        ids: dict[str, int] = {}

        def give(tx, one, number=number, ids=ids):
            ids[one.person_id] = notices.add_recipient(tx, number, one, Basis.CHANGE)

        def send(tx, one, ids=ids):
            values = {"kind": "notice", "outcome": "sent", "address": one.email, "detail": "250 OK"}
            key = ids[one.person_id]
            tx.record(
                "message.outcome",
                delivery_id=key,
                recipient_id=key,
                message_id=f"<{key}@larkspur-row.example>",
                **values,
            )

        def acknowledge(tx, one, ids=ids, label=label, text=text):
            tx.record("acknowledged", recipient_id=ids[one.person_id], person_id=one.person_id, policy="social-media", version=label,
                      digest=text, method="link", typed_name=one.name)  # fmt: skip

        record(service, at, staff, give)
        record(service, at, staff, send)
        queue(service, at, number)
        share = 60 if year == YEARS[-1] else 97
        for day in range(20):
            some = [one for n, one in enumerate(staff) if n % 100 < share and n % 20 == day]
            record(service, at + timedelta(days=day + 1), some, acknowledge)


def record(service: Service, at: datetime, staff: list[Person], act) -> None:
    for start in range(0, len(staff), BATCH):
        with service.store.write(at) as tx:
            for one in staff[start : start + BATCH]:
                act(tx, one)


def queue(service: Service, at: datetime, notice: int) -> None:
    """The rows of the queue that sent messages leave behind."""
    with service.store.write(at) as tx:
        tx.execute(
            "INSERT INTO delivery (id, kind, person_id, address, message_id, state, created_at, not_before, attempts, ended_at, sent_at) "
            "SELECT id, 'notice', person_id, email, '<' || id || '@larkspur-row.example>', 'sent', at, at, 1, at, at "
            "FROM recipient WHERE notice_id = ?",
            (notice,),
        )


def person(number: int) -> Person:
    first, last = ("Ada", "Ben", "Gia", "Pat", "Zoë")[number % 5], f"Name{number * 7919 % 100_003:06}"
    category = ("Employee", "Employee", "Governor", "Volunteer")[number % 4]
    return Person(f"P{number:06}", f"{first} {last}", f"p{number}@larkspur-row.example", category, date(2010, 9, 1), None,
                  ("North", "South")[number % 2], f"P{number // 10:06}")  # fmt: skip


def pages(service: Service) -> dict[str, float]:
    client = create_app(service.settings, clock=SettableClock(NOW), service=service).test_client()
    path = signing_in.make_link(service, "office@larkspur-row.example", NOW).removeprefix(BASE)
    client.post(path, headers={"Origin": BASE})
    with service.store.read() as connection:
        notice = connection.execute("SELECT MAX(id) FROM notice").fetchone()[0]
        ids = [
            row[0]
            for row in connection.execute(
                "SELECT person_id FROM recipient WHERE notice_id = ? LIMIT 10", (notice,)
            )
        ]
    found: dict[str, float] = {}
    for name, paths in {
        "home": ["/ack/desk/"],
        "notice": [f"/ack/desk/notices/{notice}"],
        "notice, all, last page": [f"/ack/desk/notices/{notice}?show=all&page=99999"],
        "notice, a name": [f"/ack/desk/notices/{notice}?show=all&q=name00001"],
        "person": [f"/ack/desk/person?id={key}" for key in ids],
    }.items():
        found[f"{name} (ms)"], found[f"{name} (kB)"] = ask(client, paths)
    return found


def ask(client, paths: list[str]) -> tuple[float, float]:
    spent, size = [], 0
    client.get(paths[0])
    for turn in range(TIMES):
        started = time.perf_counter()
        answer = client.get(paths[turn % len(paths)])
        spent.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, answer.status
        size = max(size, len(answer.data))
    return statistics.median(spent), size / 1000


def export(service: Service) -> dict[str, float]:
    """The CSV export of the last notice, and the same by the sqlite3 command line where there is one."""
    from ackservice.service import desk_exports
    from ackservice.storage.desk import EVERYONE

    with service.store.read() as connection:
        notice = connection.execute("SELECT MAX(id) FROM notice").fetchone()[0]
        cut = cuts.last_cut(connection)
    before, most, size = resident(), 0.0, 0
    started = time.perf_counter()
    for part in desk_exports.of_notice(service, notice, "csv", EVERYONE, on=None, now=NOW).parts:
        size += len(part)
        most = max(most, resident())
    ours = time.perf_counter() - started
    theirs = by_command_line(service.settings.database, notice, cut)
    return {"CSV (ms)": ours * 1000, "CSV (kB)": size / 1000, "CSV memory more (MB)": most - before,
            "CSV by sqlite3 (ms)": theirs * 1000, "CSV, times sqlite3": ours / theirs if theirs else 0.0}  # fmt: skip


def by_command_line(database: Path, notice: int, cut: int) -> float:
    """Seconds; 0 where there is no sqlite3."""
    command = shutil.which("sqlite3")
    if command is None:
        return 0.0
    values = {
        "notice": notice,
        "cut": cut,
        "policy": "'social-media'",
        "moved_to": "'[]'",
        "counting": "'[]'",
        "recipient": "NULL",
    }
    script = ".mode csv\n.headers on\n" + "".join(
        f".parameter set :{name} {value}\n" for name, value in values.items()
    )
    started = time.perf_counter()
    done = subprocess.run(
        [command, str(database)],
        input=script + notices._OF_NOTICE + ";\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("\n") > 100, done.stderr
    return time.perf_counter() - started


def resident() -> float:
    """Megabytes of memory in use now; 0 where /proc does not say."""
    try:
        fields = Path("/proc/self/statm").read_text().split()
    except OSError:
        return 0.0
    return int(fields[1]) * 4096 / 1e6


def report(results: dict[int, dict[str, float]]) -> None:
    sizes = list(results)
    print(f"{'':28}" + "".join(f"{size:>12,}" for size in sizes) + f"{'growth':>10}")
    for name in results[sizes[0]]:
        values = [results[size][name] for size in sizes]
        growth = f"{values[-1] / values[0]:>9.1f}x" if values[0] else f"{'':>10}"
        print(f"{name:28}" + "".join(f"{value:>12.1f}" for value in values) + growth)
    print(
        json.dumps({str(size): {k: round(v, 2) for k, v in found.items()} for size, found in results.items()})
    )


if __name__ == "__main__":
    main()
