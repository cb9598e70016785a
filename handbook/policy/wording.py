"""How days, lists and numbers are put in plain English, whatever the locale of the machine."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def long_date(day: date) -> str:
    """`1 September 2021`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def short_date(day: date) -> str:
    """`1 Sep 2021`."""
    return f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}"


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    *others, last = [*words] or [""]
    return f"{', '.join(others)} and {last}" if others else last


def capital_first(text: str) -> str:
    """The text with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def whole_number(text: str, digits: int = 15) -> int | None:
    """The number that up to so many ASCII digits stand for; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None
