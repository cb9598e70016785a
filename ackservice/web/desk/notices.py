"""A notice: its figures, a picture of its progress, and the people of it to filter, sort, search and
choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import render_template, request, url_for

from ackservice.domain.status import Status
from ackservice.service import desk_views
from ackservice.service.desk_views import Filter
from ackservice.web.context import web
from ackservice.web.desk import charts
from ackservice.web.desk.pages import pages, scope
from ackservice.web.forms import page_of

LONGEST_SEARCH = 100
SHOW_WORDS = {
    "outstanding": "Not acknowledged yet",
    "overdue": "Overdue",
    "acknowledged": "Acknowledged",
    "undeliverable": "Address does not take mail",
    "notified": "Told, not acknowledged",
    "on paper": "On paper: letter to hand over",
    "not sent": "Message not sent yet",
    "excused": "Excused",
    "left": "Left",
    "superseded": "Moved on to a newer version",
    "all": "Everybody",
}
SORT_WORDS = {"name": "Name", "due": "Due date", "acknowledged": "Acknowledged last", "category": "Category"}
STATUS_WORDS = {
    Status.ACKNOWLEDGED: "Acknowledged",
    Status.EXCUSED: "Excused",
    Status.LEFT: "Left",
    Status.SUPERSEDED: "Moved on",
    Status.UNDELIVERABLE: "Address does not take mail",
    Status.NOTIFIED: "Told",
    Status.ON_PAPER: "On paper",
    Status.NOT_SENT: "Not sent yet",
}


@pages.get("/notices/<int:notice_id>")
def notice(notice_id: int) -> str:
    """One notice and a list of its people."""
    return notice_html(notice_id, wanted_from(request.args), {})


def notice_html(notice_id: int, wanted: Filter, errors: Mapping[str, str]) -> str:
    """The page of a notice, with what is wrong with what was sent to it."""
    now = web().now()
    found = desk_views.notice_page(web().service, notice_id, scope(), wanted, now)
    if not found.line.notice.must_be_acknowledged and "show" not in request.values:
        found = desk_views.notice_page(web().service, notice_id, scope(), replace(wanted, show="all"), now)
    today = web().service.today(now)
    return render_template(
        "desk/notice.html",
        found=found,
        line=found.line,
        figures=found.line.figures,
        notice=found.line.notice,
        today=today,
        picture=charts.picture(found.progress, found.line.notice.effective_on, today),
        show_words=SHOW_WORDS,
        sort_words=SORT_WORDS,
        status_words=STATUS_WORDS,
        search=request.values.get("q", "")[:LONGEST_SEARCH],
        address=address_of,
        errors=errors,
    )


def wanted_from(sent: Mapping[str, str]) -> Filter:
    """The list an address or a form asks for; whatever it does not know is left at what is usual."""
    return desk_views.filter_of(
        sent.get("show", ""),
        sent.get("category", "")[:LONGEST_SEARCH],
        sent.get("q", "")[:LONGEST_SEARCH],
        sent.get("sort", ""),
        page_of(sent.get("page")),
    )


def address_of(notice_id: int, wanted: Filter, search: str = "", **other: object) -> str:
    """The address of a list, with some of it changed; what is usual is left out of it."""
    values = {
        "show": wanted.show,
        "category": wanted.category,
        "q": search,
        "sort": wanted.sort,
        "page": wanted.page,
        **other,
    }
    usual = {"show": "outstanding", "category": "", "q": "", "sort": "name", "page": 1}
    kept = {name: value for name, value in values.items() if value != usual[name]}
    return url_for("desk.notice", notice_id=notice_id, **kept) + "#people"
