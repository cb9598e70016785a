"""The demo's own pages: the day to move, the outbox to read. Registered in the demo only; they show
everybody's mail."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from markupsafe import Markup, escape

from ackservice.demo.replay import LAST_DAY, POLICY, VERSION, Demo
from ackservice.domain.status import Status
from ackservice.service import exporting
from ackservice.service.exporting import Report
from ackservice.web.context import web
from handbook.policy.errors import HandbookError

pages = Blueprint("demo", __name__, url_prefix="/demo")

_FILE = re.compile(r"[A-Za-z0-9._-]+\.eml")
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:)]")
# E-mails carry their look in themselves; nothing of them may run or be fetched.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)


@dataclass(frozen=True)
class Mail:
    """One message of the outbox, as a person reads it."""

    name: str
    message: EmailMessage

    @property
    def headers(self) -> list[tuple[str, str]]:
        wanted = ("From", "To", "Subject", "Date", "Reply-To", "Message-ID")
        return [(name, str(self.message[name])) for name in wanted if self.message[name]]

    @property
    def at(self) -> datetime | None:
        return self.message["Date"].datetime if self.message["Date"] else None

    def part(self, kind: str) -> str:
        """The text of the message, `plain` or `html`."""
        part = self.message.get_body(preferencelist=(kind,))
        return part.get_content() if part else ""


@pages.after_request
def keep_nothing(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("/")
def home() -> str:
    """What day it is, what can be looked at, and where the day can go."""
    demo = _demo()
    figures = _report(demo).figures
    return render_template(
        "demo/home.html",
        counts={status: figures.of(status) for status in Status if figures.of(status)},
        overdue=figures.overdue,
        total=figures.total,
        mails=len(_files(demo.outbox)),
        first_link=demo.first_link().removeprefix(demo.service.settings.base_url),
        policy=POLICY,
        version=VERSION,
    )


@pages.post("/day")
def move_day() -> Response:
    """Move the day on."""
    demo = _demo()
    try:
        day = date.fromisoformat(request.form.get("to", ""))
    except ValueError:
        abort(400)
    if not demo.today - timedelta(days=1) < day <= LAST_DAY:
        abort(400)
    try:
        demo.move_to(day)
    except HandbookError as error:  # the texts may have been edited while the demo ran
        current_app.logger.error("%s", error)
    return redirect(url_for("demo.home"), 303)


@pages.get("/status.csv")
def status() -> Response:
    """The status of the notice as at the demo's day."""
    demo = _demo()
    report = _report(demo)
    response = make_response(b"".join(exporting.render(report, "csv")))
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{report.file_name("csv")}"'
    return response


@pages.get("/outbox/")
def outbox() -> str:
    """Every message, the newest first."""
    mails = sorted((_read(file) for file in _files(_demo().outbox)), key=_order, reverse=True)
    return render_template("demo/outbox.html", mails=mails)


@pages.get("/outbox/<name>")
def mail(name: str) -> str:
    """One message: headers, text, and its HTML in a frame where nothing runs."""
    found = _mail(name)
    return render_template(
        "demo/mail.html", mail=found, text=linked(found.part("plain")), has_html=bool(found.part("html"))
    )


@pages.get("/outbox/<name>/html")
def mail_html(name: str) -> Response:
    """The HTML of a message, to be shown in the frame; its links lead out of the frame."""
    html = _mail(name).part("html") or abort(404)
    response = make_response(re.sub(r"(<head[^>]*>)", r'\1<base target="_top">', html, count=1))
    response.headers["Content-Security-Policy"] = _MAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def linked(text: str) -> Markup:
    """A text with its addresses as links."""
    parts, end = [], 0
    for found in _LINK.finditer(text):
        parts += [escape(text[end : found.start()]), Markup('<a href="{0}">{0}</a>').format(found[0])]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def _report(demo: Demo) -> Report:
    return exporting.of_version(demo.service, POLICY, VERSION, on=None, now=demo.clock.now())


def _demo() -> Demo:
    return web().demo


def _files(folder: Path) -> list[Path]:
    return (
        sorted(file for file in folder.glob("*.eml") if _FILE.fullmatch(file.name)) if folder.is_dir() else []
    )


def _read(file: Path) -> Mail:
    return Mail(file.name, email.message_from_bytes(file.read_bytes(), policy=email.policy.default))


def _mail(name: str) -> Mail:
    if not _FILE.fullmatch(name) or not (_demo().outbox / name).is_file():
        abort(404)
    return _read(_demo().outbox / name)


def _order(found: Mail) -> tuple[float, str]:
    return (found.at.timestamp() if found.at else 0.0, found.name)
