"""Keeping recipients true to the roster: who comes into an audience is given what is in force and on notice.

One e-mail tells of everything. A version in force that has no notice gets one opened by its first joiner.
Nobody is taken off a notice here: that a stay has ended is read from the roster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from ackservice.domain.audience import Came, Entry, basis_in, came_into, is_concerned, is_joiner_of
from ackservice.domain.history import Book
from ackservice.domain.notice import Basis, Notice
from ackservice.domain.roster import Person, has_left
from ackservice.domain.status import RecipientStatus, Status, is_told_of
from ackservice.service import issuing, statuses
from ackservice.service.context import Service
from ackservice.service.keeping import keep_texts
from ackservice.service.recipients import Addition, add, tell
from ackservice.storage import deliveries, notices
from ackservice.storage import roster as roster_rows
from ackservice.storage.store import Transaction
from handbook.policy.errors import HandbookError
from handbook.policy.version import Library, Policy

BY = "roster"


@dataclass
class Followed:
    """What a change of the roster gave people: how many people each notice, by title, and how many
    e-mails."""

    notices: dict[str, int] = field(default_factory=dict)
    inducted: int = 0  # people given at least one notice
    emails: int = 0


def library_or_none(service: Service) -> Library | None:
    """The handbook, or None while its settings have faults: joiners then wait for it, and nobody else is held
    up."""
    try:
        return service.library()
    except (HandbookError, OSError):
        return None


def follow(
    service: Service,
    tx: Transaction,
    person_ids: Iterable[str],
    library: Library | None,
    *,
    since: int = 0,
    import_id: int | None = None,
) -> Followed:
    """Give these people what concerns them since their roster changed in ledger line `since` or after.

    Who comes on a later day is noted for it, and so is who waits for a policy whose files have faults.
    """
    wanted = sorted(set(person_ids))
    as_of = service.in_write(tx)
    roster = _Roster(
        service,
        tx,
        library,
        statuses.book_at(service, tx.connection, as_of),
        roster_rows.first_import_on(tx.connection, service.zone) or as_of.on,
        as_of.on,
        import_id,
    )
    entries = roster_rows.histories(tx.connection, as_of.cut, service.zone, wanted)
    done = Followed()
    given: dict[str, list[int]] = {}
    rows = _rows_by_person(statuses.of_people(service, tx.connection, roster.book, wanted, as_of))
    for person_id in wanted:
        theirs = entries.get(person_id, [])
        if theirs and theirs[-1].person.name:
            given[person_id] = roster.follow(theirs, rows.get(person_id, []), since, done)
            done.inducted += bool(given[person_id])
    _tell(service, tx, roster.book, entries, given, done)
    return done


def follow_waiting(service: Service, now: datetime) -> int:
    """Induct those whose day of joining has come, or whose policy can be read again; returns how many."""
    today = service.today(now)
    with service.store.read() as connection:
        if not roster_rows.to_follow(connection, today):
            return 0
    library = library_or_none(service)
    with service.store.write(now) as tx:
        waiting = roster_rows.to_follow(tx.connection, today)
        for person_id in waiting:
            roster_rows.followed(tx, person_id)
        return follow(service, tx, waiting, library).inducted


@dataclass
class _Roster:
    """What following is decided from; `book` grows as joiners open notices."""

    service: Service
    tx: Transaction
    library: Library | None
    book: Book
    first_import_on: date
    today: date
    import_id: int | None

    def follow(
        self, entries: Sequence[Entry], rows: Sequence[RecipientStatus], since: int, done: Followed
    ) -> list[int]:
        """Make somebody a recipient of what they have come to be concerned by; returns their new numbers."""
        person = entries[-1].person
        if has_left(person.left_on, self.today):
            return []
        if self.library is None or self.library.faulty:
            roster_rows.follow_later(self.tx, person.person_id, self.today)
        if person.joined_on and person.joined_on > self.today:
            roster_rows.follow_later(self.tx, person.person_id, person.joined_on)
            return []
        asked = {
            row.notice.id
            for row in rows
            if row.stay_end is None and row.recipient.basis is not Basis.NO_LONGER_COVERED
        }
        added = []
        for notice, came, basis in [*self._open(entries, since), *self._opened(entries, since)]:
            if notice.id not in asked:
                addition = Addition.of(person, basis, came)
                added.append(add(self.tx, notice.id, addition, self.today, import_id=self.import_id))
                done.notices[notice.title] = done.notices.get(notice.title, 0) + 1
        return added

    def _came(self, entries: Sequence[Entry], audience: Sequence[str], since: int) -> Came | None:
        """When they came into an audience, where that is news."""
        came = came_into(entries, audience, self.first_import_on)
        is_news = came is not None and came.line >= since
        return came if is_news and is_concerned(entries[-1].person, audience, self.today) else None

    def _open(self, entries: Sequence[Entry], since: int) -> Iterator[tuple[Notice, Came, Basis]]:
        """The open notices somebody enters: of what is on notice and what is in force."""
        for notice in self.book.notices:
            came = self._came(entries, notice.audience, since)
            if came and self._is_given_to_comers(notice):
                basis = basis_in(self.book, notice, came, self.first_import_on)
                if basis:
                    yield notice, came, basis

    def _is_given_to_comers(self, notice: Notice) -> bool:
        """Whether a notice is open, and of a version on notice or in force.

        A clarification or withdrawal in effect is nothing to tell somebody new: they get the text as it is.
        """
        if not self.book.is_open(notice, self.today):
            return False
        if self.book.effective_on(notice) > self.today:
            return True
        if not notice.must_be_acknowledged:
            return False
        policy = self._policy(notice)
        if policy is None:
            return True
        binding = policy.binding(self.today)
        return binding is not None and binding.label == notice.version

    def _policy(self, notice: Notice) -> Policy | None:
        try:
            return self.library.policy(notice.policy) if self.library else None
        except HandbookError:
            return None

    def _opened(self, entries: Sequence[Entry], since: int) -> Iterator[tuple[Notice, Came, Basis]]:
        """Notices that somebody opens, as the first joiner of a version in force that has none."""
        for policy in self.library.policies.values() if self.library else ():
            version = policy.binding(self.today)
            if version is None or version.text is None:
                continue
            came = self._came(entries, version.text.audience, since)
            if came is None or not is_joiner_of(came, version.effective_on, self.first_import_on):
                continue
            if not self.book.standing_of_version(policy.all_ids, version.label):
                yield self._open_for_joiners(policy), came, Basis.JOINING

    def _open_for_joiners(self, policy: Policy) -> Notice:
        """Record the notice of the version in force, and keep its clarifications in effect, which its link
        shows."""
        opened = []
        for version in policy.versions:
            in_effect = version.is_approved(self.today) and version.effective_on <= self.today
            is_of_binding = policy.clarified_by(version) is policy.binding(self.today)
            known = self.book.standing_of_version(policy.all_ids, version.label)
            if in_effect and is_of_binding and not known:
                notice = issuing.new_notice(self.service, policy, version, Basis.JOINING, self.today)
                kept = keep_texts(self.tx, policy, version)
                opened.append(replace(notice, id=notices.add(self.tx, notice, issued_by=BY, **kept)))
        self.book = statuses.book_at(self.service, self.tx.connection, self.service.in_write(self.tx))
        return opened[0]


def _rows_by_person(rows: Iterable[RecipientStatus]) -> dict[str, list[RecipientStatus]]:
    by_person: dict[str, list[RecipientStatus]] = {}
    for row in rows:
        by_person.setdefault(row.recipient.person_id, []).append(row)
    return by_person


def _tell(
    service: Service,
    tx: Transaction,
    book: Book,
    entries: dict[str, list[Entry]],
    given: dict[str, list[int]],
    done: Followed,
) -> None:
    """Queue one e-mail to each, about what is new to them and what could not reach them before."""
    as_of = service.in_write(tx)
    rows = _rows_by_person(statuses.of_people(service, tx.connection, book, given, as_of))
    for person_id, added in given.items():
        theirs = entries[person_id]
        has_new_address = len(theirs) > 1 and theirs[-1].person.email != theirs[-2].person.email
        items = [
            row.id
            for row in rows.get(person_id, [])
            if row.id in added or _has_not_reached(tx, row, has_new_address)
            if row.owes or is_told_of(row)
        ]
        done.emails += tell(service, tx, _present(theirs), items)


def _has_not_reached(tx: Transaction, row: RecipientStatus, has_new_address: bool) -> bool:
    can_be_reached = row.status is Status.NOT_SENT or (row.status is Status.UNDELIVERABLE and has_new_address)
    return can_be_reached and not deliveries.is_waiting(tx.connection, "notice", row.id)


def _present(entries: Sequence[Entry]) -> Person:
    return entries[-1].person
