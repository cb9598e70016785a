"""A roster file is taken whole or not at all, and every fault of it is named with its row and field."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackservice.domain.roster import Person, parse
from ackservice.errors import RosterFaults

ROOT = Path(__file__).parents[2]
CATEGORIES = ("Employee", "Governor", "Senior leader")
HEADING = "person_id,name,email,category,joined_on,left_on"
AMINA = Person("007", "Amina Farr", "amina@school.example", ("Employee",), date(2021, 9, 2))


def people(text: str | bytes) -> tuple[Person, ...]:
    data = text if isinstance(text, bytes) else text.encode()
    return parse(data, "roster.csv", CATEGORIES).people


def person(row: str) -> Person:
    (found,) = people(f"{HEADING}\n{row}\n")
    return found


def faults(text: str | bytes) -> list[tuple[int, str]]:
    return [(fault.row, fault.field) for fault in _faults(text)]


def message(row: str) -> str:
    """The text of the only fault of a file with one row."""
    (fault,) = _faults(f"{HEADING}\n{row}\n")
    return str(fault)


def _faults(text: str | bytes) -> tuple:
    with pytest.raises(RosterFaults) as caught:
        people(text)
    return caught.value.faults


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_way_a_spreadsheet_saves_utf_8_gives_the_same_person(mark, line_end, separator):
    text = line_end.join([HEADING, "007,Amina Farr,amina@school.example,Employee,2021-09-02,"]).replace(
        ",", separator
    )

    assert people(mark + text.encode()) == (AMINA,)


def test_person_id_is_text():
    assert person("007,Amina,,Employee,,").person_id == "007"


def test_optional_columns_are_read_and_told():
    file = parse(
        f"{HEADING},site,line_manager_id\n7,Amina,,Employee,,,North,012\n".encode(), "roster.csv", CATEGORIES
    )

    assert (file.people[0].site, file.people[0].line_manager_id) == ("North", "012")
    assert file.optional_columns == {"site", "line_manager_id"}


def test_columns_may_stand_in_any_order_and_case():
    assert people("Name,PERSON_ID,category,left_on,joined_on,email\nAmina,7,employee,,,\n") == (
        Person("7", "Amina", "", ("Employee",)),
    )


def test_empty_columns_at_the_end_are_ignored():
    assert people(f"{HEADING},,\n7,Amina,,Employee,,,,\n") == (Person("7", "Amina", "", ("Employee",)),)


def test_blank_lines_are_skipped_and_still_count():
    assert faults(f"{HEADING}\n\n,,,,,\n7,,,Employee,,\n") == [(4, "name")]


def test_outer_white_space_goes_and_letters_are_composed():
    found = person(" 7 , Zoe\u0308 Farr\u00a0, , Employee , ,")

    assert (found.person_id, found.name) == ("7", "Zo\u00eb Farr")


@pytest.mark.parametrize(
    "name",
    [
        "=cmd()",
        "يوسف الزيتوني",
        "Zofia Wiśniewska-Łąk",
        "D'Arcy O'Neil",
        "N" * 200,
        "N" * 300,
        "<script>",
        "+44",
        "محمد\u200cرضا",
    ],
)
def test_a_name_is_taken_as_it_is(name):
    assert person(f"7,{name},,Employee,,").name == name


def test_two_people_may_share_an_address():
    found = people(f"{HEADING}\n1,A,x@school.example,Employee,,\n2,B,x@school.example,Employee,,\n")

    assert [one.email for one in found] == ["x@school.example", "x@school.example"]


def test_a_blank_address_means_paper():
    assert person("7,Amina,,Employee,,").email == ""


@pytest.mark.parametrize(
    "written, kept",
    [
        ("a.b@SCHOOL.example", "a.b@school.example"),
        ("o'neil@school.example", "o'neil@school.example"),
        ("a@école.example", "a@école.example"),
    ],
)
def test_good_addresses(written, kept):
    assert person(f"7,Amina,{written},Employee,,").email == kept


@pytest.mark.parametrize(
    "address",
    [
        "amina",
        "amina@",
        "@school.example",
        "a b@school.example",
        '"a@school.example\nBcc: b@school.example"',
        "a@school.example; b@school.example",
        "Amina <a@school.example>",
        "a@school",
        "zoë@school.example",
        "a" * 290 + "@school.example",
    ],
)
def test_bad_addresses_are_faults(address):
    assert faults(f"{HEADING}\n7,Amina,{address},Employee,,\n") == [(2, "email")]


def test_an_address_no_school_mail_system_carries_says_why():
    assert message("7,Amina,zoë@school.example,Employee,,") == (
        "row 2: email: only plain letters (a to z), digits and marks can stand before the @: "
        '"zoë@school.example"'
    )


@pytest.mark.parametrize(
    "written, day",
    [
        ("2021-09-02", date(2021, 9, 2)),
        ("2/9/2021", date(2021, 9, 2)),
        ("02/09/2021", date(2021, 9, 2)),
        ("13/9/2021", date(2021, 9, 13)),
        ("29/02/2024", date(2024, 2, 29)),
        ("", None),
    ],
)
def test_dates_are_iso_or_day_first(written, day):
    assert person(f"7,Amina,,Employee,{written},").joined_on == day


@pytest.mark.parametrize(
    "written, why",
    [
        ("09/13/2021", "there is no month 13"),
        ("2021-13-01", "there is no month 13"),
        ("2/9/21", "a year of four digits"),
        ("29/02/2021", "there is no such day"),
        ("2021-9-1", "expected a date as 2021-09-02"),
        ("44441", "expected a date as 2021-09-02"),
        ("2021-09-01 00:00:00", "expected a date as 2021-09-02"),
        ("٢/٩/٢٠٢١", "expected a date as 2021-09-02"),
        ("2/9/0021", "expected a year from 1900 to 2199"),
    ],
)
def test_other_dates_are_faults_that_say_why(written, why):
    assert why in message(f"7,Amina,,Employee,{written},")


def test_nobody_leaves_before_they_join():
    assert message("7,Amina,,Employee,2021-09-02,2021-09-01") == (
        "row 2: left_on: 2021-09-01 is before joined_on, 2021-09-02"
    )
    assert person("7,Amina,,Employee,2021-09-02,2021-09-02").left_on == date(2021, 9, 2)


def test_a_category_gets_the_schools_spelling():
    assert person("7,Amina,,SENIOR LEADER,,").category == "Senior leader"


def test_several_categories_are_separated_by_semicolons():
    assert person("7,Amina,,governor; Employee,,").categories == ("Employee", "Governor")


def test_away_until_is_a_day():
    (found,) = people(f"{HEADING},away_until\n7,Amina,,Employee,,,2021-12-31\n")
    assert found.away_until == date(2021, 12, 31)


def test_an_unknown_category_says_which_there_are():
    assert message("7,Amina,,Cook,,") == (
        "row 2: category: expected one of Employee, Governor, Senior leader "
        '(several separated by semicolons); found "Cook"'
    )


def test_a_person_id_twice_names_both_rows():
    (fault,) = _faults(f"{HEADING}\n7,Amina,,Employee,,\n8,Bo,,Employee,,\n7,Cy,,Employee,,\n")

    assert str(fault) == 'row 4: person_id: "7" stands in row 2 already'


@pytest.mark.parametrize(
    "row, field",
    [
        (",Amina,,Employee,,", "person_id"),
        ("7,,,Employee,,", "name"),
        ("7,Amina,,,,", "category"),
        ("7" * 65 + ",Amina,,Employee,,", "person_id"),
        ("7," + "N" * 301 + ",,Employee,,", "name"),
        ('7,"Ami\nna",,Employee,,', "name"),
        ("7,Ami\x07na,,Employee,,", "name"),
        ("7\x00a,Amina,,Employee,,", "person_id"),
        ("7,Ami\u202ena,,Employee,,", "name"),
        ("7,Jos\ufffd,,Employee,,", "name"),
    ],
)
def test_what_is_missing_too_long_or_hidden_is_a_fault(row, field):
    assert faults(f"{HEADING}\n{row}\n") == [(2, field)]


def test_all_faults_of_a_file_are_reported_together():
    text = f"{HEADING}\n,Amina,bad,Cook,2/9/21,\n8,Bo\n9,Cy,,Employee,,,x\n9,,,Employee,,\n"

    assert faults(text) == [
        (2, "person_id"),
        (2, "email"),
        (2, "category"),
        (2, "joined_on"),
        (3, ""),
        (4, ""),
        (5, "name"),
    ]


def test_rows_count_as_in_a_spreadsheet_also_below_a_cell_of_two_lines():
    assert faults(f'{HEADING}\n7,"Ami\nna",,Employee,,\n8,,,Employee,,\n') == [(2, "name"), (3, "name")]


def test_wrong_columns_are_all_named():
    found = [str(fault) for fault in _faults("person_id,name,name,email,category,joined_on,phone\n")]

    assert found[0] == "row 1: left_on: this column is missing"
    assert found[1] == "row 1: name: this column is there twice"
    assert found[2].startswith('row 1: unknown column "phone" (column 7); expected person_id, name, email')
    assert len(found) == 3


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", HEADING, HEADING + "\n\n"])
def test_a_file_of_nobody_is_a_fault_of_the_whole_file(text):
    assert faults(text) == [(0, "")]


def test_an_open_quotation_mark_stops_reading_and_says_where():
    assert faults(f'{HEADING}\n7,,,Employee,,\n8,"Bo,,Employee,,\n9,Cy,,Employee,,\n') == [
        (2, "name"),
        (3, ""),
    ]


def test_windows_1252_names_the_row_and_how_to_save():
    (fault,) = _faults(f"{HEADING}\r\n7,Amina,,Employee,,\r\n8,José,,Employee,,\r\n".encode("cp1252"))

    assert str(fault) == (
        'row 3: the file is not UTF-8: found the byte 0xE9, which would be "é" in Windows-1252. In Excel '
        "choose Save As "
        'and "CSV UTF-8 (Comma delimited)"; in LibreOffice tick "Edit filter settings" and choose UTF-8'
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_text_says_how_to_save(encoding):
    (fault,) = _faults(f"{HEADING}\n7,Amina,,Employee,,\n".encode(encoding))

    assert "UTF-16" in str(fault)
    assert "CSV UTF-8" in str(fault)


def test_a_workbook_says_how_to_save():
    (fault,) = _faults(b"PK\x03\x04\x14\x00\x06\x00")

    assert str(fault).startswith("file: this is a workbook (.xlsx or .ods), not CSV; expected CSV in UTF-8.")


@given(st.binary(max_size=300))
def test_any_bytes_give_people_or_faults(data):
    for raw in (data, HEADING.encode() + b"\n" + data):
        try:
            assert people(raw)
        except RosterFaults as refused:
            assert refused.faults


def test_the_demo_roster_has_everyone_its_story_needs():
    categories = tomllib.loads((ROOT / "school.toml").read_text(encoding="utf-8"))["categories"]
    folder = ROOT / "ackservice" / "demo"
    roster = parse((folder / "roster.csv").read_bytes(), "roster.csv", categories).people
    (joiner,) = parse((folder / "joiners.csv").read_bytes(), "joiners.csv", categories).people

    assert {one.category for one in roster} == set(categories)
    assert sum(1 for one in roster if not one.email) == 3
    assert [one.left_on for one in roster if one.left_on] == [date(2021, 8, 13)]
    assert joiner.joined_on == date(2021, 8, 23)
    assert joiner.person_id not in {one.person_id for one in roster}
    assert all(one.email.endswith(".example") for one in (*roster, joiner) if one.email)
    assert len({one.email for one in roster if one.email}) == 27
