"""The one-month rule: when a period of notice ends, and whether it was long enough.

The rule is the policy's own: its introduction promises staff word of any change a month before the change
starts to apply. "Month" is a calendar month by the corresponding-date rule (Dodds v Walker [1981] 1 WLR
1027, House of Lords): the day of the notice is not counted, and the period ends on the same day number of
the month it ends in, or on that month's last day where it has no such day.

Always computed forwards: a notice given on `d` is in time for `e` exactly when `add_months(d, 1) <= e`.
Subtracting a month from `e` gives another answer at month ends. `deemed_days` are added to the day of the
notice before the period runs, for schools that count from the day a notice can be taken to have been read.
Days are days in the school's time zone.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def add_months(day: date, months: int) -> date:
    """The corresponding date that many months later, or the last day of a month too short to have it.

    Several months are added at once: one by one, 31 January would drift to 28 March. Negative numbers count
    back. Raises OverflowError where the calendar (years 1 to 9999) has no such month.
    """
    year, month = _month_after(day, months)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def last_day_of_notice(effective_on: date, months: int = 1, deemed_days: int = 0) -> date:
    """The latest day on which notice is still in time for that effective date.

    Raises OverflowError where that day would lie before the first day of the calendar.
    """
    year, month = _month_after(effective_on, -months)
    length = monthrange(year, month)[1]
    is_month_end = effective_on.day == monthrange(effective_on.year, effective_on.month)[1]
    latest = date(year, month, length if is_month_end else min(effective_on.day, length))
    return latest - timedelta(days=deemed_days)


def is_in_time(notified_on: date, effective_on: date, months: int = 1, deemed_days: int = 0) -> bool:
    """Whether the whole period has run by the effective date."""
    try:
        return _end_of_period(notified_on, months, deemed_days) <= effective_on
    except OverflowError:  # a period that ends after the last day of the calendar ends after every date
        return False


def binds_from(notified_on: date, effective_on: date, months: int = 1, deemed_days: int = 0) -> date:
    """The day from which the change binds someone told on that day: the effective date, or the end of a
    short notice."""
    return max(effective_on, _end_of_period(notified_on, months, deemed_days))


def short_by_days(notified_on: date, effective_on: date, months: int = 1, deemed_days: int = 0) -> int:
    """By how many days the notice was short; 0 when it was in time."""
    return max(0, (_end_of_period(notified_on, months, deemed_days) - effective_on).days)


def _end_of_period(notified_on: date, months: int, deemed_days: int) -> date:
    if months < 0 or deemed_days < 0:
        raise ValueError(f"expected months and deemed days of 0 or more, found {months} and {deemed_days}")
    return add_months(notified_on + timedelta(days=deemed_days), months)


def _month_after(day: date, months: int) -> tuple[int, int]:
    index = day.year * 12 + day.month - 1 + months
    if not 12 <= index < 120_000:
        raise OverflowError(f"{months} months from {day} is outside the calendar (years 1 to 9999)")
    return index // 12, index % 12 + 1
