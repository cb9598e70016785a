"""What is taken away: a status report as CSV, JSON or a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator

from ackservice.domain import export
from ackservice.service.standing import Report


def render(report: Report, format_: str) -> Iterator[bytes]:
    """The report in that format (csv, json or xlsx), in parts."""
    if format_ == "csv":
        yield from export.to_csv(report.rows)
    elif format_ == "json":
        yield from export.to_json(
            report.rows, as_of=report.as_of.on, rule=str(report.notice.rule), ledger_head=report.as_of.head
        )
    else:
        yield export.to_xlsx(
            report.rows,
            as_of=report.as_of.on,
            rule=str(report.notice.rule),
            ledger_head=report.as_of.head,
            zone=report.zone,
        )
