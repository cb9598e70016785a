"""The school is open on working days that are neither bank holidays nor closed days of its own."""

from __future__ import annotations

from datetime import date

import pytest

from ackservice.domain.calendar import SchoolCalendar
from handbook.policy.school import ClosedSettings, Closure

SUMMER = Closure(date(2021, 7, 22), date(2021, 8, 31), "Summer holidays")


@pytest.mark.parametrize(
    "day, is_open",
    [
        (date(2021, 8, 27), True),  # Friday
        (date(2021, 8, 28), False),  # Saturday
        (date(2021, 8, 29), False),  # Sunday
        (date(2021, 8, 30), False),  # Late summer bank holiday
        (date(2021, 8, 31), True),
        (date(2020, 5, 4), True),  # Early May bank holiday was moved to the Friday for VE Day
        (date(2020, 5, 8), False),
        (date(2022, 6, 2), False),  # Spring bank holiday, moved for the Platinum Jubilee
        (date(2022, 6, 3), False),  # Platinum Jubilee
        (date(2022, 9, 19), False),  # State funeral of Elizabeth II
        (date(2023, 5, 8), False),  # Coronation of Charles III
        (date(2021, 12, 27), False),  # Christmas Day fell on a Saturday
        (date(2021, 12, 28), False),
        (date(2021, 12, 29), True),
        (date(2022, 1, 3), False),  # New Year's Day fell on a Saturday
        (date(2024, 2, 29), True),
        (date(2024, 3, 29), False),  # Good Friday
        (date(2024, 4, 1), False),  # Easter Monday
    ],
)
def test_weekends_and_bank_holidays_of_england_are_closed(day, is_open):
    assert SchoolCalendar(ClosedSettings()).is_open(day) is is_open


@pytest.mark.parametrize(
    "country, day, is_open",
    [
        ("England", date(2024, 4, 1), False),
        ("Scotland", date(2024, 4, 1), True),  # no Easter Monday
        ("Scotland", date(2024, 1, 2), False),
        ("Northern Ireland", date(2024, 7, 12), False),
        ("Wales", date(2024, 7, 12), True),
        ("", date(2024, 12, 25), True),
    ],
)
def test_bank_holidays_are_those_of_the_country(country, day, is_open):
    assert SchoolCalendar(ClosedSettings(bank_holidays=country)).is_open(day) is is_open


def test_an_unknown_country_is_refused():
    with pytest.raises(
        ValueError,
        match="expected bank_holidays of England, Wales, Scotland, Northern Ireland or none, found France",
    ):
        SchoolCalendar(ClosedSettings(bank_holidays="France"))


def test_closures_include_their_first_and_last_day():
    calendar = SchoolCalendar(ClosedSettings(days=(SUMMER,)))

    assert calendar.is_open(date(2021, 7, 21))
    assert not calendar.is_open(date(2021, 7, 22))
    assert not calendar.is_open(date(2021, 8, 31))
    assert calendar.is_open(date(2021, 9, 1))


def test_a_school_may_be_open_at_weekends():
    assert SchoolCalendar(ClosedSettings(weekends=False)).is_open(date(2021, 8, 28))


@pytest.mark.parametrize(
    "day, limit, found",
    [
        (date(2021, 8, 27), None, date(2021, 8, 27)),
        (date(2021, 8, 28), None, date(2021, 8, 31)),
        (date(2021, 8, 28), date(2021, 8, 31), date(2021, 8, 31)),
        (date(2021, 8, 28), date(2021, 8, 30), None),
        (date(2021, 8, 27), date(2021, 8, 26), None),
    ],
)
def test_the_next_open_day_is_the_day_itself_or_a_later_one_up_to_the_limit(day, limit, found):
    assert SchoolCalendar(ClosedSettings()).next_open(day, limit) == found


def test_a_school_that_never_opens_has_no_next_open_day():
    always = Closure(date(2000, 1, 1), date(2099, 12, 31))

    assert SchoolCalendar(ClosedSettings(days=(always,))).next_open(date(2021, 9, 1)) is None
