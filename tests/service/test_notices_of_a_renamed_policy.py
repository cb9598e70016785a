"""A renamed policy is one policy: its notices are found under every id it has had, and what was recorded
stays as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from ackservice.errors import NoticeRefused
from ackservice.mail.outbox import Outbox
from ackservice.service import issuing, statuses, warnings
from ackservice.service.due import run_due
from ackservice.service.roster import import_roster
from tests.conftest import MONDAY
from tests.school_tree import EVERYONE, roster_csv

JAY = "P010,Jay Joiner,jay@larkspur-row.example,Employee,2021-08-10,"
AUGUST_10 = datetime(2021, 8, 10, 8, 0, tzinfo=UTC)
OCTOBER = datetime(2021, 10, 4, 8, 0, tzinfo=UTC)
DECEMBER_2 = datetime(2021, 12, 2, 9, 0, tzinfo=UTC)
IDS = ["social-media", "online-conduct"]


def issue(service, policy, version, now):
    issuing.issue(service, [(policy, version)], now=now, issued_by="test")


@pytest.fixture
def told(staffed, clock):
    """The notice of social-media 2021-09 has been issued and sent, under that id."""
    issue(staffed, "social-media", "2021-09", MONDAY)
    do_due(staffed, clock)
    return staffed


@pytest.fixture
def renamed(told, school):
    """The policy has been renamed to online-conduct since."""
    school.rename("social-media", "online-conduct")
    return told


@pytest.fixture
def newer(renamed, school, clock):
    """Notice of its next version, to apply from December, has been given under the new id."""
    school.version(
        "online-conduct", "2021-12", "2021-12-01", approved_on="2021-07-20", body="Think three times."
    )
    clock.move_to(OCTOBER)
    issue(renamed, "online-conduct", "2021-12", clock.now())
    do_due(renamed, clock)
    return renamed


def do_due(service, clock):
    return run_due(
        service,
        Outbox(service.store.path.parent / "outbox"),
        clock,
        wait=lambda s: clock.advance(timedelta(seconds=s)),
        environ={},
    )


def notices(service):
    with service.store.read() as connection:
        return [tuple(row) for row in connection.execute("SELECT policy, version, basis FROM notice")]


def status_of(service, now, policy, version):
    """The last status of each person."""
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, now)
        book = statuses.book_at(service, connection, as_of)
        rows = statuses.of_version(service, connection, book, policy, version, as_of)[1]
        return {row.recipient.person_id: str(row.status) for row in rows}


def lines(service):
    with service.store.read() as connection:
        return [tuple(row) for row in connection.execute("SELECT n, hash, line FROM ledger ORDER BY n")]


@pytest.mark.parametrize("policy", IDS)
def test_a_notice_is_found_under_every_id_of_its_policy(renamed, clock, policy):
    assert set(status_of(renamed, clock.now(), policy, "2021-09")) == {"P001", "P002", "P003", "P004"}


def test_a_newer_version_ends_the_earlier_one_from_its_effective_date(newer, clock):
    for policy in IDS:
        assert "notified" in status_of(newer, clock.now(), policy, "2021-09").values()
        assert "notified" in status_of(newer, clock.now(), policy, "2021-12").values()
        assert set(status_of(newer, DECEMBER_2, policy, "2021-09").values()) == {"superseded"}


def test_a_policy_renamed_twice_is_still_one(newer, school, clock):
    school.rename("online-conduct", "conduct")
    school.version("conduct", "2022-02", "2022-02-01", approved_on="2021-07-20", body="Think.")
    issue(newer, "social-media", "2022-02", clock.now())
    assert notices(newer)[-1] == ("conduct", "2022-02", "change")
    february = datetime(2022, 2, 1, 9, 0, tzinfo=UTC)
    for version in ("2021-09", "2021-12"):
        assert set(status_of(newer, february, "online-conduct", version).values()) == {"superseded"}


def test_a_version_given_notice_of_before_is_not_given_again(renamed):
    with pytest.raises(NoticeRefused, match="a notice was issued already, on 2021-07-26"):
        issue(renamed, "online-conduct", "2021-09", MONDAY)


def test_a_round_of_one_name_is_given_once_under_either_id(renamed, clock, run_ack):
    clock.move_to(OCTOBER)
    assert run_ack("notice", "issue", "online-conduct", "2021-09", "--again", "Autumn").exit_code == 0
    again = run_ack("notice", "issue", "social-media", "2021-09", "--again", "Autumn")
    assert "the round 'Autumn' was issued already" in again.output


def test_renaming_changes_no_recorded_line(told, school, clock):
    recorded = lines(told)
    school.rename("social-media", "online-conduct")
    do_due(told, clock)
    assert lines(told)[: len(recorded)] == recorded


def test_what_ended_a_notice_does_not_hang_on_the_handbook(newer, school):
    school.edit("handbook/docs/policies/online-conduct/2021-12.md", "audience: all", "audience: nobody")
    assert set(status_of(newer, DECEMBER_2, "social-media", "2021-09").values()) == {"superseded"}


@pytest.mark.parametrize("day", [AUGUST_10, datetime(2021, 9, 14, 8, 0, tzinfo=UTC)])
def test_a_joiner_gets_the_open_notice_once(renamed, clock, day):
    clock.move_to(day)
    joiner = JAY.replace("2021-08-10", str(day.date()))
    import_roster(renamed, roster_csv(*EVERYONE, joiner), "staff.csv", now=clock.now())
    assert [n for n in notices(renamed) if n[1] == "2021-09"] == [("social-media", "2021-09", "change")]
    assert status_of(renamed, clock.now(), "online-conduct", "2021-09")["P010"] == "not sent"


def test_a_notice_is_closed_under_its_new_id(renamed, run_ack):
    closed = run_ack("notice", "close", "online-conduct", "2021-09", "--reason", "given in error")
    assert closed.exit_code == 0
    again = run_ack("notice", "close", "social-media", "2021-09", "--reason", "given in error")
    assert "closed since 2021-07-26 already" in again.output


def test_nobody_is_warned_of_a_notice_that_was_given(renamed, clock):
    with renamed.store.read() as connection:
        library = renamed.library()
        assert warnings.notices_missing(renamed, connection, library, date(2021, 9, 2)) == []
        assert warnings.of_handbook(renamed, connection, library, clock.now()) == []


def test_a_renaming_changes_nothing_for_other_policies(newer, clock):
    wanted = [("visitors", "2021-01")]
    issuing.issue(newer, wanted, now=clock.now(), issued_by="test", mode=issuing.Mode.IN_FORCE)
    found = status_of(newer, clock.now(), "visitors", "2021-01")
    assert (found["P001"], found["P006"]) == ("not sent", "notified")  # who joined in September had it then
