"""Taking a roster in: counts first, what has to be confirmed, and undoing the last import."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ackservice.errors import NeedsConfirmation, NotAllowed
from ackservice.service import issuing
from ackservice.service.personal import erase_person
from ackservice.service.roster import import_roster, people, undo_last
from tests.conftest import MONDAY
from tests.school_tree import ADA, BEN, EVERYONE, GIA, LEE, NEW, PAT, roster_csv

LATER = MONDAY + timedelta(days=1)
JAY = "P010,Jay Joiner,jay@larkspur-row.example,Employee,2021-07-27,"
KAY = "P011,Kay Joiner,kay@larkspur-row.example,Employee,2021-07-27,"
GONE = [line + "2021-07-26" if line.endswith(",") and line != NEW else line for line in EVERYONE]


def take_in(service, *rows, **how):
    return import_roster(service, roster_csv(*rows), "staff.csv", now=LATER, by="Bea", **how)


def count(service, table):
    with service.store.read() as connection:
        return connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]


@pytest.fixture
def told(staffed):
    issuing.issue(staffed, [("social-media", "2021-09")], now=MONDAY, issued_by="test")
    return staffed


def test_a_dry_run_says_who_is_given_what_and_changes_nothing(told):
    before = count(told, "ledger")
    found = take_in(told, *EVERYONE, JAY, dry_run=True)
    assert (found.inducted, found.emails) == (1, 1)
    assert dict(found.notices) == {"Social media policy": 2, "Visitors policy": 1}
    assert "1 person is given what is in force and on notice (1 e-mail" in found.summary()
    assert count(told, "ledger") == before


def test_more_than_a_fifth_of_the_school_is_confirmed(told):
    with pytest.raises(NeedsConfirmation, match="takes away 0 and inducts 2 of 5 people"):
        take_in(told, *EVERYONE, JAY, KAY)
    assert "P010" not in people(told, LATER)
    assert take_in(told, *EVERYONE, JAY, KAY, confirmed=True).inducted == 2


def test_one_joiner_in_five_is_a_matter_of_course(told):
    assert take_in(told, *EVERYONE, JAY).must_type == 0


def test_a_file_in_which_everyone_has_left_is_confirmed(told):
    with pytest.raises(NeedsConfirmation, match="takes away 4"):
        take_in(told, *GONE)


def test_a_person_id_given_to_somebody_else_is_asked_about(told):
    with pytest.raises(NeedsConfirmation, match="P003: name and address both change"):
        take_in(told, "P003,Max Other,max@larkspur-row.example,Governor,,")


def test_an_address_of_somebody_else_is_asked_about(told):
    with pytest.raises(NeedsConfirmation, match="stands for"):
        take_in(told, GIA.replace("gia@", "ada@"))
    take_in(told, GIA.replace("gia@", "ada@"), confirmed=True)
    assert take_in(told, GIA.replace("gia@", "ada@")).questions == []


class TestUndo:
    def test_everybody_is_as_they_were(self, told):
        before = people(told, LATER)
        take_in(told, *EVERYONE, JAY)
        assert undo_last(told, by="Bea", now=LATER, reason="Wrong file") == 1
        assert people(told, LATER) == before
        with told.store.read() as connection:
            states = connection.execute("SELECT state FROM delivery WHERE person_id = 'P010'").fetchall()
        assert [tuple(s) for s in states] == [("dropped",)]

    def test_everyone_left_is_undone(self, told):
        before = people(told, LATER)
        take_in(told, *GONE, confirmed=True)
        undo_last(told, by="Bea", now=LATER)
        assert people(told, LATER) == before
        assert take_in(told).inducted == 0

    def test_within_the_hour(self, told):
        take_in(told, *EVERYONE, JAY)
        with pytest.raises(NotAllowed, match="more than an hour"):
            undo_last(told, by="Bea", now=LATER + timedelta(minutes=61))

    def test_not_once_something_has_been_sent(self, told):
        take_in(told, *EVERYONE, JAY)
        with told.store.write(LATER) as tx:
            tx.execute("UPDATE delivery SET state = 'sent' WHERE person_id = 'P010'")
        with pytest.raises(NotAllowed, match="have been sent"):
            undo_last(told, by="Bea", now=LATER)

    def test_not_once_notice_has_been_given_to_its_people(self, staffed):
        take_in(staffed, *EVERYONE, JAY)
        issuing.issue(staffed, [("social-media", "2021-09")], now=LATER, issued_by="test")
        with pytest.raises(NotAllowed, match="notice has been given"):
            undo_last(staffed, by="Bea", now=LATER)

    def test_there_has_to_be_one(self, service):
        with pytest.raises(NotAllowed, match="no roster import"):
            undo_last(service, by="Bea", now=LATER)

    def test_the_first_import_too(self, staffed):
        undo_last(staffed, by="Bea", now=MONDAY + timedelta(minutes=30))
        assert people(staffed, LATER) == {}
        import_roster(staffed, roster_csv(ADA, BEN), "staff.csv", now=LATER)
        assert set(people(staffed, LATER)) == {"P001", "P002"}


def test_an_erased_person_stays_erased(staffed):
    erase_person(staffed, "P005", erased_by="Bea", now=LATER)
    found = take_in(staffed, ADA, BEN, GIA, PAT, LEE, NEW)
    assert [person.person_id for person in found.plan.erased] == ["P005"]
    assert "P005" not in people(staffed, LATER)
