"""What is taken away from the desk: the evidence pack, letters to print, the poster, and the export of
everything."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date
from typing import BinaryIO

from flask import Response, abort, redirect, render_template, request, url_for

from ackservice.domain.notice import Notice
from ackservice.errors import NotFound
from ackservice.service import evidence_pack, exporting, letters, overview, papers
from ackservice.service.letters import Candidate
from ackservice.web.context import web
from ackservice.web.desk.exports import download
from ackservice.web.desk.pages import as_at, may_act, pages, scope


@pages.get("/take-away/")
def take_away_everything() -> str:
    """Every open notice in one file."""
    return render_template("desk/take-away-everything.html", today=_today())


@pages.get("/everything.<any(csv, json, xlsx):format>")
def everything(format: str) -> Response:
    """The rows of every notice open on a day."""
    report = exporting.of_open_notices(web().service, scope(), on=as_at(), now=web().now())
    return download(report, format)


@pages.get("/notices/<int:notice_id>/take-away")
def take_away(notice_id: int) -> str:
    """All there is to take away from a notice."""
    line = overview.notice_line(web().service, notice_id, scope(), web().now())
    day = min(_today(), line.effective_on)
    return render_template(
        "desk/take-away.html", notice=line.notice, today=_today(), day=day, limited=scope().is_limited
    )


@pages.get("/notices/<int:notice_id>/evidence.zip")
def evidence(notice_id: int) -> Response:
    """The evidence pack. It names everybody, so it is not for readers who may see some."""
    if scope().is_limited:
        abort(403)
    notice = overview.notice_line(web().service, notice_id, scope(), web().now()).notice
    stream = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the answer)
    try:
        report = evidence_pack.write(
            web().service, stream, notice.policy, notice.version, on=as_at(), now=web().now()
        )
    except BaseException:
        stream.close()
        raise
    name = evidence_pack.name_of(*report.name, report.as_of.on) + ".zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(stream.tell())}
    answer = Response(_parts(stream), content_type="application/zip", headers=headers)
    answer.call_on_close(stream.close)
    return answer


def _parts(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        stream.seek(0)
        while part := stream.read(64 * 1024):
            yield part


@pages.get("/notices/<int:notice_id>/letters")
def letters_page(notice_id: int) -> str:
    """Who is told on paper, and what to do about it."""
    notice, people = _candidates(notice_id)
    return render_template("desk/letters.html", notice=notice, people=people, errors={})


@pages.post("/notices/<int:notice_id>/letters")
def choose_letters(notice_id: int) -> Response | tuple[str, int]:
    """Lead to the letters of the people ticked. Nothing is recorded."""
    notice, people = _candidates(notice_id)
    chosen = [str(one.recipient_id) for one in people if str(one.recipient_id) in request.form.getlist("who")]
    if not chosen:
        errors = {"who": "Tick the people you want letters for"}
        return render_template("desk/letters.html", notice=notice, people=people, errors=errors), 400
    return redirect(url_for("desk.print_letters", notice_id=notice_id, who=",".join(chosen)), 303)


@pages.get("/notices/<int:notice_id>/letters/print")
def print_letters(notice_id: int) -> str:
    """The letters themselves, one page each, to print from the browser."""
    _, people = _candidates(notice_id)
    wanted = request.args.get("who", "").split(",")
    chosen = [one.person_id for one in people if str(one.recipient_id) in wanted]
    if not chosen:
        raise NotFound("there are no such letters")
    page, _ = letters.write(
        web().service,
        notice_id,
        now=web().now(),
        people=chosen,
        style_address=url_for("desk.letters_style"),
    )
    return page


@pages.get("/notices/<int:notice_id>/poster")
def poster(notice_id: int) -> str:
    """The poster for the staff room."""
    return letters.poster(
        web().service, notice_id, now=web().now(), style_address=url_for("desk.letters_style")
    )


@pages.get("/letters.css")
def letters_style() -> Response:
    """How letters and the poster look."""
    return Response(papers.style(letters.STYLE), content_type="text/css; charset=utf-8")


def _candidates(notice_id: int) -> tuple[Notice, list[Candidate]]:
    """Those whom letters are for. Letters hold personal links, so that they are for managers only."""
    if not may_act():
        abort(403)
    notice, people = letters.candidates(web().service, notice_id, now=web().now())
    ids = [one.recipient_id for one in people]
    _, seen = overview.some_recipients(web().service, notice_id, scope(), ids, web().now())
    allowed = {row.id for row in seen}
    return notice, [one for one in people if one.recipient_id in allowed]


def _today() -> date:
    return web().service.today(web().now())
