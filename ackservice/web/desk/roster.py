"""The roster: everyone on it, and taking in a new file, looked at first and then confirmed."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ackservice.domain.roster import OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from ackservice.errors import NeedsConfirmation, RosterFault, RosterFaults
from ackservice.service import people as service_people
from ackservice.service import roster, roster_upload
from ackservice.service.people import Wanted
from ackservice.service.signing_in import hash_of_session
from ackservice.web.context import web
from ackservice.web.desk.pages import done, manager_name, may_act, pages, scope, session_secret, takes_a_file
from ackservice.web.forms import number_of, page_of

LONGEST_SEARCH = 100
MOST_SHOWN = 100  # faults, and people of a group, on one page


@pages.get("/people/")
def people() -> str:
    """Everyone on the roster who is there today; leavers where asked for."""
    wanted = Wanted(
        search=request.args.get("q", "")[:LONGEST_SEARCH],
        category=request.args.get("category", "")[:LONGEST_SEARCH],
        leavers=request.args.get("leavers") == "yes",
        page=page_of(request.args.get("page")),
    )
    today = web().service.today(web().now())
    page = service_people.roster_page(web().service, scope(), wanted, today)
    return render_template(
        "desk/people.html",
        page=page,
        wanted=page.wanted,
        search=wanted.search,
        categories=web().settings.school.categories,
        whole=not scope().is_limited,
    )


@pages.get("/people/import")
def import_roster() -> str:
    """Where a file is sent."""
    _only_managers()
    return _form({}, ())


@pages.post("/people/import")
@takes_a_file(roster_upload.LARGEST)
def look_at_roster() -> Response | tuple[str, int]:
    """Keep a file without a fault and lead to what it would change; name every fault of another."""
    _only_managers()
    file = request.files.get("file")
    data = file.read() if file else b""
    if not data:
        return _form({"file": "Choose the file to take in"}, ()), 400
    try:
        waiting = roster_upload.look_at(web().service, data, file.filename or "", _session(), web().now())
    except RosterFaults as error:
        title = (
            f"{len(error.faults)} things are wrong in this file"
            if len(error.faults) > 1
            else "Something is wrong in this file"
        )
        return _form({"file": f"{title}. Nothing was taken in"}, error.faults), 400
    return redirect(url_for("desk.roster_preview", key=waiting.key), 303)


@pages.get("/people/import/<key>")
def roster_preview(key: str) -> str:
    """What a file that waits would change."""
    _only_managers()
    return _preview(key, {})


@pages.post("/people/import/<key>")
def confirm_roster(key: str) -> Response | tuple[str, int]:
    """Take the file in, or throw it away; first everything that has to be confirmed."""
    _only_managers()
    if request.form.get("act") == "cancel":
        roster_upload.throw_away(web().service, key, _session(), web().now())
        return redirect(url_for("desk.people"), 303)
    waiting = roster_upload.look_again(web().service, key, _session(), web().now()).found
    errors = {}
    if waiting.questions and request.form.get("questions") != "yes":
        errors["questions"] = "Look at each of these, and tick the box if it is meant"
    if waiting.must_type and number_of(request.form.get("number", "").strip()) != waiting.must_type:
        errors["number"] = f"Type the number {waiting.must_type}"
    if errors:
        return _preview(key, errors), 400
    try:
        taken_in = roster_upload.confirm(
            web().service, key, _session(), by=manager_name(), now=web().now(), confirmed=True
        )
    except NeedsConfirmation:
        return _preview(key, {}), 409
    return done("roster", url_for("desk.people"), n=len(taken_in.plan.entries), m=taken_in.emails or None)


@pages.post("/people/undo")
def undo_roster() -> Response:
    """Undo the last import."""
    _only_managers()
    number = roster.undo_last(
        web().service, by=manager_name(), now=web().now(), reason=request.form.get("reason", "")[:500]
    )
    return done("roster-undone", url_for("desk.people"), n=number)


def _preview(key: str, errors: dict[str, str]) -> str:
    waiting = roster_upload.look_again(web().service, key, _session(), web().now()).found
    return render_template(
        "desk/roster-preview.html",
        key=key,
        waiting=waiting,
        plan=waiting.plan,
        most=MOST_SHOWN,
        errors=errors,
        number=request.form.get("number", "")[:20],
        ticked=request.form.get("questions") == "yes",
    )


def _form(errors: dict[str, str], faults: Sequence[RosterFault]) -> str:
    return render_template(
        "desk/roster-import.html",
        errors=errors,
        faults=faults[:MOST_SHOWN],
        more=max(0, len(faults) - MOST_SHOWN),
        required=REQUIRED_COLUMNS,
        optional=OPTIONAL_COLUMNS,
        categories=web().settings.school.categories,
    )


def _only_managers() -> None:
    """A file names everybody, so that it is not for who may see some."""
    if not may_act() or scope().is_limited:
        abort(403)


def _session() -> str:
    return hash_of_session(session_secret())
