"""An export says of every recipient what was recorded by its date, and no spreadsheet takes a cell of it for
a formula."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackservice.domain.audience import Entry
from ackservice.domain.export import COLUMNS, file_name, rows_of, to_csv, to_json, to_xlsx
from ackservice.domain.export_text import literal
from ackservice.domain.history import Book
from ackservice.domain.notice import Basis, Notice
from ackservice.domain.roster import Person
from ackservice.domain.status import (
    Acknowledgement,
    Facts,
    Figures,
    Recipient,
    RecipientStatus,
    Sent,
    figures,
    status_of,
)
from handbook.policy.version import Change

AS_OF = date(2021, 8, 31)
JULY = date(2021, 7, 26)
HEAD = "f" * 64
DIGEST = "sha256:" + "a" * 64
NOTICE = Notice(
    10, "social-media", "2021-09", "Social Media Policy", DIGEST, Change.MATERIAL, date(2021, 9, 1), JULY
)
SENT = Sent(first_on=JULY, last_good=1)
NONE = Figures()
CLICKED = Acknowledgement(
    31, datetime(2021, 7, 28, 23, 30, tzinfo=UTC), date(2021, 7, 29), 10, 20, DIGEST, "link",
    typed_name="Amina Farr",
)  # fmt: skip
SIGNED = Acknowledgement(
    32, datetime(2021, 8, 30, 9, 0, tzinfo=UTC), date(2021, 8, 30), 10, 20, DIGEST, "paper",
    signed_on=date(2021, 8, 27), recorded_by="bm@school.example",
)  # fmt: skip


def status(
    notice: Notice = NOTICE,
    on: date = AS_OF,
    *,
    sent: Sent = SENT,
    read: Acknowledgement | None = None,
    basis: Basis = Basis.CHANGE,
    came_on: date | None = None,
    **person: object,
) -> RecipientStatus:
    """The status of somebody on a day."""
    values = {
        "person_id": "P007",
        "name": "Amina Farr",
        "email": "amina@school.example",
        "categories": ("Employee",),
    } | person
    entry = Entry(1, date(2021, 7, 1), Person(**values))
    recorded = {name: values[name] for name in ("person_id", "name", "email", "categories")}
    recipient = Recipient(
        id=20, key="00", notice_id=10, basis=basis, added_on=JULY, came_on=came_on, **recorded
    )
    facts = Facts(recipient, (entry,), sent=sent, acknowledgements=(read,) if read else ())
    return status_of(Book([notice], []), notice, facts, on)


def row(*statuses: RecipientStatus, on: date = AS_OF) -> dict[str, object]:
    """The row of one."""
    return rows(statuses[0], on=on)[0]


def rows(*statuses: RecipientStatus, on: date = AS_OF) -> list[dict[str, object]]:
    book = Book([statuses[0].notice], [])
    return list(rows_of(book, statuses, as_of=on, ledger_head=HEAD, zone="Europe/London"))


LATE, AUGUST = date(2021, 9, 2), Sent(first_on=date(2021, 8, 2), last_good=1)
NOTHING = Sent()


def csv_cells(rows) -> list[dict[str, str]]:
    text = b"".join(to_csv(rows)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def json_of(rows) -> dict:
    return json.loads(b"".join(to_json(rows, as_of=AS_OF, rule="One month.", ledger_head=HEAD)))


def xlsx(rows, figures: Figures = NONE) -> bytes:
    return to_xlsx(
        rows, as_of=AS_OF, rule="One month.", ledger_head=HEAD, figures=figures, zone="Europe/London"
    )


def workbook(rows, figures: Figures = NONE):
    return openpyxl.load_workbook(io.BytesIO(xlsx(rows, figures)))


def cells(sheet, number: int = 2) -> dict[str, object]:
    return {COLUMNS[index]: cell.value for index, cell in enumerate(sheet[number])}


def test_the_columns_are_these_in_this_order():
    expected = (
        "person_id,name,email,category,policy,version,digest,effective_on,basis,notified_on,notice_ends_on,in_time,"
        "short_by_days,binds_from,due_on,status,overdue,acknowledged_at,digest_read,method,recorded_by,reminders_sent,"
        "last_sent_at,as_of,ledger_head,round,notice_state,stay_ended_on,present_name,note"
    )
    found = row(status())

    assert ",".join(COLUMNS) == expected
    assert ",".join(found) == expected
    assert b"".join(to_csv([found])).split(b"\r\n")[0].decode("utf-8-sig") == expected
    assert ",".join(json_of([found])["recipients"][0]) == expected


def test_a_row_has_every_fact_of_someone_who_acknowledged():
    sent = Sent(first_on=JULY, reminders=1, last_at=datetime(2021, 7, 28, 8, 0, 5, tzinfo=UTC), last_good=1)

    assert csv_cells([row(status(read=CLICKED, sent=sent))]) == [
        {
            "person_id": "P007",
            "name": "Amina Farr",
            "email": "amina@school.example",
            "category": "Employee",
            "policy": "social-media",
            "version": "2021-09",
            "digest": DIGEST,
            "effective_on": "2021-09-01",
            "basis": "change",
            "notified_on": "2021-07-26",
            "notice_ends_on": "2021-08-26",
            "in_time": "yes",
            "short_by_days": "0",
            "binds_from": "2021-09-01",
            "due_on": "",  # who owes nothing has none
            "status": "acknowledged",
            "overdue": "no",
            "acknowledged_at": "2021-07-29T00:30:00+01:00",
            "digest_read": DIGEST,
            "method": "link",
            "recorded_by": "",
            "reminders_sent": "1",
            "last_sent_at": "2021-07-28T09:00:05+01:00",
            "as_of": "2021-08-31",
            "ledger_head": HEAD,
            "round": "",
            "notice_state": "open",
            "stay_ended_on": "",
            "present_name": "",
            "note": "",
        }
    ]


def test_paper_counts_from_the_day_it_was_signed():
    found = row(status(read=SIGNED))

    assert found["acknowledged_at"] == date(2021, 8, 27)
    assert (found["method"], found["recorded_by"]) == ("paper", "bm@school.example")


def test_a_short_notice_says_by_how_many_days_and_from_when_it_binds():
    found = row(status(on=LATE, sent=AUGUST), on=LATE)

    assert found["in_time"] is False
    assert found["short_by_days"] == 1
    assert found["binds_from"] == date(2021, 9, 2)
    assert found["due_on"] == date(2021, 9, 1)
    assert found["overdue"] is True


def test_a_joiner_has_no_notice_period_and_every_format_says_so():
    joined = date(2021, 8, 23)
    found = row(status(basis=Basis.JOINING, came_on=joined, sent=Sent(first_on=joined, last_good=1)))

    assert csv_cells([found])[0]["in_time"] == "not applicable"
    assert csv_cells([found])[0]["due_on"] == "2021-09-06"
    assert cells(workbook([found])["Recipients"])["in_time"] == "not applicable"
    assert json_of([found])["recipients"][0]["in_time"] is None
    assert json_of([found])["recipients"][0]["basis"] == "joining"


def test_someone_not_notified_yet_has_no_window():
    found = csv_cells([row(status(sent=NOTHING, email=""))])[0]

    assert [
        found[name] for name in ("status", "in_time", "short_by_days", "binds_from", "due_on", "overdue")
    ] == [
        "on paper",
        "",
        "",
        "",
        "",
        "no",
    ]


def test_a_clarification_is_never_overdue():
    found = row(status(replace(NOTICE, change=Change.CLARIFICATION), date(2022, 1, 1)), on=date(2022, 1, 1))

    assert found["overdue"] is None
    assert found["due_on"] is None
    assert csv_cells([found])[0]["overdue"] == ""


def test_a_withdrawal_has_no_digest():
    withdrawal = status(replace(NOTICE, digest=None, change=Change.WITHDRAWN))
    assert csv_cells([row(withdrawal)])[0]["digest"] == ""


def test_rows_of_many_equal_the_rows_of_each():
    several = [
        status(),
        status(sent=AUGUST),
        status(basis=Basis.JOINING, came_on=date(2021, 8, 23)),
        status(sent=NOTHING),
    ]

    assert rows(*several) == [row(one) for one in several]


def test_what_stands_beside_a_status_is_noted():
    assert row(status(sent=NOTHING))["note"] == "not notified yet"
    away = status(away_until=date(2021, 12, 24))
    assert row(away)["note"] == "away"


def test_a_row_has_its_round_and_the_day_a_stay_ended():
    left = date(2021, 8, 13)
    found = row(status(replace(NOTICE, round="Autumn"), left_on=left))
    assert (found["round"], found["status"], found["stay_ended_on"]) == ("Autumn", "left", left)


def test_csv_is_utf_8_with_a_mark_and_crlf():
    data = b"".join(to_csv([row(status(name='Łukasz "Lu", يوسف'))]))

    assert data.startswith(b"\xef\xbb\xbfperson_id,")
    assert data.endswith(b"\r\n")
    assert data.replace(b"\r\n", b"").count(b"\n") == 0
    assert csv_cells([row(status(name='Łukasz "Lu", يوسف'))])[0]["name"] == 'Łukasz "Lu", يوسف'


def test_an_export_of_nobody_still_has_its_heading():
    assert b"".join(to_csv([])) == b"\xef\xbb\xbf" + ",".join(COLUMNS).encode() + b"\r\n"
    assert json_of([])["recipients"] == []
    assert [cell.value for cell in workbook([])["Recipients"][1]] == list(COLUMNS)


@pytest.mark.parametrize(
    "text",
    [
        "=cmd()",
        "+44",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u00a0=1",
        '"=1',
        "'=1",
        "＝1",
        "＋1",
        "－1",
        "＠1",
        " \t=1",
    ],
)
def test_a_text_that_could_be_a_formula_gets_an_apostrophe(text):
    found = csv_cells([row(status(name=text))])

    assert found[0]["name"] == "'" + text


@pytest.mark.parametrize(
    "text", ["Amina", "O'Rourke", "'t Hooft", "a=1", "a-b", "2021-09", "007", "", "يوسف", "…", "(none)"]
)
def test_other_texts_are_left_as_they_are(text):
    assert csv_cells([row(status(name=text))])[0]["name"] == text


@given(st.text())
def test_no_text_starts_like_a_formula(text):
    found = literal(text)

    assert found.lstrip(' "')[:1] not in set("=+-@\t\r\n＝＋－＠") or not found
    assert found in (text, "'" + text)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), max_size=4))
def test_csv_reads_back_as_it_was_written(names):
    rows = [dict.fromkeys(COLUMNS, name) for name in names]

    assert [found["name"] for found in csv_cells(rows)] == [literal(name) for name in names]


def test_csv_and_json_come_in_pieces_and_take_rows_one_by_one():
    taken = []

    def rows():
        for number in range(1200):
            taken.append(number)
            yield row(status(person_id=str(number)))

    for written in (to_csv(rows()), to_json(rows(), as_of=AS_OF, rule="", ledger_head=HEAD)):
        taken.clear()
        next(written)
        assert len(taken) == 500


def test_csv_and_json_of_many_rows_have_them_all():
    many = [row(status(person_id=str(number))) for number in range(1200)]

    assert [found["person_id"] for found in csv_cells(many)] == [str(number) for number in range(1200)]
    assert [found["person_id"] for found in json_of(many)["recipients"]] == [
        str(number) for number in range(1200)
    ]


def test_json_has_its_day_rule_and_head_and_plain_values():
    document = json_of([row(status(name="=cmd() Łukasz", read=CLICKED))])

    assert list(document) == ["as_of", "rule", "ledger_head", "recipients"]
    assert (document["as_of"], document["rule"], document["ledger_head"]) == (
        "2021-08-31",
        "One month.",
        HEAD,
    )
    (found,) = document["recipients"]
    assert found["name"] == "=cmd() Łukasz"
    assert (found["in_time"], found["short_by_days"], found["overdue"]) == (True, 0, False)
    assert found["acknowledged_at"] == "2021-07-29T00:30:00+01:00"
    assert found["recorded_by"] == ""
    assert found["last_sent_at"] is None


def test_the_workbook_has_real_dates_and_no_formula():
    sent = Sent(first_on=JULY, last_at=datetime(2021, 12, 1, 8, 0, 5, tzinfo=UTC), last_good=1)
    one = status(
        person_id="007", name="=1+1", categories=("https://school.example",), read=CLICKED, sent=sent
    )
    sheet = workbook([row(one)])["Recipients"]
    found = cells(sheet)

    assert found["effective_on"] == datetime(2021, 9, 1)
    assert found["acknowledged_at"] == datetime(2021, 7, 29, 0, 30)
    assert found["last_sent_at"] == datetime(2021, 12, 1, 8, 0, 5)
    assert (found["person_id"], found["version"], found["short_by_days"]) == ("007", "2021-09", 0)
    assert (found["in_time"], found["overdue"]) == ("yes", "no")
    assert (found["name"], sheet["B2"].data_type) == ("=1+1", "s")
    assert sheet["D2"].hyperlink is None
    assert sheet["H2"].number_format == "yyyy-mm-dd"


def test_the_workbook_is_easy_to_filter():
    three = [row(status(on=LATE, sent=AUGUST), on=LATE)] * 3
    sheet = workbook(three)["Recipients"]

    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == "A1:AD4"
    assert sheet.column_dimensions["C"].width > 30
    coloured = {
        str(area.sqref): [rule.formula for rule in area.rules] for area in sheet.conditional_formatting
    }
    assert coloured == {
        "P2:P4": [['"acknowledged"'], ['"undeliverable"']],
        "Q2:Q4": [['"yes"']],
        "L2:L4": [['"no"']],
    }


def test_the_workbooks_summary_has_the_counts_the_day_the_rule_and_the_head():
    both = [status(on=LATE, read=CLICKED), status(on=LATE, sent=AUGUST)]
    sheet = workbook(rows(*both, on=LATE), figures(both))["Summary"]
    found = {label: value for label, value in sheet.iter_rows(max_col=2, values_only=True) if label}

    assert found["Recipients"] == 2
    assert found["Status: acknowledged"] == 1
    assert (found["Outstanding"], found["Overdue"]) == (1, 1)
    assert (found["Notified in time"], found["Notified late"]) == (1, 1)
    assert found["As at"] == datetime(2021, 8, 31)
    assert (found["Rule"], found["Ledger head"], found["Times are those of"]) == (
        "One month.",
        HEAD,
        "Europe/London",
    )


def test_the_same_rows_give_the_same_bytes():
    rows = [row(status(read=CLICKED))]

    assert xlsx(rows) == xlsx(rows)
    assert b"".join(to_csv(rows)) == b"".join(to_csv(rows))
    assert b"2026" not in b"".join(to_json(rows, as_of=AS_OF, rule="", ledger_head=HEAD))
    created = openpyxl.load_workbook(io.BytesIO(xlsx(rows))).properties.created
    assert created == datetime(2021, 8, 31)


@pytest.mark.parametrize(
    "policy, version, format, name",
    [
        ("social-media", "2021-09", "xlsx", "social-media-2021-09-status-as-at-2021-08-31.xlsx"),
        ("social-media", "2021-09.2", "csv", "social-media-2021-09.2-status-as-at-2021-08-31.csv"),
        ("all-policies", "", "json", "all-policies-status-as-at-2021-08-31.json"),
        ("../../etc/pass wd", 'a"\r\nb', "csv", "etc-pass-wd-a-b-status-as-at-2021-08-31.csv"),
    ],
)
def test_a_file_name_says_what_it_is_and_leads_nowhere(policy, version, format, name):
    assert file_name(policy, version, AS_OF, format) == name


def test_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match="expected one of csv, xlsx, json, found pdf"):
        file_name("social-media", "2021-09", AS_OF, "pdf")
