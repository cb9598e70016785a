"""Policies: their versions and dates; and giving notice of some, or asking about what is in force, previewed
first and then confirmed."""

from __future__ import annotations

from collections import Counter
from datetime import date

from flask import abort, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from ackservice.errors import NoticeRefused, NotPublished, ShortNotice
from ackservice.service import issuing, preview, versions
from ackservice.service.issuing import Mode
from ackservice.web.context import web
from ackservice.web.desk.pages import done, manager_name, may_act, pages, scope
from handbook.policy.errors import HandbookError

LONGEST_REASON = 500
LONGEST_ROUND = 60
MOST_VERSIONS = 200
UNNAMED = "…"  # a round that is looked at before it has a name
TITLES = {
    Mode.CHANGE: "Give notice",
    Mode.IN_FORCE: "Ask everyone to acknowledge what is in force",
    Mode.AGAIN: "Ask everybody again",
}


@pages.get("/policies/")
def policies() -> str:
    """Every policy and version; or what is wrong with the handbook's files."""
    faults: tuple[object, ...] = ()
    lines: list[versions.PolicyLine] = []
    try:
        library = web().service.library()
        faults = tuple(fault for of_policy in library.faulty.values() for fault in of_policy)
        lines = versions.lines(web().service, library, web().now())
    except HandbookError as error:
        faults = tuple(getattr(error, "faults", (error,)))
    every = [line for policy in lines for line in policy.versions]
    return render_template(
        "desk/policies.html",
        lines=lines,
        faults=faults,
        today=_today(),
        may_issue=_may_issue(),
        to_issue=[line for line in every if line.can_issue],
        to_ask=[line for line in every if line.can_ask],
    )


@pages.get("/policies/notice")
def notice_preview() -> str | tuple[str, int]:
    """What giving notice would do, and how the e-mail reads."""
    return _preview({})


@pages.post("/policies/notice")
def issue_notice() -> Response | tuple[str, int]:
    """Give notice: the messages are queued, and sent from then on."""
    if not _may_issue():
        abort(403)
    reasons = {name: request.form.get(name, "").strip() for name in ("reason", "unpublished")}
    errors = {
        name: f"Say it in {LONGEST_REASON} characters or fewer"
        for name, text in reasons.items()
        if len(text) > LONGEST_REASON
    }
    if _mode() is Mode.AGAIN and (_round() == UNNAMED or len(_round()) > LONGEST_ROUND):
        errors["round"] = f"Give it a name of {LONGEST_ROUND} characters or fewer"
    if errors:
        return _preview(errors), 400
    try:
        mailing = issuing.issue(
            web().service,
            _wanted(),
            now=web().now(),
            issued_by=manager_name(),
            mode=_mode(),
            round_=_round(),
            short_reason=reasons["reason"],
            unpublished_reason=reasons["unpublished"],
        )
    except ShortNotice:
        return _preview({"reason": "Give a reason for the short notice"}), 400
    except NotPublished as error:
        return _preview({"unpublished": error.at_desk[0]}), 400
    except NoticeRefused as error:
        return _refused(error)
    one = mailing.items[0].notice.id if len(mailing.items) == 1 else None
    address = url_for("desk.notice", notice_id=one) if one else url_for("desk.notices")
    return done("issued", address, n=len(mailing.people), m=mailing.by_email)


def _preview(errors: dict[str, str]) -> str | tuple[str, int]:
    if not _may_issue():
        abort(403)
    try:
        mailing = issuing.preview(web().service, _wanted(), now=web().now(), mode=_mode(), round_=_round())
    except NoticeRefused as error:
        return _refused(error)
    return render_template(
        "desk/notice-preview.html",
        mailing=mailing,
        mode=_mode(),
        title=TITLES[_mode()],
        wanted=[f"{policy}/{version}" for policy, version in _wanted()],
        categories=sorted(Counter(person.category for person in mailing.people).items()),
        first_email=preview.first_email(web().service, mailing, web().now()) if mailing.by_email else "",
        errors=errors,
        reason=request.form.get("reason", "")[: 2 * LONGEST_REASON],
        unpublished=request.form.get("unpublished", "")[: 2 * LONGEST_REASON],
        asks_unpublished=bool(mailing.unpublished) or "unpublished" in errors,
        longest=LONGEST_REASON,
        round=request.form.get("round", "")[: 2 * LONGEST_ROUND],
        longest_round=LONGEST_ROUND,
    )


def _wanted() -> list[tuple[str, str]]:
    """The versions asked for, as `policy/version`."""
    wanted = [tuple(text.split("/")) for text in request.values.getlist("of")[:MOST_VERSIONS]]
    if not wanted or any(len(parts) != 2 for parts in wanted):
        raise BadRequest
    return [(policy, version) for policy, version in dict.fromkeys(wanted)]


def _mode() -> Mode:
    try:
        return Mode(request.values.get("mode", str(Mode.CHANGE)))
    except ValueError as error:
        raise BadRequest from error


def _round() -> str:
    """The name of a new round, in which everybody is asked again; empty for a first notice."""
    if _mode() is not Mode.AGAIN:
        return ""
    return " ".join(request.form.get("round", "").split()) or UNNAMED


def _refused(error: NoticeRefused) -> tuple[str, int]:
    return render_template("desk/notice-refused.html", refused=error), 409


def _may_issue() -> bool:
    return may_act() and not scope().is_limited


def _today() -> date:
    return web().service.today(web().now())
