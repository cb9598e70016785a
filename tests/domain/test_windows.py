"""Each person's window: notified on which day, in time or short, bound from when, due by when."""

from __future__ import annotations

from datetime import date

import pytest

from ackservice.domain.notice import Basis, Rule, Window, window_of

SEPTEMBER = date(2021, 9, 1)


def d(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@pytest.mark.parametrize(
    "notified_on, effective_on, ends_on, in_time, short, binds_from, due_on",
    [
        ("2021-07-26", "2021-09-01", "2021-08-26", True, 0, "2021-09-01", "2021-08-31"),
        ("2021-07-31", "2021-09-01", "2021-08-31", True, 0, "2021-09-01", "2021-08-31"),
        ("2021-08-01", "2021-09-01", "2021-09-01", True, 0, "2021-09-01", "2021-08-31"),
        ("2021-08-02", "2021-09-01", "2021-09-02", False, 1, "2021-09-02", "2021-09-01"),
        ("2021-09-01", "2021-09-01", "2021-10-01", False, 30, "2021-10-01", "2021-09-30"),
        ("2021-01-31", "2021-02-28", "2021-02-28", True, 0, "2021-02-28", "2021-02-27"),
        ("2021-01-28", "2021-02-28", "2021-02-28", True, 0, "2021-02-28", "2021-02-27"),
        ("2021-02-01", "2021-02-28", "2021-03-01", False, 1, "2021-03-01", "2021-02-28"),
        ("2024-01-31", "2024-02-29", "2024-02-29", True, 0, "2024-02-29", "2024-02-28"),
        ("2024-01-30", "2024-02-28", "2024-02-29", False, 1, "2024-02-29", "2024-02-28"),
        ("2024-02-29", "2024-03-29", "2024-03-29", True, 0, "2024-03-29", "2024-03-28"),
        ("2021-09-30", "2021-10-30", "2021-10-30", True, 0, "2021-10-30", "2021-10-29"),
        ("2021-12-15", "2022-01-01", "2022-01-15", False, 14, "2022-01-15", "2022-01-14"),
    ],
)
def test_a_month_of_notice_runs_to_the_corresponding_date(
    notified_on, effective_on, ends_on, in_time, short, binds_from, due_on
):
    found = window_of(Rule(), Basis.CHANGE, d(effective_on), d(notified_on))

    assert found == Window(True, d(notified_on), d(ends_on), in_time, short, d(binds_from), d(due_on))


@pytest.mark.parametrize(
    "deemed_days, notified_on, ends_on, in_time, short, binds_from",
    [
        (0, "2021-08-01", "2021-09-01", True, 0, "2021-09-01"),
        (1, "2021-07-31", "2021-09-01", True, 0, "2021-09-01"),
        (1, "2021-08-01", "2021-09-02", False, 1, "2021-09-02"),
        (2, "2021-07-30", "2021-09-01", True, 0, "2021-09-01"),
        (2, "2021-08-01", "2021-09-03", False, 2, "2021-09-03"),
        (3, "2021-01-28", "2021-02-28", True, 0, "2021-09-01"),
    ],
)
def test_deemed_days_are_added_before_the_month_runs(
    deemed_days, notified_on, ends_on, in_time, short, binds_from
):
    found = window_of(Rule(deemed_days=deemed_days), Basis.CHANGE, SEPTEMBER, d(notified_on))

    assert (found.notice_ends_on, found.in_time, found.short_by_days) == (d(ends_on), in_time, short)
    assert found.binds_from == d(binds_from)


def test_several_months_are_added_at_once():
    found = window_of(Rule(period_months=2), Basis.CHANGE, date(2021, 3, 31), date(2021, 1, 31))

    assert found.notice_ends_on == date(2021, 3, 31)


@pytest.mark.parametrize("basis", list(Basis))
def test_nobody_has_a_window_before_being_notified(basis):
    applies = basis in (Basis.CHANGE, Basis.NO_LONGER_COVERED)

    assert window_of(Rule(), basis, SEPTEMBER, None) == Window(applies)


@pytest.mark.parametrize("basis, asks", [(Basis.CHANGE, False), (Basis.NO_LONGER_COVERED, True)])
def test_what_needs_no_acknowledgement_has_a_notice_period_and_nothing_due(basis, asks):
    found = window_of(Rule(), basis, SEPTEMBER, date(2021, 7, 26), must_be_acknowledged=asks)

    assert (found.in_time, found.binds_from, found.due_on) == (True, date(2021, 9, 1), None)


@pytest.mark.parametrize(
    "basis, came_on, notified_on, binds_from, due_on",
    [
        (Basis.JOINING, "2021-08-23", "2021-08-23", "2021-09-01", "2021-09-06"),
        (Basis.JOINING, "2021-08-02", "2021-08-02", "2021-09-01", "2021-08-31"),  # not before it takes effect
        (Basis.JOINING, "2021-10-04", "2021-10-05", "2021-10-04", "2021-10-19"),
        (Basis.JOINING, "2021-10-04", "2021-10-31", "2021-10-04", "2021-11-14"),  # reached late
        (Basis.JOINING, "2024-02-15", "2024-02-15", "2024-02-15", "2024-02-29"),
        (Basis.BY_NAME, "2021-08-20", "2021-08-20", "2021-09-01", "2021-09-03"),
        (Basis.BY_NAME, "2021-07-20", "2021-07-20", "2021-09-01", "2021-08-31"),
        (Basis.IN_FORCE, None, "2021-10-05", "2021-09-01", "2021-10-19"),
        (Basis.NEW_ROUND, None, "2026-09-03", "2021-09-01", "2026-09-17"),
        (Basis.NEW_ROUND, "2023-09-04", "2026-09-03", "2023-09-04", "2026-09-17"),
    ],
)
def test_without_a_notice_period_days_run_from_being_notified(
    basis, came_on, notified_on, binds_from, due_on
):
    found = window_of(Rule(), basis, SEPTEMBER, d(notified_on), d(came_on))

    assert found == Window(False, d(notified_on), None, None, None, d(binds_from), d(due_on))


@pytest.mark.parametrize(
    "notified_on, applies", [("2021-07-30", True), ("2021-08-01", True), ("2021-08-02", False)]
)
def test_a_joiner_notified_a_full_month_ahead_has_the_ordinary_window(notified_on, applies):
    found = window_of(Rule(), Basis.JOINING, SEPTEMBER, d(notified_on), d(notified_on))

    assert found.applies is applies
    assert found.in_time is (True if applies else None)
    assert found.due_on == date(2021, 8, 31)


@pytest.mark.parametrize(
    "basis, due_on", [(Basis.JOINING, date(2021, 10, 11)), (Basis.IN_FORCE, date(2021, 10, 7))]
)
def test_the_days_without_a_notice_period_are_part_of_the_rule(basis, due_on):
    rule = Rule(joiner_days=7, in_force_days=3)

    assert window_of(rule, basis, SEPTEMBER, date(2021, 10, 4), date(2021, 10, 4)).due_on == due_on


def test_the_rule_says_itself_in_words():
    assert str(Rule()).startswith(
        "Notice of one calendar month by the corresponding-date rule (Dodds v Walker, 1981): the day"
    )
    assert str(Rule(period_months=2, deemed_days=2)).startswith(
        "Notice of 2 calendar months by the corresponding-date rule (Dodds v Walker, 1981), counted"
    )
