"""A renamed policy is one policy: its notices are found under every id it has had, and what was recorded
stays as it was."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest

from ackservice.errors import NotAllowed, NoticeRefused
from ackservice.mail.outbox import Outbox
from ackservice.service import acknowledging, evidence_pack, issuing, questions, standing, warnings
from ackservice.service.acknowledging import LinkState
from ackservice.service.due import run_due
from ackservice.service.finding import by_version
from ackservice.service.roster import import_roster
from tests.conftest import MONDAY
from tests.school_tree import EVERYONE, roster_csv

JAY = "P010,Jay Joiner,jay@larkspur-row.example,Employee,2021-08-10,"
AUGUST_10 = datetime(2021, 8, 10, 8, 0, tzinfo=UTC)
OCTOBER = datetime(2021, 10, 4, 8, 0, tzinfo=UTC)
DECEMBER_2 = datetime(2021, 12, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def told(staffed, clock):
    """The notice of social-media 2021-09 has been issued and sent, under that id."""
    issuing.issue(staffed, "social-media", "2021-09", now=MONDAY, issued_by="test")
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
    issuing.issue(renamed, "online-conduct", "2021-12", now=clock.now(), issued_by="test")
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


def one(service, sql, *values):
    with service.store.read() as connection:
        return connection.execute(sql, values).fetchone()[0]


def notices(service):
    with service.store.read() as connection:
        return [
            tuple(row) for row in connection.execute("SELECT policy, version, basis FROM notice ORDER BY id")
        ]


def token(service, person_id, version):
    recipient = one(
        service, "SELECT r.id FROM recipient r JOIN notice n ON n.id = r.notice_id WHERE r.person_id = ? AND n.version = ? "
        "ORDER BY r.id DESC", person_id, version
    )  # fmt: skip
    return service.acknowledge_link(recipient).rpartition("/")[2]


def statuses(service, now, policy, version, on=None):
    return {
        row["person_id"]: row["status"]
        for row in standing.report(service, policy, version, on=on, now=now).rows
    }


def lines(service):
    with service.store.read() as connection:
        return [tuple(row) for row in connection.execute("SELECT n, hash, line FROM ledger ORDER BY n")]


@pytest.mark.parametrize("policy", ["social-media", "online-conduct"])
def test_a_notice_is_found_under_every_id_of_its_policy(renamed, run_ack, policy):
    rows = json.loads(run_ack("status", policy, "2021-09", "--json").output)["recipients"]
    assert {row["policy"] for row in rows} == {"social-media"}
    assert len(rows) == 4


@pytest.mark.parametrize("policy", ["social-media", "online-conduct"])
def test_a_notice_given_under_the_new_id_is_found_under_the_former_one(newer, clock, policy):
    rows = list(standing.report(newer, policy, "2021-12", on=None, now=clock.now()).rows)
    assert {row["policy"] for row in rows} == {"online-conduct"}


def test_a_policy_renamed_twice_is_still_one(newer, school, clock):
    school.rename("online-conduct", "conduct")
    for policy in ("social-media", "online-conduct", "conduct"):
        assert set(statuses(newer, clock.now(), policy, "2021-09").values()) == {"superseded"}
        assert set(statuses(newer, clock.now(), policy, "2021-12").values()) == {"notified", "on paper"}
    school.version("conduct", "2022-02", "2022-02-01", approved_on="2021-07-20", body="Think.")
    issuing.issue(newer, "social-media", "2022-02", now=clock.now(), issued_by="test")
    assert notices(newer)[-1] == ("conduct", "2022-02", "change")
    for version in ("2021-09", "2021-12"):
        assert set(statuses(newer, clock.now(), "online-conduct", version).values()) == {"superseded"}


def test_a_version_given_notice_of_before_is_not_given_again(renamed):
    with pytest.raises(NoticeRefused, match="a notice was issued already, on 2021-07-26"):
        issuing.issue(renamed, "online-conduct", "2021-09", now=MONDAY, issued_by="test")


def test_a_new_round_under_the_new_id_is_the_last_notice_under_both(renamed, clock, run_ack):
    clock.move_to(OCTOBER)
    assert run_ack("notice", "issue", "online-conduct", "2021-09", "--again", "Autumn").exit_code == 0
    for policy in ("social-media", "online-conduct"):
        assert standing.report(renamed, policy, "2021-09", on=None, now=clock.now()).notice.round == "Autumn"
    again = run_ack("notice", "issue", "social-media", "2021-09", "--again", "Autumn")
    assert "the round 'Autumn' was issued already" in again.output


def test_a_newer_version_takes_over_across_the_renaming(newer, clock, run_ack):
    assert set(statuses(newer, clock.now(), "social-media", "2021-09").values()) == {"superseded"}
    clock.move_to(DECEMBER_2)
    listed = [line.split() for line in run_ack("notice", "list").output.splitlines()]
    assert [(words[0], words[1], words[-1]) for words in listed if words[:1] in (["social-media"], ["online-conduct"])] == [
        ("social-media", "2021-09", "superseded"), ("online-conduct", "2021-12", "open"),
    ]  # fmt: skip


def test_nobody_is_reminded_of_what_was_taken_over(newer, clock):
    for _ in range(20):
        clock.advance(timedelta(days=1))
        do_due(newer, clock)
    reminded = one(
        newer, "SELECT COUNT(*) FROM delivery d JOIN delivery_item i ON i.delivery_id = d.id JOIN recipient r ON r.id = i.recipient_id "
        "JOIN notice n ON n.id = r.notice_id WHERE d.kind = 'reminder' AND n.version = '2021-09'"
    )  # fmt: skip
    assert reminded == 0


def test_a_past_day_is_answered_as_it_was_before_the_renaming(told, school, clock, run_ack, tmp_path):
    def export(name):
        assert (
            run_ack(
                "export",
                "social-media",
                "2021-09",
                "--format",
                "csv",
                "--as-of",
                "2021-08-10",
                "--output",
                tmp_path / name,
            ).exit_code
            == 0
        )
        return (tmp_path / name).read_bytes()

    clock.move_to(AUGUST_10 + timedelta(days=1))
    before, recorded = export("before.csv"), lines(told)
    school.rename("social-media", "online-conduct")
    school.version(
        "online-conduct", "2021-12", "2021-12-01", approved_on="2021-07-20", body="Think three times."
    )
    issuing.issue(told, "online-conduct", "2021-12", now=clock.now(), issued_by="test")
    clock.move_to(DECEMBER_2)
    assert export("after.csv") == before
    assert lines(told)[: len(recorded)] == recorded


def test_what_has_taken_over_does_not_hang_on_the_handbook(newer, school, clock):
    school.edit("handbook/docs/policies/online-conduct/2021-12.md", "audience: all", "audience: nobody")
    assert set(statuses(newer, clock.now(), "social-media", "2021-09").values()) == {"superseded"}
    assert set(statuses(newer, clock.now(), "social-media", "2021-12").values()) == {"notified", "on paper"}


def test_a_link_sent_before_the_renaming_still_records(renamed, clock):
    link = token(renamed, "P001", "2021-09")
    view = acknowledging.view(renamed, link, clock.now())
    assert (view.state, view.text) == (
        LinkState.TO_READ,
        "# Social media policy\n\nThink twice before you post.\n",
    )
    number = acknowledging.acknowledge(renamed, link, "Ada Lovelace", clock.now())
    with renamed.store.read() as connection:
        receipt = acknowledging.receipt_of(connection, number)
    assert (receipt.policy, receipt.version, receipt.title) == (
        "social-media",
        "2021-09",
        "Social media policy",
    )
    assert statuses(renamed, clock.now(), "online-conduct", "2021-09")["P001"] == "acknowledged"


def test_a_link_to_what_was_taken_over_leads_to_the_newer_text(newer, clock):
    view = acknowledging.view(newer, token(newer, "P001", "2021-09"), clock.now())
    assert (view.state, view.newer.policy, view.newer.version) == (
        LinkState.SUPERSEDED,
        "online-conduct",
        "2021-12",
    )


def test_the_newer_text_is_compared_with_what_was_acknowledged_under_the_former_id(renamed, school, clock):
    acknowledging.acknowledge(renamed, token(renamed, "P001", "2021-09"), "Ada Lovelace", clock.now())
    school.version("online-conduct", "2021-11", "2021-11-01", approved_on="2021-07-20", body="Think thrice.")
    school.version(
        "online-conduct", "2021-12", "2021-12-01", approved_on="2021-07-20", body="Think four times."
    )
    clock.move_to(OCTOBER)
    issuing.issue(renamed, "online-conduct", "2021-12", now=clock.now(), issued_by="test")
    view = acknowledging.view(renamed, token(renamed, "P001", "2021-12"), clock.now())
    assert (view.previous_version, view.previous_text) == (
        "2021-09",
        "# Social media policy\n\nThink twice before you post.\n",
    )


def test_acknowledging_a_clarification_under_the_new_id_counts_for_what_it_clarifies(renamed, school, clock):
    school.version(
        "online-conduct",
        "2021-10",
        "2021-10-01",
        approved_on="2021-07-20",
        change="clarification",
        body="Think twice before posting.",
    )
    issuing.issue(renamed, "online-conduct", "2021-10", now=clock.now(), issued_by="test")
    link = token(renamed, "P001", "2021-09")
    assert acknowledging.view(renamed, link, clock.now()).shown.version == "2021-10"
    acknowledging.acknowledge(renamed, link, "Ada Lovelace", clock.now())
    for version in ("2021-09", "2021-10"):
        assert statuses(renamed, clock.now(), "online-conduct", version)["P001"] == "acknowledged"


def test_the_same_question_twice_is_taken_once_across_the_renaming(renamed, school, clock):
    school.version(
        "online-conduct",
        "2021-10",
        "2021-10-01",
        approved_on="2021-07-20",
        change="clarification",
        body="Think twice before posting.",
    )
    issuing.issue(renamed, "online-conduct", "2021-10", now=clock.now(), issued_by="test")
    for _ in range(2):
        questions.ask(
            renamed,
            token(renamed, "P001", "2021-09"),
            questions.About.QUESTION,
            "May I post this?",
            clock.now(),
        )
    assert one(renamed, "SELECT COUNT(*) FROM question") == 1


@pytest.mark.parametrize("day", [AUGUST_10, datetime(2021, 9, 14, 8, 0, tzinfo=UTC)])
def test_a_joiner_gets_the_open_notice_once(renamed, clock, day):
    clock.move_to(day)
    joiner = JAY.replace("2021-08-10", str(day.date()))
    import_roster(renamed, roster_csv(*EVERYONE, joiner), "staff.csv", now=clock.now())
    assert ("online-conduct", "2021-09", "joining") not in notices(renamed)
    assert statuses(renamed, clock.now(), "online-conduct", "2021-09")["P010"] == "not sent"
    given = one(
        renamed,
        "SELECT COUNT(*) FROM recipient r JOIN notice n ON n.id = r.notice_id WHERE r.person_id = 'P010' AND n.version = '2021-09'",
    )
    assert given == 1


def test_paper_and_letters_are_recorded_under_either_id(renamed, clock, run_ack, tmp_path):
    page = tmp_path / "letters.html"
    assert run_ack("letters", "online-conduct", "2021-09", "--output", page).exit_code == 0
    assert "Pat Paper" in page.read_text(encoding="utf-8")
    done = run_ack(
        "letter-given", "online-conduct", "2021-09", "P004", "--on", "2021-07-26", "--recorded-by", "Bea"
    )
    assert done.exit_code == 0, done.output
    done = run_ack("paper", "online-conduct", "2021-09", "P004", "--on", "2021-07-26", "--recorded-by", "Bea")
    assert done.exit_code == 0, done.output
    assert statuses(renamed, clock.now(), "social-media", "2021-09")["P004"] == "acknowledged"


def test_a_notice_is_closed_under_its_new_id(renamed, run_ack):
    assert (
        run_ack("notice", "close", "online-conduct", "2021-09", "--reason", "given in error").exit_code == 0
    )
    again = run_ack("notice", "close", "social-media", "2021-09", "--reason", "given in error")
    assert "closed already" in again.output


def test_nobody_is_warned_of_a_notice_that_was_given(renamed, clock, run_ack):
    clock.move_to(datetime(2021, 9, 2, 9, 0, tzinfo=UTC))
    with renamed.store.read() as connection:
        assert warnings.notices_missing(renamed, connection, renamed.library(), date(2021, 9, 2)) == []
    assert "without a notice" not in run_ack("doctor").output
    assert run_ack("verify").exit_code == 0


def test_the_pack_holds_the_notices_that_took_over(newer, clock, tmp_path):
    with (tmp_path / "pack.zip").open("wb") as stream:
        evidence_pack.write(
            newer, stream, by_version(newer, "online-conduct", "2021-09"), on=None, now=clock.now()
        )
    with zipfile.ZipFile(tmp_path / "pack.zip") as archive:
        [name] = [n for n in archive.namelist() if n.endswith("ledger/concerned.tsv")]
        concerned = archive.read(name).decode()
    assert '"policy":"social-media"' in concerned and '"policy":"online-conduct"' in concerned


def test_former_ids_that_no_entry_names_are_found(newer, run_ack):
    assert run_ack("verify").exit_code == 0
    first = one(newer, "SELECT MIN(id) FROM notice")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), newer.store.write(OCTOBER) as tx:
        tx.execute("DELETE FROM former_id")
    with newer.store.write(OCTOBER) as tx:
        tx.execute(
            "INSERT INTO former_id (policy, former, notice_id) VALUES ('social-media', 'visitors', ?)",
            (first,),
        )
    found = run_ack("verify")
    assert (
        found.exit_code,
        f"the former ids of the policy of notice {first} were altered" in found.output,
    ) == (1, True)


def test_a_renaming_changes_nothing_for_other_policies(newer, clock):
    issuing.issue(newer, "visitors", "2021-01", now=clock.now(), issued_by="test", short_reason="late")
    assert set(statuses(newer, clock.now(), "visitors", "2021-01").values()) == {"not sent"}
    with pytest.raises(NotAllowed):
        standing.report(newer, "visitors", "2021-01", on=date(2030, 1, 1), now=clock.now())
