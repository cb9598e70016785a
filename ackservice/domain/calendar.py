"""On which days the school is open."""

from __future__ import annotations

from datetime import date, timedelta

import holidays

from handbook.policy.school import ClosedSettings

_SUBDIVISIONS = {"England": "ENG", "Wales": "WLS", "Scotland": "SCT", "Northern Ireland": "NIR"}
_SATURDAY = 5
_LOOK_AHEAD = timedelta(days=366)


class SchoolCalendar:
    """The school's open days, from its settings. Years are looked up once and kept.

    Bank holidays are those of the `holidays` library, one-off ones such as coronations included as far as
    its release knows them. Raises ValueError for bank holidays of a country it does not know.
    """

    def __init__(self, closed: ClosedSettings):
        if closed.bank_holidays and closed.bank_holidays not in _SUBDIVISIONS:
            raise ValueError(
                f"expected bank_holidays of {', '.join(_SUBDIVISIONS)} or none, found {closed.bank_holidays}"
            )
        self._closed = closed
        self._bank_holidays: dict[int, frozenset[date]] = {}

    def is_open(self, day: date) -> bool:
        """Whether the school is open: no weekend, bank holiday or closed day of its own."""
        if self._closed.weekends and day.weekday() >= _SATURDAY:
            return False
        if day in self._bank_holidays_of(day.year):
            return False
        return not any(day in closure for closure in self._closed.days)

    def next_open(self, day: date, limit: date | None = None) -> date | None:
        """The first open day from that day on, itself included, and not after the limit (or a year); None
        when there is none."""
        last = day + _LOOK_AHEAD if limit is None else limit
        while day <= last:
            if self.is_open(day):
                return day
            day += timedelta(days=1)
        return None

    def _bank_holidays_of(self, year: int) -> frozenset[date]:
        known = self._bank_holidays.get(year)
        if known is None:
            known = self._bank_holidays[year] = _bank_holidays(self._closed.bank_holidays, year)
        return known


def _bank_holidays(country: str, year: int) -> frozenset[date]:
    if not country:
        return frozenset()
    return frozenset(holidays.country_holidays("GB", subdiv=_SUBDIVISIONS[country], years=year))
