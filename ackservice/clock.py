"""What time it is: read by the web and the command line only, and passed down as an argument from there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Tells the time as an aware datetime in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SettableClock:
    """A clock that stands still until it is moved: for the demo and for tests."""

    def __init__(self, now: datetime):
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move_to(self, now: datetime) -> None:
        """Move forward; a clock of evidence never goes back."""
        self._now = max(self._now, now)

    def advance(self, by: timedelta) -> None:
        self.move_to(self._now + by)


def day_in(zone: str, at: datetime) -> date:
    """The calendar day at that moment in a time zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def end_of_day(zone: str, day: date) -> datetime:
    """The first moment, in UTC, that no longer belongs to that day in a time zone."""
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZoneInfo(zone))
    return midnight.astimezone(UTC)
