"""The status of a recipient, what they owe, and figures and lists over many: computed, never stored.

Source of the rules: the design's "The life of a notice". Everything is a function of the facts up to a ledger
line and of a day.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from ackservice.domain.audience import Entry, Scope, StayEnd, absences, is_away, stay_end
from ackservice.domain.history import Book, Moment, State
from ackservice.domain.notice import Basis, Notice, Window, window_of
from ackservice.domain.roster import Person
from handbook.policy.version import Change


class Status(StrEnum):
    """The status of a recipient; the first that applies, in this order."""

    RECALLED = "recalled"
    ACKNOWLEDGED = "acknowledged"
    EXCUSED = "excused"
    LEFT = "left"
    NOT_CONCERNED = "not concerned"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    UNDELIVERABLE = "undeliverable"
    NOTIFIED = "notified"
    ON_PAPER = "on paper"
    NOT_SENT = "not sent"

    @property
    def is_settled(self) -> bool:
        """Nothing more is expected of the person."""
        return self not in _UNSETTLED


_UNSETTLED = (Status.UNDELIVERABLE, Status.NOTIFIED, Status.ON_PAPER, Status.NOT_SENT)
_OF_STATE = {
    State.CLOSED: Status.CLOSED,
    State.WITHDRAWN: Status.WITHDRAWN,
    State.SUPERSEDED: Status.SUPERSEDED,
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person's stay in the audience of a notice, as recorded when it began."""

    id: int  # the ledger line
    key: str
    notice_id: int
    person_id: str
    name: str
    email: str
    categories: tuple[str, ...]
    basis: Basis
    added_on: date
    came_on: date | None = None  # into the audience; None where the version found them there
    reason: str = ""

    @property
    def category(self) -> str:
        return "; ".join(self.categories)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A person's own act: what they read, when, and how it came to us. `signed_on` is set for paper only.

    `digest` is the text shown, `base_digest` that of the version asked about, which a clarification may
    follow.
    """

    id: int
    at: datetime
    on: date
    notice_id: int
    recipient_id: int
    digest: str
    method: str  # link | paper
    base_digest: str = ""
    key: str = ""
    typed_name: str = ""
    name_matches: bool = True  # or a manager confirmed it
    signed_on: date | None = None
    recorded_by: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Excuse:
    """A manager's word that somebody need not acknowledge."""

    id: int
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What mail servers said of the messages about a recipient; `first_on` and the like of what was taken.

    `last_good` and `last_bad` are delivery numbers; `last_bad_line` is the ledger line of the last refusal.
    """

    first_on: date | None = None
    last_at: datetime | None = None
    reminders: int = 0
    last_good: int = 0
    last_bad: int = 0
    last_bad_line: int = 0
    returned: bool = False  # came back, and no manager has said yet whether that is true


NOTHING_SENT = Sent()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything recorded about one recipient up to a ledger line.

    `letters` are (ledger line, day handed over), `acknowledgements` all of the person's of the policy, both
    without what was taken back. `joined` are notices that a joiner opened and the person was added to before
    they were given to everybody: (notice, day, ledger line).
    """

    recipient: Recipient
    entries: Sequence[Entry] = ()
    sent: Sent = NOTHING_SENT
    letters: Sequence[tuple[int, date]] = ()
    acknowledgements: Sequence[Acknowledgement] = ()
    excuse: Excuse | None = None
    joined: Sequence[tuple[int, date, int]] = ()
    has_question: bool = False


