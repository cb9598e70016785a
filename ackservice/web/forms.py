"""What every view reads from addresses and forms in the same way, and how it words what is wrong."""

from __future__ import annotations

from handbook.policy.wording import capital_first, whole_number


def number_of(text: str | None, digits: int = 15) -> int | None:
    """A number written in so many plain digits at most; None for anything else."""
    return whole_number(text or "", digits)


def page_of(text: str | None) -> int:
    """The page an address asks for; the first one where it names none."""
    return max(1, number_of(text, 6) or 1)


def sentence(error: Exception) -> str:
    """The text of an error, with a capital letter."""
    return capital_first(str(error))
