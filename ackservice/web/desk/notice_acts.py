"""Acts on a whole notice: recall, postpone, close, and add a person by name; each is confirmed, with a
reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import abort, render_template, request, url_for
from werkzeug.wrappers import Response

from ackservice.domain.roster_values import WrongValue, day
from ackservice.errors import NotAllowed
from ackservice.service import notice_acts, overview, people
from ackservice.service.notice_acts import ActDone
from ackservice.service.people import Wanted
from ackservice.web.context import web
from ackservice.web.desk.pages import done, manager_name, may_act, pages, scope
from ackservice.web.forms import sentence


@dataclass(frozen=True)
class NoticeAct:
    """What the page of an act on a notice says."""

    title: str
    paragraphs: tuple[str, ...]
    button: str
    tells: bool = False  # people who were notified are told of it


ACTS = {
    "recall": NoticeAct(
        "Recall this notice",
        (
            "For a notice given by mistake, or whose version is dropped. It asks nothing from then on, and "
            "what people owed before it they owe still.",
            "The version can be given notice of again, also with another text or date approved anew. "
            "Receipts stay.",
        ),
        "Recall the notice",
        tells=True,
    ),
    "postpone": NoticeAct(
        "Postpone this notice",
        (
            "The notice holds, and takes effect later. First the version has to be approved anew with the "
            "later date in the handbook. For an earlier date recall the notice and give notice anew.",
        ),
        "Postpone the notice",
        tells=True,
    ),
    "close": NoticeAct(
        "Close this notice",
        (
            "Nothing is owed or sent any more, and everybody who has not acknowledged is shown as closed, "
            "never as overdue. Nobody is told.",
        ),
        "Close the notice",
    ),
    "add": NoticeAct(
        "Add a person by name",
        (
            "For somebody outside the audience who is to acknowledge this version too. They are sent it by "
            "e-mail, or get a letter, and are due as people who join are.",
        ),
        "Add this person",
    ),
}


@pages.get("/notices/<int:notice_id>/<any(recall, postpone, close, add):act>")
def ask_about_notice(notice_id: int, act: str) -> str:
    """What the act does, and a form for its reason."""
    return _page(notice_id, act, {})


@pages.post("/notices/<int:notice_id>/<any(recall, postpone, close, add):act>")
def act_on_notice(notice_id: int, act: str) -> Response | tuple[str, int]:
    """Do it, or say what is missing or in the way."""
    _only_managers()
    try:
        outcome = _do(notice_id, act)
    except WrongValue as error:
        return _page(notice_id, act, {"on" if act == "postpone" else "person": sentence(error)}), 400
    except NotAllowed as error:
        return _page(notice_id, act, {"reason": sentence(error)}), 400
    return done(
        act, url_for("desk.notice", notice_id=notice_id), n=outcome.by_email, m=outcome.on_paper or None
    )


def _do(notice_id: int, act: str) -> ActDone:
    service, reason = web().service, request.form.get("reason", "")
    by, now = manager_name(), web().now()
    if act == "recall":
        return notice_acts.recall(service, notice_id, reason=reason, by=by, now=now)
    if act == "postpone":
        return notice_acts.postpone(service, notice_id, effective_on=_day(), reason=reason, by=by, now=now)
    if act == "close":
        return notice_acts.close(service, notice_id, reason=reason, by=by, now=now)
    person_id = request.form.get("person", "")
    if not person_id:
        raise WrongValue("search for the person, and choose them")
    return notice_acts.add_by_name(service, notice_id, person_id, reason=reason, by=by, now=now)


def _page(notice_id: int, act: str, errors: Mapping[str, str]) -> str:
    _only_managers()
    line = overview.notice_line(web().service, notice_id, scope(), web().now())
    search = request.values.get("q", "").strip()[:100]
    wanted = Wanted(search=search)
    chosen = people.roster_page(web().service, scope(), wanted, _today()).people if search else []
    return render_template(
        "desk/notice-act.html",
        line=line,
        notice=line.notice,
        name=act,
        act=ACTS[act],
        told=notice_acts.to_tell(web().service, notice_id, web().now()) if ACTS[act].tells else None,
        people=chosen,
        search=search,
        chosen=request.form.get("person", ""),
        on=request.form.get("on", ""),
        reason=request.form.get("reason", "")[:1000],
        errors=errors,
    )


def _only_managers() -> None:
    """A notice is everybody's, so that it is not for who may see some."""
    if not may_act() or scope().is_limited:
        abort(403)


def _day() -> date:
    on = day(request.form.get("on", "").strip())
    if on is None:
        raise WrongValue("enter the new date")
    return on


def _today() -> date:
    return web().service.today(web().now())
