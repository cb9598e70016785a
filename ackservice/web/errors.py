"""The one place where errors become pages: each says what happened, what to do next and whom to ask."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Response, make_response, render_template
from werkzeug.exceptions import HTTPException

from ackservice.errors import (
    AckError,
    LinkForged,
    LinkOfLeaver,
    LinkRevoked,
    NotAllowed,
    NotFound,
    StorageError,
)
from ackservice.web.forms import sentence


class ForeignPost(AckError):
    """A form was sent from a page that is not ours."""


class ReceiptGone(AckError):
    """A receipt whose person has been erased."""


class UnsignedRequest(AckError):
    """The proxy's signature is missing or wrong."""


@dataclass(frozen=True)
class Page:
    """A page about something that went wrong."""

    status: int
    title: str
    paragraphs: tuple[str, ...]


PAGES: dict[type[Exception] | int, Page] = {
    LinkForged: Page(
        404,
        "This link does not work",
        (
            "A part of it is missing or was changed on the way. Nothing was recorded.",
            "Go back to the e-mail and open the link there, or copy the whole of it. If you typed "
            "it from a letter, "
            "check each character: capitals and small letters count.",
        ),
    ),
    LinkRevoked: Page(
        410,
        "This link has been replaced",
        (
            "A newer link was sent since, and this one has stopped working. Nothing was recorded.",
            "Look for the latest e-mail from the school about this policy and open the link there.",
        ),
    ),
    LinkOfLeaver: Page(
        410,
        "This link is no longer in use",
        (
            "Personal links stop working when someone leaves. Nothing was recorded, and you need "
            "not do anything.",
            "If this is a mistake, please tell us.",
        ),
    ),
    ReceiptGone: Page(
        410,
        "This receipt is no longer kept",
        ("The records it belonged to have been erased, as happens some time after a person has left.",),
    ),
    ForeignPost: Page(
        403,
        "This form was not sent from our page",
        (
            "Nothing was recorded. Another website, or a program that changes what your browser "
            "sends, may have sent it.",
            "Open the link in your e-mail again and use the form there.",
        ),
    ),
    UnsignedRequest: Page(
        403,
        "Please use the school's own address",
        (
            "This page is only reached through the address in your e-mail. Nothing was recorded.",
            "Open the link in the e-mail again.",
        ),
    ),
    StorageError: Page(
        503,
        "We cannot record anything just now",
        (
            "Nothing was recorded. The fault is ours, and your link goes on working.",
            "Please try again in a few minutes.",
        ),
    ),
    NotFound: Page(404, "Not found", ("There is no such page or record.",)),
    NotAllowed: Page(409, "This cannot be done now", ()),
    400: Page(
        400,
        "We could not read this request",
        ("Nothing was recorded.", "Open the link in your e-mail again."),
    ),
    403: Page(403, "You may not see this page", ("Nothing was recorded.",)),
    404: Page(
        404,
        "Page not found",
        (
            "There is no page at this address. If you typed it, check it; if you followed a link in "
            "an e-mail, copy the whole of it.",
        ),
    ),
    405: Page(
        405, "This page does not take that", ("Nothing was recorded.", "Open the link in your e-mail again.")
    ),
    413: Page(
        413,
        "That is too much for this form",
        (
            "Nothing was recorded, because far more was sent than the form asks for.",
            "Go back, type your name only, and send it again.",
        ),
    ),
    500: Page(
        500,
        "Something went wrong on our side",
        (
            "The fault is ours. What you sent may not have been recorded.",
            "Open your link again: it shows a receipt if your acknowledgement was recorded.",
        ),
    ),
}


def install(app: Flask) -> None:
    """Answer every error with its page."""
    app.register_error_handler(AckError, _ack_error)
    app.register_error_handler(HTTPException, _http_error)


def problem(page: Page, said: str = "") -> Response:
    """The answer for a page about a problem; `said` is a sentence of the error itself."""
    return make_response(render_template("problem.html", page=page, said=said), page.status)


def _ack_error(error: AckError) -> Response:
    page = next((PAGES[kind] for kind in type(error).__mro__ if kind in PAGES), None)
    if page is None:
        raise error  # a fault of ours: logged, and shown as one
    if isinstance(error, StorageError):
        _log().error("%s", error)
    response = problem(page, said=f"{sentence(error)}." if page.status == 409 else "")
    if page.status == 503:
        response.headers["Retry-After"] = "120"
    return response


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    response = problem(PAGES.get(status) or Page(status, error.name, ("Nothing was recorded.",)))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _log():
    from flask import current_app

    return current_app.logger
