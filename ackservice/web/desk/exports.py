"""Files to take away, streamed while they are made."""

from __future__ import annotations

from flask import Response

from ackservice.service import exporting, overview
from ackservice.service.exporting import Report
from ackservice.web.context import web
from ackservice.web.desk.pages import as_at, pages, scope

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@pages.get("/notices/<int:notice_id>/export.<any(csv, json, xlsx):format>")
def export(notice_id: int, format: str) -> Response:
    """Everybody of the version of a notice, as at a day where `as-at` names one."""
    notice = overview.notice_line(web().service, notice_id, scope(), web().now()).notice
    report = exporting.of_version(
        web().service, notice.policy, notice.version, on=as_at(), now=web().now(), scope=scope()
    )
    return download(report, format)


def download(report: Report, format: str) -> Response:
    """The answer for a file; its name says what it is, and is made of plain characters only."""
    return Response(
        exporting.render(report, format),
        content_type=TYPES[format],
        headers={"Content-Disposition": f'attachment; filename="{report.file_name(format)}"'},
    )
