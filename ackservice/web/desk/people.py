"""A person: every notice, message, reminder, question and acknowledgement of theirs in order, and what was
sent, as sent."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort, render_template, request, url_for
from werkzeug.wrappers import Response

from ackservice.domain.roster_values import WrongValue, address
from ackservice.errors import NotAllowed, NotFound
from ackservice.service import desk_acts, standing_now
from ackservice.storage import cuts, desk_person
from ackservice.storage import desk_acts as found_acts
from ackservice.storage import roster as roster_rows
from ackservice.storage.store import moment
from ackservice.web.context import web
from ackservice.web.desk.notices import STATUS_WORDS
from ackservice.web.desk.pages import done, manager_name, pages, scope

ON_A_PAGE = 100


@pages.get("/person")
def person() -> str:
    """One person, by the id the roster has for them."""
    return _page(request.args.get("id", ""), {}, "")


@pages.get("/person/message")
def message() -> str:
    """One message to a person, as it was sent."""
    person_id, number = request.args.get("id", ""), request.args.get("number", "")
    with web().service.store.read() as connection:
        name = _name(connection, person_id)
        found = (
            desk_person.sent_text(connection, person_id, int(number))
            if number.isascii() and number.isdigit() and len(number) < 16
            else None
        )
    if found is None:
        raise NotFound("there is no such message")
    row, text = found
    subject, _, body = text.partition("\n\n")
    return render_template("desk/message.html", name=name, person_id=person_id, row=row, subject=subject, body=body,
                           sent_at=moment(row["sent_at"]) if row["sent_at"] else None)  # fmt: skip


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
        return _page(person_id, {"email": str(error)[:1].upper() + str(error)[1:]}, written[:320]), 400
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
        return _withdraw_page(number, {"reason": str(error)[:1].upper() + str(error)[1:]}), 400
    return done("withdrawn", url_for("desk.person", id=_record(number)["person_id"]))


@pages.post("/excuses/<int:number>/back")
def take_excuse_back(number: int) -> Response:
    """Take an excuse back."""
    person_id = desk_acts.take_excuse_back(web().service, number, by=manager_name(), now=web().now())
    return done("not-excused", url_for("desk.person", id=person_id), n=1)


def _page(person_id: str, errors: Mapping[str, str], written: str) -> str:
    standing_now.refresh(web().service, web().now())
    page = request.args.get("page", "1")
    page = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    with web().service.store.read() as connection:
        name = _name(connection, person_id)
        events = desk_person.events(connection, person_id)
        current = roster_rows.person(connection, person_id, cuts.last_cut(connection))
        standings = desk_person.standings(connection, person_id)
    pages_count = max(1, -(-len(events) // ON_A_PAGE))
    page = min(max(1, page), pages_count)
    return render_template(
        "desk/person.html",
        name=name,
        person_id=person_id,
        current=current,
        standings=standings[:20],
        more_standings=len(standings) - 20,
        events=events[(page - 1) * ON_A_PAGE : page * ON_A_PAGE],
        total=len(events),
        page=page,
        pages_count=pages_count,
        at=moment,
        today=web().service.today(web().now()).isoformat(),
        errors=errors,
        written=written,
        status_words=STATUS_WORDS,
    )


def _name(connection, person_id: str) -> str:
    """The person's name. Raises NotFound, with the same words for who is unknown and who may not be seen."""
    if not desk_person.may_see(connection, person_id, scope()):
        raise NotFound("there is no such person")
    found = roster_rows.person(connection, person_id, cuts.last_cut(connection))
    return found.name if found else desk_person.last_name(connection, person_id) or "(erased)"


def _record(number: int):
    with web().service.store.read() as connection:
        found = found_acts.acknowledgement(connection, number)
        if found is None or not desk_person.may_see(connection, found["person_id"], scope()):
            raise NotFound("there is no such record")
    return found


def _withdraw_page(number: int, errors: Mapping[str, str]) -> str:
    found = _record(number)
    if found["method"] != "paper" or found["withdrawn"]:
        abort(404)
    return render_template(
        "desk/withdraw.html", found=found, errors=errors, value=request.form.get("reason", "")
    )
