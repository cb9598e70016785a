"""The commands a Business Manager works with: roster, notice, status, export, paper."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import MONDAY
from tests.school_tree import ADA, HEADING, roster_csv

HEAD = HEADING + "\n"


@pytest.fixture
def ready(run_ack, school):
    """A migrated database with six people."""
    assert run_ack("migrate").exit_code == 0
    file = school.root / "staff.csv"
    file.write_bytes(roster_csv())
    assert run_ack("roster", "import", file).exit_code == 0
    return run_ack


@pytest.fixture
def issued(ready):
    assert ready("notice", "issue", "social-media", "2021-09").exit_code == 0
    return ready


def ledger_lines(run_ack) -> int:
    return int(run_ack("verify").output.split()[0])


class TestRoster:
    def test_the_same_file_again_changes_nothing(self, ready, school):
        before = ledger_lines(ready)
        done = ready("roster", "import", school.root / "staff.csv")
        assert done.output == "staff.csv: 0 join, 0 change, 0 leave, 0 return, 6 as before.\n"
        assert ledger_lines(ready) == before

    def test_a_dry_run_changes_nothing(self, ready, school):
        before = ledger_lines(ready)
        file = school.write(
            "new.csv", HEAD + ADA.replace("Lovelace", "King") + "\nP050,Zed New,z@x.example,Employee,,\n"
        )
        done = ready("roster", "import", file, "--dry-run")
        assert done.exit_code == 0
        assert "Ada King" in done.output and "Zed New" in done.output
        assert done.output.endswith("Nothing was changed (dry run).\n")
        assert ledger_lines(ready) == before

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (HEAD + "P1,A,a@x.example,Employee,,\nP1,B,b@x.example,Employee,,\n", ["row 3: person_id"]),
            (
                HEAD + "P1,A,a@x.example,Wizard,,\n,B,b@x.example,Employee,,\nP3,C,c,Employee,,\n",
                ["row 2: category", "row 3: person_id", "row 4: email"],
            ),
            (HEAD + f"P1,{'x' * 301},a@x.example,Employee,,\n", ["row 2: name"]),
            (HEAD + 'P1,A,"a@x.example\nBcc: b@x.example",Employee,,\n', ["row 2: email"]),
            (HEAD + "P1,A,a@x.example,Employee,31/02/2021,\n", ["row 2: joined_on"]),
            ("person_id,name\nP1,A\n", ["row 1: email", "row 1: category"]),
            ("", ["file:"]),
        ],
    )
    def test_a_bad_file_is_refused_whole(self, ready, school, content, said):
        before = ledger_lines(ready)
        done = ready("roster", "import", school.write("bad.csv", content))
        assert done.exit_code == 1
        for place in said:
            assert f"bad.csv:{place}" in done.output
        assert ledger_lines(ready) == before

    def test_windows_1252_is_told_and_not_taken_for_mojibake(self, ready, school):
        before = ledger_lines(ready)
        file = school.root / "ansi.csv"
        file.write_bytes((HEAD + "P1,Zoë Brontë,z@x.example,Employee,,\n").encode("cp1252"))
        done = ready("roster", "import", file)
        assert done.exit_code == 1
        assert "UTF-8" in done.output
        assert ledger_lines(ready) == before

    def test_names_of_every_kind_are_kept(self, ready, school):
        names = ["=cmd()", "x" * 200, "محمد عبد الله", "Łukasz Żółć", "O’Brien", "+44 Smith"]
        rows = "".join(
            f'N{number},"{name}",n{number}@x.example,Employee,,\n' for number, name in enumerate(names)
        )
        file = school.root / "names.csv"
        file.write_bytes(b"\xef\xbb\xbf" + (HEAD + rows).encode("utf-8"))
        assert ready("roster", "import", file).exit_code == 0
        listed = ready("roster", "list").output
        assert all(name in listed for name in names)
        assert ready("notice", "issue", "social-media", "2021-09").exit_code == 0
        said = json.loads(ready("status", "social-media", "2021-09", "--json").stdout)
        assert set(names) <= {row["name"] for row in said["recipients"]}
        table = ready("export", "social-media", "2021-09", "--format", "csv", "--output", "-").stdout_bytes
        cells = [
            cell for row in csv.reader(io.StringIO(table.decode("utf-8-sig"), newline="")) for cell in row
        ]
        assert [cell for cell in cells if cell[:1] in ("=", "+", "@")] == []

    def test_the_list_leaves_leavers_out_unless_asked(self, ready):
        assert "Lee Leaver" not in ready("roster", "list").output
        assert "Lee Leaver" in ready("roster", "list", "--all").output

    def test_someone_without_an_address_is_shown_as_on_paper(self, ready):
        assert "P004  Pat Paper  (no e-mail: on paper)  Volunteer" in ready("roster", "list").output


class TestNotice:
    def test_a_dry_run_says_everything_and_does_nothing(self, ready):
        before = ledger_lines(ready)
        done = ready("notice", "issue", "social-media", "2021-09", "--dry-run")
        assert done.exit_code == 0
        assert "4 people, 3 by e-mail, 1 on paper" in done.output
        assert "Sunday 2021-08-01" in done.output
        assert "To: Ada Lovelace <ada@larkspur-row.example>" in done.output
        assert "What changed in 2021-09." in done.output
        assert done.output.endswith("Nothing was issued or sent (dry run).\n")
        assert ledger_lines(ready) == before

    def test_issuing_says_how_many(self, ready):
        done = ready("notice", "issue", "social-media", "2021-09")
        assert done.exit_code == 0
        assert "4 people concerned: 3 by e-mail (queued), 1 on paper." in done.output

    @pytest.mark.parametrize("version", ["2021-10", "2020-09.2"])
    def test_a_refusal_is_one_sentence(self, ready, version):
        done = ready("notice", "issue", "social-media", version)
        assert done.exit_code == 1
        assert done.output.startswith(
            f"Error: no notice issued for social-media {version}: policy 'social-media' has no version"
        )

    def test_a_short_notice_needs_a_reason(self, ready, clock):
        clock.advance(timedelta(days=7))  # 2 August
        done = ready("notice", "issue", "social-media", "2021-09")
        assert done.exit_code == 1
        assert "short for 4 people, by 1 day" in done.output
        assert "SHORT NOTICE" in ready("notice", "issue", "social-media", "2021-09", "--dry-run").output
        done = ready(
            "notice", "issue", "social-media", "2021-09", "--allow-short-notice", "The Board met late."
        )
        assert done.exit_code == 0
        assert "Short notice by 1 day; the reason is kept." in done.output

    def test_the_list_shows_what_was_issued(self, issued):
        lines = issued("notice", "list").output.splitlines()
        assert " ".join(lines[0].split()) == "policy version given for round issued effective people state"
        assert lines[2].split() == [
            "social-media",
            "2021-09",
            "change",
            "2021-07-26",
            "2021-09-01",
            "4",
            "open",
        ]


class TestStatusAndExport:
    def test_status_is_a_table_for_people(self, issued):
        done = issued("status", "social-media", "2021-09")
        assert done.exit_code == 0
        assert "Social media policy 2021-09, effective 2021-09-01, as at 2021-07-26" in done.output
        assert "Pat Paper" in done.output and "on paper" in done.output
        assert f"Ledger head: {issued('verify').output.split('Head: ')[1].split()[0]}" in done.output

    def test_json_is_for_scripts(self, issued):
        said = json.loads(issued("status", "social-media", "2021-09", "--json").stdout)
        assert list(said) == ["as_of", "rule", "ledger_head", "recipients"]
        assert said["as_of"] == "2021-07-26"
        assert [row["status"] for row in said["recipients"]] == [
            "not sent",
            "not sent",
            "not sent",
            "on paper",
        ]
        assert len(said["ledger_head"]) == 64

    def test_every_format_is_written_and_named_for_its_day(self, issued, school, monkeypatch):
        monkeypatch.chdir(school.root)
        for format_ in ("csv", "json", "xlsx"):
            done = issued("export", "social-media", "2021-09", "--format", format_)
            assert done.exit_code == 0
            assert (
                school.root / f"social-media-2021-09-status-as-at-2021-07-26.{format_}"
            ).stat().st_size > 100
            assert "4 recipients, as at 2021-07-26, ledger head " in done.output

    def test_csv_is_what_a_spreadsheet_expects(self, issued):
        content = issued("export", "social-media", "2021-09", "--format", "csv", "--output", "-").stdout_bytes
        assert content.startswith(
            b"\xef\xbb\xbfperson_id,name,email,category,policy,version,digest,effective_on,basis,"
        )
        assert content.count(b"\r\n") == 5 and content.count(b"\n") == 5
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        assert [row["person_id"] for row in rows] == ["P001", "P002", "P003", "P004"]

    def test_a_past_day_gives_the_same_bytes_later(self, issued, clock):
        clock.advance(timedelta(days=1))
        words = (
            "export",
            "social-media",
            "2021-09",
            "--format",
            "csv",
            "--as-of",
            "2021-07-26",
            "--output",
            "-",
        )
        before = issued(*words).stdout_bytes
        issued("paper", "social-media", "2021-09", "P004", "--on", "2021-07-27", "--recorded-by", "Bea")
        clock.advance(timedelta(days=100))
        assert issued(*words).stdout_bytes == before

    def test_a_day_to_come_is_refused(self, issued):
        for words in (
            ["status", "social-media", "2021-09"],
            ["export", "social-media", "2021-09", "--format", "csv"],
        ):
            done = issued(*words, "--as-of", "2021-07-27")
            assert (done.exit_code, done.output) == (
                1,
                "Error: 2021-07-27 is still to come: a status can be given as at today (2021-07-26) or an "
                "earlier day\n"
            )  # fmt: skip

    def test_without_a_notice_it_says_what_there_is(self, issued):
        done = issued("status", "social-media", "2020-09")
        assert (done.exit_code, done.output) == (
            1,
            "Error: no notice has been issued for social-media 2020-09 by then; notices issued: social-media "
            "2021-09\n"
        )  # fmt: skip

    def test_a_folder_that_is_not_there_is_told_and_nothing_is_left(self, issued, tmp_path):
        done = issued(
            "export", "social-media", "2021-09", "--format", "csv", "--output", tmp_path / "away" / "out.csv"
        )
        assert done.exit_code == 1
        assert "No such file or directory" in done.output
        assert list(tmp_path.glob("away*")) == []


class TestPaper:
    def test_a_slip_is_recorded_with_a_receipt(self, issued):
        done = issued(
            "paper", "social-media", "2021-09", "P004", "--on", "2021-07-26", "--recorded-by", "Bea"
        )
        assert done.exit_code == 0
        assert "Recorded: P004 acknowledged social-media 2021-09 on paper on 2021-07-26." in done.output
        assert "Receipt R-0000" in done.output

    def test_a_letter_makes_the_day_of_notice(self, issued, clock):
        clock.move_to(MONDAY + timedelta(days=2))
        assert issued("letter-given", "social-media", "2021-09", "P004", "--on", "2021-07-28").exit_code == 0
        said = json.loads(issued("status", "social-media", "2021-09", "--json").stdout)
        pat = said["recipients"][3]
        assert (pat["notified_on"], pat["notice_ends_on"], pat["in_time"], pat["status"]) == (
            "2021-07-28", "2021-08-28", True, "notified",
        )  # fmt: skip

    @pytest.mark.parametrize("person", ["P005", "nobody"])
    def test_someone_who_is_no_recipient_is_told(self, issued, person):
        done = issued(
            "paper", "social-media", "2021-09", person, "--on", "2021-07-26", "--recorded-by", "Bea"
        )
        assert done.exit_code == 1
        assert f"'{person}' is not a recipient of the notice of social-media 2021-09" in done.output


def test_the_list_of_notices_says_which_are_over(school, run_ack, clock, ready):
    assert ready("notice", "issue", "social-media", "2021-09").exit_code == 0
    school.version(
        "social-media", "2021-11", "2021-11-01", approved_on="2021-07-20", body="Think three times."
    )
    assert ready("notice", "issue", "social-media", "2021-11").exit_code == 0
    before = [line.split()[-1] for line in ready("notice", "list").output.splitlines()[2:]]

    clock.move_to(datetime(2021, 11, 1, 9, tzinfo=UTC))

    assert before == ["open", "open"]
    assert [line.split()[-1] for line in ready("notice", "list").output.splitlines()[2:]] == [
        "superseded",
        "open",
    ]
