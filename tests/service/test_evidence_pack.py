"""The evidence pack: the same day gives the same bytes, and a reader checks it with standard tools alone."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ackservice.errors import NotAllowed, NotFound
from ackservice.mail.outbox import Outbox
from ackservice.service import acknowledging, evidence_pack, records, sending
from ackservice.service.context import Service
from ackservice.service.roster import import_roster
from ackservice.storage import evidence
from ackservice.storage.facts import FACTS
from tests.school_tree import ADA, BEN, roster_csv
from tests.service import acts

LAST_OF_AUGUST = date(2021, 8, 31)
FOLDER = "social-media-2021-09-evidence-as-at-2021-08-31"


def at(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2021, month, day, hour, tzinfo=UTC)


@pytest.fixture
def told(staffed: Service, clock, tmp_path: Path) -> Service:
    """Issued and sent on 26 July; Ada acknowledged in August, Pat on paper, Ben in September."""
    acts.issue(staffed, "2021-09")
    sending.send_due(staffed, Outbox(tmp_path / "outbox"), clock, wait=lambda seconds: None, pace=False)
    pat = acts.recipient(staffed, "P004")
    records.letter_given(staffed, [pat], given_on=date(2021, 7, 28), by="Bea", now=at(7, 28))
    acknowledging.acknowledge(staffed, acts.token(staffed, "P001"), "Ada Lovelace", at(8, 12))
    records.slip(staffed, [pat], signed_on=date(2021, 8, 20), by="Bea", now=at(8, 23))
    acknowledging.acknowledge(staffed, acts.token(staffed, "P002"), "Ben Okri", at(9, 2))
    return staffed


def packed(service: Service, on: date | None = LAST_OF_AUGUST, now: datetime | None = None) -> bytes:
    stream = io.BytesIO()
    evidence_pack.write(service, stream, "social-media", "2021-09", on=on, now=now or at(9, 3))
    return stream.getvalue()


def unpack(data: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(folder)
    (only,) = folder.iterdir()
    return only


def run(folder: Path, *command: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


def program(folder: Path, name: str) -> Path:
    """A program of the README, saved as a reader would."""
    found = re.search(
        rf"^--- {re.escape(name)}\n(.*?)^---$", (folder / "README.txt").read_text("utf-8"), re.M | re.S
    )
    target = folder / name
    target.write_text(found[1], encoding="utf-8")
    return target


@pytest.fixture
def pack(told: Service, tmp_path: Path) -> Path:
    return unpack(packed(told), tmp_path / "pack")


def test_the_same_day_gives_the_same_bytes_later(told: Service) -> None:
    early = packed(told, now=at(9, 1, 0))
    import_roster(
        told,
        roster_csv(ADA.replace("Ada Lovelace", "Ada King"), BEN),
        "new.csv",
        now=at(10, 1),
        confirmed=True,
    )
    assert packed(told, now=at(11, 5)) == early


def test_it_needs_no_handbook_checkout(told: Service) -> None:
    early = packed(told)
    shutil.rmtree(told.settings.handbook / "handbook")
    shutil.rmtree(told.settings.handbook / "changelog")
    assert packed(told) == early


def test_it_holds_every_part(pack: Path) -> None:
    assert pack.name == FOLDER
    assert sorted(str(path.relative_to(pack)) for path in pack.rglob("*") if path.is_file()) == [
        "README.txt", "SHA256SUMS", "change-entry.json", "deliveries.csv", "ledger/chain.tsv",
        "ledger/concerned.tsv",
        "ledger/head.txt", "ledger/opened.tsv", "pack.css", "redline.css", "redline.html", "status.csv",
        "status.json",
        "status.xlsx", "summary.html", "text/2020-09.md", "text/2021-09.md",
    ]  # fmt: skip


def test_sha256sum_shows_the_digest_and_finds_every_file_whole(pack: Path) -> None:
    status = list(csv.DictReader(io.StringIO((pack / "status.csv").read_text("utf-8-sig"))))
    shown = run(pack, "sha256sum", "text/2021-09.md").stdout.split()[0]
    assert f"sha256:{shown}" == status[0]["digest"]
    assert shown in (pack / "README.txt").read_text("utf-8")
    checked = run(pack, "sha256sum", "-c", "SHA256SUMS")
    assert (checked.returncode, checked.stdout.count(": OK")) == (0, 16)


def test_the_programs_of_the_readme_find_it_whole(pack: Path) -> None:
    chain, names = (run(pack, sys.executable, str(program(pack, name))) for name in ("chain.py", "names.py"))
    head = (pack / "ledger/head.txt").read_text().strip()
    assert (chain.stdout, chain.stderr) == (f"whole, head {head}\n", "")
    assert (names.stdout, names.stderr) == ("every name is the one recorded\n", "")


@pytest.mark.parametrize(
    ("file", "old", "new", "program_name"),
    [
        ("ledger/chain.tsv", '"method":"paper"', '"method":"link"', "chain.py"),
        ("ledger/opened.tsv", "Ada Lovelace", "Eve Lovelace", "names.py"),
        ("ledger/concerned.tsv", '"method":"paper"', '"method":"link"', "names.py"),
    ],
)
def test_the_programs_of_the_readme_find_what_was_altered(
    pack: Path, file: str, old: str, new: str, program_name: str
) -> None:
    content = (pack / file).read_text("utf-8")
    assert old in content
    (pack / file).write_text(content.replace(old, new), encoding="utf-8")
    found = run(pack, sys.executable, str(program(pack, program_name)))
    assert found.returncode == 1
    assert "AssertionError: line" in found.stderr


def test_one_line_is_checked_in_the_shell_as_the_readme_says(pack: Path) -> None:
    commands = re.search(r"in bash:\n\n(.*?)\n\n", (pack / "README.txt").read_text("utf-8"), re.S)[1]
    shown = run(pack, "bash", "-c", f"N=9\n{commands}").stdout.split()[0]
    lines = [line.split("\t") for line in (pack / "ledger/chain.tsv").read_text("utf-8").splitlines()]
    assert (lines[8][0], lines[8][1]) == ("9", shown)


def test_the_entry_is_the_one_the_ledger_names(pack: Path) -> None:
    shown = hashlib.sha256((pack / "change-entry.json").read_bytes()).hexdigest()
    issued = next(
        line
        for line in (pack / "ledger/concerned.tsv").read_text("utf-8").splitlines()
        if "notice.issued" in line
    )
    assert json.loads(issued.split("\t")[2])["fact"]["entry_digest"] == f"sha256:{shown}"
    entry = json.loads((pack / "change-entry.json").read_text("utf-8"))
    assert (entry["approved_by"], entry["approved_on"]) == ("Board of Governors", "2021-07-14")


def test_deliveries_say_who_when_where_and_with_what_outcome(pack: Path) -> None:
    rows = list(csv.DictReader(io.StringIO((pack / "deliveries.csv").read_text("utf-8-sig"))))
    first = next(row for row in rows if row["person_id"] == "P001")
    assert (first["kind"], first["outcome"]) == ("notice", "sent")
    assert (first["address"], first["when"]) == ("ada@larkspur-row.example", "2021-07-26T09:00:00+01:00")
    assert first["message_id"].endswith("@policies.larkspur-row.example>")
    letter = next(row for row in rows if row["kind"] == "letter")
    assert (letter["name"], letter["kind"], letter["when"], letter["outcome"]) == (
        "Pat Paper",
        "letter",
        "2021-07-28",
        "handed over",
    )


def test_what_happened_after_the_day_is_not_in_it(pack: Path) -> None:
    status = {
        row["person_id"]: row["status"]
        for row in json.loads((pack / "status.json").read_text("utf-8"))["recipients"]
    }
    assert status == {"P001": "acknowledged", "P002": "notified", "P003": "notified", "P004": "acknowledged"}
    assert '"at":"2021-09' not in (pack / "ledger/chain.tsv").read_text("utf-8")


def test_seals_are_opened_of_what_the_tables_show_and_of_nothing_else(pack: Path) -> None:
    kinds = {}
    for line in (pack / "ledger/chain.tsv").read_text("utf-8").splitlines():
        number, _, content = line.split("\t")
        kinds[number] = json.loads(content)["kind"]
    opened = {
        kinds[line.split("\t")[0]] for line in (pack / "ledger/opened.tsv").read_text("utf-8").splitlines()
    }
    assert opened == {
        "mailing.issued",
        "notice.issued",
        "recipient.added",
        "message.outcome",
        "letter.given",
        "acknowledged",
    }
    assert "Lee Leaver" not in (pack / "ledger/opened.tsv").read_text("utf-8")


def test_an_acknowledgement_of_another_version_stays_sealed(told: Service, school, tmp_path: Path) -> None:
    school.version("social-media", "2022-04", "2022-04-01", approved_on="2021-09-15", body="Think thrice.")
    acts.issue(told, "2022-04", now=at(10, 1))
    acknowledging.acknowledge(told, acts.token(told, "P001", "2022-04"), "Ada Lovelace", at(10, 2))
    folder = unpack(packed(told, on=None, now=at(10, 3)), tmp_path / "pack")
    later = acts.rows(told, "SELECT MAX(id) FROM acknowledgement")[0][0]
    opened = (folder / "ledger/opened.tsv").read_text("utf-8").splitlines()
    assert str(later) not in {line.split("\t")[0] for line in opened}
    assert f"\n{later}\t" in (folder / "ledger/concerned.tsv").read_text("utf-8")


def test_every_kind_of_record_has_been_thought_of() -> None:
    assert set(evidence.CONCERNED) == {fact.table for fact in FACTS.values()} - {"person_key"}


def test_the_pages_ask_nothing_of_other_hosts_and_escape_names(told: Service, tmp_path: Path) -> None:
    import_roster(
        told,
        roster_csv(ADA, "P009,<b>Bold</b>,bold@larkspur-row.example,Employee,2021-08-02,"),
        "x.csv",
        now=at(9, 3),
        confirmed=True,
    )
    folder = unpack(packed(told, on=None), tmp_path / "pack")
    page = (folder / "summary.html").read_text("utf-8")
    assert "&lt;b&gt;Bold&lt;/b&gt;" in page
    for name in ("summary.html", "redline.html", "pack.css", "redline.css"):
        assert not re.search(r"https?://|style=|<script", (folder / name).read_text("utf-8")), name


def test_no_cell_acts_as_a_formula(told: Service, tmp_path: Path) -> None:
    import_roster(
        told,
        roster_csv("P009,=1+1,sum@larkspur-row.example,Employee,2021-08-02,"),
        "x.csv",
        now=at(9, 3),
        confirmed=True,
    )
    recipient = acts.recipient(told, "P009")
    records.letter_given(told, [recipient], given_on=date(2021, 9, 3), by="Bea", now=at(9, 3))
    folder = unpack(packed(told, on=None), tmp_path / "pack")
    assert "'=1+1" in (folder / "deliveries.csv").read_text("utf-8-sig")


def test_the_redline_marks_what_changed(pack: Path) -> None:
    page = (pack / "redline.html").read_text("utf-8")
    assert re.search(r"<ins[^>]*>.*twice", page)


def test_no_pack_before_the_notice_or_of_a_day_to_come(told: Service) -> None:
    with pytest.raises(NotFound):
        packed(told, on=date(2021, 7, 25))
    with pytest.raises(NotAllowed):
        packed(told, on=date(2021, 9, 4))


def test_a_withdrawal_has_the_text_it_ends_and_no_redline(told: Service, school, tmp_path: Path) -> None:
    school.version("visitors", "2021-12", "2021-12-01", approved_on="2021-09-15", change="withdrawn")
    acts.issue(told, "2021-12", policy="visitors", now=at(10, 1))
    stream = io.BytesIO()
    evidence_pack.write(told, stream, "visitors", "2021-12", on=None, now=at(10, 2))
    folder = unpack(stream.getvalue(), tmp_path / "pack")
    assert [path.name for path in (folder / "text").iterdir()] == ["2021-01.md"]
    assert not (folder / "redline.html").exists()
    assert run(folder, sys.executable, str(program(folder, "chain.py"))).returncode == 0


def test_the_command_writes_it_whole_and_says_when_the_day_still_runs(
    told: Service, run_ack: Callable, clock, tmp_path: Path
) -> None:
    clock.move_to(at(9, 3))
    target = tmp_path / "pack.zip"
    result = run_ack("evidence", "social-media", "2021-09", "--as-of", "2021-08-31", "--output", target)
    assert result.exit_code == 0, result.output
    assert "4 recipients, as at 2021-08-31, ledger head " in result.stdout
    assert target.read_bytes() == packed(told)
    today = run_ack("evidence", "social-media", "2021-09", "--output", tmp_path / "today.zip")
    assert "The day is not over" in today.stderr
    assert run_ack("evidence", "social-media", "1999-09", "--output", tmp_path / "no.zip").exit_code == 1
    assert sorted(path.name for path in tmp_path.glob("*.zip")) == ["pack.zip", "today.zip"]
    assert list(tmp_path.glob(".pack-*")) == []


def test_an_erased_person_is_left_sealed_and_the_chain_still_holds(told: Service, tmp_path: Path) -> None:
    with told.store.write(at(9, 3)) as tx:
        for fact in ("recipient", "acknowledgement"):
            personal = next(f for f in FACTS.values() if f.table == fact).personal
            nothing = ", ".join(f"{name} = NULL" for name in (*personal, "salt"))
            tx.execute(f"UPDATE {fact} SET {nothing} WHERE person_id = 'P001'")
    folder = unpack(packed(told, now=at(9, 3) + timedelta(minutes=1)), tmp_path / "pack")
    assert "Ada Lovelace" not in (folder / "ledger/opened.tsv").read_text("utf-8")
    assert run(folder, sys.executable, str(program(folder, "chain.py"))).returncode == 0
    assert run(folder, sys.executable, str(program(folder, "names.py"))).returncode == 0
