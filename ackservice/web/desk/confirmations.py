"""What the desk says after something was done: a few fixed sentences, chosen by the address of the page.

The address carries a name and numbers, never words, so that nothing has to be kept between two pages and no
link can make the desk say anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from ackservice.mail.messages import count
from ackservice.web.forms import number_of

# Each takes n (how many) and m (how many were left out).
SENTENCES: dict[str, Callable[[int, int], str]] = {
    "reminded": lambda n, m: (
        _n(n, "reminder is", "reminders are")
        + " on the way."
        + _left(m, "they owe nothing, have no e-mail address, are away, or were reminded today")
    ),
    "not-reminded": lambda n, m: (
        _n(n, "reminder is", "reminders are") + " cancelled."
        if n
        else "Too late: the reminders have been sent."
    ),
    "renewed": lambda n, m: (
        _n(n, "person gets", "people get")
        + " new links; those before have stopped working."
        + _left(m, "they owe nothing, or have no e-mail address")
    ),
    "on-paper": lambda n, m: (
        _n(n, "acknowledgement", "acknowledgements")
        + " on paper recorded."
        + _left(m, "they have nothing to acknowledge here, or the day does not fit")
    ),
    "letters": lambda n, m: (
        _n(n, "letter", "letters")
        + " marked as handed over."
        + _left(m, "the notice has ended for them, or the day does not fit")
    ),
    "excused": lambda n, m: _n(n, "person", "people") + " excused." + _left(m, "they owe nothing"),
    "taken-back": lambda n, m: (
        "Taken back. Both records stay in the ledger with your reason; only what is recorded anew counts."
    ),
    "name-confirmed": lambda n, m: "The name is confirmed: the acknowledgement counts.",
    "address": lambda n, m: "The address is corrected, and what is outstanding is on its way to it.",
    "address-only": lambda n, m: "The address is corrected. Nothing was outstanding, so nothing was sent.",
    "answered": lambda n, m: "Marked as answered.",
    "roster": lambda n, m: (
        "The roster is up to date: "
        + count(n, "entry", "entries")
        + " recorded"
        + (f", {count(m, 'e-mail')} on the way." if m else ".")
        if n
        else "The file changed nothing."
    ),
    "roster-undone": lambda n, m: (
        f"The import is undone: {count(n, 'entry', 'entries')} no longer count, and nothing of it is sent."
    ),
    "issued": lambda n, m: (
        "The notice is given: " + count(n, "person", "people") + ", " + count(m, "message") + " on the way."
    ),
    "recall": lambda n, m: "The notice is recalled." + _told(n, m),
    "postpone": lambda n, m: "The notice is postponed." + _told(n, m),
    "close": lambda n, m: "The notice is closed.",
    "add": lambda n, m: "The person is added." + _told(n, m),
}

UNDONE = ("reminded",)


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


def _told(by_email: int, on_paper: int) -> str:
    mails = f" {count(by_email, 'e-mail is', 'e-mails are').capitalize()} on the way." if by_email else ""
    letters = (
        f" {count(on_paper, 'letter is', 'letters are').capitalize()} to be handed over." if on_paper else ""
    )
    return mails + letters
