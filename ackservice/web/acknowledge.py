"""What a person sees behind their link: what changes for them, the form to acknowledge it, and the
receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ackservice.domain.status import is_overdue, status_of
from ackservice.errors import LinkRevoked, NotAllowed
from ackservice.links import Purpose
from ackservice.service import acknowledging
from ackservice.service.acknowledging import LONGEST_NAME, LinkState, LinkView, Receipt
from ackservice.web.changes import changes, summary
from ackservice.web.context import web
from ackservice.web.errors import ReceiptGone

pages = Blueprint("acknowledge", __name__, url_prefix="/ack")

_TEMPLATES = {
    LinkState.TO_READ: "acknowledge.html",
    LinkState.SUPERSEDED: "superseded.html",
    LinkState.NOTHING_TO_DO: "nothing-to-do.html",
}


@dataclass(frozen=True)
class Form:
    """What was sent, and what is wrong with it by field."""

    read: bool = False
    name: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@pages.get("/a/<token>")
def show(token: str) -> str:
    """What the link leads to. Changes nothing, whoever opens it."""
    return _page(acknowledging.view(web().service, token, web().now()), token, Form())


@pages.post("/a/<token>")
def acknowledge(token: str) -> Response | tuple[str, int]:
    """Record the acknowledgement and lead to its receipt, or show the form again with what is missing."""
    form = read_form(request.form)
    if form.errors:
        found = acknowledging.view(web().service, token, web().now())
        if found.state is LinkState.TO_READ:
            return _page(found, token, form), 400
        return redirect(url_for("acknowledge.show", token=token), 303)
    try:
        number = acknowledging.acknowledge(web().service, token, form.name, web().now())
    except NotAllowed:  # closed to acknowledging since the page was opened: the page says why
        return redirect(url_for("acknowledge.show", token=token), 303)
    return Response(
        status=303, headers={"Location": _receipt_path(number)}
    )  # without a body it leaves in one piece


@pages.get("/receipt/<token>")
def receipt(token: str) -> str:
    """A receipt, for as long as the school keeps it."""
    try:
        found = acknowledging.receipt(web().service, token)
    except LinkRevoked as error:
        raise ReceiptGone from error
    return _receipt_page(found, _receipt_path(found.number))


def read_form(sent: Mapping[str, str]) -> Form:
    """The form as sent; the box counts only with the value our page gives it."""
    read, name = sent.get("read") == "yes", sent.get("name", "")
    errors = {}
    if not read:
        errors["read"] = "Tick the box if you have read and understood the policy"
    if not name.strip():
        errors["name"] = "Type your full name"
    elif len(name) > LONGEST_NAME:
        errors["name"] = f"Type your full name only, in {LONGEST_NAME} characters or fewer"
    return Form(read, name[:LONGEST_NAME], errors)


def _page(found: LinkView, token: str, form: Form) -> str:
    if found.state is LinkState.ACKNOWLEDGED:
        receipt = acknowledging.receipt_numbered(web().service, found.receipt_number)
        return _receipt_page(receipt, _receipt_path(found.receipt_number))
    today = web().service.today(web().now())
    settings = web().settings
    return render_template(
        _TEMPLATES[found.state],
        link=found,
        token=token,
        form=form,
        today=today,
        overdue=is_overdue(status_of(found.notice, found.standing, today), found.window, today),
        summary=summary(found.entry.summary),
        changes=changes(found.previous_text, found.text),
        asked=settings.contact(found.entry.questions or found.entry.owner),
        manager=settings.contact("Business Manager"),
        newer_link=_own_link(found.newer_link_number),
        longest_name=LONGEST_NAME,
    )


def _receipt_page(receipt: Receipt, path: str) -> str:
    manager = web().settings.contact("Business Manager")
    return render_template("receipt.html", receipt=receipt, path=path, manager=manager)


def _receipt_path(number: int) -> str:
    return "/ack/receipt/" + web().service.links.token(
        Purpose.RECEIPT, number
    )  # as addresses in e-mails are made


def _own_link(number: int | None) -> str:
    if number is None:
        return ""
    return url_for("acknowledge.show", token=web().service.links.token(Purpose.ACKNOWLEDGE, number))
