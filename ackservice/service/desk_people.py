"""What the desk shows of people: the roster page by page, one person with everything recorded about them,
their messages and slips; always within what the reader may see."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import date, datetime

from ackservice.domain.roster import Person
from ackservice.errors import NotFound
from ackservice.service import standing_now
from ackservice.service.context import Service
from ackservice.storage import cuts, desk_acts, desk_people, desk_person, desk_roster
from ackservice.storage import roster as roster_rows
from ackservice.storage.desk import Scope
from ackservice.storage.desk_person import Event
from ackservice.storage.desk_roster import PAGE, Wanted


@dataclass(frozen=True)
class RosterPage:
    """One page of the roster: its rows, and how many people and pages there are in all."""

    rows: list[sqlite3.Row]
    people: int
    pages: int
    wanted: Wanted


@dataclass(frozen=True)
class PersonPage:
    """One person; `current` is None for who is not on the roster any more."""

    name: str
    current: Person | None
    standings: list[sqlite3.Row]
    events: list[Event]


def roster_page(service: Service, scope: Scope, wanted: Wanted, today: date) -> RosterPage:
    """A page of the roster, the last one where there are fewer; `wanted.search` is as typed."""
    wanted = replace(wanted, search=standing_now.name_key(wanted.search), page=max(1, wanted.page))
    with service.store.read() as connection:
        people, rows = desk_roster.people(connection, scope, wanted, today, standing_now.name_key)
        pages = max(1, -(-people // PAGE))
        if wanted.page > pages:
            wanted = replace(wanted, page=pages)
            people, rows = desk_roster.people(connection, scope, wanted, today, standing_now.name_key)
    return RosterPage(rows, people, pages, wanted)


def person_page(service: Service, person_id: str, scope: Scope, now: datetime) -> PersonPage:
    """One person and everything recorded about them, the last first. Raises NotFound."""
    standing_now.refresh(service, now)
    with service.store.read() as connection:
        name = _name(connection, person_id, scope)
        return PersonPage(
            name=name,
            current=roster_rows.person(connection, person_id, cuts.last_cut(connection)),
            standings=desk_person.standings(connection, person_id),
            events=desk_person.events(connection, person_id),
        )


def message(
    service: Service, person_id: str, delivery_id: int | None, scope: Scope
) -> tuple[str, sqlite3.Row, str]:
    """(Name of the person, delivery, text as sent) of one message. Raises NotFound."""
    with service.store.read() as connection:
        name = _name(connection, person_id, scope)
        sent = None if delivery_id is None else desk_person.sent_text(connection, person_id, delivery_id)
    if sent is None:
        raise NotFound("there is no such message")
    return name, *sent


def acknowledgement(service: Service, number: int, scope: Scope) -> sqlite3.Row:
    """One record of an acknowledgement, withdrawn or not. Raises NotFound."""
    with service.store.read() as connection:
        record = desk_acts.acknowledgement(connection, number)
        if record is None or not desk_person.may_see(connection, record["person_id"], scope):
            raise NotFound("there is no such record")
    return record


def visible_ids(service: Service, scope: Scope) -> set[str]:
    """The ids of the people of the roster within a scope."""
    with service.store.read() as connection:
        return desk_people.ids(connection, scope)


def _name(connection: sqlite3.Connection, person_id: str, scope: Scope) -> str:
    """The person's name. Raises NotFound, with the same words for who is unknown and who may not be seen."""
    if not desk_person.may_see(connection, person_id, scope):
        raise NotFound("there is no such person")
    person = roster_rows.person(connection, person_id, cuts.last_cut(connection))
    return person.name if person else desk_person.last_name(connection, person_id) or "(erased)"
