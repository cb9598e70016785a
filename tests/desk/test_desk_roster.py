"""The roster at the desk: a file is looked at first; only confirming changes anything, and only for who sent
it."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest

from ackservice.service.roster_upload import forget_if_due
from tests.school_tree import ADA, BASE, BEN, GIA, HEADING, LEE, NEW, PAT

JO = "P010,Jo Joiner,jo@larkspur-row.example,Employee,02/08/2021,"
EVERYONE = (ADA, BEN, GIA, PAT, LEE, NEW)


def send(browser, *rows: str, name: str = "staff.csv", heading: str = HEADING, data: bytes | None = None):
    browser.get("/ack/desk/people/import")
    content = data if data is not None else "\r\n".join([heading, *rows, ""]).encode()
    return browser.post("/ack/desk/people/import", file=(io.BytesIO(content), name))


def entries(desk) -> int:
    return desk.one("SELECT COUNT(*) FROM roster_entry")


def test_a_preview_says_who_joins_changes_leaves_and_is_absent(desk, bea):
    before = entries(desk)
    leaves = BEN.replace("2016-09-01,", "2016-09-01,31/7/2021")
    bea.follow(send(bea, ADA.replace("Ada Lovelace", "Ada King"), leaves, GIA, JO))
    assert "1 person joins, 1 person changes, 1 person leaves, no people return; 1 as before." in bea.words
    assert "Jo Joiner P010 Employee jo@larkspur-row.example 2 Aug 2021" in bea.words
    assert "name: Ada Lovelace Ada King" in bea.words
    assert "left on: none 31 Jul 2021" in bea.words
    assert "2 people are on the roster and not in the file. They stay as they are" in bea.words
    assert entries(desk) == before


def test_confirming_takes_the_file_in_and_keeps_who_did_it(desk, bea):
    preview = send(bea, *EVERYONE, JO)
    bea.follow(preview)
    bea.follow(bea.post(preview.location, act="confirm"))
    assert "The roster is up to date: 1 entry recorded." in bea.words
    assert desk.rows("SELECT person_id, joined_on FROM roster_entry ORDER BY id DESC LIMIT 1") == [
        ("P010", "2021-08-02")
    ]
    assert desk.rows("SELECT source, entries, imported_by FROM roster_import ORDER BY id DESC LIMIT 1") == [
        ("staff.csv", 1, "Bea Manager (office@larkspur-row.example)")
    ]
    assert bea.post(preview.location, act="confirm").status_code == 404


def test_a_file_thrown_away_changes_nothing_and_is_gone(desk, bea):
    before = entries(desk)
    preview = send(bea, JO)
    bea.follow(preview)
    assert bea.post(preview.location, act="cancel").status_code == 303
    assert bea.get(preview.location).status_code == 404
    assert entries(desk) == before
    assert desk.one("SELECT COUNT(*) FROM setting WHERE name LIKE 'upload %'") == 0


def test_every_fault_is_named_with_its_row_and_nothing_is_kept(desk, bea):
    answer = send(bea, ADA, "P011,,bad address,Emperor,31/2/2021,")
    assert answer.status_code == 400
    bea.page = answer.text
    assert "4 things are wrong in this file. Nothing was taken in" in bea.words
    for fault in ("Row 3 name is missing", "Row 3 email", "Row 3 category", "Row 3 joined_on"):
        assert fault in bea.words
    assert desk.one("SELECT COUNT(*) FROM setting WHERE name LIKE 'upload %'") == 0


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "Choose the file to take in"),
        (b"PK\x03\x04rest", "a workbook (.xlsx or .ods), not CSV"),
        ("person_id,name\nP1,Zo\xeb\n".encode("latin-1"), "the file is not UTF-8"),
    ],
)
def test_what_is_no_roster_is_explained(desk, bea, data, told):
    answer = send(bea, data=data)
    assert (answer.status_code, told in answer.text) == (400, True)


def test_a_file_belongs_to_the_session_that_sent_it_and_for_an_hour(desk, bea):
    preview = send(bea, JO)
    other = desk.browser()
    other.get("/ack/desk/people/import")
    assert other.get(preview.location).status_code == 404
    other.get("/ack/desk/people/import")
    assert other.post(preview.location, act="confirm").status_code == 404
    assert bea.get(preview.location).status_code == 200
    desk.clock.advance(timedelta(minutes=61))
    assert bea.get(preview.location).status_code == 404


def test_a_second_file_takes_the_place_of_the_first(desk, bea):
    first = send(bea, JO)
    second = send(bea, *EVERYONE)
    assert bea.get(first.location).status_code == 404
    assert "everybody in the file is on the roster just so" in bea.get(second.location).text


def test_a_file_nobody_confirms_is_forgotten_within_the_hour(desk, bea):
    send(bea, JO)
    for minutes, kept in ((60, 1), (1, 0)):
        desk.clock.advance(timedelta(minutes=minutes))
        forget_if_due(desk.service, desk.clock.now())
        assert desk.one("SELECT COUNT(*) FROM setting WHERE name LIKE 'upload %'") == kept


def test_large_files_are_taken_and_enormous_ones_refused(desk, bea):
    rows = [
        f"Q{number:05},Person {number},p{number}@larkspur-row.example,Employee,," for number in range(3000)
    ]
    assert send(bea, *rows).status_code == 303
    bea.get("/ack/desk/people/import")
    enormous = bea.client.post(
        "/ack/desk/people/import",
        input_stream=io.BytesIO(b"--x"),
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(8 * 1024 * 1024 + 1)},
        headers={"Origin": BASE},
    )
    assert enormous.status_code == 413


def test_a_path_in_a_file_name_is_only_its_last_part(desk, bea):
    bea.follow(send(bea, JO, name="../../etc/<b>staff</b>.csv"))
    assert "etc" not in bea.words
    assert "<b>staff" not in bea.page


def test_names_in_a_file_are_escaped(desk, bea):
    bea.follow(send(bea, "P012,<script>alert(1)</script>,,Volunteer,,"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in bea.page


def test_readers_and_other_sessions_forms_take_nothing_in(desk, bea, head):
    assert head.get("/ack/desk/people/import").status_code == 403
    head.get("/ack/desk/")
    data = {"file": (io.BytesIO(HEADING.encode()), "x.csv")}
    assert head.post("/ack/desk/people/import", **data).status_code == 403
    bea.get("/ack/desk/people/import")
    stolen = desk.browser().get("/ack/desk/people/import").text.partition('name="form_key" value="')[2][:32]
    answer = bea.client.post("/ack/desk/people/import", data={"form_key": stolen}, headers={"Origin": BASE})
    assert answer.status_code == 403
    assert entries(desk) == 6


def test_the_list_searches_pages_and_shows_leavers_on_request(desk, bea):
    bea.get("/ack/desk/people/")
    assert "Lee Leaver" not in bea.words
    bea.get("/ack/desk/people/?leavers=yes")
    assert "Lee Leaver" in bea.words
    for search in ("ROSSI", "gia@larkspur", "p003"):
        bea.get(f"/ack/desk/people/?q={search}")
        assert "1 person" in bea.words, search
        assert "Gia Rossi" in bea.words, search
    bea.get("/ack/desk/people/?category=Volunteer")
    assert "Pat Paper P004 Volunteer none: on paper" in bea.words


def test_long_lists_come_in_pages(desk, bea):
    rows = [f"Q{number:03},Person {number:03},,Volunteer,," for number in range(120)]
    preview = send(bea, *rows)
    bea.follow(preview)
    number = re.search(r"Type the number (\d+)", bea.page)[1]
    assert bea.post(preview.location, act="confirm").status_code == 400
    bea.post(preview.location, act="confirm", number=number)
    bea.get("/ack/desk/people/?page=9999")
    assert "Page 3 of 3" in bea.words
    bea.get("/ack/desk/people/?q=person&page=2")
    assert "Person 050" in bea.words
    assert "Person 049" not in bea.words


def test_a_limited_reader_sees_only_their_own_people(desk, limit, bea):
    heading = HEADING + ",site"
    preview = send(bea, BEN + ",Annexe", heading=heading)
    bea.follow(preview)
    bea.post(preview.location, act="confirm")
    reader = limit('site = "Annexe"')
    reader.get("/ack/desk/people/?leavers=yes")
    assert "Ben Okri" in reader.words
    assert "Ada Lovelace" not in reader.words
    assert "Take in a roster file" not in reader.words
