"""What managers record and take back: each act has a ledger line, and what it changes is asked anew."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ackservice.domain.audience import EVERYONE
from ackservice.errors import NotAllowed, NotFound
from ackservice.service import (
    acknowledging,
    issuing,
    notice_acts,
    personal,
    questions,
    receipts,
    records,
    statuses,
)
from ackservice.service.context import Service
from ackservice.service.issuing import Mode
from ackservice.service.questions import About
from ackservice.service.roster import import_roster
from ackservice.storage.verify import verify
from tests.conftest import MONDAY
from tests.school_tree import ADA, PAT, roster_csv
from tests.service.acts import TUESDAY, issue, recipient, rows, token

LATER = MONDAY + timedelta(days=30)


@pytest.fixture
def issued(staffed: Service) -> Service:
    issue(staffed, "2021-09")
    return staffed


def row(service: Service, person: str, version: str = "2021-09", now=LATER):
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, now)
        book = statuses.book_at(service, connection, as_of)
        found = statuses.of_recipients(
            service, connection, book, [recipient(service, person, version)], as_of
        )
    return found[0]


def letter(
    service: Service, person: str = "P004", day: str = "2021-07-27", now=LATER, version: str = "2021-09"
):
    given_on = date.fromisoformat(day)
    return records.letter_given(
        service, [recipient(service, person, version)], given_on=given_on, by="Bea", now=now
    )


def slip(
    service: Service, person: str = "P004", day: str = "2021-07-27", now=LATER, version: str = "2021-09"
):
    signed_on = date.fromisoformat(day)
    return records.slip(
        service, [recipient(service, person, version)], signed_on=signed_on, by="Bea", now=now
    )


def excuse(service: Service, person: str = "P001"):
    return records.excuse(service, [recipient(service, person)], reason="ill", by="Bea", now=LATER)


def take_back(service: Service, what: str, person: str = "P004", version: str = "2021-09", now=LATER):
    ids = [recipient(service, person, version)]
    return records.take_back(service, what, ids, reason="a mistake", by="Bea", now=now)


def notice_id(service: Service) -> int:
    return rows(service, "SELECT MAX(id) FROM notice")[0][0]


class TestLetters:
    def test_a_wrong_date_is_taken_back_and_recorded_anew(self, issued):
        letter(issued, day="2021-08-03")
        take_back(issued, "letter")
        assert (row(issued, "P004").status, row(issued, "P004").window.notified_on) == ("on paper", None)
        letter(issued, day="2021-08-23")
        assert row(issued, "P004").window.notified_on == date(2021, 8, 23)
        assert row(issued, "P004").window.binds_from == date(2021, 9, 23)
        assert rows(issued, "SELECT given_on FROM letter_given ORDER BY id") == [
            ("2021-08-03",),
            ("2021-08-23",),
        ]
        assert rows(issued, "SELECT reason, withdrawn_by FROM letter_withdrawn") == [("a mistake", "Bea")]

    @pytest.mark.parametrize(
        ("day", "said"),
        [
            ("2021-08-26", "handed over on Thursday 26 August 2021: that is after today"),
            ("2021-07-25", "the notice is of Monday 26 July 2021"),
        ],
    )
    def test_a_day_that_cannot_be_is_left_out_with_the_reason(self, issued, day, said):
        done = letter(issued, day=day)
        assert (done.people, done.left_out) == (0, 1)
        assert said in done.reasons[0]

    @pytest.mark.parametrize("act", [notice_acts.close, notice_acts.recall])
    def test_none_is_recorded_on_a_notice_that_has_ended(self, issued, act):
        act(issued, notice_id(issued), reason="over", by="Bea", now=TUESDAY)
        assert letter(issued).people == 0

    def test_one_letter_covers_its_mailing_and_so_does_taking_it_back(self, staffed, school):
        school.version("travel", "2021-09", "2021-09-01", approved_on="2021-07-14")
        issuing.issue(
            staffed,
            [("social-media", "2021-09"), ("travel", "2021-09")],
            now=MONDAY,
            issued_by="Bea",
            mode=Mode.CHANGE,
            unpublished_reason="a test",
        )
        school.version("bicycles", "2021-10", "2021-10-01", approved_on="2021-07-14")
        issue(staffed, "2021-10", policy="bicycles")
        letter(staffed)
        of_pat = """SELECT n.policy FROM letter_given g JOIN recipient r ON r.id = g.recipient_id
            JOIN notice n ON n.id = r.notice_id"""
        assert sorted(rows(staffed, of_pat)) == [("social-media",), ("travel",)]
        take_back(staffed, "letter")
        assert rows(staffed, "SELECT COUNT(*) FROM letter_withdrawn") == [(2,)]

    def test_one_letter_covers_all_that_a_joiner_was_given(self, issued, school):
        issue(issued, "2021-01", policy="visitors", mode=Mode.IN_FORCE)
        new = "P009,Kit Joiner,,Employee,2021-07-27,"
        import_roster(issued, roster_csv(ADA, PAT, new), "s.csv", now=TUESDAY, confirmed=True)
        given = rows(issued, "SELECT COUNT(*) FROM recipient WHERE person_id = 'P009'")[0][0]
        letter(issued, "P009", now=TUESDAY)
        assert given > 1
        assert rows(issued, "SELECT COUNT(*) FROM letter_given") == [(given,)]


class TestSlips:
    def test_a_slip_is_recorded_with_its_date_and_who_recorded_it(self, issued):
        done = slip(issued, day="2021-07-26")
        with issued.store.read() as connection:
            read = receipts.receipt_of(connection, done.first)
        assert (read.person, read.method, read.signed_on, read.recorded_by, read.typed_name) == (
            "Pat Paper", "paper", date(2021, 7, 26), "Bea", "",
        )  # fmt: skip

    def test_without_an_address_no_receipt_is_queued(self, issued):
        slip(issued)
        slip(issued, "P001")
        assert rows(issued, "SELECT person_id FROM delivery WHERE kind = 'receipt'") == [("P001",)]

    def test_after_acknowledging_there_is_no_second(self, issued):
        acknowledging.acknowledge(issued, token(issued), "Ada", TUESDAY)
        assert "Ada Lovelace has acknowledged already (receipt R-" in slip(issued, "P001").reasons[0]

    def test_one_taken_back_is_owed_again_and_its_receipt_says_so(self, issued):
        number = slip(issued).first
        take_back(issued, "slip")
        assert row(issued, "P004").owes
        with issued.store.read() as connection:
            assert receipts.receipt_of(connection, number).withdrawn

    def test_one_for_a_clarification_is_recorded_on_its_base(self, issued, school):
        school.version(
            "social-media",
            "2021-09.2",
            "2021-11-15",
            approved_on="2021-07-20",
            change="clarification",
            body="Twice.",
        )
        issue(issued, "2021-09.2", now=TUESDAY)
        assert slip(issued, version="2021-09.2").people == 1
        assert row(issued, "P004").status == "acknowledged"

    def test_a_superseded_version_takes_none(self, issued, school):
        school.version("social-media", "2022-09", "2022-09-01", approved_on="2022-07-01", body="Three times.")
        issue(issued, "2022-09", now=MONDAY.replace(year=2022))
        done = slip(issued, now=MONDAY.replace(year=2022, month=9), day="2022-09-01")
        assert done.reasons == ("there is nothing to acknowledge in this notice for Pat Paper: superseded",)

    def test_nothing_is_added_for_someone_erased(self, issued):
        import_roster(issued, roster_csv(PAT + "2021-07-27"), "s.csv", now=TUESDAY, confirmed=True)
        personal.erase_person(issued, "P004", now=TUESDAY, erased_by="Bea")
        assert "have been erased" in slip(issued).reasons[0]


class TestExcuses:
    def test_the_excused_owe_nothing_until_it_is_taken_back(self, issued):
        excuse(issued)
        assert (row(issued, "P001").status, row(issued, "P001").owes) == ("excused", False)
        take_back(issued, "excuse", "P001")
        assert row(issued, "P001").owes

    def test_taken_back_after_leaving_the_audience_nothing_is_owed(self, staffed, school):
        issue(staffed, "2021-01", policy="visitors", mode=Mode.IN_FORCE)
        ids = [recipient(staffed, "P001", "2021-01")]
        records.excuse(staffed, ids, reason="ill", by="Bea", now=TUESDAY)
        moved = ADA.replace("Employee", "Governor")
        import_roster(staffed, roster_csv(moved), "s.csv", now=TUESDAY, confirmed=True)
        take_back(staffed, "excuse", "P001", "2021-01")
        assert not row(staffed, "P001", "2021-01").owes

    def test_who_owes_nothing_is_left_out(self, issued):
        excuse(issued)
        assert (excuse(issued).people, excuse(issued).left_out) == (0, 1)

    @pytest.mark.parametrize("reason", ["", " \n", "x" * 501])
    def test_a_reason_is_asked_for(self, issued, reason):
        with pytest.raises(NotAllowed, match="reason"):
            records.excuse(issued, [recipient(issued, "P001")], reason=reason, by="Bea", now=TUESDAY)


class TestDisowned:
    def test_an_acknowledgement_its_person_disowns_is_owed_again(self, issued):
        key = acknowledging.acknowledge(issued, token(issued), "Ada", TUESDAY)
        take_back(issued, "acknowledgement", "P001")
        assert row(issued, "P001").owes
        again = acknowledging.acknowledge(issued, token(issued), "Ada", LATER)
        read = receipts.receipt(issued, token_of_receipt(issued, key))
        assert (again != key, read.withdrawn) == (True, True)
        with issued.store.read() as connection:
            assert verify(connection).faults == ()

    def test_a_slip_is_no_acknowledgement_by_link(self, issued):
        slip(issued)
        assert take_back(issued, "acknowledgement").reasons == (
            "there is no acknowledgement of Pat Paper to take back",
        )


def token_of_receipt(service: Service, key: str) -> str:
    return service.receipt_link(key).rpartition("/")[2]


def test_an_answer_taken_back_waits_again(issued):
    questions.ask(issued, token(issued), About.QUESTION, "Why?", TUESDAY)
    number = rows(issued, "SELECT id FROM question")[0][0]
    questions.answer(issued, number, "By phone.", by="Head", scope=EVERYONE, now=TUESDAY)
    assert not row(issued, "P001").has_question
    records.take_back(issued, "answer", [number], reason="not yet", by="Head", now=TUESDAY)
    assert row(issued, "P001").has_question
    assert questions.listed(issued, EVERYONE, answered=False, number=1).waiting == 1
    assert records.take_back(issued, "answer", [number], reason="again", by="Head", now=TUESDAY).people == 0


@pytest.mark.parametrize("what", ["letter", "slip", "excuse", "acknowledgement"])
def test_what_was_not_recorded_cannot_be_taken_back(issued, what):
    assert take_back(issued, what).reasons == (f"there is no {what} of Pat Paper to take back",)


def test_acts_do_not_reach_a_stay_that_has_ended(issued):
    letter(issued, now=TUESDAY)
    import_roster(issued, roster_csv(PAT + "2021-07-27"), "s.csv", now=TUESDAY, confirmed=True)
    assert take_back(issued, "letter").people == 0
    assert letter(issued).people == 0


@pytest.mark.parametrize("person", ["P005", "P999", "", "p001"])
def test_only_a_recipient_has_a_number(issued, person):
    with pytest.raises(NotFound, match="is not a recipient of the notice of social-media 2021-09"):
        records.recipient_of(issued, "social-media", "2021-09", person, TUESDAY)


def test_only_a_notice_that_was_issued_has_recipients(issued):
    with pytest.raises(NotFound, match="no notice has been issued for social-media 2020-09"):
        records.recipient_of(issued, "social-media", "2020-09", "P001", TUESDAY)


def test_an_act_on_many_does_what_it_can(issued):
    acknowledging.acknowledge(issued, token(issued), "Ada", TUESDAY)
    ids = [recipient(issued, person) for person in ("P001", "P002", "P003")]
    done = records.excuse(issued, ids, reason="a course", by="Bea", now=TUESDAY)
    assert (done.people, done.left_out) == (2, 1)
    assert done.reasons == ("Ada Lovelace owes nothing in this notice: acknowledged",)
