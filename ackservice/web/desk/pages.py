"""The desk's blueprint: who may see and do what is decided here, before any view, and closed unless a view
opens it."""

from __future__ import annotations

import calendar
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from flask import Blueprint, abort, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from ackservice.domain.audience import Scope
from ackservice.domain.roster_values import WrongValue, day
from ackservice.errors import NotAllowed
from ackservice.service import signing_in
from ackservice.web.context import web
from ackservice.web.desk import confirmations
from ackservice.web.errors import ForeignPost
from handbook.policy.school import Manager

COOKIE = "desk"
PATH = "/ack/desk"
READ_AT_ONCE = (
    256 * 1024
)  # bytes of a form with a file in memory; has to be more than the 64 KiB a parser takes at a time
LARGEST_NUMBER = 2**63 - 1  # that the database can hold

AS_AT = "as-at"  # in addresses: the past day that is shown
SHOW_A_DAY: set[str] = set()

pages = Blueprint("desk", __name__, url_prefix=PATH)
View = TypeVar("View", bound=Callable)


def public(view: View) -> View:
    """Open a view to who is not signed in."""
    view.desk_public = True
    return view


def readers_may(view: View) -> View:
    """Let readers send this form."""
    view.desk_readers_may = True
    return view


def shows_a_day(view: View) -> View:
    """A view that can show a past day, which links to it carry on."""
    SHOW_A_DAY.add(f"desk.{view.__name__}")
    return view


def takes_a_file(largest: int) -> Callable[[View], View]:
    """Let a form carry a file: so many bytes at most, in all."""

    def mark(view: View) -> View:
        view.desk_largest_form = largest
        return view

    return mark


@pages.before_request
def check() -> Response | None:
    """Let nobody in who is not signed in, and let only managers act."""
    view = current_app.view_functions[request.endpoint]
    g.manager = None
    if any(isinstance(value, int) and value > LARGEST_NUMBER for value in (request.view_args or {}).values()):
        abort(404)
    if getattr(view, "desk_public", False):
        return None
    g.manager = (
        signing_in.signed_in(web().service, session_secret(), web().now()) if session_secret() else None
    )
    if g.manager is None:
        return redirect(url_for("desk.sign_in", ended=1 if session_secret() else None), 303)
    if request.method == "POST":
        _check_form(view)
    return None


def _check_form(view: Callable) -> None:
    largest = getattr(view, "desk_largest_form", 0)
    if largest and g.manager.role == "manager":  # set before the form is first read
        request.max_content_length = largest
        request.max_form_memory_size = READ_AT_ONCE
    if not hmac.compare_digest(request.form.get("form_key", "").encode(), form_key().encode()):
        raise ForeignPost
    if g.manager.role != "manager" and not getattr(view, "desk_readers_may", False):
        abort(403)


def manager() -> Manager:
    """Who is signed in."""
    return g.manager


def manager_name() -> str:
    """Who is signed in, as the ledger keeps it."""
    return signing_in.who(g.manager)


def may_act() -> bool:
    """Whether who is signed in may change anything."""
    return g.manager.role == "manager"


def scope() -> Scope:
    """Whom the signed-in person may see."""
    return Scope(g.manager.site, g.manager.team_of)


def as_at() -> date | None:
    """The past day the address names, None for today. Raises NotAllowed for what is no date."""
    try:
        on = day(request.args.get(AS_AT, "").strip())
    except WrongValue as error:
        raise NotAllowed(str(error)) from error
    g.past = None if on == web().service.today(web().now()) else on
    return g.past


@pages.url_defaults
def keep_the_day(endpoint: str, values: dict[str, object]) -> None:
    """Lead from a past day to the same day."""
    if endpoint in SHOW_A_DAY and g.get("past"):
        values.setdefault(AS_AT, g.past.isoformat())


def session_secret() -> str:
    """What the browser's cookie holds; empty without one."""
    return request.cookies.get(COOKIE, "")[:200]


def form_key() -> str:
    """What every form of this session carries: a form of another session is refused."""
    return hashlib.sha256(f"form {session_secret()}".encode()).hexdigest()[:32]


def done(what: str, address: str, **values: object) -> Response:
    """Lead to a page that says what was done; `what` is one of the sentences in `confirmations.py`."""
    return redirect(address + ("&" if "?" in address else "?") + confirmations.query(what, values), 303)


@pages.app_template_filter("short_day")
def short_day(day: date | str) -> str:
    """`26 Jul 2021`, of a date or its ISO text; nothing for none."""
    if not day:
        return ""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{day.day} {calendar.month_abbr[day.month]} {day.year}"


pages.add_app_template_filter(json.loads, "from_json")


@pages.context_processor
def for_templates() -> dict[str, object]:
    """What every template of the desk knows."""
    signed_in = g.get("manager")
    past = g.get("past")
    return {
        "manager": signed_in,
        "past": past,
        "limited": bool(signed_in) and scope().is_limited,
        "may_act": bool(signed_in) and signed_in.role == "manager" and not past,
        "form_key": form_key,
        "confirmation": confirmations.sentence(request.args),
        "can_be_undone": confirmations.undo(request.args),
    }
