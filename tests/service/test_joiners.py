"""Joiners, leavers, returners and people of another category: who is given which notice, by the roster
alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from ackservice.mail.outbox import Outbox
from ackservice.service import issuing, statuses
from ackservice.service.due import run_due
from ackservice.service.issuing import Mode
from ackservice.service.roster import import_roster
from tests.conftest import MONDAY
from tests.school_tree import ADA, BEN, EVERYONE, GIA, PAT, roster_csv

JAY = "P010,Jay Joiner,jay@larkspur-row.example,Employee,2021-08-10,"
AUGUST_10 = datetime(2021, 8, 10, 8, 0, tzinfo=UTC)


def issue(service, label, now, policy="social-media", **how):
    issuing.issue(service, [(policy, label)], now=now, issued_by="test", **how)


@pytest.fixture
def told(staffed, clock):
    """The notice of social-media 2021-09 has been issued and sent."""
    issue(staffed, "2021-09", MONDAY)
    do_due(staffed, clock)
    return staffed


def do_due(service, clock):
    return run_due(
        service,
        Outbox(service.store.path.parent / "outbox"),
        clock,
        wait=lambda s: clock.advance(timedelta(seconds=s)),
        environ={},
    )


def take_in(service, clock, *rows):
    return import_roster(service, roster_csv(*rows), "staff.csv", now=clock.now(), confirmed=True)


def all_rows(service, clock, policy, version):
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, clock.now())
        book = statuses.book_at(service, connection, as_of)
        return statuses.of_version(service, connection, book, policy, version, as_of)[1]


def row(service, clock, policy, version, person_id):
    rows = [r for r in all_rows(service, clock, policy, version) if r.recipient.person_id == person_id]
    return rows[-1] if rows else None


def basis(found):
    return str(found.recipient.basis)


def letters(service, person_id):
    """(kind, number of notices in it) of everything queued for a person."""
    with service.store.read() as connection:
        return [
            (r["kind"], r["n"])
            for r in connection.execute(
                "SELECT d.kind, COUNT(i.recipient_id) AS n FROM delivery d LEFT JOIN delivery_item i "
                "ON i.delivery_id = d.id WHERE d.person_id = ? GROUP BY d.id ORDER BY d.id",
                (person_id,),
            )
        ]


def notices(service):
    with service.store.read() as connection:
        return connection.execute("SELECT COUNT(*) FROM notice").fetchone()[0]


def test_the_first_import_inducts_nobody(staffed):
    assert notices(staffed) == 0


def test_a_joiner_gets_what_is_in_force_and_what_is_on_notice_in_one_email(told, clock):
    """social-media 2020-09 is in force until September, 2021-09 on notice, and visitors in force."""
    clock.move_to(AUGUST_10)
    take_in(told, clock, *EVERYONE, JAY)
    assert letters(told, "P010") == [("notice", 3)]
    do_due(told, clock)
    found = row(told, clock, "social-media", "2021-09", "P010")
    assert (basis(found), found.window.notified_on) == ("joining", date(2021, 8, 10))
    assert (found.window.in_time, found.window.due_on) == (None, date(2021, 8, 31))
    assert found.window.binds_from == date(2021, 9, 1)
    first = row(told, clock, "social-media", "2020-09", "P010")
    assert (first.owes, first.window.due_on) == (True, date(2021, 8, 24))


def test_a_version_on_notice_that_leaves_the_joiner_out_hides_nothing(staffed, clock, school):
    """v2 is for everyone and v3 for employees only: a joining governor gets v1 and v2, an employee all."""
    school.version(
        "social-media",
        "2021-12",
        "2021-12-01",
        approved_on="2021-07-20",
        audience=("Employee",),
        body="Think.",
    )
    issue(staffed, "2021-09", MONDAY)
    issue(staffed, "2021-12", MONDAY)
    clock.move_to(AUGUST_10)
    governor = "P012,Eve Early,eve@larkspur-row.example,Governor,2021-08-10,"
    take_in(staffed, clock, *EVERYONE, JAY, governor)
    given = {
        label: [r.recipient.person_id for r in all_rows(staffed, clock, "social-media", label)][-2:]
        for label in ("2020-09", "2021-09")
    }
    assert given == {"2020-09": ["P010", "P012"], "2021-09": ["P010", "P012"]}
    assert row(staffed, clock, "social-media", "2021-12", "P010").owes
    assert row(staffed, clock, "social-media", "2021-12", "P012") is None


def test_a_later_joiner_enters_the_notice_that_the_first_opened(told, clock):
    clock.move_to(AUGUST_10)
    take_in(told, clock, *EVERYONE, JAY)
    before = notices(told)
    take_in(told, clock, *EVERYONE, JAY, "P011,Kay,kay@larkspur-row.example,Employee,2021-08-10,")
    assert notices(told) == before
    assert [r.recipient.person_id for r in all_rows(told, clock, "visitors", "2021-01")] == ["P010", "P011"]


def test_in_force_adds_everybody_else_to_the_notice_that_a_joiner_opened(told, clock):
    clock.move_to(AUGUST_10)
    take_in(told, clock, *EVERYONE, JAY)
    do_due(told, clock)
    before = notices(told)
    issue(told, "2021-01", clock.now(), policy="visitors", mode=Mode.IN_FORCE)
    rows = all_rows(told, clock, "visitors", "2021-01")
    assert notices(told) == before
    assert [(r.recipient.person_id, basis(r)) for r in rows] == [
        ("P010", "joining"),
        ("P001", "in force"),
        ("P002", "in force"),
    ]


def test_a_joiner_with_a_full_month_left_has_the_ordinary_window(told, clock):
    early = "P012,Eve Early,eve@larkspur-row.example,Governor,2021-07-28,"
    clock.move_to(datetime(2021, 7, 28, 8, 0, tzinfo=UTC))
    take_in(told, clock, *EVERYONE, early)
    do_due(told, clock)
    window = row(told, clock, "social-media", "2021-09", "P012").window
    assert (window.in_time, window.due_on) == (True, date(2021, 8, 31))


def test_somebody_listed_long_after_joining_has_the_basis_of_everybody(told, clock):
    late = "P013,Lou Late,lou@larkspur-row.example,Governor,2021-01-04,"
    clock.move_to(AUGUST_10)
    take_in(told, clock, *EVERYONE, late)
    do_due(told, clock)
    found = row(told, clock, "social-media", "2021-09", "P013")
    assert (basis(found), found.window.short_by_days) == ("change", 9)
    assert row(told, clock, "social-media", "2021-09", "P013").window.binds_from == date(2021, 9, 10)


def test_a_joiner_to_come_is_told_on_the_day(told, clock):
    clock.move_to(datetime(2021, 9, 5, 8, 0, tzinfo=UTC))
    do_due(told, clock)
    assert row(told, clock, "social-media", "2021-09", "P006") is None
    clock.move_to(datetime(2021, 9, 6, 8, 0, tzinfo=UTC))
    assert do_due(told, clock).inducted == 1
    assert do_due(told, clock).inducted == 0
    assert row(told, clock, "social-media", "2021-09", "P006").window.notified_on == date(2021, 9, 6)


def test_a_faulty_policy_holds_up_no_other_and_is_caught_up_with(told, clock, school):
    clock.move_to(AUGUST_10)
    path = school.entry_path("visitors", "2021-01")
    good = school.read(path)
    school.edit(path, "change: new", "change: old")
    take_in(told, clock, *EVERYONE, JAY)
    assert letters(told, "P010") == [("notice", 2)]
    school.write(path, good)
    do_due(told, clock)
    assert letters(told, "P010") == [("notice", 2), ("notice", 1)]


def test_a_returner_begins_anew(told, clock):
    take_in(told, clock, ADA + "2021-07-26")
    clock.move_to(AUGUST_10)
    take_in(told, clock, ADA)
    do_due(told, clock)
    stays = [
        (str(r.status), basis(r))
        for r in all_rows(told, clock, "social-media", "2021-09")
        if r.recipient.person_id == "P001"
    ]
    assert stays == [("left", "change"), ("notified", "joining")]
    with told.store.read() as connection:
        keys = connection.execute("SELECT COUNT(*) FROM person_key WHERE person_id = 'P001'").fetchone()[0]
    assert keys == 2


def test_who_moves_out_of_an_audience_is_not_concerned_and_coming_back_begins_anew(staffed, clock):
    issue(staffed, "2021-01", MONDAY, policy="visitors", mode=Mode.IN_FORCE)
    do_due(staffed, clock)
    take_in(staffed, clock, ADA.replace("Employee", "Volunteer"))
    assert row(staffed, clock, "visitors", "2021-01", "P001").status == "not concerned"
    clock.advance(timedelta(days=1))
    take_in(staffed, clock, ADA)
    found = row(staffed, clock, "visitors", "2021-01", "P001")
    assert (found.owes, basis(found)) == (True, "joining")


def test_who_moves_into_an_audience_is_given_it(staffed, clock):
    issue(staffed, "2021-01", MONDAY, policy="visitors", mode=Mode.IN_FORCE)
    clock.advance(timedelta(days=1))
    take_in(staffed, clock, GIA.replace("Governor", "Employee; Governor"))
    do_due(staffed, clock)
    found = row(staffed, clock, "visitors", "2021-01", "P003")
    assert (basis(found), found.window.due_on) == ("joining", date(2021, 8, 10))


def test_somebody_on_paper_who_gains_an_address_is_emailed(told, clock):
    assert row(told, clock, "social-media", "2021-09", "P004").status == "on paper"
    take_in(told, clock, PAT.replace("Paper,", "Paper,pat@larkspur-row.example"))
    assert letters(told, "P004") == [("notice", 1)]


def test_a_correction_of_a_name_gives_nobody_anything(told, clock):
    before = letters(told, "P001")
    take_in(told, clock, ADA.replace("Lovelace", "King"))
    assert letters(told, "P001") == before


def test_who_a_new_version_drops_is_told_and_owes_nothing(staffed, clock, school):
    school.version(
        "social-media",
        "2021-12",
        "2021-12-01",
        approved_on="2021-07-20",
        audience=("Employee",),
        body="Think.",
    )
    issue(staffed, "2021-12", MONDAY)
    do_due(staffed, clock)
    found = row(staffed, clock, "social-media", "2021-12", "P003")
    assert (basis(found), found.owes, found.window.in_time) == ("no longer covered", False, True)
    take_in(staffed, clock, BEN.replace("Employee", "Volunteer"))
    assert row(staffed, clock, "social-media", "2021-12", "P002").status == "not concerned"


def test_a_joiner_is_given_a_clarification_only_while_it_is_on_notice(told, clock, school):
    school.version(
        "social-media",
        "2021-10",
        "2021-10-15",
        approved_on="2021-07-26",
        change="clarification",
        body="Twice, please.",
    )
    clock.move_to(datetime(2021, 9, 2, 8, 0, tzinfo=UTC))
    issue(told, "2021-10", clock.now())
    ivy, joe = (
        f"P02{n},{who},{who}@larkspur-row.example,Volunteer,{day}," for n, who, day in
        ((0, "ivy", "2021-09-03"), (1, "joe", "2021-11-01"))
    )  # fmt: skip
    clock.move_to(datetime(2021, 9, 3, 8, 0, tzinfo=UTC))
    take_in(told, clock, *EVERYONE, ivy)
    assert letters(told, "P020") == [("notice", 2)]
    clock.move_to(datetime(2021, 11, 1, 8, 0, tzinfo=UTC))
    take_in(told, clock, *EVERYONE, ivy, joe)
    assert letters(told, "P021") == [("notice", 1)]
    assert basis(row(told, clock, "social-media", "2021-09", "P021")) == "joining"


def test_a_joiner_of_a_clarified_version_is_asked_about_its_base(staffed, clock, school):
    """Nobody had notice of either; the link shows the clarified text, and the base is what is owed."""
    school.version(
        "visitors",
        "2021-02",
        "2021-02-01",
        approved_on="2021-01-20",
        change="clarification",
        audience=("Employee",),
        body="Sign them all in.",
    )
    clock.move_to(AUGUST_10)
    take_in(staffed, clock, *EVERYONE, JAY)
    found = row(staffed, clock, "visitors", "2021-01", "P010")
    with staffed.store.read() as connection:
        book = statuses.book_at(staffed, connection, staffed.as_of(connection, None, clock.now()))
    assert (found.owes, book.shown(found.notice, date(2021, 8, 10)).version) == (True, "2021-02")


def test_everyone_is_asked_about_what_is_in_force_in_one_email(staffed, clock):
    wanted = issuing.all_in_force_without_notice(staffed, MONDAY)
    assert wanted == [("social-media", "2020-09"), ("visitors", "2021-01")]
    issuing.issue(staffed, wanted, now=MONDAY, issued_by="test", mode=Mode.IN_FORCE)
    assert letters(staffed, "P001") == [("notice", 2)]
    do_due(staffed, clock)
    found = row(staffed, clock, "social-media", "2020-09", "P001")
    assert (basis(found), found.window.in_time, found.window.due_on) == ("in force", None, date(2021, 8, 9))
    assert found.window.binds_from == date(2020, 9, 1)
    assert issuing.all_in_force_without_notice(staffed, MONDAY) == []


def test_all_on_notice_goes_out_in_one_email(staffed, school):
    school.version(
        "visitors", "2021-10", "2021-10-01", approved_on="2021-07-01", audience=("Employee",), body="Two."
    )
    wanted = issuing.all_on_notice(staffed, MONDAY)
    assert wanted == [("social-media", "2021-09"), ("visitors", "2021-10")]
    issuing.issue(staffed, wanted, now=MONDAY, issued_by="test")
    assert letters(staffed, "P001") == [("notice", 2)]
    assert letters(staffed, "P003") == [("notice", 1)]
    assert issuing.all_on_notice(staffed, MONDAY) == []


def test_a_version_in_force_without_notice_is_late_for_who_was_there(staffed, clock):
    """2021-09 takes effect in September, after the first import; nobody was given notice of it."""
    october = datetime(2021, 10, 4, 8, 0, tzinfo=UTC)
    clock.move_to(october)
    issue(staffed, "2021-09", october, mode=Mode.IN_FORCE)
    do_due(staffed, clock)
    found = row(staffed, clock, "social-media", "2021-09", "P001")
    assert (basis(found), found.window.short_by_days, found.window.binds_from) == (
        "change",
        64,
        date(2021, 11, 4),
    )
    assert basis(row(staffed, clock, "social-media", "2021-09", "P006")) == "joining"
