"""The roster: taking a file in, all of it or nothing, and bringing the audiences of open notices up to date
with it."""

from __future__ import annotations

from datetime import datetime

from ackservice.domain import roster as rules
from ackservice.domain.roster import Person, RosterPlan
from ackservice.service import audiences
from ackservice.service.context import Service
from ackservice.storage import cuts
from ackservice.storage import roster as rows


def import_roster(
    service: Service, data: bytes, source: str, *, now: datetime, dry_run: bool = False, recorded_by: str = ""
) -> RosterPlan:
    """Take a CSV file in; returns what it changed, or with `dry_run` would change.

    Raises RosterFaults with every fault of the file, and then nothing has changed. Who joins, comes back or
    changes category is given notice of what concerns them in the same transaction. `recorded_by`: who did it
    at the desk.
    """
    file = rules.parse(data, source, service.settings.school.categories)
    today = service.today(now)
    before = people(service, now)
    foreseen = rules.plan(before, file, today)
    if dry_run:
        return foreseen
    library = (
        audiences.library_or_none(service)
        if audiences.moves_of(foreseen, first_import=not before, on=today)
        else None
    )
    with service.store.write(now) as tx:
        current = rows.people(tx.connection, cuts.last_cut(tx.connection))
        plan = rules.plan(current, file, today)
        for person in plan.entries:
            rows.add_entry(tx, person)
        if recorded_by:
            tx.record(
                "desk.act",
                act="roster imported",
                detail=f"{source}: {len(plan.entries)} entries",
                done_by=recorded_by,
            )
        audiences.follow(
            service, tx, audiences.moves_of(plan, first_import=not current, on=today), library, today
        )
    return plan


def people(service: Service, now: datetime) -> dict[str, Person]:
    """Everyone on the roster as it stands, leavers included."""
    with service.store.read() as connection:
        return rows.people(connection, service.as_of(connection, None, now).cut)
