"""The desk's own pages about what went wrong: what happened, and the way back to the desk."""

from __future__ import annotations

from flask import make_response, render_template
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from ackservice.errors import AckError, NotFound
from ackservice.service.signing_in import SignInLinkUsed, TooManyTries
from ackservice.web.desk.pages import pages
from ackservice.web.errors import PAGES, ForeignPost, Page
from ackservice.web.forms import sentence

_NOTHING = "Nothing was recorded."
PAGES[SignInLinkUsed] = Page(
    410,
    "This link has been used, or is too old",
    (
        "A link to sign in works once, for 15 minutes. Nobody was signed in.",
        "Go to the desk and ask for a new one.",
    ),
)
PAGES[TooManyTries] = Page(
    429,
    "Please wait a while",
    (
        "Signing in was tried too often within this hour. Nobody was signed in, and no link was sent.",
        "Use the last link you were sent, if it is not older than 15 minutes, or try again after the full "
        "hour.",
    ),
)
_AT_THE_DESK = {
    ForeignPost: (
        f"{_NOTHING} The form was not sent from a page of the desk, or you have signed out and in again "
        f"since you opened it.",
        "Go back to the desk and do it there.",
    ),
    NotFound: ("There is no such page or record, or it is not yours to see.",),
    400: (f"{_NOTHING} Go back to the page you came from, and try again.",),
    403: (f"{_NOTHING} You may see and export, but only a manager changes anything.",),
    404: ("There is no such page or record, or it is not yours to see.",),
    405: (f"{_NOTHING} Go back to the page you came from, and try again.",),
    413: (f"{_NOTHING} Far more was sent than the form asks for.",),
}


@pages.errorhandler(AckError)
def ack_error(error: AckError) -> Response:
    """An error of the service as a page of the desk."""
    kind = next((kind for kind in type(error).__mro__ if kind in PAGES), None)
    if kind is None:
        raise error  # a fault of ours: logged, and shown as one
    page = PAGES[kind]
    said = f"{sentence(error)}." if page.status == 409 else ""
    return _page(page.status, page.title, _AT_THE_DESK.get(kind, page.paragraphs), said)


@pages.errorhandler(HTTPException)
def http_error(error: HTTPException) -> Response:
    """An error of HTTP as a page of the desk."""
    status = error.code or 500
    title = PAGES[status].title if status in PAGES else error.name
    return _page(status, title, _AT_THE_DESK.get(status, (_NOTHING,)))


def _page(status: int, title: str, paragraphs: tuple[str, ...], said: str = "") -> Response:
    return make_response(
        render_template("desk/problem.html", title=title, paragraphs=paragraphs, said=said), status
    )
