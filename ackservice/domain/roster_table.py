"""The bytes of a roster file as headed, numbered rows of text, whatever spreadsheet saved them."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass
from typing import NoReturn

from ackservice.errors import RosterFault, RosterFaults

_HOW_TO_SAVE = (
    'In Excel choose Save As and "CSV UTF-8 (Comma delimited)"; in LibreOffice tick "Edit filter '
    'settings" and choose UTF-8'
)
_SEPARATORS = ",;\t"
_UTF8_MARK = b"\xef\xbb\xbf"
_OTHER_KINDS = (
    (b"\xff\xfe", 'UTF-16 text ("Unicode text")'),
    (b"\xfe\xff", 'UTF-16 text ("Unicode text")'),
    (b"PK\x03\x04", "a workbook (.xlsx or .ods), not CSV"),
    (b"\xd0\xcf\x11\xe0", "a workbook (.xls), not CSV"),
)


@dataclass(frozen=True)
class Table:
    """A heading and the rows below it, each with its number in a spreadsheet (the heading is row 1).

    Blank rows are left out, though they count. `damage` is where reading had to stop, or None.
    """

    heading: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    damage: RosterFault | None = None


def read(data: bytes, source: str) -> Table:
    """The table in a CSV file: UTF-8 with or without a mark, any line ends, separated by commas, semicolons
    or tabs.

    Every cell is in NFC, without white space around it. Raises RosterFaults when the file is empty, has no
    heading in its first row, or is not UTF-8.
    """
    text = _text(data, source)
    rows, damage = _filled_rows(text, _separator(text))
    if not rows and damage is not None:
        raise RosterFaults(source, [damage])
    if not rows:
        _refuse(source, 0, "the file is empty; expected a heading and a row for each person")
    number, heading = rows[0]
    if number != 1:
        _refuse(
            source, 1, f"expected the heading here, found a blank row; the first filled row is row {number}"
        )
    return Table(_without_blank_end(heading), tuple(rows[1:]), damage)


def _filled_rows(text: str, separator: str) -> tuple[list[tuple[int, tuple[str, ...]]], RosterFault | None]:
    rows: list[tuple[int, tuple[str, ...]]] = []
    number = 0
    try:
        for number, cells in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), 1
        ):
            clean = tuple(unicodedata.normalize("NFC", cell).strip() for cell in cells)
            if any(clean):
                rows.append((number, clean))
    except csv.Error as error:
        message = (
            f"a quotation mark is not closed, or not doubled within a cell ({error}); nothing below "
            f"could be read"
        )
        return rows, RosterFault(number + 1, "", message)
    return rows, None


def _without_blank_end(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Spreadsheets save columns that were once touched as empty ones."""
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _text(data: bytes, source: str) -> str:
    for mark, kind in _OTHER_KINDS:
        if data.startswith(mark):
            _refuse(source, 0, f"this is {kind}; expected CSV in UTF-8. {_HOW_TO_SAVE}")
    if b"\x00" in data[:2]:
        _refuse(source, 0, f"this looks like UTF-16 text; expected CSV in UTF-8. {_HOW_TO_SAVE}")
    data = data.removeprefix(_UTF8_MARK)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse_encoding(data, error.start, source)


def _refuse_encoding(data: bytes, at: int, source: str) -> NoReturn:
    before = data[:at].decode("utf-8")
    row = sum(1 for _ in csv.reader(io.StringIO(before + "?", newline=""), delimiter=_separator(before)))
    likely = data[at : at + 1].decode("cp1252", errors="ignore")
    guess = f', which would be "{likely}" in Windows-1252' if likely else ""
    _refuse(source, row, f"the file is not UTF-8: found the byte 0x{data[at]:02X}{guess}. {_HOW_TO_SAVE}")


def _separator(text: str) -> str:
    """The separator of the heading: a comma, or what Excel writes in other regions (semicolon, tab)."""
    heading = io.StringIO(text[:10_000], newline=None).readline()
    return max(_SEPARATORS, key=heading.count)


def _refuse(source: str, row: int, message: str) -> NoReturn:
    raise RosterFaults(source, [RosterFault(row, "", message)])
