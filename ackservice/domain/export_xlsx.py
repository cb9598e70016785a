"""The export as a workbook: a sheet of recipients to filter and sort, and a summary to show."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date, datetime

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from ackservice.domain.export_rows import COLUMNS, Row
from ackservice.domain.export_text import word_of_in_time, yes_or_no
from ackservice.domain.status import Figures, Status

_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_WIDTHS = {
    "name": 28,
    "email": 36,
    "category": 20,
    "policy": 22,
    "digest": 18,
    "digest_read": 18,
    "ledger_head": 18,
    "acknowledged_at": 20,
    "last_sent_at": 20,
    "recorded_by": 28,
}
_USUAL_WIDTH = 15
# Each of these words stands in the cell itself: the colour only helps to find it.
_COLOURED = (
    ("status", "acknowledged", "#E2F0D9"),
    ("status", "undeliverable", "#FCE4D6"),
    ("overdue", "yes", "#F8CBAD"),
    ("in_time", "no", "#FFE699"),
)


def to_xlsx(
    rows: Iterable[Row], *, as_of: date, rule: str, ledger_head: str, figures: Figures, zone: str
) -> bytes:
    """The rows as a workbook: frozen heading, filters, real dates, no cell a formula or a link. Same rows,
    same bytes.

    Times are written as the clock in `zone` showed them, since a workbook knows no time zones; the summary
    says which.
    """
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, _OPTIONS) as workbook:
        workbook.set_properties({"created": datetime(as_of.year, as_of.month, as_of.day)})
        recipients, summary = workbook.add_worksheet("Recipients"), workbook.add_worksheet("Summary")
        last_row = _write_recipients(workbook, recipients, rows)
        _finish_recipients(workbook, recipients, last_row)
        facts = {"As at": as_of, "Times are those of": zone, "Ledger head": ledger_head, "Rule": rule}
        _write_summary(workbook, summary, figures, facts)
    return file.getvalue()


def _write_recipients(workbook: Workbook, sheet: Worksheet, rows: Iterable[Row]) -> int:
    for index, column in enumerate(COLUMNS):
        sheet.set_column(index, index, _WIDTHS.get(column, _USUAL_WIDTH))
    heading = workbook.add_format({"bold": True, "bottom": 1})
    day, time = (
        _day_format(workbook),
        workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"}),
    )
    for index, column in enumerate(COLUMNS):
        sheet.write_string(0, index, column, heading)
    number = 0
    for number, row in enumerate(rows, 1):
        for index, column in enumerate(COLUMNS):
            value = word_of_in_time(row) if column == "in_time" else row[column]
            _write(sheet, number, index, value, day, time)
    return number


def _write(sheet: Worksheet, row: int, column: int, value: object, day: Format, time: Format) -> None:
    if value is None or value == "":
        return
    if isinstance(value, str):
        sheet.write_string(row, column, value)
    elif isinstance(value, bool):
        sheet.write_string(row, column, yes_or_no(value))
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, value.replace(tzinfo=None, microsecond=0), time)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, day)
    else:
        sheet.write_number(row, column, value)


def _finish_recipients(workbook: Workbook, sheet: Worksheet, last_row: int) -> None:
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, last_row, len(COLUMNS) - 1)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    for column, word, colour in _COLOURED:
        index = COLUMNS.index(column)
        style = workbook.add_format({"bg_color": colour, "bold": True})
        rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": style}
        sheet.conditional_format(1, index, max(last_row, 1), index, rule)


def _write_summary(workbook: Workbook, sheet: Worksheet, figures: Figures, facts: dict[str, object]) -> None:
    bold, day = workbook.add_format({"bold": True}), _day_format(workbook)
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 90)
    row = 0
    for label, number in _counted(figures):
        sheet.write_string(row, 0, label, bold)
        sheet.write_number(row, 1, number, workbook.add_format({"align": "left"}))
        row += 1
    for label, value in facts.items():
        row += 1
        sheet.write_string(row, 0, label, bold)
        if isinstance(value, date):
            sheet.write_datetime(row, 1, value, day)
        else:
            sheet.write_string(row, 1, str(value), wrapped)


def _counted(figures: Figures) -> list[tuple[str, int]]:
    totals = [
        ("Recipients", figures.total),
        ("Outstanding", figures.owing),
        ("Overdue", figures.overdue),
        ("Notified in time", figures.in_time),
        ("Notified late", figures.late),
        ("Without a notice period", figures.no_period),
        ("Not notified yet", figures.not_notified),
    ]
    return totals + [(f"Status: {status}", figures.of(status)) for status in Status if figures.of(status)]


def _day_format(workbook: Workbook) -> Format:
    return workbook.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
