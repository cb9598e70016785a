"""The status of a recipient is the first that applies, and being overdue stands beside it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ackservice.domain.notice import Basis
from ackservice.domain.status import (
    Acknowledgement,
    Status,
    has_left,
    is_outstanding,
    is_overdue,
    status_of,
    window,
)
from handbook.policy.version import Change

TODAY = date(2021, 8, 20)
READ = Acknowledgement(1, datetime(2021, 7, 28, 9, tzinfo=UTC), "sha256:" + "a" * 64, "link")
# Every reason for a status, in the order in which they count. None stands for "told, and nothing else".
REASONS = [
    ("acknowledged", {"acknowledgement": READ}),
    ("excused", {"excused": True}),
    ("left", {"left_on": date(2021, 8, 13)}),
    ("superseded", {"superseded": True}),
    ("undeliverable", {"undeliverable": True}),
    ("notified", {}),
]


@pytest.mark.parametrize("first", range(len(REASONS)))
def test_the_first_status_that_applies_holds(september, first):
    facts: dict[str, object] = {}
    for _, more in REASONS[first:]:
        facts |= more

    assert status_of(september.notice(), september.standing(**facts), TODAY) == REASONS[first][0]


@pytest.mark.parametrize("current_email, status", [("amina@school.example", "not sent"), ("", "on paper")])
def test_who_was_not_told_waits_for_a_message_or_a_letter(september, current_email, status):
    standing = september.standing(notified_on=None, current_email=current_email)

    assert status_of(september.notice(), standing, TODAY) == status


def test_a_letter_handed_over_is_notice(september):
    standing = september.standing(current_email="", notified_on=date(2021, 7, 28))

    assert status_of(september.notice(), standing, TODAY) == "notified"


@pytest.mark.parametrize(
    "on, gone", [(date(2021, 8, 12), False), (date(2021, 8, 13), True), (date(2021, 8, 14), True)]
)
def test_the_day_of_leaving_is_the_first_day_without_them(on, gone):
    assert has_left(date(2021, 8, 13), on) is gone
    assert has_left(None, on) is False


def test_a_day_of_leaving_to_come_leaves_the_status_as_it_is(september):
    standing = september.standing(left_on=date(2021, 8, 21))

    assert status_of(september.notice(), standing, TODAY) == "notified"
    assert status_of(september.notice(), standing, date(2021, 8, 21)) == "left"


@pytest.mark.parametrize(
    "status, settled",
    [
        ("acknowledged", True),
        ("excused", True),
        ("left", True),
        ("superseded", True),
        ("undeliverable", False),
        ("notified", False),
        ("on paper", False),
        ("not sent", False),
    ],
)
def test_four_statuses_settle_it_and_four_leave_it_outstanding(september, status, settled):
    assert Status(status).is_settled is settled
    assert is_outstanding(september.notice(), Status(status)) is not settled


@pytest.mark.parametrize("change", [Change.CLARIFICATION, Change.WITHDRAWN])
def test_nobody_is_outstanding_where_nothing_is_to_be_acknowledged(september, change):
    assert not is_outstanding(september.notice(change=change), Status.NOTIFIED)


@pytest.mark.parametrize(
    "facts, on, overdue",
    [
        ({}, date(2021, 8, 31), False),
        ({}, date(2021, 9, 1), True),
        ({"undeliverable": True}, date(2021, 9, 1), True),
        ({"acknowledgement": READ}, date(2021, 9, 1), False),
        ({"excused": True}, date(2021, 9, 1), False),
        ({"left_on": date(2021, 9, 1)}, date(2021, 9, 1), False),
        ({"superseded": True}, date(2021, 9, 1), False),
        ({"notified_on": date(2021, 8, 2)}, date(2021, 9, 1), False),
        ({"notified_on": date(2021, 8, 2)}, date(2021, 9, 2), True),
        ({"notified_on": None}, date(2022, 9, 1), False),
    ],
)
def test_overdue_begins_the_day_after_the_last_day_to_acknowledge(september, facts, on, overdue):
    notice, standing = september.notice(), september.standing(**facts)

    assert is_overdue(status_of(notice, standing, on), window(notice, standing), on) is overdue


@pytest.mark.parametrize("on, overdue", [(date(2021, 9, 6), False), (date(2021, 9, 7), True)])
def test_a_joiner_is_overdue_after_their_fourteenth_day(september, on, overdue):
    notice = september.notice()
    joiner = september.standing(
        basis=Basis.JOINING, joined_on=date(2021, 8, 23), notified_on=date(2021, 8, 23)
    )

    assert is_overdue(Status.NOTIFIED, window(notice, joiner), on) is overdue


def test_nobody_is_overdue_for_a_clarification(september):
    notice = september.notice(change=Change.CLARIFICATION)

    assert not is_overdue(Status.NOTIFIED, window(notice, september.standing()), date(2022, 9, 1))
