"""The desk's own pages about what went wrong."""

from __future__ import annotations

from ackservice.service.signing_in import SignInLinkUsed, TooManyTries
from ackservice.web.errors import PAGES, Page

PAGES[SignInLinkUsed] = Page(
    410,
    "This link has been used, or is too old",
    ("A link to sign in works once, for 15 minutes. Nobody was signed in.",
     "Go to the desk and ask for a new one: /ack/desk/"),
)
PAGES[TooManyTries] = Page(
    429,
    "Please wait a while",
    ("Signing in was tried too often within this hour. Nobody was signed in, and no link was sent.",
     "Use the last link you were sent, if it is not older than 15 minutes, or try again after the full hour."),
)
