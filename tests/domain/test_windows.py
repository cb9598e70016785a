"""Each person's window: told on which day, in time or short by how many days, bound from when, due by
when."""

from __future__ import annotations

from datetime import date

import pytest

from ackservice.domain.notice import Basis, Rule, Window, window_of
from handbook.policy.version import Change


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
    september, notified_on, effective_on, ends_on, in_time, short, binds_from, due_on
):
    found = window_of(september.notice(effective_on=d(effective_on)), Basis.CHANGE, d(notified_on))

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
    september, deemed_days, notified_on, ends_on, in_time, short, binds_from
):
    notice = september.notice(rule=Rule(deemed_days=deemed_days))
    found = window_of(notice, Basis.CHANGE, d(notified_on))

    assert (found.notice_ends_on, found.in_time, found.short_by_days) == (d(ends_on), in_time, short)
    assert found.binds_from == d(binds_from)


def test_several_months_are_added_at_once(september):
    notice = september.notice(effective_on=date(2021, 3, 31), rule=Rule(period_months=2))

    assert window_of(notice, Basis.CHANGE, date(2021, 1, 31)).notice_ends_on == date(2021, 3, 31)


def test_nobody_has_a_window_before_being_told(september):
    assert window_of(september.notice(), Basis.CHANGE, None) == Window(applies=True)


@pytest.mark.parametrize("change", [Change.CLARIFICATION, Change.WITHDRAWN])
def test_what_needs_no_acknowledgement_has_a_notice_period_and_nothing_due(september, change):
    found = window_of(september.notice(change=change), Basis.CHANGE, date(2021, 7, 26))

    assert (found.in_time, found.binds_from, found.due_on) == (True, date(2021, 9, 1), None)


@pytest.mark.parametrize(
    "joined_on, notified_on, binds_from, due_on",
    [
        ("2021-08-23", "2021-08-23", "2021-09-01", "2021-09-06"),
        ("2021-08-02", "2021-08-02", "2021-09-01", "2021-08-16"),
        ("2021-10-04", "2021-10-05", "2021-10-04", "2021-10-18"),
        ("2021-10-04", None, "2021-10-04", "2021-10-18"),
        ("2024-02-15", "2024-02-15", "2024-02-15", "2024-02-29"),
    ],
)
def test_a_joiner_has_no_notice_period_and_fourteen_days(
    september, joined_on, notified_on, binds_from, due_on
):
    found = window_of(september.notice(), Basis.JOINING, d(notified_on), d(joined_on))

    assert found == Window(False, d(notified_on), None, None, None, d(binds_from), d(due_on))


@pytest.mark.parametrize(
    "notified_on, applies", [("2021-07-30", True), ("2021-08-01", True), ("2021-08-02", False)]
)
def test_a_joiner_with_a_full_month_left_has_the_ordinary_window(september, notified_on, applies):
    found = window_of(september.notice(), Basis.JOINING, d(notified_on), d(notified_on))

    assert found.applies is applies
    assert found.in_time is (True if applies else None)
    assert found.due_on == (date(2021, 8, 31) if applies else date(2021, 8, 16))


def test_the_days_a_joiner_has_are_part_of_the_rule(september):
    notice = september.notice(rule=Rule(joiner_days=7))

    assert window_of(notice, Basis.JOINING, date(2021, 10, 4), date(2021, 10, 4)).due_on == date(2021, 10, 11)


def test_a_joiner_of_unknown_day_counts_from_the_notice(september):
    found = window_of(september.notice(issued_on=date(2021, 10, 4)), Basis.JOINING, date(2021, 10, 5))

    assert found.due_on == date(2021, 10, 18)


def test_a_new_round_counts_from_the_day_it_is_issued(september):
    notice = september.notice(issued_on=date(2026, 9, 2), basis=Basis.NEW_ROUND, round="School year 2026/27")
    found = window_of(notice, Basis.NEW_ROUND, date(2026, 9, 3), date(2018, 9, 1))

    assert found == Window(False, date(2026, 9, 3), None, None, None, date(2026, 9, 2), date(2026, 9, 16))


def test_the_rule_says_itself_in_words():
    assert str(Rule()).startswith(
        "Notice of one calendar month by the corresponding-date rule (Dodds v Walker, 1981): the day"
    )
    assert str(Rule(period_months=2, deemed_days=2)).startswith(
        "Notice of 2 calendar months by the corresponding-date rule (Dodds v Walker, 1981), counted from 2 days after"
    )
