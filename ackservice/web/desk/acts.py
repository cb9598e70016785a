"""Acts on people chosen from a notice. What is evidence is confirmed on a page of its own; what is not can
be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from ackservice.domain.roster_values import WrongValue, day
from ackservice.errors import NotAllowed
from ackservice.service import desk_acts, desk_views
from ackservice.service.desk_acts import Done
from ackservice.web.context import web
from ackservice.web.desk.notices import STATUS_WORDS, notice_html, wanted_from
from ackservice.web.desk.pages import done, manager_name, pages, scope
from ackservice.web.forms import number_of, sentence


@dataclass(frozen=True)
class Act:
    """An act that is confirmed first: what its page says, and the field it asks for."""

    title: str
    paragraphs: tuple[str, ...]
    button: str
    field: str  # on | reason | ""
    label: str = ""
    hint: str = ""
    confirmation: str = ""


CONFIRMED = {
    "paper": Act(
        "Record signed slips",
        ("You record that these people have acknowledged the policy by signing a slip. This is evidence: it is kept for good, with your name.",
         "If a record turns out to be wrong, you can withdraw it on the person’s page with a reason. Both then stay in the records."),
        "Record as acknowledged on paper", "on", "The date on the slip", "The day they signed, as 2021-08-12 or 12/8/2021.", "on-paper",
    ),
    "letter": Act(
        "Letters handed over",
        ("You record that these people were handed their letter. That day is their day of notice, and decides whether they were told in time.",
         "This is evidence: it is kept for good, with your name, and cannot be taken back."),
        "Record as handed over", "on", "The day the letters were handed over", "As 2021-07-28 or 28/7/2021.", "letters",
    ),
    "renew": Act(
        "Send new links",
        ("Each of these people gets an e-mail with a new personal link. The link they have now stops working at once.",
         "Do this when a link may have got into the wrong hands. To remind somebody, use “Remind now” instead."),
        "Send new links", "", confirmation="renewed",
    ),
    "excuse": Act(
        "Excuse",
        ("These people need not acknowledge this version. They are shown as excused, never as having acknowledged, and get no more reminders.",
         "You can take it back."),
        "Excuse", "reason", "The reason", "Such as “on long-term leave”. It is kept with your name.", "excused",
    ),
}  # fmt: skip


@pages.post("/notices/<int:notice_id>/people")
def choose(notice_id: int) -> Response | str | tuple[str, int]:
    """What is done with the people chosen: reminded at once, or asked about first."""
    act = request.form.get("act", "")
    if act != "remind" and act not in CONFIRMED:
        raise BadRequest
    chosen = _chosen(notice_id)
    if not chosen:
        nobody = {"all": "Tick the people you mean, or choose all of the list"}
        return notice_html(notice_id, wanted_from(request.form), nobody), 400
    if act == "remind":
        outcome = desk_acts.remind(web().service, notice_id, chosen, by=manager_name(), now=web().now())
        return _done("reminded", notice_id, outcome)
    return _confirm(notice_id, act, chosen, {})


@pages.post("/notices/<int:notice_id>/<any(paper, letter, renew, excuse):act>")
def confirmed(notice_id: int, act: str) -> Response | tuple[str, int]:
    """Do what was confirmed, or ask again for what is missing."""
    chosen = _chosen(notice_id)
    try:
        outcome = _do(act, notice_id, chosen)
    except (WrongValue, NotAllowed) as error:
        return _confirm(notice_id, act, chosen, {CONFIRMED[act].field: sentence(error)}), 400
    return _done(CONFIRMED[act].confirmation, notice_id, outcome)


@pages.post("/notices/<int:notice_id>/undo")
def undo(notice_id: int) -> Response:
    """Take an act back that is no evidence: reminders not sent yet, and excuses."""
    first, last = (_number(request.form.get(name, "")) for name in ("first", "last"))
    address = _back(notice_id)
    if request.form.get("what") == "reminded":
        number = desk_acts.cancel_reminders(
            web().service, notice_id, first, last, by=manager_name(), now=web().now()
        )
        return done("not-reminded", address, n=number)
    number = desk_acts.take_excuses_back(
        web().service, notice_id, first, last, reason="undone at the desk", by=manager_name(), now=web().now()
    )
    return done("not-excused", address, n=number)


def _do(act: str, notice_id: int, chosen: list[int]) -> Done:
    how = {"by": manager_name(), "now": web().now()}
    if act == "paper":
        return desk_acts.record_papers(web().service, notice_id, chosen, signed_on=_day(), **how)
    if act == "letter":
        return desk_acts.record_letters(web().service, notice_id, chosen, given_on=_day(), **how)
    if act == "renew":
        return desk_acts.renew_links(web().service, notice_id, chosen, **how)
    return desk_acts.excuse(web().service, notice_id, chosen, reason=request.form.get("reason", ""), **how)


def _confirm(notice_id: int, act: str, chosen: list[int], errors: Mapping[str, str]) -> str:
    today = web().service.today(web().now())
    line, people = desk_views.some_recipients(web().service, notice_id, scope(), chosen[:20], today)
    return render_template(
        "desk/confirm.html",
        line=line,
        notice=line.notice,
        act=CONFIRMED[act],
        address=url_for("desk.confirmed", notice_id=notice_id, act=act),
        back=_back(notice_id),
        people=people,
        more=len(chosen) - len(people),
        hidden=_who(chosen),
        value=request.form.get(CONFIRMED[act].field or "none", ""),
        status_words=STATUS_WORDS,
        errors=errors,
    )


def _chosen(notice_id: int) -> list[int]:
    """The people ticked, or all of the list when that was asked for and the list is still as long as it was
    shown."""
    if request.form.get("all") != "yes":
        ticked = request.form.getlist("who") or [
            part for part in request.form.get("ids", "").split(",") if part
        ]
        return [_number(text) for text in ticked][: desk_views.PAGE]
    wanted = wanted_from(request.form)
    chosen = desk_views.recipients(web().service, notice_id, scope(), wanted, web().now())
    if len(chosen) != _number(request.form.get("found", "")):
        raise NotAllowed("the list has changed since you opened the page; go back and look at it again")
    return chosen


def _who(chosen: list[int]) -> list[tuple[str, object]]:
    """What a form carries on: the people ticked, or the list they all stand on."""
    if request.form.get("all") != "yes":
        return [("ids", ",".join(map(str, chosen)))]
    wanted = wanted_from(request.form)
    return [("all", "yes"), ("found", len(chosen)), ("show", wanted.show), ("category", wanted.category),
            ("q", request.form.get("q", "")), ("sort", wanted.sort)]  # fmt: skip


def _done(confirmation: str, notice_id: int, outcome: Done) -> Response:
    return done(
        confirmation,
        _back(notice_id),
        n=outcome.people,
        m=outcome.left_out,
        first=outcome.first or None,
        last=outcome.last or None,
    )


def _back(notice_id: int) -> str:
    return url_for("desk.notice", notice_id=notice_id)


def _day() -> date:
    on = day(request.form.get("on", "").strip())
    if on is None:
        raise WrongValue("enter the date")
    return on


def _number(text: str) -> int:
    number = number_of(text)
    if number is None:
        raise BadRequest
    return number
