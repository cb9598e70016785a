"""Statuses kept in a process follow the ledger, whoever writes it: they are what reading anew gives."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from ackservice.domain.audience import EVERYONE
from ackservice.domain.status import RecipientStatus
from ackservice.service import acknowledging, notice_acts, overview, people, records, statuses
from ackservice.service.context import Kept, Service
from ackservice.service.issuing import Mode
from ackservice.service.roster import import_roster, undo_last
from tests.conftest import MONDAY
from tests.school_tree import ADA, BEN, roster_csv
from tests.service import acts
from tests.service.acts import TUESDAY


@pytest.fixture
def issued(staffed: Service) -> Service:
    acts.issue(staffed, "2021-09")
    return staffed


@pytest.fixture
def other(issued: Service) -> Service:
    """The same school in another process."""
    return Service.open(issued.settings)


def every(service: Service, now: datetime) -> list[RecipientStatus]:
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, now)
        book = statuses.book_at(service, connection, as_of)
        return [row for n in book.notices for row in statuses.of_notice(service, connection, book, n, as_of)]


def anew(service: Service, now: datetime) -> list[RecipientStatus]:
    service.kept_statuses = Kept()
    return every(service, now)


def acknowledge(service: Service, now: datetime) -> None:
    acknowledging.acknowledge(service, acts.token(service, "P001"), "Ada Lovelace", now)


def leave(service: Service, now: datetime) -> None:
    gone = BEN + "2021-07-27"
    import_roster(service, roster_csv(ADA, gone), "x.csv", now=now, confirmed=True)


def join_and_undo(service: Service, now: datetime) -> None:
    row = "P009,Jo New,jo@larkspur-row.example,Employee,2021-07-27,"
    import_roster(service, roster_csv(ADA, row), "x.csv", now=now, confirmed=True)
    undo_last(service, by="Bea", now=now)


ACTS = {
    "acknowledged": acknowledge,
    "left": leave,
    "joined, and undone": join_and_undo,
    "letter": lambda service, now: records.letter_given(
        service, [acts.recipient(service, "P004")], given_on=date(2021, 7, 27), by="Bea", now=now
    ),
    "excused": lambda service, now: records.excuse(
        service, [acts.recipient(service, "P002")], reason="leave", by="Bea", now=now
    ),
    "address": lambda service, now: people.correct_address(
        service, "P004", "pat@larkspur-row.example", by="Bea", now=now
    ),
    "recalled": lambda service, now: notice_acts.recall(
        service, acts.rows(service, "SELECT MAX(id) FROM notice")[0][0], reason="wrong", by="Bea", now=now
    ),
    "in force": lambda service, now: acts.issue(service, "2020-09", now=now, mode=Mode.IN_FORCE),
}


@pytest.mark.parametrize("act", ACTS)
def test_what_is_kept_follows_what_another_process_records(issued: Service, other: Service, act: str) -> None:
    before = every(issued, TUESDAY)
    ACTS[act](other, TUESDAY)

    kept = every(issued, TUESDAY)

    assert kept == anew(issued, TUESDAY) == every(other, TUESDAY)
    if act != "joined, and undone":
        assert kept != before


def test_what_is_kept_goes_with_the_day(issued: Service) -> None:
    every(issued, MONDAY)
    later = MONDAY + timedelta(days=60)
    assert every(issued, later) == anew(issued, later)


def test_so_many_people_are_counted_in_the_background_first(issued: Service, monkeypatch) -> None:
    monkeypatch.setattr(overview, "MOST_IN_A_REQUEST", 3)
    assert not overview.home(issued, EVERYONE, None, MONDAY).is_counted
    with issued.kept_statuses.preparing:  # until the thread is through
        pass
    home = overview.home(issued, EVERYONE, None, MONDAY)
    assert home.is_counted
    assert home.lines[0].figures.total == 4
