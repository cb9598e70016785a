"""What every view reads from addresses and forms in the same way, and how it words what is wrong."""

from __future__ import annotations


def number_of(text: str | None, digits: int = 15) -> int | None:
    """A number written in so many plain digits at most; None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= digits else None


def page_of(text: str | None) -> int:
    """The page an address asks for; the first one where it names none."""
    return max(1, number_of(text, 6) or 1)


def sentence(error: Exception) -> str:
    """The text of an error, with a capital letter."""
    text = str(error)
    return text[:1].upper() + text[1:]
