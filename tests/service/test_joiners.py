"""Joiners, leavers, returners and people of another category: who is given which notice, by the roster
alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask_mail import email_dispatched

from ackservice.mail.outbox import Outbox
from ackservice.service import issuing, standing
from ackservice.service.due import run_due
from ackservice.service.roster import import_roster
from tests.conftest import MONDAY
from tests.school_tree import ADA, BEN, EVERYONE, GIA, roster_csv

JAY = "P010,Jay Joiner,jay@larkspur-row.example,Employee,2021-08-10,"
AUGUST_10 = datetime(2021, 8, 10, 8, 0, tzinfo=UTC)


@pytest.fixture
def told(staffed, clock):
    """The notice of social-media 2021-09 has been issued and sent."""
    issuing.issue(staffed, "social-media", "2021-09", now=MONDAY, issued_by="test")
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
    return import_roster(service, roster_csv(*rows), "staff.csv", now=clock.now())


def row(service, clock, policy, version, person_id):
    rows = standing.report(service, policy, version, on=None, now=clock.now()).rows
    return next((r for r in rows if r["person_id"] == person_id), None)


def letters(service, person_id):
    """(kind, number of notices in it) of everything queued for a person."""
    with service.store.read() as connection:
        return [
            (r["kind"], r["n"])
            for r in connection.execute(
                "SELECT d.kind, COUNT(i.recipient_id) AS n FROM delivery d LEFT JOIN delivery_item i ON i.delivery_id = d.id "
                "WHERE d.person_id = ? GROUP BY d.id ORDER BY d.id",
                (person_id,),
            )
        ]


def test_the_first_import_inducts_nobody(staffed):
    with staffed.store.read() as connection:
        assert connection.execute("SELECT COUNT(*) FROM notice").fetchone()[0] == 0


def test_a_joiner_gets_open_notices_and_versions_in_force_in_one_email(told, clock):
    clock.move_to(AUGUST_10)
    take_in(told, clock, *EVERYONE, JAY)
    assert letters(told, "P010") == [
        ("notice", 2)
    ]  # social-media, open, and visitors, in force; not social-media 2020-09
    do_due(told, clock)
    found = row(told, clock, "social-media", "2021-09", "P010")
    assert found["basis"] == "joining"
    assert found["notified_on"] == date(2021, 8, 10)
    assert found["in_time"] is None
    assert found["due_on"] == date(2021, 8, 24)
    assert found["binds_from"] == date(2021, 9, 1)


def test_a_version_in_force_without_a_notice_is_given_to_joiners_alone(told, clock):
    clock.move_to(AUGUST_10)
    take_in(told, clock, *EVERYONE, JAY)
    report = standing.report(told, "visitors", "2021-01", on=None, now=clock.now())
    assert [(r["person_id"], r["basis"]) for r in report.rows] == [("P010", "joining")]
    issuing.issue(
        told, "visitors", "2021-01", now=clock.now(), issued_by="test", short_reason="never given before"
    )


def test_a_second_joiner_shares_the_notice_made_for_the_first(told, clock):
    clock.move_to(AUGUST_10)
    take_in(told, clock, *EVERYONE, JAY)
    take_in(told, clock, *EVERYONE, JAY, "P011,Kay,kay@larkspur-row.example,Employee,2021-08-10,")
    report = standing.report(told, "visitors", "2021-01", on=None, now=clock.now())
    assert [r["person_id"] for r in report.rows] == ["P010", "P011"]


def test_a_joiner_with_a_full_month_left_has_the_ordinary_window(told, clock):
    early = "P012,Eve Early,eve@larkspur-row.example,Governor,2021-07-28,"
    clock.move_to(datetime(2021, 7, 28, 8, 0, tzinfo=UTC))
    take_in(told, clock, *EVERYONE, early)
    do_due(told, clock)
    found = row(told, clock, "social-media", "2021-09", "P012")
    assert (found["in_time"], found["due_on"]) == (True, date(2021, 8, 31))


def test_somebody_listed_long_after_joining_has_their_days_from_then(told, clock):
    late = "P013,Lou Late,lou@larkspur-row.example,Governor,2021-01-04,"
    clock.move_to(AUGUST_10)
    take_in(told, clock, *EVERYONE, late)
    assert row(told, clock, "social-media", "2021-09", "P013")["due_on"] == date(2021, 8, 24)


def test_a_joiner_to_come_is_told_on_the_day(told, clock):
    clock.move_to(datetime(2021, 9, 5, 8, 0, tzinfo=UTC))
    do_due(told, clock)
    assert row(told, clock, "social-media", "2021-09", "P006") is None
    clock.move_to(datetime(2021, 9, 6, 8, 0, tzinfo=UTC))
    assert do_due(told, clock).inducted == 1
    assert do_due(told, clock).inducted == 0
    assert row(told, clock, "social-media", "2021-09", "P006")["notified_on"] == date(2021, 9, 6)


def test_a_handbook_with_faults_holds_up_nobody_and_is_caught_up_with(told, clock, school):
    clock.move_to(AUGUST_10)
    good = school.read("school.toml"), school.read(school.entry_path("visitors", "2021-01"))
    school.edit(school.entry_path("visitors", "2021-01"), "change: new", "change: old")
    take_in(told, clock, *EVERYONE, JAY)
    assert letters(told, "P010") == [("notice", 1)]
    school.write(school.entry_path("visitors", "2021-01"), good[1])
    do_due(told, clock)
    assert letters(told, "P010") == [("notice", 1), ("notice", 1)]


def test_a_leaver_gets_nothing_that_was_not_sent_and_is_not_missing(staffed, clock):
    issuing.issue(staffed, "social-media", "2021-09", now=MONDAY, issued_by="test")
    take_in(staffed, clock, ADA + "2021-07-26", BEN)
    assert do_due(staffed, clock).sending.dropped == 1
    assert row(staffed, clock, "social-media", "2021-09", "P001")["status"] == "left"


def test_a_returner_keeps_their_history_and_is_told_what_was_missed(staffed, clock):
    issuing.issue(staffed, "social-media", "2021-09", now=MONDAY, issued_by="test")
    take_in(staffed, clock, ADA + "2021-07-26")
    do_due(staffed, clock)
    clock.move_to(AUGUST_10)
    take_in(staffed, clock, ADA)
    do_due(staffed, clock)
    found = row(staffed, clock, "social-media", "2021-09", "P001")
    assert (found["status"], found["basis"], found["notified_on"]) == (
        "notified",
        "change",
        date(2021, 8, 10),
    )


def test_who_leaves_an_audience_is_excused_and_who_comes_back_is_not(staffed, clock, school):
    school.version(
        "visitors",
        "2021-10",
        "2021-10-01",
        approved_on="2021-07-01",
        audience=("Employee",),
        body="Sign in twice.",
    )
    issuing.issue(staffed, "visitors", "2021-10", now=MONDAY, issued_by="test")
    do_due(staffed, clock)
    take_in(staffed, clock, ADA.replace("Employee", "Volunteer"))
    assert row(staffed, clock, "visitors", "2021-10", "P001")["status"] == "excused"
    take_in(staffed, clock, ADA)
    assert row(staffed, clock, "visitors", "2021-10", "P001")["status"] == "notified"


def test_who_comes_into_an_audience_is_inducted(staffed, clock, school):
    school.version(
        "visitors",
        "2021-10",
        "2021-10-01",
        approved_on="2021-07-01",
        audience=("Employee",),
        body="Sign in twice.",
    )
    issuing.issue(staffed, "visitors", "2021-10", now=MONDAY, issued_by="test")
    take_in(staffed, clock, GIA.replace("Governor", "Employee"))
    found = row(staffed, clock, "visitors", "2021-10", "P003")
    assert (found["basis"], found["due_on"]) == ("joining", date(2021, 8, 9))


def test_a_roster_that_empties_changes_nobody(told, clock):
    before = row(told, clock, "social-media", "2021-09", "P001")
    take_in(told, clock, "P099,Only One,one@larkspur-row.example,Volunteer,2010-01-01,2011-01-01")
    after = row(told, clock, "social-media", "2021-09", "P001")
    assert {**after, "ledger_head": ""} == {**before, "ledger_head": ""}


def test_a_joiner_is_not_asked_about_a_clarification_beside_its_version(told, clock, school):
    school.version(
        "social-media",
        "2021-10",
        "2021-10-15",
        approved_on="2021-08-01",
        change="clarification",
        body="Twice, please.",
    )
    clock.move_to(datetime(2021, 9, 2, 8, 0, tzinfo=UTC))
    issuing.issue(told, "social-media", "2021-10", now=clock.now(), issued_by="test")
    clock.move_to(datetime(2021, 11, 1, 8, 0, tzinfo=UTC))
    take_in(told, clock, *EVERYONE, "P020,Ivy,ivy@larkspur-row.example,Volunteer,2021-11-01,")
    assert letters(told, "P020") == [("notice", 1)]
    assert row(told, clock, "social-media", "2021-09", "P020")["basis"] == "joining"


def test_who_joins_before_the_effective_date_reads_that_it_takes_effect_then(told, clock):
    clock.move_to(AUGUST_10)
    take_in(told, clock, *EVERYONE, JAY)
    sent = []
    with email_dispatched.connected_to(lambda app, message: sent.append(message)):
        do_due(told, clock)
    (text,) = (" ".join(m.body.split()) for m in sent if m.address.startswith("jay@"))
    assert "takes effect on Wednesday 1 September 2021. You are new among the people it covers." in text
    assert "has been in effect since Wednesday 1 September 2021" not in text
