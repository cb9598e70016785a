"""Policies: their versions and dates, and giving notice of one, previewed first and then confirmed."""

from __future__ import annotations

from collections import Counter

from flask import abort, render_template, request, url_for
from werkzeug.wrappers import Response

from ackservice.errors import NoticeRefused, ShortNotice
from ackservice.service import desk_policies, issuing, preview
from ackservice.web.context import web
from ackservice.web.desk.pages import done, manager_name, may_act, pages, scope
from handbook.policy.errors import FaultsFound

LONGEST_REASON = 500
LONGEST_ROUND = 60
UNNAMED = "…"  # a round that is looked at before it has a name


@pages.get("/policies/")
def policies() -> str:
    """Every policy and version; or what is wrong with the handbook's files."""
    faults, lines = (), []
    try:
        lines = desk_policies.lines(web().service, web().service.library(), web().now())
    except FaultsFound as error:
        faults = error.faults
    return render_template(
        "desk/policies.html", lines=lines, faults=faults, today=_today(), may_issue=_may_issue()
    )


@pages.get("/policies/<policy>/<version>/notice")
def notice_preview(policy: str, version: str) -> str | tuple[str, int]:
    """What giving notice would do, and how the e-mail reads."""
    return _preview(policy, version, {})


@pages.post("/policies/<policy>/<version>/notice")
def issue_notice(policy: str, version: str) -> Response | tuple[str, int]:
    """Give notice: the messages are queued, and sent from then on."""
    if not _may_issue():
        abort(403)
    reason, again = request.form.get("reason", "").strip(), _round()
    if again == UNNAMED or len(again) > LONGEST_ROUND:
        return _preview(
            policy, version, {"round": f"Give it a name of {LONGEST_ROUND} characters or fewer"}, 400
        )
    if len(reason) > LONGEST_REASON:
        return _preview(policy, version, {"reason": f"Say it in {LONGEST_REASON} characters or fewer"}, 400)
    try:
        found = issuing.issue(
            web().service,
            policy,
            version,
            now=web().now(),
            issued_by=manager_name(),
            short_reason=reason,
            again=again,
        )
    except ShortNotice:
        return _preview(policy, version, {"reason": "Give a reason for the short notice"}, 400)
    except NoticeRefused as error:
        return _refused(error)
    return done(
        "issued", url_for("desk.notice", notice_id=found.notice.id), n=len(found.people), m=found.by_email
    )


def _preview(policy: str, version: str, errors: dict[str, str], status: int = 200) -> str | tuple[str, int]:
    if not _may_issue():
        abort(403)
    try:
        found = preview.preview_notice(web().service, policy, version, now=web().now(), again=_round())
    except NoticeRefused as error:
        return _refused(error)
    categories = sorted(Counter(person.category for person in found.found.people).items())
    page = render_template(
        "desk/notice-preview.html",
        preview=found,
        found=found.found,
        notice=found.found.notice,
        entry=found.found.version.entry,
        categories=categories,
        errors=errors,
        reason=request.form.get("reason", "")[: 2 * LONGEST_REASON],
        longest=LONGEST_REASON,
        again=bool(_round()),
        round=request.form.get("round", "")[: 2 * LONGEST_ROUND],
        longest_round=LONGEST_ROUND,
    )
    return page, status


def _round() -> str:
    """The name of a new round, in which everybody is asked again; empty for a first notice."""
    if request.values.get("again") != "yes":
        return ""
    return " ".join(request.form.get("round", "").split()) or UNNAMED


def _refused(error: NoticeRefused) -> tuple[str, int]:
    return render_template("desk/notice-refused.html", refused=error), 409


def _may_issue() -> bool:
    return may_act() and not scope().is_limited


def _today():
    return web().service.today(web().now())
