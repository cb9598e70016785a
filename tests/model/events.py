"""What can happen in the life of a notice: the vocabulary shared by the oracle and the histories.

Every event has `on`, the day it is recorded. A history is a list in ledger order; days never decrease.
Automatic consequences (joiners added, a joiner opening a notice, stays ending) are no events: they follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

Version = tuple[str, str]
"""Policy and label."""

Item = tuple[str, str, str]
"""Policy, label and round ('' for the first)."""

NEW = "new"
MATERIAL = "material"
CLARIFICATION = "clarification"
WITHDRAWN = "withdrawn"

BY_CHANGE = "change"
IN_FORCE = "in force"
AGAIN = "again"


@dataclass(frozen=True)
class PolicyVersion:
    """One approved version of the library, which is given beforehand. An empty audience is everybody."""

    policy: str
    label: str
    change: str
    effective_on: date
    audience: tuple[str, ...] = ()
    clarifies: str | None = None


@dataclass(frozen=True)
class Person:
    """A row of the roster."""

    person: str
    categories: tuple[str, ...]
    joined_on: date | None = None
    left_on: date | None = None
    away_until: date | None = None
    has_email: bool = True


@dataclass(frozen=True)
class Event:
    on: date


@dataclass(frozen=True)
class Import(Event):
    """The first roster import; always the first event, and the only one of its kind."""

    people: tuple[Person, ...]


@dataclass(frozen=True)
class Join(Event):
    """A person the roster did not hold before. A blank `joined_on` is the day of the import."""

    person: Person


@dataclass(frozen=True)
class Leave(Event):
    person: str
    left_on: date


@dataclass(frozen=True)
class Return(Event):
    """`left_on` cleared."""

    person: str
    joined_on: date | None = None


@dataclass(frozen=True)
class ChangeCategories(Event):
    person: str
    categories: tuple[str, ...]


@dataclass(frozen=True)
class GoAway(Event):
    """`away_until` set or moved; None ends a present absence with the day before."""

    person: str
    until: date | None


@dataclass(frozen=True)
class ChangeEmail(Event):
    """Another address (or the first), or none any more."""

    person: str
    has_email: bool


@dataclass(frozen=True)
class Issue(Event):
    """Notice given of one version; each Issue is a mailing of its own."""

    policy: str
    label: str
    mode: str = BY_CHANGE
    round: str = ""


@dataclass(frozen=True)
class Recall(Event):
    policy: str
    label: str
    round: str = ""


@dataclass(frozen=True)
class Postpone(Event):
    """Approved anew with a later date and the same text."""

    policy: str
    label: str
    new_effective_on: date


@dataclass(frozen=True)
class Close(Event):
    policy: str
    label: str
    round: str = ""


@dataclass(frozen=True)
class AddByName(Event):
    policy: str
    label: str
    person: str


@dataclass(frozen=True)
class Sent(Event):
    """A mail server took one e-mail with these items."""

    person: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Bounced(Event):
    """That e-mail came back, confirmed: its day of notice is taken back."""

    person: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class LetterGiven(Event):
    person: str
    version: Version
    given_on: date


@dataclass(frozen=True)
class TakeBackLetter(Event):
    person: str
    version: Version


@dataclass(frozen=True)
class Acknowledge(Event):
    """By link or by slip, of a version or of a clarification of it."""

    person: str
    version: Version


@dataclass(frozen=True)
class TakeBackAcknowledgement(Event):
    person: str
    version: Version


@dataclass(frozen=True)
class Excuse(Event):
    person: str
    version: Version


@dataclass(frozen=True)
class TakeBackExcuse(Event):
    person: str
    version: Version


@dataclass(frozen=True)
class History:
    """A library and what happened, in ledger order."""

    library: tuple[PolicyVersion, ...]
    events: tuple[Event, ...]
