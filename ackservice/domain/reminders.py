"""When reminders are due: to people who have not acknowledged, to owners, and to the Business Manager.

The callers say who is still outstanding; nothing here looks at statuses. A rule is asked with the last day
on which it was looked at: what was planned up to then is past, so that a reminder day added to the settings
later never fires for it, and what was missed since (the service was down) collapses into one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from ackservice.domain.calendar import SchoolCalendar
from ackservice.domain.notice import Window
from handbook.policy.notice_period import add_months, last_day_of_notice
from handbook.policy.school import ReminderSettings

Subject = TypeVar("Subject")
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)


class Kind(StrEnum):
    """Where a reminder lies against the day it counts from."""

    BEFORE = "before"
    ON_THE_DAY = "on the day"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class Reminder:
    """One planned reminder: the day the settings name, and the day it is sent on."""

    nominal_on: date
    on: date
    kind: Kind


@dataclass(frozen=True)
class Occasion:
    """A reminder to send, on `send_on`: today, or the next open day where a missed one is caught up on a
    closed day.

    `key` is the same for everything that falls on one day for one person, so that a queue can refuse a
    second.
    """

    send_on: date
    planned: Reminder

    @property
    def key(self) -> str:
        return self.send_on.isoformat()


def counts_from(window: Window) -> date | None:
    """The day reminders count back from: the day the change binds; `due_on` without a notice period, and for
    who comes back later than that.

    None where nothing has to be acknowledged, or the person has not been notified yet.
    """
    if window.due_on is None or window.binds_from is None or not window.applies:
        return window.due_on
    return max(window.binds_from, window.due_on)


def planned_reminders(
    window: Window, settings: ReminderSettings, calendar: SchoolCalendar
) -> tuple[Reminder, ...]:
    """Every reminder of someone with that window, in order, at most one a day.

    One rule for closed days: a reminder waits for the next open day, unless the last day to acknowledge would
    pass meanwhile; then it keeps its own day. Weekly ones, which come after that day, always wait.
    """
    start = counts_from(window)
    if start is None or window.due_on is None:
        return ()
    return _plan(start, window.due_on, tuple(settings.days_before), settings.weekly_at_most, calendar)


def reminder_due(
    window: Window,
    *,
    today: date,
    settings: ReminderSettings,
    calendar: SchoolCalendar,
    looked_at_on: date | None = None,
    last_reminded_on: date | None = None,
) -> Occasion | None:
    """The reminder to queue today for someone still outstanding, or None.

    `looked_at_on` is the last day this was asked for everybody, `last_reminded_on` the last day for which a
    reminder was sent or queued to this person. Only what was planned after both, and after the day they were
    notified, is due.
    """
    if window.notified_on is None:
        return None
    since = max(day for day in (window.notified_on, looked_at_on, last_reminded_on) if day is not None)
    missed = [
        reminder for reminder in planned_reminders(window, settings, calendar) if since < reminder.on <= today
    ]
    if not missed:
        return None
    latest = missed[-1]
    return Occasion(today if latest.on == today else day_to_catch_up(window, today, calendar), latest)


def day_to_catch_up(window: Window, today: date, calendar: SchoolCalendar) -> date:
    """When a reminder that was missed goes out: on the next open day, or today where no open day is left to
    acknowledge in time."""
    limit = window.due_on if window.due_on and today <= window.due_on else None
    return calendar.next_open(today, limit) or today


def days_overdue(window: Window, today: date) -> int:
    """How many days past `due_on` it is; 0 until then, and where nothing is due."""
    return 0 if window.due_on is None else max(0, (today - window.due_on).days)


def is_on_owner_list(window: Window, today: date, settings: ReminderSettings) -> bool:
    """Whether somebody overdue belongs on the list of the policy's owner: from `owner_after_days` on, for as
    long as reminders run."""
    return settings.owner_after_days <= days_overdue(window, today) <= settings.weekly_at_most * _WEEK.days


def owner_list_due(today: date, calendar: SchoolCalendar, last_sent_on: date | None = None) -> bool:
    """Whether an owner may get a list: on open days, once a week."""
    return calendar.is_open(today) and (last_sent_on is None or today >= last_sent_on + _WEEK)


def summary_due(today: date, weekday: int, last_sent_on: date | None = None) -> bool:
    """Whether the weekly summary is due: on its weekday (0 is Monday), or later in the week when it was
    missed."""
    latest = today - timedelta(days=(today.weekday() - weekday) % 7)
    return latest == today if last_sent_on is None else last_sent_on < latest


@dataclass(frozen=True)
class ReviewReminder:
    """One reminder to a policy's owner that its review comes up."""

    on: date
    lead: str  # how long before the review, in words
    review_by: date

    @property
    def key(self) -> str:
        return f"{self.review_by.isoformat()} {self.lead}"


def review_reminders(review_by: date) -> tuple[ReviewReminder, ...]:
    """Two months, one month and one week before a review, and on its day. Months by the corresponding
    date."""
    days = (
        (add_months(review_by, -2), "two months"),
        (add_months(review_by, -1), "one month"),
        (review_by - _WEEK, "one week"),
        (review_by, "on the day"),
    )
    return tuple(ReviewReminder(on, lead, review_by) for on, lead in days)


def review_reminder_due(
    review_by: date, *, today: date, looked_at_on: date | None = None
) -> ReviewReminder | None:
    """The review reminder to send today: the latest one planned since the rule was last looked at; never one
    for the past."""
    since = today - _DAY if looked_at_on is None else looked_at_on
    missed = [reminder for reminder in review_reminders(review_by) if since < reminder.on <= today]
    return missed[-1] if missed else None


def upcoming_last_days(
    planned: Iterable[tuple[Subject, date]],
    *,
    today: date,
    within_days: int,
    months: int = 1,
    deemed_days: int = 0,
) -> tuple[tuple[Subject, date, date], ...]:
    """For versions without a notice, each with its effective date: those whose last day to give it is near,
    nearest first.

    Gives (subject, effective_on, last day of notice), today and the last of `within_days` included.
    """
    found = [(subject, day, last_day_of_notice(day, months, deemed_days)) for subject, day in planned]
    near = [entry for entry in found if today <= entry[2] <= today + timedelta(days=within_days)]
    return tuple(sorted(near, key=lambda entry: entry[2]))


@lru_cache(maxsize=4096)  # thousands of people share a handful of windows
def _plan(
    start: date, due_on: date, days_before: tuple[int, ...], weekly_at_most: int, calendar: SchoolCalendar
) -> tuple[Reminder, ...]:
    by_day: dict[date, Reminder] = {}
    for nominal_on, kind in _nominal(start, days_before, weekly_at_most):
        limit = None if kind is Kind.OVERDUE else due_on
        on = calendar.next_open(nominal_on, limit) or nominal_on
        by_day[on] = Reminder(nominal_on, on, kind)  # of several on one day, the latest says what it is about
    return tuple(by_day[day] for day in sorted(by_day))


def _nominal(start: date, days_before: tuple[int, ...], weekly_at_most: int) -> list[tuple[date, Kind]]:
    before = [(start - timedelta(days=days), Kind.BEFORE) for days in sorted(days_before, reverse=True)]
    weekly = [(start + number * _WEEK, Kind.OVERDUE) for number in range(1, weekly_at_most + 1)]
    return [*before, (start, Kind.ON_THE_DAY), *weekly]
