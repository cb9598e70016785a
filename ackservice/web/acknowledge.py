"""What a person sees behind their link: what changes for them, the form to acknowledge it, the receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ackservice.errors import LinkRevoked, NotAllowed
from ackservice.links import Purpose
from ackservice.service import acknowledging, receipts
from ackservice.service.acknowledging import LONGEST_NAME, LinkState, LinkView, NameUnlike
from ackservice.service.receipts import Receipt
from ackservice.web.changes import changes, summary
from ackservice.web.context import web
from ackservice.web.errors import ReceiptGone
from ackservice.web.forms import sentence

pages = Blueprint("acknowledge", __name__, url_prefix="/ack")

_TEMPLATES = {
    LinkState.TO_READ: "acknowledge.html",
    LinkState.NOTHING_TO_DO: "nothing-to-do.html",
    LinkState.ENDED: "ended.html",
}


@dataclass(frozen=True)
class Form:
    """What was sent, and what is wrong with it by field. `insist`: the name is theirs, unlike as it is."""

    read: bool = False
    name: str = ""
    insist: bool = False
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
        return _again(token, form)
    try:
        key = acknowledging.acknowledge(web().service, token, form.name, web().now(), form.insist)
    except NameUnlike as error:
        return _again(token, replace(form, errors={"name": sentence(error)}), is_unlike=True)
    except NotAllowed:  # closed to acknowledging since the page was opened: the page says why
        return redirect(url_for("acknowledge.show", token=token), 303)
    # Without a body it leaves in one piece.
    return Response(status=303, headers={"Location": _receipt_path(key)})


@pages.get("/receipt/<token>")
def receipt(token: str) -> str:
    """A receipt, for as long as the school keeps it."""
    try:
        return _receipt_page(receipts.receipt(web().service, token))
    except LinkRevoked as error:
        raise ReceiptGone from error


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
    return Form(read, name[:LONGEST_NAME], sent.get("insist") == "yes", errors)


def _again(token: str, form: Form, *, is_unlike: bool = False) -> Response | tuple[str, int]:
    """The form with what is wrong; where there is nothing to acknowledge any more, the page that says so."""
    link = acknowledging.view(web().service, token, web().now())
    if link.state is LinkState.TO_READ:
        return _page(link, token, form, is_unlike=is_unlike), 400
    return redirect(url_for("acknowledge.show", token=token), 303)


def _page(link: LinkView, token: str, form: Form, *, is_unlike: bool = False) -> str:
    if link.state is LinkState.ACKNOWLEDGED and link.receipt:
        return _receipt_page(link.receipt)
    settings = web().settings
    return render_template(
        _TEMPLATES[link.state],
        link=link,
        token=token,
        form=form,
        is_unlike=is_unlike,
        today=web().service.today(web().now()),
        summary=summary(link.entry.summary),
        changes=changes(link.previous_text, link.text),
        asked=settings.contact(link.entry.questions or link.entry.owner),
        manager=settings.contact("Business Manager"),
        newer_link=url_for("acknowledge.show", token=link.newer_token) if link.newer_token else "",
        receipt_path=_receipt_path(link.receipt.key) if link.receipt else "",
        longest_name=LONGEST_NAME,
    )


def _receipt_page(receipt: Receipt) -> str:
    manager = web().settings.contact("Business Manager")
    return render_template("receipt.html", receipt=receipt, path=_receipt_path(receipt.key), manager=manager)


def _receipt_path(key: str) -> str:
    """As addresses in e-mails are made."""
    return "/ack/receipt/" + web().service.links.token(Purpose.RECEIPT, key)
