"""The first page of the desk: what needs somebody today, and each open notice."""

from __future__ import annotations

from flask import render_template

from ackservice.web.desk.pages import pages


@pages.get("/")
def home() -> str:
    """What needs somebody today comes first."""
    return render_template("desk/home.html")
