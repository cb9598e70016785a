"""A notice: its figures, a picture of its progress, and the people of it to filter, sort, search and
choose; also as at the end of a past day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import render_template, request, url_for

from ackservice.domain.export_rows import notes
from ackservice.domain.status import SHOWS, SORTS, Filter, Status
from ackservice.service import overview
from ackservice.web.context import web
from ackservice.web.desk import charts
from ackservice.web.desk.pages import as_at, pages, scope, shows_a_day
from ackservice.web.forms import page_of

LONGEST_SEARCH = 100
SHOW_WORDS = {show: "Everybody" if show == "all" else show.capitalize() for show in SHOWS}
SORT_WORDS = {"name": "Name", "due": "Due date", "acknowledged": "Acknowledged last", "category": "Category"}


@pages.get("/notices/<int:notice_id>")
@shows_a_day
def notice(notice_id: int) -> str:
    """One notice and a list of its people."""
    return notice_html(notice_id, wanted_from(request.args), {})


def notice_html(notice_id: int, wanted: Filter, errors: Mapping[str, str]) -> str:
    """The page of a notice, with what is wrong with what was sent to it."""
    page = overview.notice_page(web().service, notice_id, scope(), wanted, as_at(), web().now())
    line = page.line
    if not line.notice.must_be_acknowledged and "show" not in request.values:
        wanted = replace(wanted, show="all")
        page = overview.notice_page(web().service, notice_id, scope(), wanted, as_at(), web().now())
    return render_template(
        "desk/notice.html",
        page=page,
        line=line,
        figures=line.figures,
        notice=line.notice,
        statuses=list(Status),
        today=page.as_of.on,
        picture=charts.picture(page.progress, line.effective_on, page.as_of.on),
        show_words=SHOW_WORDS,
        sort_words=SORT_WORDS,
        search=request.values.get("q", "")[:LONGEST_SEARCH],
        address=address_of,
        notes=notes,
        errors=errors,
    )


def wanted_from(sent: Mapping[str, str]) -> Filter:
    """The list an address or a form asks for; whatever it does not know is left at what is usual."""
    usual = Filter()
    show, sort = sent.get("show", ""), sent.get("sort", "")
    return Filter(
        show=show if show in SHOWS else usual.show,
        category=sent.get("category", "")[:LONGEST_SEARCH],
        search=sent.get("q", "")[:LONGEST_SEARCH],
        sort=sort if sort in SORTS else usual.sort,
        page=page_of(sent.get("page")),
    )


def address_of(notice_id: int, wanted: Filter, **other: object) -> str:
    """The address of a list, with some of it changed; what is usual is left out of it."""
    values = {
        "show": wanted.show,
        "category": wanted.category,
        "q": wanted.search,
        "sort": wanted.sort,
        "page": wanted.page,
        **other,
    }
    usual = {"show": "outstanding", "category": "", "q": "", "sort": "name", "page": 1}
    kept = {name: value for name, value in values.items() if value != usual[name]}
    return url_for("desk.notice", notice_id=notice_id, **kept) + "#people"
