"""Acts on people chosen from a notice. What is evidence is confirmed on a page of its own; a reminder can be
cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from ackservice.domain.roster_values import WrongValue, day
from ackservice.errors import NotAllowed
from ackservice.service import overview, people, records, reminding
from ackservice.service.records import Done
from ackservice.web.context import web
from ackservice.web.desk.notices import notice_html, wanted_from
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
        (
            "You record that these people have acknowledged the policy by signing a slip. This is evidence: "
            "it is kept for good, with your name.",
            "If a record turns out to be wrong, you can take it back on the person’s page with a reason. "
            "Both then stay in the records.",
        ),
        "Record as acknowledged on paper",
        "on",
        "The date on the slip",
        "The day they signed, as 2021-08-12 or 12/8/2021.",
        "on-paper",
    ),
    "letter": Act(
        "Letters handed over",
        (
            "You record that these people were handed their letter, about everything that was given "
            "together. That day is their day of notice, and decides whether they were notified in time.",
            "This is evidence: it is kept for good, with your name. A wrong day can be taken back on the "
            "person’s page with a reason, and recorded anew.",
        ),
        "Record as handed over",
        "on",
        "The day the letters were handed over",
        "As 2021-07-28 or 28/7/2021.",
        "letters",
    ),
    "renew": Act(
        "Send new links",
        (
            "Each of these people gets one e-mail with new personal links to everything they owe. All links "
            "they have now stop working at once.",
            "Do this when a link may have got into the wrong hands. To remind somebody, use “Remind now” "
            "instead.",
        ),
        "Send new links",
        "",
        confirmation="renewed",
    ),
    "excuse": Act(
        "Excuse",
        (
            "These people need not acknowledge this version. They are shown as excused, never as having "
            "acknowledged, and get no more reminders.",
            "You can take it back.",
        ),
        "Excuse",
        "reason",
        "The reason",
        "Such as “on long-term leave”. It is kept with your name.",
        "excused",
    ),
}


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
        outcome = reminding.remind(web().service, chosen, by=manager_name(), now=web().now())
        return _done("reminded", notice_id, outcome)
    return _confirm(notice_id, act, chosen, {})


@pages.post("/notices/<int:notice_id>/<any(paper, letter, renew, excuse):act>")
def confirmed(notice_id: int, act: str) -> Response | tuple[str, int]:
    """Do what was confirmed, or ask again for what is missing or fits nobody."""
    chosen = _chosen(notice_id)
    try:
        outcome = _do(act, chosen)
        if not outcome.people and outcome.reasons:
            raise NotAllowed(outcome.reasons[0])
    except (WrongValue, NotAllowed) as error:
        return _confirm(notice_id, act, chosen, {CONFIRMED[act].field: sentence(error)}), 400
    return _done(CONFIRMED[act].confirmation, notice_id, outcome)


@pages.post("/notices/<int:notice_id>/undo")
def undo(notice_id: int) -> Response:
    """Cancel the reminders of an act that have not been sent yet."""
    first, last = (_number(request.form.get(name, "")) for name in ("first", "last"))
    service, by = web().service, manager_name()
    reminded = people.reminded_between(service, notice_id, first, last, by=by)
    number = reminding.cancel(service, reminded, notice_id=notice_id, by=by, now=web().now())
    return done("not-reminded", _back(notice_id), n=number)


def _do(act: str, chosen: list[int]) -> Done:
    service, by, now = web().service, manager_name(), web().now()
    if act == "paper":
        return records.slip(service, chosen, signed_on=_day(), by=by, now=now)
    if act == "letter":
        return records.letter_given(service, chosen, given_on=_day(), by=by, now=now)
    if act == "renew":
        return people.renew_links(service, chosen, by=by, now=now)
    return records.excuse(service, chosen, reason=request.form.get("reason", ""), by=by, now=now)


def _confirm(notice_id: int, act: str, chosen: list[int], errors: Mapping[str, str]) -> str:
    line, shown = overview.some_recipients(web().service, notice_id, scope(), chosen[:20], web().now())
    return render_template(
        "desk/confirm.html",
        notice=line.notice,
        act=CONFIRMED[act],
        address=url_for("desk.confirmed", notice_id=notice_id, act=act),
        back=_back(notice_id),
        people=shown,
        more=len(chosen) - len(shown),
        hidden=_who(chosen),
        value=request.form.get(CONFIRMED[act].field or "none", ""),
        errors=errors,
    )


def _chosen(notice_id: int) -> list[int]:
    """The people ticked, or all of the list when that was asked for and it is still as long as it was shown;
    only those of the notice who may be seen."""
    if request.form.get("all") != "yes":
        ticked = request.form.getlist("who") or [
            part for part in request.form.get("ids", "").split(",") if part
        ]
        ids = [_number(text) for text in ticked][: overview.PAGE]
        _, rows = overview.some_recipients(web().service, notice_id, scope(), ids, web().now())
        return [row.id for row in rows]
    wanted = wanted_from(request.form)
    chosen = overview.recipient_ids(web().service, notice_id, scope(), wanted, web().now())
    if len(chosen) != _number(request.form.get("count", "")):
        raise NotAllowed("the list has changed since you opened the page; go back and look at it again")
    return chosen


def _who(chosen: list[int]) -> list[tuple[str, object]]:
    """What a form carries on: the people ticked, or the list they are on."""
    if request.form.get("all") != "yes":
        return [("ids", ",".join(map(str, chosen)))]
    wanted = wanted_from(request.form)
    return [
        ("all", "yes"),
        ("count", len(chosen)),
        ("show", wanted.show),
        ("category", wanted.category),
        ("q", wanted.search),
        ("sort", wanted.sort),
    ]


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
