"""What one cell of a roster may hold: each check returns the value to keep, or says what was expected and
found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from email_validator import EmailNotValidError, validate_email

LONGEST_ID = 64
LONGEST_TEXT = 300
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_UK = re.compile(r"(\d{1,2})/(\d{1,2})/(\d+)", re.ASCII)
_EXPECTED_DATE = "expected a date as 2021-09-02 or 2/9/2021 (2 September 2021)"
# Line and paragraph separators, and marks that turn the reading direction of what follows them.
_HIDDEN = {chr(code) for code in (0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}


class WrongValue(ValueError):
    """A cell that cannot be taken; the text says why."""


def text(value: str, longest: int = LONGEST_TEXT) -> str:
    """A text of one line. Any script, and any character that shows."""
    if len(value) > longest:
        raise WrongValue(f"expected at most {longest} characters, found {len(value)}")
    for character in value:
        if character in _HIDDEN or unicodedata.category(character) == "Cc":
            raise WrongValue(f"holds a hidden character (U+{ord(character):04X}): {shown(value)}")
    if "\ufffd" in value:
        raise WrongValue(f"a character was lost when the file was made: {shown(value)}")
    return value


def required(value: str, longest: int = LONGEST_TEXT) -> str:
    """A text that is there."""
    if not value:
        raise WrongValue("is missing")
    return text(value, longest)


def identifier(value: str) -> str:
    """A person_id, kept as text: 007 stays 007."""
    return required(value, LONGEST_ID)


def optional_identifier(value: str) -> str:
    """Someone else's person_id, or nothing."""
    return text(value, LONGEST_ID)


def address(value: str) -> str:
    """An e-mail address, or nothing for someone told on paper.

    A domain may use any script. The part before the @ must be ASCII: few school mail systems carry anything
    else (RFC 6531).
    """
    if not value:
        return ""
    text(value)
    local = value.rpartition("@")[0]
    if local and not local.isascii():
        raise WrongValue(
            f"only plain letters (a to z), digits and marks can stand before the @: {shown(value)}"
        )
    try:
        return validate_email(value, check_deliverability=False, allow_smtputf8=False).normalized
    except EmailNotValidError as error:
        raise WrongValue(
            f"expected one address such as name@school.example, found {shown(value)}: {error}"
        ) from None


def categories(value: str, known: Sequence[str]) -> tuple[str, ...]:
    """One or more of the school's categories, separated by semicolons, in the school's spelling and order."""
    if not value:
        raise WrongValue(f"is missing; expected one of {', '.join(known)}")
    spelt = {category.casefold(): category for category in known}
    named = [part.strip() for part in value.split(";") if part.strip()]
    for part in named:
        if part.casefold() not in spelt:
            raise WrongValue(
                f"expected one of {', '.join(known)} (several separated by semicolons); found {shown(part)}"
            )
    chosen = {spelt[part.casefold()] for part in named}
    return tuple(category for category in known if category in chosen)


def day(value: str) -> date | None:
    """A date as ISO or as written in the UK (day first), or nothing."""
    if not value:
        return None
    if iso := _ISO.fullmatch(value):
        return _date(int(iso[1]), int(iso[2]), int(iso[3]), value)
    if uk := _UK.fullmatch(value):
        if len(uk[3]) != 4:
            raise WrongValue(f"{_EXPECTED_DATE} with a year of four digits, found {shown(value)}")
        return _date(int(uk[3]), int(uk[2]), int(uk[1]), value)
    raise WrongValue(f"{_EXPECTED_DATE}, found {shown(value)}")


def _date(year: int, month: int, day_number: int, value: str) -> date:
    if not 1 <= month <= 12:
        raise WrongValue(f"{_EXPECTED_DATE}, found {shown(value)}: there is no month {month}")
    if not 1900 <= year <= 2199:
        raise WrongValue(f"expected a year from 1900 to 2199, found {shown(value)}")
    try:
        return date(year, month, day_number)
    except ValueError:
        raise WrongValue(f"there is no such day: {shown(value)}") from None


def shown(value: str) -> str:
    """A value in quotation marks for a message: short, and with nothing hidden."""
    cut = value if len(value) <= 60 else value[:57] + "..."
    return '"' + "".join(c if c.isprintable() and c not in _HIDDEN else f"\\u{ord(c):04x}" for c in cut) + '"'
