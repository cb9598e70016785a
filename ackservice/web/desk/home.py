"""The first page of the desk, and the list of all notices."""

from __future__ import annotations

from flask import render_template, url_for

from ackservice.service import desk_views
from ackservice.service.desk_views import Need
from ackservice.web.context import web
from ackservice.web.desk.pages import pages, scope


@pages.get("/")
def home() -> str:
    """What needs somebody today comes first."""
    found = desk_views.home(web().service, scope(), web().now())
    return render_template("desk/home.html", found=found, where=where)


@pages.get("/notices/")
def notices() -> str:
    """Every notice, the last one first."""
    return render_template(
        "desk/notices.html", lines=desk_views.all_lines(web().service, scope(), web().now())
    )


def where(need: Need) -> str:
    """The page on which a need is seen to; empty where there is none."""
    if need.notice_id is not None and need.show:
        return url_for("desk.notice", notice_id=need.notice_id, show=need.show) + "#people"
    return url_for("desk.home") + need.page + "/" if need.page else ""