@dataclass(frozen=True, slots=True)
class RecipientStatus:
    """One recipient on one day: the status, what they owe, their window, and what stands beside it."""

    notice: Notice
    recipient: Recipient
    person: Person | None  # as the roster has them now; None once erased
    status: Status
    owes: bool
    window: Window
    overdue: bool = False
    not_notified: bool = False  # nothing has reached them yet
    away: bool = False
    name_to_confirm: Acknowledgement | None = None
    returned: bool = False
    acknowledgement: Acknowledgement | None = None
    excuse: Excuse | None = None
    stay_end: StayEnd | None = None
    has_question: bool = False
    sent: Sent = NOTHING_SENT

    @property
    def id(self) -> int:
        return self.recipient.id

    @property
    def name(self) -> str:
        """The name the roster has now; the one recorded where the person is erased or gone from it."""
        return self.person.name if self.person else self.recipient.name

    @property
    def email(self) -> str:
        return self.person.email if self.person else ""

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories the roster has now; those recorded where the person is erased or gone from it."""
        return self.person.categories if self.person else self.recipient.categories

    @property
    def category(self) -> str:
        return "; ".join(self.categories)

    @property
    def can_be_reminded(self) -> bool:
        """Whether a reminder would reach somebody who owes and has been notified."""
        return (
            self.owes
            and self.window.notified_on is not None
            and self.status is Status.NOTIFIED
            and bool(self.email)
            and not self.away
            and self.name_to_confirm is None
        )


def status_of(book: Book, notice: Notice, facts: Facts, on: date) -> RecipientStatus:
    """Where one recipient stands at the end of that day, by everything in the book and the facts."""
    recipient = facts.recipient
    person = facts.entries[-1].person if facts.entries and facts.entries[-1].person.name else None
    end = stay_end(facts.entries, notice.audience, recipient.basis, recipient.id, on)
    read, unconfirmed = _acknowledgements(book, notice, facts, end)
    notified_on = _notified_on(facts)
    excuse = facts.excuse if facts.excuse and _reaches(facts.excuse.id, end) else None
    email = person.email if person else ""
    status = _status(book, notice, facts, on, end, read, excuse, notified_on, email)
    owes = (
        notice.must_be_acknowledged
        and recipient.basis is not Basis.NO_LONGER_COVERED
        and not status.is_settled
    )
    window = _window(book, notice, facts, notified_on, owes)
    away = is_away(person, on)
    return RecipientStatus(
        notice=notice,
        recipient=recipient,
        person=person,
        status=status,
        owes=owes,
        window=window,
        overdue=owes
        and window.due_on is not None
        and on > window.due_on
        and not away
        and not facts.sent.returned
        and unconfirmed is None,
        not_notified=notified_on is None and not status.is_settled,
        away=away,
        name_to_confirm=unconfirmed if owes else None,
        returned=facts.sent.returned and owes,
        acknowledgement=read,
        excuse=excuse,
        stay_end=end,
        has_question=facts.has_question,
        sent=facts.sent,
    )


def counts_for(book: Book, acknowledgement: Acknowledgement, notice: Notice) -> bool:
    """Whether an acknowledgement, of the same person and policy, is one of this notice's text in its round.

    One under a recalled notice counts too: in a first round always, in a later one from its beginning on.
    """
    if notice.digest is None or notice.digest not in (acknowledgement.digest, acknowledgement.base_digest):
        return False
    under = book.notice(acknowledgement.notice_id)
    if under is None:
        return False
    if under.round == notice.round:
        return True
    return book.is_recalled(under) and (not notice.round or acknowledgement.id > notice.id)


def _acknowledgements(
    book: Book, notice: Notice, facts: Facts, end: StayEnd | None
) -> tuple[Acknowledgement | None, Acknowledgement | None]:
    """The acknowledgement that counts, and one whose name a manager has to confirm first."""
    asked = notice.must_be_acknowledged and facts.recipient.basis is not Basis.NO_LONGER_COVERED
    if not asked or not facts.acknowledgements:
        return None, None
    unconfirmed = None
    for one in facts.acknowledgements:
        if counts_for(book, one, notice) and (end is None or Moment(one.on, one.id) < end.at):
            if one.name_matches:
                return one, None
            unconfirmed = one
    return None, unconfirmed


def _reaches(line: int, end: StayEnd | None) -> bool:
    """Whether an act came before the end of a stay; by its line, or at all where leaving has no line."""
    return end is None or end.at.line == 0 or line < end.at.line


def _notified_on(facts: Facts) -> date | None:
    """The day of notice: the first of what a mail server took and a letter handed over."""
    days = [day for _, day in facts.letters]
    if facts.sent.first_on and not facts.sent.returned:
        days.append(facts.sent.first_on)
    return min(days, default=None)


def _status(
    book: Book,
    notice: Notice,
    facts: Facts,
    on: date,
    end: StayEnd | None,
    read: Acknowledgement | None,
    excuse: Excuse | None,
    notified_on: date | None,
    email: str,
) -> Status:
    if book.is_recalled(notice):
        return Status.RECALLED
    if read is not None:
        return Status.ACKNOWLEDGED
    if excuse is not None:
        return Status.EXCUSED
    if end is not None:
        return Status.LEFT if end.has_left else Status.NOT_CONCERNED
    ending = book.ending_for(notice, facts.joined, on) if facts.joined else book.ending(notice, on)
    if ending is not None:
        return _OF_STATE[ending.state]
    if _is_undeliverable(facts):
        return Status.UNDELIVERABLE
    if notified_on is not None:
        return Status.NOTIFIED
    return Status.NOT_SENT if email else Status.ON_PAPER


def _is_undeliverable(facts: Facts) -> bool:
    """The last message was refused or came back, no letter reached them, and the address is still the
    same."""
    sent = facts.sent
    if sent.last_bad <= sent.last_good or facts.letters:
        return False
    then = [entry.person.email for entry in facts.entries if entry.line <= sent.last_bad_line]
    return not then or then[-1] == facts.entries[-1].person.email


def _window(book: Book, notice: Notice, facts: Facts, notified_on: date | None, owes: bool) -> Window:
    recipient = facts.recipient
    window = _shared_window(
        notice.rule,
        recipient.basis,
        book.effective_on(notice),
        notified_on,
        recipient.came_on,
        owes,
    )
    if window.due_on is None:
        return window
    due_on = window.due_on
    for _, last in absences(facts.entries):
        if last >= notified_on:  # type: ignore[operator]  # due_on is set: they have been notified
            due_on = max(due_on, last + timedelta(days=1 + notice.rule.joiner_days))
    return window if due_on == window.due_on else replace(window, due_on=due_on)


def window_if_notified(book: Book, row: RecipientStatus, on: date) -> Window:
    """The window of a recipient; of one not notified yet, as it is if they are notified on that day."""
    if row.window.notified_on is not None:
        return row.window
    notice, recipient = row.notice, row.recipient
    window = _shared_window(
        notice.rule, recipient.basis, book.effective_on(notice), on, recipient.came_on, row.owes
    )
    if window.due_on is None or row.person is None or not is_away(row.person, on):
        return window
    assert row.person.away_until is not None
    back = row.person.away_until + timedelta(days=1 + notice.rule.joiner_days)
    return replace(window, due_on=max(window.due_on, back))


_shared_window = lru_cache(maxsize=4096)(window_of)  # thousands of people share a handful of windows


@dataclass(frozen=True)
class Figures:
    """How many recipients have which status, and what stands beside it."""

    by_status: dict[str, int] = field(default_factory=dict)
    owing: int = 0
    overdue: int = 0
    not_notified: int = 0
    away: int = 0
    in_time: int = 0
    late: int = 0
    no_period: int = 0
    returned: int = 0
    names_to_confirm: int = 0
    questions: int = 0

    @property
    def total(self) -> int:
        return sum(self.by_status.values())

    @property
    def acknowledged(self) -> int:
        return self.of(Status.ACKNOWLEDGED)

    @property
    def expected(self) -> int:
        """Those an acknowledgement was or is expected of."""
        return self.acknowledged + self.owing

    def of(self, status: str) -> int:
        return self.by_status.get(str(status), 0)


def figures(rows: Iterable[RecipientStatus]) -> Figures:
    """The figures of some recipients, each counted once in everything that is true of them."""
    by_status: dict[str, int] = {}
    counted = dict.fromkeys(
        ("owing", "overdue", "not_notified", "away", "in_time", "late", "no_period", "returned"), 0
    )
    names = questions = 0
    for row in rows:
        by_status[row.status] = by_status.get(row.status, 0) + 1
        window = row.window
        counted["owing"] += row.owes
        counted["overdue"] += row.overdue
        counted["not_notified"] += row.not_notified
        counted["away"] += row.away and row.owes
        counted["returned"] += row.returned
        counted["in_time"] += window.in_time is True
        counted["late"] += window.in_time is False
        counted["no_period"] += window.notified_on is not None and not window.applies
        names += row.name_to_confirm is not None
        questions += row.has_question
    by_name = {str(status): number for status, number in by_status.items()}
    return Figures(by_name, names_to_confirm=names, questions=questions, **counted)


@lru_cache(maxsize=20_000)
def name_key(name: str) -> str:
    """A name to sort, search and compare by: without accents, capitals and double spaces."""
    if name.isascii():
        return " ".join(name.casefold().split())
    plain = name.translate(_LETTERS_WITHOUT_ACCENT)
    parts = unicodedata.normalize("NFKD", plain)
    return " ".join("".join(c for c in parts if not unicodedata.combining(c)).casefold().split())


_LETTERS_WITHOUT_ACCENT = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ı": "i"}
)


@dataclass(frozen=True)
class Filter:
    """Which recipients a list shows. `show` is all, outstanding, overdue, another sign, or a status."""

    show: str = "outstanding"
    category: str = ""
    search: str = ""
    sort: str = "name"
    page: int = 1


_SHOWN: dict[str, Callable[[RecipientStatus], bool]] = {
    "all": lambda row: True,
    "outstanding": lambda row: row.owes,
    "overdue": lambda row: row.overdue,
    "not notified yet": lambda row: row.not_notified,
    "returned, unconfirmed": lambda row: row.returned,
    "name to be confirmed": lambda row: row.name_to_confirm is not None,
    "away": lambda row: row.away and row.owes,
}
SHOWS = (*_SHOWN, *map(str, Status))
SORTS: dict[str, Callable[[RecipientStatus], tuple[Any, ...]]] = {
    "name": lambda row: (name_key(row.name), row.id),
    "acknowledged": lambda row: (-row.acknowledgement.id if row.acknowledgement else 0, row.id),
    "due": lambda row: (row.window.due_on or date.max, row.id),
    "category": lambda row: (row.recipient.category, name_key(row.name), row.id),
}


def chosen(rows: Iterable[RecipientStatus], wanted: Filter, scope: Scope) -> list[RecipientStatus]:
    """The recipients a list shows, of those who may be seen, in its order. People are found by both names."""
    shows = _SHOWN.get(wanted.show) or (lambda row: row.status == wanted.show)
    search = name_key(wanted.search)
    kept = [
        row
        for row in rows
        if shows(row)
        and scope.sees(row.person)
        and (not wanted.category or wanted.category in row.categories)
        and (not search or search in name_key(row.name) or search in name_key(row.recipient.name))
    ]
    return sorted(kept, key=SORTS[wanted.sort])


def in_order_owed(rows: Iterable[RecipientStatus], on: date, book: Book) -> list[RecipientStatus]:
    """What one person owes, what is in force first, each group by effective date and title."""

    def key(row: RecipientStatus) -> tuple[bool, date, str, int]:
        effective_on = book.effective_on(row.notice)
        return (effective_on > on, effective_on, row.notice.title, row.id)

    return sorted((row for row in rows if row.owes), key=key)


def is_told_of(row: RecipientStatus) -> bool:
    """Whether a notice that asks for nothing (a clarification, a withdrawal, no longer covered) is still to
    tell."""
    if row.owes:
        return False
    tells = row.notice.change in (Change.CLARIFICATION, Change.WITHDRAWN)
    return (tells or row.recipient.basis is Basis.NO_LONGER_COVERED) and not row.status.is_settled
