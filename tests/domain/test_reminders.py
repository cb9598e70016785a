"""Reminders come on the right days, once, and never for the past."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackservice.domain.calendar import SchoolCalendar
from ackservice.domain.notice import Basis, Rule, Window, window_of
from ackservice.domain.reminders import (
    Kind,
    days_overdue,
    is_on_owner_list,
    owner_list_due,
    planned_reminders,
    reminder_due,
    review_reminder_due,
    review_reminders,
    summary_due,
    upcoming_last_days,
)
from handbook.policy.school import ClosedSettings, Closure, ReminderSettings

SETTINGS = ReminderSettings(days_before=(14, 7, 3, 1), weekly_at_most=2)
ALWAYS_OPEN = SchoolCalendar(ClosedSettings(weekends=False, bank_holidays=""))
ENGLAND = SchoolCalendar(ClosedSettings())
SUMMER_HOLIDAYS = SchoolCalendar(ClosedSettings(days=(Closure(date(2021, 7, 22), date(2021, 8, 31)),)))
# Told on 26 July of a change that binds from 1 September: the last day to acknowledge in time is 31 August.
WINDOW = Window(True, date(2021, 7, 26), date(2021, 8, 26), True, 0, date(2021, 9, 1), date(2021, 8, 31))


def days(window: Window, calendar: SchoolCalendar, settings: ReminderSettings = SETTINGS) -> list[str]:
    return [f"{reminder.on:%d %b}" for reminder in planned_reminders(window, settings, calendar)]


def sent(
    first: date, last: date, *, calendar=ENGLAND, settings=SETTINGS, window=WINDOW, down=()
) -> list[str]:
    """The days on which a service that runs twice a day, but for the days it is down, sends a reminder."""
    looked_at_on = last_reminded_on = None
    found, today = [], first
    while today <= last:
        for _ in range(0 if today in down else 2):
            occasion = reminder_due(
                window,
                today=today,
                settings=settings,
                calendar=calendar,
                looked_at_on=looked_at_on,
                last_reminded_on=last_reminded_on,
            )
            if occasion:
                last_reminded_on = occasion.send_on
                found.append(f"{occasion.send_on:%d %b}")
            looked_at_on = today
        today += timedelta(days=1)
    return found


def test_reminders_lie_before_on_and_weekly_after_the_day_the_change_binds():
    assert days(WINDOW, ALWAYS_OPEN) == ["18 Aug", "25 Aug", "29 Aug", "31 Aug", "01 Sep", "08 Sep", "15 Sep"]


def test_each_reminder_says_where_it_lies():
    kinds = [reminder.kind for reminder in planned_reminders(WINDOW, SETTINGS, ALWAYS_OPEN)]

    assert kinds == [Kind.BEFORE] * 4 + [Kind.ON_THE_DAY] + [Kind.OVERDUE] * 2


def test_a_closed_day_moves_to_the_next_open_one_and_two_on_a_day_become_one():
    # 29 August is a Sunday and 30 August a bank holiday.
    assert days(WINDOW, ENGLAND) == ["18 Aug", "25 Aug", "31 Aug", "01 Sep", "08 Sep", "15 Sep"]


def test_with_no_open_day_left_before_the_change_binds_reminders_keep_their_own_days():
    assert days(WINDOW, SUMMER_HOLIDAYS) == [
        "18 Aug",
        "25 Aug",
        "29 Aug",
        "31 Aug",
        "01 Sep",
        "08 Sep",
        "15 Sep",
    ]


def test_an_effective_date_in_the_holidays_is_reminded_of_on_the_day():
    window = Window(
        True, date(2021, 11, 15), date(2021, 12, 15), True, 0, date(2022, 1, 1), date(2021, 12, 31)
    )

    # 1 January 2022 is a Saturday; the Monday after it is the bank holiday in its place.
    assert days(window, ENGLAND, ReminderSettings((), 1)) == ["01 Jan", "10 Jan"]


def test_weekly_reminders_never_fall_on_a_closed_day():
    closed = SchoolCalendar(ClosedSettings(days=(Closure(date(2021, 9, 6), date(2021, 9, 16)),)))

    assert days(WINDOW, closed, ReminderSettings((), 3)) == ["01 Sep", "17 Sep", "22 Sep"]


def test_a_short_notice_counts_from_the_day_it_binds_that_person():
    late = Window(True, date(2021, 8, 16), date(2021, 9, 16), False, 15, date(2021, 9, 16), date(2021, 9, 15))

    assert days(late, ALWAYS_OPEN) == ["02 Sep", "09 Sep", "13 Sep", "15 Sep", "16 Sep", "23 Sep", "30 Sep"]


def test_joiners_and_new_rounds_count_from_the_day_their_acknowledgement_is_due():
    joiner = Window(False, date(2021, 8, 23), binds_from=date(2021, 9, 1), due_on=date(2021, 9, 6))

    assert days(joiner, ALWAYS_OPEN) == ["23 Aug", "30 Aug", "03 Sep", "05 Sep", "06 Sep", "13 Sep", "20 Sep"]
    assert days(joiner, ENGLAND) == ["23 Aug", "31 Aug", "03 Sep", "06 Sep", "13 Sep", "20 Sep"]
    assert sent(date(2021, 8, 23), date(2021, 10, 1), window=joiner)[0] == "31 Aug"


def test_what_needs_no_acknowledgement_has_no_reminders():
    told = date(2021, 7, 26)
    window = window_of(Rule(), Basis.CHANGE, date(2021, 9, 1), told, must_be_acknowledged=False)

    assert planned_reminders(window, SETTINGS, ENGLAND) == ()
    assert reminder_due(window, today=date(2021, 9, 1), settings=SETTINGS, calendar=ENGLAND) is None


def test_who_comes_back_after_the_change_binds_is_reminded_from_their_own_last_day():
    back = replace(WINDOW, due_on=date(2021, 11, 15))

    assert days(back, ALWAYS_OPEN) == ["01 Nov", "08 Nov", "12 Nov", "14 Nov", "15 Nov", "22 Nov", "29 Nov"]


def test_people_not_told_yet_have_no_reminders():
    assert reminder_due(Window(True), today=date(2021, 9, 1), settings=SETTINGS, calendar=ENGLAND) is None


def test_a_service_that_runs_every_day_sends_every_reminder_once():
    found = sent(date(2021, 7, 26), date(2021, 12, 31))

    assert found == ["18 Aug", "25 Aug", "31 Aug", "01 Sep", "08 Sep", "15 Sep"]


def test_what_a_stopped_service_missed_collapses_into_one():
    down = [date(2021, 8, 17) + timedelta(days=number) for number in range(9)]

    assert sent(date(2021, 7, 26), date(2021, 8, 31), down=down) == ["26 Aug", "31 Aug"]


def test_a_missed_reminder_waits_for_an_open_day_and_is_one_with_what_is_planned_there():
    settings = ReminderSettings((12, 9), 0)  # Friday 20 and Monday 23 August
    found = sent(date(2021, 7, 26), date(2021, 8, 25), settings=settings, down=[date(2021, 8, 20)])

    assert found == ["23 Aug"]


def test_a_missed_reminder_is_caught_up_on_a_closed_day_when_no_open_one_is_left():
    down = [date(2021, 8, 18), date(2021, 8, 19)]

    assert sent(date(2021, 7, 26), date(2021, 8, 24), calendar=SUMMER_HOLIDAYS, down=down) == ["20 Aug"]


def test_a_reminder_day_added_later_never_fires_for_the_past():
    settings = ReminderSettings((20, 14), 0)  # 12 August, added on 16 August
    occasion = reminder_due(
        WINDOW, today=date(2021, 8, 16), settings=settings, calendar=ENGLAND, looked_at_on=date(2021, 8, 15)
    )

    assert occasion is None


def test_reminder_days_before_the_notice_are_left_out():
    late = Window(True, date(2021, 8, 26), date(2021, 9, 26), False, 25, date(2021, 9, 26), date(2021, 9, 25))
    settings = ReminderSettings((60, 31, 14), 0)

    assert sent(date(2021, 8, 26), date(2021, 9, 25), window=late, settings=settings) == ["13 Sep"]


def test_nobody_is_reminded_twice_on_one_day():
    occasion = reminder_due(
        WINDOW,
        today=date(2021, 8, 18),
        settings=SETTINGS,
        calendar=ENGLAND,
        looked_at_on=date(2021, 8, 17),
        last_reminded_on=date(2021, 8, 18),  # by hand, from the desk
    )

    assert occasion is None


def test_a_clock_that_was_put_back_sends_nothing_again():
    occasion = reminder_due(
        WINDOW, today=date(2021, 8, 18), settings=SETTINGS, calendar=ENGLAND, looked_at_on=date(2021, 8, 19)
    )

    assert occasion is None


def test_the_key_of_an_occasion_is_the_day_it_is_sent_on():
    occasion = reminder_due(
        WINDOW, today=date(2021, 8, 21), settings=SETTINGS, calendar=ENGLAND, looked_at_on=date(2021, 8, 17)
    )

    assert occasion is not None
    assert (occasion.key, occasion.planned.on) == ("2021-08-23", date(2021, 8, 18))


_some_days = st.sets(st.dates(date(2021, 7, 1), date(2021, 12, 31)), max_size=40)
_settings = st.builds(
    ReminderSettings,
    st.lists(st.integers(0, 40), max_size=6).map(tuple),
    st.integers(0, 5),
    st.just(7),
    st.just(0),
)


def _told(told: date) -> Window:
    binds_from = max(date(2021, 9, 1), told + timedelta(days=31))
    return Window(True, told, None, True, 0, binds_from, binds_from - timedelta(days=1))


_windows = st.dates(date(2021, 7, 1), date(2021, 8, 20)).map(_told)


def _calendar(closed: set[date]) -> SchoolCalendar:
    return SchoolCalendar(ClosedSettings(days=tuple(Closure(day, day) for day in sorted(closed))))


@given(_windows, _settings, _some_days)
def test_a_planned_day_is_closed_only_when_no_open_day_is_left_before_the_change_binds(
    window, settings, closed
):
    calendar = _calendar(closed)
    for reminder in planned_reminders(window, settings, calendar):
        if calendar.is_open(reminder.on):
            continue
        later = [
            reminder.on + timedelta(days=number) for number in range((window.binds_from - reminder.on).days)
        ]
        assert reminder.on <= window.binds_from
        assert not any(calendar.is_open(day) for day in later)


@given(_windows, _settings, _some_days)
def test_no_reminder_meant_for_before_the_change_binds_comes_after_it(window, settings, closed):
    for reminder in planned_reminders(window, settings, _calendar(closed)):
        if reminder.nominal_on <= window.binds_from:
            assert reminder.nominal_on <= reminder.on <= window.binds_from


@given(_windows, _settings, _some_days, _some_days)
def test_however_the_service_runs_there_is_at_most_one_reminder_a_day(window, settings, closed, down):
    calendar = _calendar(closed)
    found = sent(
        date(2021, 7, 1), date(2021, 12, 31), calendar=calendar, settings=settings, window=window, down=down
    )

    assert len(found) == len(set(found))
    assert len(found) <= len(set(settings.days_before)) + 1 + settings.weekly_at_most


@given(_windows, _settings, _some_days)
def test_a_service_that_never_stops_sends_exactly_what_is_planned_after_the_notice(window, settings, closed):
    calendar = _calendar(closed)
    planned = [
        f"{one.on:%d %b}"
        for one in planned_reminders(window, settings, calendar)
        if one.on > window.notified_on
    ]

    assert (
        sent(date(2021, 7, 1), date(2021, 12, 31), calendar=calendar, settings=settings, window=window)
        == planned
    )


@given(_windows, _settings, _some_days, st.dates(date(2021, 7, 1), date(2021, 12, 1)), st.integers(1, 60))
def test_whatever_was_missed_is_one_reminder_when_the_service_is_back(
    window, settings, closed, stopped, away
):
    calendar, back = _calendar(closed), stopped + timedelta(days=away)
    since = max(stopped, window.notified_on)
    missed = [one for one in planned_reminders(window, settings, calendar) if since < one.on <= back]
    occasion = reminder_due(window, today=back, settings=settings, calendar=calendar, looked_at_on=stopped)

    assert (occasion is None) == (not missed)
    if occasion:
        assert occasion.send_on >= back
        assert calendar.is_open(occasion.send_on) or occasion.send_on == back <= window.binds_from


@pytest.mark.parametrize(
    "today, days",
    [(date(2021, 8, 31), 0), (date(2021, 9, 1), 1), (date(2021, 9, 7), 7), (date(2021, 7, 1), 0)],
)
def test_days_overdue_count_from_the_last_day_to_acknowledge(today, days):
    assert days_overdue(WINDOW, today) == days


@pytest.mark.parametrize(
    "today, listed",
    [
        (date(2021, 9, 6), False),  # 6 days overdue
        (date(2021, 9, 7), True),
        (date(2021, 9, 14), True),  # two weeks, for which reminders run
        (date(2021, 9, 15), False),
    ],
)
def test_an_owner_is_told_of_who_is_long_overdue_for_as_long_as_reminders_run(today, listed):
    assert is_on_owner_list(WINDOW, today, SETTINGS) is listed


@pytest.mark.parametrize(
    "today, last_sent_on, due",
    [
        (date(2021, 9, 7), None, True),
        (date(2021, 9, 11), None, False),  # a Saturday
        (date(2021, 9, 13), date(2021, 9, 7), False),
        (date(2021, 9, 14), date(2021, 9, 7), True),
    ],
)
def test_an_owner_gets_one_list_a_week_on_open_days(today, last_sent_on, due):
    assert owner_list_due(today, ENGLAND, last_sent_on) is due


@pytest.mark.parametrize(
    "today, last_sent_on, due",
    [
        (date(2021, 8, 2), None, True),  # a Monday
        (date(2021, 8, 3), None, False),
        (date(2021, 8, 2), date(2021, 7, 26), True),
        (date(2021, 8, 2), date(2021, 8, 2), False),
        (date(2021, 8, 4), date(2021, 7, 26), True),  # Monday's was missed
        (date(2021, 8, 4), date(2021, 8, 2), False),
        (date(2021, 8, 8), date(2021, 8, 2), False),
        (date(2021, 8, 9), date(2021, 8, 4), True),
    ],
)
def test_the_summary_goes_out_on_mondays_or_later_in_the_week_when_missed(today, last_sent_on, due):
    assert summary_due(today, 0, last_sent_on) is due


def test_the_summarys_weekday_is_a_setting():
    assert summary_due(date(2021, 8, 6), 4)
    assert not summary_due(date(2021, 8, 2), 4)


@pytest.mark.parametrize(
    "review_by, days",
    [
        (date(2022, 9, 1), ["2022-07-01", "2022-08-01", "2022-08-25", "2022-09-01"]),
        (date(2022, 4, 30), ["2022-02-28", "2022-03-30", "2022-04-23", "2022-04-30"]),
        (date(2024, 3, 31), ["2024-01-31", "2024-02-29", "2024-03-24", "2024-03-31"]),
        (date(2022, 1, 31), ["2021-11-30", "2021-12-31", "2022-01-24", "2022-01-31"]),
    ],
)
def test_reviews_are_announced_two_months_one_month_and_one_week_before_and_on_the_day(review_by, days):
    assert [reminder.on.isoformat() for reminder in review_reminders(review_by)] == days


@pytest.mark.parametrize(
    "today, looked_at_on, key",
    [
        (date(2022, 7, 1), date(2022, 6, 30), "2022-09-01 two months"),
        (date(2022, 7, 1), date(2022, 7, 1), None),
        (date(2022, 7, 1), None, "2022-09-01 two months"),
        (date(2022, 7, 2), None, None),
        (date(2022, 8, 26), date(2022, 7, 10), "2022-09-01 one week"),
        (date(2022, 9, 1), date(2022, 8, 31), "2022-09-01 on the day"),
        (date(2022, 9, 2), date(2022, 9, 1), None),
    ],
)
def test_a_review_is_announced_once_for_each_day_and_missed_ones_collapse(today, looked_at_on, key):
    reminder = review_reminder_due(date(2022, 9, 1), today=today, looked_at_on=looked_at_on)

    assert (reminder.key if reminder else None) == key


def test_last_days_of_notice_that_are_near_are_told_nearest_first():
    planned = [
        ("A", date(2022, 1, 1)),
        ("B", date(2021, 12, 20)),
        ("C", date(2022, 3, 1)),
        ("D", date(2021, 12, 1)),
    ]

    assert upcoming_last_days(planned, today=date(2021, 11, 17), within_days=14) == (
        ("B", date(2021, 12, 20), date(2021, 11, 20)),
        ("A", date(2022, 1, 1), date(2021, 12, 1)),
    )
    assert upcoming_last_days(planned, today=date(2021, 12, 2), within_days=14) == ()
