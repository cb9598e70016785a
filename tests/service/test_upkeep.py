"""`ack doctor`, a person's records taken out and erased, closing a notice, the commands of the due work."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from ackservice.errors import NotAllowed, NotFound
from ackservice.mail.outbox import Outbox
from ackservice.service import acknowledging, notice_acts, personal
from ackservice.service.doctor import examine
from ackservice.service.due import run_due
from ackservice.service.roster import import_roster
from ackservice.storage.verify import verify
from tests.conftest import MONDAY
from tests.school_tree import ADA, roster_csv
from tests.service.acts import issue, row, token


@pytest.fixture
def told(staffed, clock):
    issue(staffed, "2021-09")
    outbox = Outbox(staffed.store.path.parent / "outbox")
    run_due(staffed, outbox, clock, wait=lambda s: clock.advance(timedelta(seconds=s)), environ={})
    return staffed


def leave(service, clock, person):
    import_roster(service, roster_csv(person + "2021-07-26"), "staff.csv", now=clock.now(), confirmed=True)


def acknowledge(service, clock, person_id):
    acknowledging.acknowledge(service, token(service, person_id), "Ada Typed", clock.now())


def test_an_erased_person_is_nowhere_in_the_files_of_the_database(told, clock):
    acknowledge(told, clock, "P001")
    leave(told, clock, ADA)
    personal.erase_person(told, "P001", now=clock.now(), erased_by="test")
    told.store.close()
    for file in told.store.path.parent.glob("ack.db*"):
        content = file.read_bytes()
        for trace in (b"Ada Lovelace", b"ada@larkspur-row.example", b"Ada Typed"):
            assert trace not in content, (file.name, trace)


def test_counts_and_the_chain_stay_after_an_erasure(told, clock):
    acknowledge(told, clock, "P001")
    leave(told, clock, ADA)
    personal.erase_person(told, "P001", now=clock.now(), erased_by="test")
    with told.store.read() as connection:
        report = verify(connection)
        assert connection.execute("SELECT COUNT(*) FROM acknowledgement").fetchone()[0] == 1
    assert report.faults == ()
    assert report.erased >= 4  # two entries of the roster, the recipient, the message, the acknowledgement


def test_only_leavers_are_erased_and_only_once(told, clock):
    with pytest.raises(NotAllowed, match="Ada Lovelace has not left"):
        personal.erase_person(told, "P001", now=clock.now(), erased_by="test")
    leave(told, clock, ADA)
    personal.erase_person(told, "P001", now=clock.now(), erased_by="test")
    with pytest.raises(NotAllowed, match="erased already"):
        personal.erase_person(told, "P001", now=clock.now(), erased_by="test")
    with pytest.raises(NotFound):
        personal.erase_person(told, "P404", now=clock.now(), erased_by="test")


def test_a_persons_export_holds_what_is_recorded_of_them_and_of_nobody_else(told, clock, run_ack):
    acknowledge(told, clock, "P001")
    result = run_ack("person", "export", "P001")
    assert result.exit_code == 0
    found = json.loads(result.output)
    assert found["records"]["acknowledgement"][0]["typed_name"] == "Ada Typed"
    assert found["records"]["roster_entry"][0]["email"] == "ada@larkspur-row.example"
    assert "salt" not in result.output
    assert "ben@" not in result.output


def test_erasing_asks_first(told, clock, run_ack):
    leave(told, clock, ADA)
    assert run_ack("person", "erase", "P001", input="n\n").exit_code == 1
    done = run_ack("person", "erase", "P001", "--yes")
    assert done.exit_code == 0
    assert done.output.startswith("Erased from ")


def test_closing_needs_a_reason_and_happens_once(told, clock, run_ack):
    with pytest.raises(NotAllowed, match="needs a reason"):
        number = row(told, "P001", clock.now()).notice.id
        notice_acts.close(told, number, reason=" ", by="test", now=clock.now())
    assert run_ack("notice", "close", "social-media", "2021-09", "--reason", "replaced").exit_code == 0
    again = run_ack("notice", "close", "social-media", "2021-09", "--reason", "replaced")
    assert (again.exit_code, "is closed since 2021-07-26 already" in again.output) == (1, True)


def test_a_new_round_is_given_to_everyone_and_former_rounds_stay(told, clock, run_ack):
    acknowledge(told, clock, "P001")
    clock.advance(timedelta(days=400))
    done = run_ack("notice", "issue", "social-media", "2021-09", "--again", "School year 2022/23")
    assert done.exit_code == 0, done.output
    shown = run_ack("status", "social-media", "2021-09", "--json")
    assert shown.exit_code == 0, shown.output
    first = json.loads(shown.stdout)["recipients"]
    assert {(one["round"], one["basis"]) for one in first} == {
        ("", "change"),
        ("School year 2022/23", "new round"),
    }
    with told.store.read() as connection:
        assert connection.execute("SELECT COUNT(*) FROM notice").fetchone()[0] == 2
        assert connection.execute("SELECT COUNT(*) FROM acknowledgement").fetchone()[0] == 1


def test_the_doctor_finds_a_healthy_school_well(told, run_ack):
    result = run_ack("doctor")
    assert result.exit_code == 0, result.output
    assert "Nothing has to be mended." in result.output


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("ACK_SECRET_KEYS", "short", "at least 32 are needed"),
        ("ACK_SECRET_KEYS", "", "ACK_SECRET_KEYS is not set"),
        ("ACK_MAIL", "pigeon:", "ACK_MAIL must begin with"),
        ("ACK_DATABASE", "/nowhere/at/all/ack.db", "there is no database at"),
    ],
)
def test_the_doctor_says_what_has_to_be_mended(told, environ, run_ack, setting, value, said):
    environ[setting] = value
    result = run_ack("doctor")
    assert result.exit_code == 1
    assert said in result.output


def test_the_doctor_warns_of_a_version_about_to_miss_its_notice(told, run_ack, school):
    school.version(
        "visitors",
        "2021-10",
        "2021-08-30",
        approved_on="2021-07-01",
        audience=("Employee",),
        body="Sign in twice.",
    )
    result = run_ack("doctor")
    assert result.exit_code == 1
    assert "the last day to give it in time is Friday 30 July 2021" in result.output


def test_the_doctor_sees_a_clock_that_was_put_back(told):
    outbox = Outbox(told.store.path.parent / "outbox")
    found = examine(told, lambda: outbox, MONDAY - timedelta(days=3))
    assert ["set the clock right" in finding.text for finding in found if finding.must_be_mended] == [True]


def test_the_doctor_lists_addresses_that_stand_for_several_people(told, clock):
    shared = "P008,Ada Junior,ada@larkspur-row.example,Volunteer,,"
    import_roster(told, roster_csv(ADA, shared), "staff.csv", now=clock.now(), confirmed=True)
    outbox = Outbox(told.store.path.parent / "outbox")
    said = [finding.text for finding in examine(told, lambda: outbox, clock.now())]
    assert "ada@larkspur-row.example is the address of Ada Lovelace and Ada Junior." in said


def test_a_dry_run_of_reminding_names_people_and_changes_nothing(told, run_ack, clock):
    clock.advance(timedelta(days=24))
    dry = run_ack("remind", "--dry-run")
    assert dry.output.splitlines()[-1] == "3 people would be reminded (dry run)."
    assert run_ack("remind").output.splitlines()[0] == "3 reminders queued."
    assert run_ack("remind").output.splitlines()[0] == "0 reminders queued."


def test_mail_test_says_what_happened(told, run_ack, environ):
    good = run_ack("mail", "test", "somebody@larkspur-row.example")
    assert (good.exit_code, "took the message" in good.output) == (0, True)
    environ["ACK_MAIL"] = "smtp://127.0.0.1:1?starttls=no"
    bad = run_ack("mail", "test", "somebody@larkspur-row.example")
    assert (bad.exit_code, "Nothing can be sent until there is a connection" in bad.output) == (1, True)


def test_due_can_be_called_again_and_again(told, run_ack):
    for _ in range(3):
        result = run_ack("due")
        assert result.exit_code == 0
        assert (
            result.output.splitlines()[-1]
            == "0 sent, 0 no longer needed, 0 refused, 0 to be tried again, 0 still waiting."
        )
