"""The roster: taking a file in, all of it or nothing."""

from __future__ import annotations

from datetime import datetime

from ackservice.domain import roster as rules
from ackservice.domain.roster import Person, RosterPlan
from ackservice.service.context import Service
from ackservice.storage import cuts
from ackservice.storage import roster as rows


def import_roster(service: Service, data: bytes, source: str, *, now: datetime, dry_run: bool = False) -> RosterPlan:
    """Take a CSV file in; returns what it changed, or with `dry_run` would change.

    Raises RosterFaults with every fault of the file, and then nothing has changed.
    """
    file = rules.parse(data, source, service.settings.school.categories)
    if dry_run:
        return rules.plan(people(service, now), file, service.today(now))
    with service.store.write(now) as tx:
        current = rows.people(tx.connection, cuts.last_cut(tx.connection))
        plan = rules.plan(current, file, service.today(now))
        for person in plan.entries:
            rows.add_entry(tx, person)
    return plan


def people(service: Service, now: datetime) -> dict[str, Person]:
    """Everyone on the roster as it stands, leavers included."""
    with service.store.read() as connection:
        return rows.people(connection, service.as_of(connection, None, now).cut)
