"""How values read in the spreadsheets people open: words for yes and no, and no text that acts as a
formula."""

from __future__ import annotations

from ackservice.domain.export_rows import Row
from ackservice.domain.notice import Basis

_STARTS_A_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
_SEEN_THROUGH = (
    " \u00a0\u3000\ufeff\"'“”‘’"  # spaces and quotation marks some spreadsheets drop before they look
)


def literal(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet could take it for a formula."""
    first = text.lstrip(_SEEN_THROUGH)[:1]
    if text[:1] in _STARTS_A_FORMULA or first in _STARTS_A_FORMULA:
        return f"'{text}" if text else text
    return text


def yes_or_no(value: object) -> str:
    """yes, no, or nothing where there is no answer."""
    if value is None:
        return ""
    return "yes" if value else "no"


def word_of_in_time(row: Row) -> str:
    """yes, no, "not applicable" without a notice period, or nothing for people not told yet."""
    periodless = (Basis.JOINING, Basis.IN_FORCE, Basis.NEW_ROUND, Basis.BY_NAME)
    if row["in_time"] is None and row["notified_on"] is not None and row["basis"] in periodless:
        return "not applicable"
    return yes_or_no(row["in_time"])
