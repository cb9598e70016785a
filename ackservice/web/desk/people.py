"""A person: every notice, message, question and acknowledgement of theirs in order, and taking records
back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import abort, render_template, request, url_for
from werkzeug.wrappers import Response

from ackservice.domain.export_rows import notes
from ackservice.domain.roster_values import WrongValue, address
from ackservice.errors import NotAllowed, NotFound
from ackservice.service import people, records
from ackservice.service.people import AddressIsShared
from ackservice.web.context import web
from ackservice.web.desk.pages import as_at, done, manager_name, may_act, pages, scope, shows_a_day
from ackservice.web.forms import number_of, page_of, sentence

ON_A_PAGE = 100
WORDS = {
    "letter": "the record that a letter was handed over",
    "slip": "the record of a signed slip",
    "excuse": "an excuse",
    "acknowledgement": "an acknowledgement by link",
}


@pages.get("/person")
@shows_a_day
def person() -> str:
    """One person, by the id the roster has for them."""
    return _page(request.args.get("id", ""), {}, "")


@pages.get("/person/message")
def message() -> str:
    """One message to a person, as it was sent."""
    person_id, number = request.args.get("id", ""), number_of(request.args.get("number", ""))
    message = people.message(web().service, person_id, number, scope())
    subject, _, body = message.text.partition("\n\n")
    return render_template(
        "desk/message.html",
        message=message,
        person_id=person_id,
        subject=subject,
        body=body,
        sent_at=datetime.fromisoformat(message.at),
    )


@pages.post("/person/address")
def correct_address() -> Response | tuple[str, int]:
    """Correct an address, and send what is outstanding to it; asked about where it stands for somebody
    else."""
    person_id, written = request.form.get("id", ""), request.form.get("email", "").strip()
    try:
        if not written:
            raise WrongValue("enter the address")
        sent = people.correct_address(
            web().service,
            person_id,
            address(written),
            by=manager_name(),
            now=web().now(),
            confirmed=request.form.get("shared") == "yes",
        )
    except (WrongValue, NotAllowed) as error:
        is_shared = isinstance(error, AddressIsShared)
        return _page(person_id, {"email": sentence(error)}, written[:320], is_shared), 400
    return done("address" if sent else "address-only", url_for("desk.person", id=person_id))


@pages.get("/take-back/<any(letter, slip, excuse, acknowledgement):what>/<int:number>")
def ask_to_take_back(what: str, number: int) -> str:
    """Ask before a record of a recipient is taken back."""
    return _take_back_page(what, number, {})


@pages.post("/take-back/<any(letter, slip, excuse, acknowledgement):what>/<int:number>")
def take_back(what: str, number: int) -> Response | tuple[str, int]:
    """Take a record of a recipient back."""
    row, _ = people.recipient(web().service, number, scope(), web().now())
    reason = request.form.get("reason", "")
    try:
        outcome = records.take_back(
            web().service, what, [number], reason=reason, by=manager_name(), now=web().now()
        )
        if not outcome.people:
            raise NotAllowed(outcome.reasons[0])
    except NotAllowed as error:
        return _take_back_page(what, number, {"reason": sentence(error)}), 400
    return done("taken-back", url_for("desk.person", id=row.recipient.person_id))


@pages.post("/confirm-name/<int:number>/<int:acknowledgement>")
def confirm_name(number: int, acknowledgement: int) -> Response:
    """Say that the name typed is the person's own."""
    row, _ = people.recipient(web().service, number, scope(), web().now())
    if row.name_to_confirm is None or row.name_to_confirm.id != acknowledgement:
        raise NotFound("there is no such name to confirm")
    records.confirm_name(web().service, acknowledgement, by=manager_name(), now=web().now())
    return done("name-confirmed", url_for("desk.person", id=row.recipient.person_id))


def _page(person_id: str, errors: Mapping[str, str], written: str, is_shared: bool = False) -> str:
    page = people.person_page(web().service, person_id, scope(), as_at(), web().now())
    pages_count = max(1, -(-len(page.events) // ON_A_PAGE))
    number = min(page_of(request.args.get("page")), pages_count)
    return render_template(
        "desk/person.html",
        page=page,
        person_id=person_id,
        rows=page.recipient_of[:20],
        more_rows=len(page.recipient_of) - 20,
        events=page.events[(number - 1) * ON_A_PAGE : number * ON_A_PAGE],
        number=number,
        pages_count=pages_count,
        at=datetime.fromisoformat,
        today=page.as_of.on,
        notes=notes,
        errors=errors,
        written=written,
        is_shared=is_shared,
    )


def _take_back_page(what: str, number: int, errors: Mapping[str, str]) -> str:
    if not may_act():
        abort(403)
    row, letters = people.recipient(web().service, number, scope(), web().now())
    read = row.acknowledgement or row.name_to_confirm
    method = read.method if read else ""
    kept = {
        "letter": letters,
        "excuse": row.excuse,
        "slip": read if method == "paper" else None,
        "acknowledgement": read if method == "link" else None,
    }
    if not kept[what]:
        raise NotFound("there is no such record, or it has been taken back")
    return render_template(
        "desk/take-back.html",
        what=what,
        words=WORDS[what],
        row=row,
        kept=kept[what],
        errors=errors,
        value=request.form.get("reason", "")[: 2 * records.LONGEST_REASON],
    )
