"""A person: every notice, message, reminder, question and acknowledgement of theirs in order, and what was
sent, as sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import abort, render_template, request, url_for
from werkzeug.wrappers import Response

from ackservice.domain.roster_values import WrongValue, address
from ackservice.errors import NotAllowed
from ackservice.service import desk_acts, desk_people
from ackservice.web.context import web
from ackservice.web.desk.notices import STATUS_WORDS
from ackservice.web.desk.pages import done, manager_name, pages, scope
from ackservice.web.forms import number_of, page_of, sentence

ON_A_PAGE = 100


@pages.get("/person")
def person() -> str:
    """One person, by the id the roster has for them."""
    return _page(request.args.get("id", ""), {}, "")


@pages.get("/person/message")
def message() -> str:
    """One message to a person, as it was sent."""
    person_id, number = request.args.get("id", ""), request.args.get("number", "")
    name, row, text = desk_people.message(web().service, person_id, number_of(number), scope())
    subject, _, body = text.partition("\n\n")
    return render_template("desk/message.html", name=name, person_id=person_id, row=row, subject=subject, body=body,
                           sent_at=datetime.fromisoformat(row["sent_at"]) if row["sent_at"] else None)  # fmt: skip


@pages.post("/person/address")
def correct_address() -> Response | tuple[str, int]:
    """Correct an address, and send what is outstanding to it."""
    person_id, written = request.form.get("id", ""), request.form.get("email", "").strip()
    try:
        if not written:
            raise WrongValue("enter the address")
        sent = desk_acts.correct_address(
            web().service, person_id, address(written), by=manager_name(), now=web().now()
        )
    except (WrongValue, NotAllowed) as error:
        return _page(person_id, {"email": sentence(error)}, written[:320]), 400
    return done("address" if sent else "address-only", url_for("desk.person", id=person_id))


@pages.get("/withdraw/<int:number>")
def withdraw(number: int) -> str:
    """Ask before a record of a signed slip is withdrawn."""
    return _withdraw_page(number, {})


@pages.post("/withdraw/<int:number>")
def withdrawn(number: int) -> Response | tuple[str, int]:
    """Withdraw a wrong record of a signed slip."""
    try:
        desk_acts.withdraw_paper(
            web().service, number, reason=request.form.get("reason", ""), by=manager_name(), now=web().now()
        )
    except NotAllowed as error:
        return _withdraw_page(number, {"reason": sentence(error)}), 400
    return done(
        "withdrawn",
        url_for("desk.person", id=desk_people.acknowledgement(web().service, number, scope())["person_id"]),
    )


@pages.post("/excuses/<int:number>/back")
def take_excuse_back(number: int) -> Response:
    """Take an excuse back."""
    person_id = desk_acts.take_excuse_back(web().service, number, by=manager_name(), now=web().now())
    return done("not-excused", url_for("desk.person", id=person_id), n=1)


def _page(person_id: str, errors: Mapping[str, str], written: str) -> str:
    person = desk_people.person_page(web().service, person_id, scope(), web().now())
    events, standings = person.events, person.standings
    pages_count = max(1, -(-len(events) // ON_A_PAGE))
    page = min(page_of(request.args.get("page")), pages_count)
    return render_template(
        "desk/person.html",
        name=person.name,
        person_id=person_id,
        current=person.current,
        standings=standings[:20],
        more_standings=len(standings) - 20,
        events=events[(page - 1) * ON_A_PAGE : page * ON_A_PAGE],
        total=len(events),
        page=page,
        pages_count=pages_count,
        at=datetime.fromisoformat,
        today=web().service.today(web().now()).isoformat(),
        errors=errors,
        written=written,
        status_words=STATUS_WORDS,
    )


def _withdraw_page(number: int, errors: Mapping[str, str]) -> str:
    found = desk_people.acknowledgement(web().service, number, scope())
    if found["method"] != "paper" or found["withdrawn"]:
        abort(404)
    return render_template(
        "desk/withdraw.html", found=found, errors=errors, value=request.form.get("reason", "")
    )
