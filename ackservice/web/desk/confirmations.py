"""What the desk says after something was done: a few fixed sentences, chosen by the address of the page.

The address carries a name and numbers, never words, so that nothing has to be kept between two pages and no
link can make the desk say anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from ackservice.mail.messages import count
from ackservice.web.forms import number_of

# Each takes n (how many) and m (how many were left out).
SENTENCES = {
    "reminded": lambda n, m: (
        _n(n, "reminder is", "reminders are")
        + " on the way."
        + _left(
            m, "nothing is asked of them any more, they have no e-mail address, or they were reminded today"
        )
    ),
    "not-reminded": lambda n, m: (
        _n(n, "reminder is", "reminders are") + " cancelled."
        if n
        else "Too late: the reminders have been sent."
    ),
    "renewed": lambda n, m: (
        _n(n, "new link is", "new links are")
        + " on the way; the old ones have stopped working."
        + _left(m, "nothing is asked of them any more, or they have no e-mail address")
    ),
    "on-paper": lambda n, m: (
        _n(n, "acknowledgement", "acknowledgements")
        + " on paper recorded."
        + _left(m, "nothing is asked of them any more")
    ),
    "letters": lambda n, m: (
        _n(n, "letter", "letters") + " marked as handed over." + _left(m, "nothing is asked of them any more")
    ),
    "excused": lambda n, m: (
        _n(n, "person", "people") + " excused." + _left(m, "nothing is asked of them any more")
    ),
    "not-excused": lambda n, m: _n(n, "excuse is", "excuses are") + " taken back.",
    "withdrawn": lambda n, m: (
        "The record is withdrawn. It stays in the ledger with your reason, and no longer counts."
    ),
    "address": lambda n, m: "The address is corrected, and what is outstanding is on its way to it.",
    "address-only": lambda n, m: "The address is corrected. Nothing was outstanding, so nothing was sent.",
    "answered": lambda n, m: "Marked as answered.",
    "roster": lambda n, m: (
        "The roster is up to date: " + count(n, "entry", "entries") + " recorded."
        if n
        else "The file changed nothing."
    ),
    "issued": lambda n, m: (
        "The notice is given: " + count(n, "person", "people") + ", " + count(m, "message") + " on the way."
    ),
    "closed": lambda n, m: "The notice is closed.",
}

UNDONE = ("reminded", "excused")


def query(what: str, values: Mapping[str, object]) -> str:
    """The end of an address that makes its page say the sentence."""
    if what not in SENTENCES:
        raise KeyError(what)
    return urlencode(
        {"done": what, **{name: value for name, value in values.items() if value not in (None, "")}}
    )


def sentence(arguments: Mapping[str, str]) -> str:
    """The sentence an address asks for; empty when it asks for none of ours."""
    make = SENTENCES.get(arguments.get("done", ""))
    return (
        make(number_of(arguments.get("n"), 11) or 0, number_of(arguments.get("m"), 11) or 0) if make else ""
    )


def undo(arguments: Mapping[str, str]) -> dict[str, object]:
    """The act an address names that can be undone, and its first and last ledger line; empty
    for nothing."""
    what, first, last = (
        arguments.get("done", ""),
        number_of(arguments.get("first"), 11),
        number_of(arguments.get("last"), 11),
    )
    return {"what": what, "first": first, "last": last} if what in UNDONE and first and last else {}


def _n(number: int, one: str, many: str) -> str:
    return count(number, one, many).capitalize() if number == 0 else count(number, one, many)


def _left(number: int, why: str) -> str:
    return f" {count(number, 'person was', 'people were').capitalize()} left out: {why}." if number else ""
