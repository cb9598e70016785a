"""What managers take away: files as at a day, the evidence pack, letters with personal links, the poster."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import timedelta

import openpyxl
import pytest

from ackservice.service.issuing import Mode
from ackservice.service.roster import import_roster
from tests.conftest import MONDAY

EDITION = "spreadsheetml.sheet"


def notice_id(desk) -> int:
    return desk.one("SELECT MAX(id) FROM notice")


def rows_of(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_the_take_away_page_offers_every_file_as_at_the_day_or_the_effective_date(desk, bea):
    page = bea.get(f"/ack/desk/notices/{notice_id(desk)}/take-away").text
    assert 'name="as-at" value="2021-07-26"' in page
    desk.clock.advance(timedelta(days=60))
    later = desk.browser().get(f"/ack/desk/notices/{notice_id(desk)}/take-away").text
    assert 'name="as-at" value="2021-09-01"' in later


def test_the_spreadsheet_has_a_row_for_each_person_and_a_name_that_says_what_it_is(desk, bea):
    answer = bea.get(f"/ack/desk/notices/{notice_id(desk)}/export.xlsx?as-at=2021-07-26")
    assert (
        'filename="social-media-2021-09-status-as-at-2021-07-26.xlsx"'
        in answer.headers["Content-Disposition"]
    )
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data))["Recipients"]
    assert [sheet.cell(row, 2).value for row in range(2, 6)] == [
        "Ada Lovelace",
        "Ben Okri",
        "Gia Rossi",
        "Pat Paper",
    ]


def test_everything_holds_each_open_notice(desk, bea):
    desk.issue("visitors", "2021-01", mode=Mode.IN_FORCE)
    answer = bea.get("/ack/desk/everything.csv")
    assert 'filename="all-open-notices-status-as-at-2021-07-26.csv"' in answer.headers["Content-Disposition"]
    assert [(row["policy"], row["person_id"]) for row in rows_of(answer)] == [
        ("social-media", "P001"), ("social-media", "P002"), ("social-media", "P003"),
        ("social-media", "P004"),
        ("visitors", "P001"), ("visitors", "P002"),
    ]  # fmt: skip
    assert json.loads(bea.get("/ack/desk/everything.json").data)["as_of"] == "2021-07-26"
    assert EDITION in bea.get("/ack/desk/everything.xlsx").headers["Content-Type"]


def test_everything_leaves_out_what_was_not_open_on_the_day(desk, bea):
    assert bea.get("/ack/desk/everything.csv?as-at=2021-07-25").status_code == 404
    assert bea.get("/ack/desk/everything.csv?as-at=2021-07-27").status_code == 409
    assert bea.get("/ack/desk/everything.csv?as-at=31/7").status_code == 409


def test_the_pack_is_the_one_the_command_writes(desk, bea, run_ack, tmp_path):
    desk.clock.advance(timedelta(days=2))
    answer = desk.browser().get(f"/ack/desk/notices/{notice_id(desk)}/evidence.zip?as-at=2021-07-26")
    assert (
        'filename="social-media-2021-09-evidence-as-at-2021-07-26.zip"'
        in answer.headers["Content-Disposition"]
    )
    assert answer.headers["Cache-Control"] == "no-store"
    run_ack("evidence", "social-media", "2021-09", "--as-of", "2021-07-26", "--output", tmp_path / "pack.zip")
    assert answer.data == (tmp_path / "pack.zip").read_bytes()
    assert zipfile.ZipFile(io.BytesIO(answer.data)).testzip() is None


def test_the_pack_of_a_version_holds_all_its_rounds(desk):
    first = notice_id(desk)
    desk.clock.advance(timedelta(days=60))
    desk.issue(mode=Mode.AGAIN, round_="autumn")
    for number in (first, notice_id(desk)):
        data = desk.browser().get(f"/ack/desk/notices/{number}/evidence.zip").data
        archive = zipfile.ZipFile(io.BytesIO(data))
        name = next(name for name in archive.namelist() if name.endswith("status.json"))
        recipients = json.loads(archive.read(name))["recipients"]
        assert {row["round"] for row in recipients} == {"", "autumn"}


@pytest.mark.parametrize("limited", ['site = "School"', 'team_of = "P001"'])
def test_a_limited_reader_sees_only_their_own_people_and_no_pack(desk, limit, limited):
    heading = "person_id,name,email,category,joined_on,left_on,site,line_manager_id"
    rows = ["P002,Ben Okri,ben@larkspur-row.example,Employee,2016-09-01,,School,P001"]
    import_roster(desk.service, "\n".join([heading, *rows]).encode(), "sites.csv", now=MONDAY, confirmed=True)
    reader = limit(limited)
    assert [row["person_id"] for row in rows_of(reader.get("/ack/desk/everything.csv"))] == ["P002"]
    assert reader.get(f"/ack/desk/notices/{notice_id(desk)}/evidence.zip").status_code == 403
    assert "Evidence pack" not in reader.get(f"/ack/desk/notices/{notice_id(desk)}/take-away").text


def test_readers_take_files_and_the_poster_but_no_letters(desk, head):
    number = notice_id(desk)
    assert head.get(f"/ack/desk/notices/{number}/evidence.zip").status_code == 200
    assert head.get(f"/ack/desk/notices/{number}/poster").status_code == 200
    for path in ("letters", "letters/print?who=1"):
        answer = head.get(f"/ack/desk/notices/{number}/{path}")
        assert answer.status_code == 403
        assert "/ack/a/" not in answer.text


def test_letters_are_chosen_printed_and_handed_over(desk, bea):
    number, pat = notice_id(desk), desk.recipient("P004")
    page = bea.get(f"/ack/desk/notices/{number}/letters").text
    assert f'value="{pat}" aria-label="Choose Pat Paper" checked' in page
    letters = bea.follow(bea.post(f"/ack/desk/notices/{number}/letters", who=pat))
    assert letters.text.count('class="sheet"') == 1
    assert "Dear Pat Paper," in letters.text
    assert "/ack/a/" in letters.text
    bea.get(f"/ack/desk/notices/{number}/letters")
    asked = bea.post(f"/ack/desk/notices/{number}/people", act="letter", who=pat)
    assert "That day is their day of notice" in asked.text
    bea.post(f"/ack/desk/notices/{number}/letter", ids=pat, on="26/7/2021")
    assert desk.rows("SELECT given_on, recorded_by FROM letter_given") == [
        ("2021-07-26", "Bea Manager (office@larkspur-row.example)")
    ]


def test_nobody_ticked_is_said(desk, bea):
    answer = bea.post(f"/ack/desk/notices/{notice_id(desk)}/letters")
    assert answer.status_code == 400
    assert "Tick the people you want letters for" in answer.text


def test_letters_and_files_record_nothing(desk, bea):
    number, before = notice_id(desk), desk.dump()
    for path in (
        "take-away",
        "letters",
        f"letters/print?who={desk.recipient('P004')}",
        "poster",
        "evidence.zip",
        "export.xlsx",
    ):
        assert bea.get(f"/ack/desk/notices/{number}/{path}").status_code == 200, path
    bea.post(f"/ack/desk/notices/{number}/letters", who=desk.recipient("P004"))
    assert desk.dump() == before


def test_strangers_are_sent_to_sign_in(desk):
    client = desk.app.test_client()
    for path in (
        "take-away/",
        "everything.csv",
        f"notices/{notice_id(desk)}/evidence.zip",
        f"notices/{notice_id(desk)}/letters/print?who=1",
    ):
        answer = client.get(f"/ack/desk/{path}")
        assert (answer.status_code, answer.location.startswith("/ack/desk/sign-in")) == (303, True), path


@pytest.mark.parametrize(
    "path",
    [
        "everything.exe",
        "everything.csv/../../x",
        "notices/1/evidence.zip",
        "notices/999/poster",
        "notices/999/letters",
    ],
)
def test_what_does_not_exist_is_not_found(bea, path):
    assert bea.get(f"/ack/desk/{path}").status_code == 404
