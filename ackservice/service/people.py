"""People: the roster page by page, one person with everything recorded about them, their address and links.

Everything is shown within what the reader may see. Corrections and new links are acts with a ledger line.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from ackservice.domain.audience import Scope
from ackservice.domain.roster import Person, has_left
from ackservice.domain.roster_plan import shared_addresses
from ackservice.domain.status import RecipientStatus, is_told_of, name_key
from ackservice.errors import NotAllowed, NotFound
from ackservice.service import statuses
from ackservice.service.context import AsOf, Service
from ackservice.service.recipients import tell
from ackservice.service.records import Done
from ackservice.storage import cuts, deliveries, events, recipients, roster
from ackservice.storage.events import Event
from ackservice.storage.store import Transaction

PAGE = 50
AT_ONCE = 200  # people in one transaction, so that acknowledging never waits long


class AddressIsShared(NotAllowed):
    """The address stands for somebody else already: whoever reads that mailbox acknowledges for both."""


@dataclass(frozen=True)
class Wanted:
    """What a list of people shows."""

    search: str = ""
    category: str = ""
    leavers: bool = False
    page: int = 1


@dataclass(frozen=True)
class RosterPage:
    """One page of the roster: its people, and how many people and pages there are in all."""

    people: list[Person]
    count: int
    pages: int
    wanted: Wanted


@dataclass(frozen=True)
class PersonPage:
    """One person; `current` is None for who is not on the roster any more."""

    as_of: AsOf
    name: str
    current: Person | None
    recipient_of: list[RecipientStatus]
    events: list[Event]


@dataclass(frozen=True)
class Message:
    """A message as it was sent, without its personal links."""

    name: str
    address: str
    at: str
    text: str


def roster_page(service: Service, scope: Scope, wanted: Wanted, today: date) -> RosterPage:
    """A page of the roster, the last one where there are fewer. Who changed their name is found by both."""
    with service.store.read() as connection:
        chosen = _chosen(service, connection, scope, wanted, today)
    pages = max(1, -(-len(chosen) // PAGE))
    page = min(max(1, wanted.page), pages)
    return RosterPage(chosen[(page - 1) * PAGE : page * PAGE], len(chosen), pages, replace(wanted, page=page))


def person_page(service: Service, person_id: str, scope: Scope, on: date | None, now: datetime) -> PersonPage:
    """One person and everything recorded about them, the last first. Raises NotFound."""
    with service.store.read() as connection:
        as_of = service.as_of(connection, on, now)
        book = statuses.book_at(service, connection, as_of)
        current = roster.person(connection, person_id, as_of.cut)
        rows = statuses.of_people(service, connection, book, [person_id], as_of)
        recorded = events.of_person(connection, person_id, as_of.cut)
        if not recorded or not scope.sees(current):
            raise NotFound("there is no such person")
        name = current.name if current else next((row.name for row in reversed(rows) if row.name), "")
        waiting = events.waiting(connection, person_id) if as_of.is_now else []
        return PersonPage(as_of, name or "(erased)", current, rows[::-1], waiting + recorded)


def message(service: Service, person_id: str, delivery_id: int | None, scope: Scope) -> Message:
    """One message to a person. Raises NotFound."""
    with service.store.read() as connection:
        current = roster.person(connection, person_id, cuts.last_cut(connection))
        kept = events.message(connection, person_id, delivery_id) if delivery_id else None
    if kept is None or not scope.sees(current):
        raise NotFound("there is no such message")
    at, sent_to, text = kept
    return Message(current.name if current else "(erased)", sent_to, at, text)


def recipient(
    service: Service, recipient_id: int, scope: Scope, now: datetime
) -> tuple[RecipientStatus, list[date]]:
    """One recipient, and the days of the letters they were handed. Raises NotFound."""
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, now)
        book = statuses.book_at(service, connection, as_of)
        rows = statuses.of_recipients(service, connection, book, [recipient_id], as_of)
        if not statuses.seen(rows, scope):
            raise NotFound("there is no such record")
        letters = recipients.standing_letters(connection, recipient_id)
    return rows[0], [on for _, on in letters]


def reminded_between(service: Service, notice_id: int, first: int, last: int, *, by: str) -> list[str]:
    """The people whom somebody reminded from a notice between two ledger lines."""
    with service.store.read() as connection:
        return events.people_of_acts(connection, "reminder", notice_id, first, last, by)


def correct_address(
    service: Service, person_id: str, address: str, *, by: str, now: datetime, confirmed: bool = False
) -> bool:
    """Record a person's address and send what they owe to it; returns whether anything is sent.

    Raises NotFound for somebody not on the roster, NotAllowed when the address is the one there is, and
    AddressIsShared unless confirmed.
    """
    with service.store.write(now) as tx:
        people = roster.people(tx.connection, cuts.last_cut(tx.connection))
        old = people.get(person_id)
        if old is None:
            raise NotFound("there is no such person on the roster")
        if old.email == address:
            raise NotAllowed(f"{address} is the address the school has already")
        new = replace(old, email=address)
        today = service.today(now)
        if not confirmed:
            _ask_where_shared({**people, person_id: new}, new, today)
        roster.add_entry(tx, new)
        tx.record("desk.act", act="address corrected", person_id=person_id, done_by=by)
        return not has_left(new.left_on, today) and _send_again(service, tx, new)


def renew_links(service: Service, recipient_ids: Sequence[int], *, by: str, now: datetime) -> Done:
    """Give each new links by e-mail, whatever they owe in one message; those before stop working at once."""
    people: set[str] = set()
    with service.store.read() as connection:
        wanted = sorted(recipients.people_of(connection, recipient_ids))
    for start in range(0, len(wanted), AT_ONCE):
        with service.store.write(now) as tx:
            for person_id in wanted[start : start + AT_ONCE]:
                person = roster.person(tx.connection, person_id, cuts.last_cut(tx.connection))
                if person is None or not person.email or not _send_again(service, tx, person):
                    continue
                recipients.renew_person_key(tx, person_id, reason="renewed by a manager", by=by)
                people.add(person_id)
    return Done(len(people), len(wanted) - len(people))


def _send_again(service: Service, tx: Transaction, person: Person) -> bool:
    """Queue what somebody owes or is still to be told, in one message; whether there is any."""
    as_of = service.in_write(tx)
    book = statuses.book_at(service, tx.connection, as_of)
    rows = statuses.of_people(service, tx.connection, book, [person.person_id], as_of)
    items = [row.id for row in rows if row.owes or is_told_of(row)]
    if items:
        deliveries.cancel(tx, "notice", person.person_id)
    return tell(service, tx, person, items)


def _ask_where_shared(people: dict[str, Person], new: Person, today: date) -> None:
    others = [
        person
        for person in shared_addresses(list(people.values()), today).get(new.email.casefold(), ())
        if person.person_id != new.person_id
    ]
    if others:
        names = " and ".join(f"{person.name} ({person.person_id})" for person in others)
        raise AddressIsShared(
            f"{new.email} is the address of {names} already. Whoever reads that mailbox can acknowledge in "
            "the name of each"
        )


def _chosen(
    service: Service, connection: sqlite3.Connection, scope: Scope, wanted: Wanted, today: date
) -> list[Person]:
    cut = cuts.last_cut(connection)
    search = name_key(wanted.search)
    if search:
        histories = roster.histories(connection, cut, service.zone)
        people = [
            entries[-1].person
            for entries in histories.values()
            if entries[-1].person.name and _matches([entry.person for entry in entries], search)
        ]
    else:
        people = list(roster.people(connection, cut).values())
    kept = [
        person
        for person in people
        if scope.sees(person)
        and (wanted.leavers or not has_left(person.left_on, today))
        and (not wanted.category or wanted.category in person.categories)
    ]
    return sorted(kept, key=lambda person: (name_key(person.name), person.person_id))


def _matches(known_as: Sequence[Person], search: str) -> bool:
    """Whether a search has a name, present or former, the present address, or the number of somebody."""
    person = known_as[-1]
    return (
        any(search in name_key(one.name) for one in known_as)
        or search in person.email.casefold()
        or search == person.person_id.casefold()
    )
