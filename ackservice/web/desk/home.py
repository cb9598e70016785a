"""The first page of the desk, and the list of all notices; also as at the end of a past day."""

from __future__ import annotations

from flask import render_template, url_for

from ackservice.service import overview
from ackservice.service.overview import Need
from ackservice.web.context import web
from ackservice.web.desk.pages import as_at, pages, scope, shows_a_day


@pages.get("/")
@shows_a_day
def home() -> str:
    """What needs somebody comes first."""
    home = overview.home(web().service, scope(), as_at(), web().now())
    return render_template("desk/home.html", home=home, where=where)


@pages.get("/notices/")
@shows_a_day
def notices() -> str:
    """Every notice, the last one first."""
    as_of, lines, is_counted = overview.all_lines(web().service, scope(), as_at(), web().now())
    return render_template("desk/notices.html", as_of=as_of, lines=lines, is_counted=is_counted)


def where(need: Need) -> str:
    """The page on which a need is seen to; empty where there is none."""
    if need.notice_id is not None:
        return url_for("desk.notice", notice_id=need.notice_id, show=need.show) + "#people"
    return url_for("desk.home").partition("?")[0] + need.page + "/" if need.page else ""
