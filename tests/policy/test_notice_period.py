"""The one-month rule, on both sides of every boundary."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from handbook.policy.notice_period import (
    add_months,
    binds_from,
    is_in_time,
    last_day_of_notice,
    short_by_days,
)

SEPTEMBER = date(2021, 9, 1)


@pytest.mark.parametrize(
    ("given", "months", "ends"),
    [
        (date(2021, 7, 31), 1, date(2021, 8, 31)),
        (date(2021, 8, 1), 1, date(2021, 9, 1)),
        (date(2021, 8, 2), 1, date(2021, 9, 2)),
        (date(2021, 1, 28), 1, date(2021, 2, 28)),
        (date(2021, 1, 29), 1, date(2021, 2, 28)),
        (date(2021, 1, 31), 1, date(2021, 2, 28)),
        (date(2024, 1, 29), 1, date(2024, 2, 29)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2021, 9, 30), 1, date(2021, 10, 30)),
        (date(2021, 2, 28), 1, date(2021, 3, 28)),
        (date(2024, 2, 29), 1, date(2024, 3, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2021, 12, 31), 1, date(2022, 1, 31)),
        (date(2100, 1, 31), 1, date(2100, 2, 28)),
        (date(2021, 1, 31), 2, date(2021, 3, 31)),  # at once: one by one it would be 28 March
        (date(2021, 5, 31), 0, date(2021, 5, 31)),
        (date(2021, 3, 31), -1, date(2021, 2, 28)),
    ],
)
def test_a_period_ends_on_the_corresponding_date_or_the_last_of_the_month(given, months, ends):
    assert add_months(given, months) == ends


@pytest.mark.parametrize(
    ("notified_on", "in_time", "short", "binds"),
    [
        (date(2021, 7, 31), True, 0, date(2021, 9, 1)),
        (date(2021, 8, 1), True, 0, date(2021, 9, 1)),
        (date(2021, 8, 2), False, 1, date(2021, 9, 2)),
        (date(2021, 9, 1), False, 30, date(2021, 10, 1)),
        (date(2021, 10, 31), False, 90, date(2021, 11, 30)),
    ],
)
def test_a_short_notice_binds_when_its_own_month_has_run(notified_on, in_time, short, binds):
    assert is_in_time(notified_on, SEPTEMBER) is in_time
    assert short_by_days(notified_on, SEPTEMBER) == short
    assert binds_from(notified_on, SEPTEMBER) == binds


@pytest.mark.parametrize(
    ("effective_on", "months", "last"),
    [
        (date(2021, 9, 1), 1, date(2021, 8, 1)),
        (date(2021, 2, 28), 1, date(2021, 1, 31)),  # not 28 January, as subtracting would say
        (date(2024, 2, 28), 1, date(2024, 1, 28)),
        (date(2024, 2, 29), 1, date(2024, 1, 31)),
        (date(2021, 3, 31), 1, date(2021, 2, 28)),
        (date(2021, 3, 30), 1, date(2021, 2, 28)),
        (date(2021, 3, 1), 1, date(2021, 2, 1)),
        (date(2021, 4, 30), 1, date(2021, 3, 31)),
        (date(2022, 1, 1), 1, date(2021, 12, 1)),
        (date(2021, 4, 30), 2, date(2021, 2, 28)),
        (date(2021, 2, 28), 12, date(2020, 2, 29)),
    ],
)
def test_the_last_day_of_notice_is_found_forwards(effective_on, months, last):
    assert last_day_of_notice(effective_on, months) == last


@pytest.mark.parametrize("months", [1, 2, 3, 12])
@pytest.mark.parametrize("deemed_days", [0, 2])
def test_the_last_day_is_in_time_and_the_next_is_not_for_every_day_of_ten_years(months, deemed_days):
    first, days = date(2019, 1, 1), 3653
    for effective_on in (first + timedelta(days=n) for n in range(days)):
        last = last_day_of_notice(effective_on, months, deemed_days)
        assert is_in_time(last, effective_on, months, deemed_days), effective_on
        assert not is_in_time(last + timedelta(days=1), effective_on, months, deemed_days), effective_on
        assert binds_from(last, effective_on, months, deemed_days) == effective_on
        assert short_by_days(last, effective_on, months, deemed_days) == 0
        assert short_by_days(last + timedelta(days=1), effective_on, months, deemed_days) >= 1


@pytest.mark.parametrize("effective_on", [date(2021, 2, 28), date(2021, 9, 1), date(2024, 2, 29)])
def test_every_earlier_day_is_in_time_and_every_later_day_is_not(effective_on):
    last = last_day_of_notice(effective_on)
    assert all(is_in_time(last - timedelta(days=n), effective_on) for n in range(100))
    assert not any(is_in_time(last + timedelta(days=n), effective_on) for n in range(1, 100))


def test_deemed_days_are_added_before_the_period_runs():
    assert last_day_of_notice(SEPTEMBER, 1, 2) == date(2021, 7, 30)
    assert is_in_time(date(2021, 7, 30), SEPTEMBER, deemed_days=2)
    assert not is_in_time(date(2021, 7, 31), SEPTEMBER, deemed_days=2)
    assert binds_from(date(2021, 7, 31), SEPTEMBER, deemed_days=2) == date(2021, 9, 2)
    assert binds_from(date(2021, 1, 30), date(2021, 2, 1), deemed_days=1) == date(2021, 2, 28)


def test_at_the_ends_of_the_calendar_nothing_is_in_time_that_cannot_be():
    assert is_in_time(date(9999, 11, 30), date.max)
    assert last_day_of_notice(date.max) == date(9999, 11, 30)
    assert not is_in_time(date(9999, 12, 1), date.max)
    assert not is_in_time(date.max, date.max, deemed_days=3)
    with pytest.raises(OverflowError, match="outside the calendar"):
        binds_from(date.max, date.max)
    with pytest.raises(OverflowError, match="outside the calendar"):
        last_day_of_notice(date(1, 1, 31))


def test_a_period_cannot_run_backwards():
    with pytest.raises(ValueError, match="0 or more, found -1 and 0"):
        is_in_time(SEPTEMBER, SEPTEMBER, -1)
