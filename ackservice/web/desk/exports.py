"""Files to take away, streamed while they are computed."""

from __future__ import annotations

from datetime import date

from flask import Response, request

from ackservice.domain.roster_values import WrongValue, day
from ackservice.errors import NotAllowed
from ackservice.service import desk_exports
from ackservice.web.context import web
from ackservice.web.desk.pages import pages, scope

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@pages.get("/notices/<int:notice_id>/export.<any(csv, json, xlsx):format>")
def export(notice_id: int, format: str) -> Response:
    """A notice's rows, as at a day where `as_of` names one."""
    found = desk_exports.of_notice(web().service, notice_id, format, scope(), on=as_of(), now=web().now())
    return download(found)


def as_of() -> date | None:
    """The day the address names, None for now. Raises NotAllowed for what is no date."""
    try:
        return day(request.args.get("as_of", "").strip())
    except WrongValue as error:
        raise NotAllowed(str(error)) from error


def download(found: desk_exports.Export) -> Response:
    """The answer for a file; its name says what it is, and is made of plain characters only."""
    kind = TYPES[found.name.rpartition(".")[2]]
    return Response(
        found.parts,
        content_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{found.name}"'},
    )
