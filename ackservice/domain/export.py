"""What is taken away from a notice: its rows as CSV, JSON or a workbook, and the name of the file.

Writers take rows as `rows_of` makes them, one at a time, so that memory stays flat, and give the
same bytes for the same rows. In CSV and in the workbook `in_time` and `overdue` read yes or no; `in_time`
reads "not applicable" for joiners and new rounds without a notice period, and is empty for people not told
yet. In JSON they are true, false or null.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from ackservice.domain.export_rows import COLUMNS, Row, rows_of
from ackservice.domain.export_text import literal, word_of_in_time
from ackservice.domain.export_xlsx import to_xlsx

__all__ = [
    "COLUMNS",
    "FORMATS",
    "Row",
    "file_name",
    "rows_of",
    "to_csv",
    "to_json",
    "to_xlsx",
]

FORMATS = ("csv", "xlsx", "json")
_CHUNK = 500
_MARK = "\ufeff"  # tells Excel that the file is UTF-8
_IN_TIME = COLUMNS.index("in_time")


def to_csv(rows: Iterable[Row]) -> Iterator[bytes]:
    """The rows as CSV for Excel and LibreOffice, in chunks: UTF-8 with a mark, CRLF, ISO dates, times with
    their offset.

    No cell can be taken for a formula (OWASP, "CSV Injection"): texts that could be start with an apostrophe.
    """
    page = io.StringIO(newline="")
    writer = csv.writer(page)
    page.write(_MARK)
    writer.writerow(COLUMNS)
    waiting = 0
    for row in rows:
        writer.writerow(_cells(row))
        waiting += 1
        if waiting == _CHUNK:
            yield _taken(page)
            waiting = 0
    yield _taken(page)


def to_json(rows: Iterable[Row], *, as_of: date, rule: str, ledger_head: str) -> Iterator[bytes]:
    """The rows as one JSON document, in chunks, one recipient a line: as_of, rule, ledger_head,
    recipients."""
    start = json.dumps(
        {"as_of": as_of.isoformat(), "rule": rule, "ledger_head": ledger_head}, ensure_ascii=False
    )
    page = io.StringIO()
    page.write(start[:-1] + ', "recipients": [')
    encode = json.JSONEncoder(ensure_ascii=False, default=_iso).encode
    for number, row in enumerate(rows):
        page.write("\n" if number == 0 else ",\n")
        page.write(encode({column: row[column] for column in COLUMNS}))
        if number % _CHUNK == _CHUNK - 1:
            yield _taken(page)
    page.write("\n]}\n")
    yield _taken(page)


def file_name(policy: str, version: str, as_of: date, format: str) -> str:
    """A name that says what the file is. Nothing in it can lead to another folder."""
    if format not in FORMATS:
        raise ValueError(f"expected one of {', '.join(FORMATS)}, found {format}")
    what = "-".join(part for part in (policy, version) if part)
    return f"{re.sub(r'[^A-Za-z0-9.-]+', '-', what).strip('.-')}-status-as-at-{as_of.isoformat()}.{format}"


def _cells(row: Row) -> list[object]:
    cells = [_cell(row[column]) for column in COLUMNS]
    cells[_IN_TIME] = word_of_in_time(row)
    return cells


def _cell(value: object) -> object:
    if isinstance(value, str):
        # Nearly every text starts with a letter or a digit, and none of those is a formula.
        return value if value[:1].isalnum() else literal(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, int):
        return value
    return _iso(value)


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"expected a date or a time, found {value!r}")


def _taken(page: io.StringIO) -> bytes:
    data = page.getvalue().encode("utf-8")
    page.seek(0)
    page.truncate()
    return data
