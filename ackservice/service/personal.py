"""What is held of one person: taken out in full, or erased once they have left."""

from __future__ import annotations

from datetime import datetime

from ackservice.domain.roster import has_left
from ackservice.errors import NotAllowed, NotFound
from ackservice.service.context import Service
from ackservice.storage import cuts, erasing
from ackservice.storage import roster as roster_rows


def export_person(service: Service, person_id: str, now: datetime) -> dict[str, object]:
    """Everything recorded about a person, for JSON. Raises NotFound."""
    with service.store.read() as connection:
        found = erasing.records(connection, person_id)
        as_of = service.as_of(connection, None, now)
    if not found:
        raise NotFound(f"nothing is recorded about {person_id!r}; see: ack roster list --all")
    return {
        "person_id": person_id,
        "as_of": as_of.on.isoformat(),
        "ledger_head": as_of.head,
        "records": found,
    }


def erase_person(service: Service, person_id: str, *, now: datetime, erased_by: str) -> int:
    """Erase a leaver's name, addresses and words for good; returns from how many rows. Counts, dates and the
    ledger's chain stay.

    Raises NotFound, and NotAllowed for someone who is still there or whose records were erased before.
    """
    with service.store.write(now) as tx:
        if not erasing.records(tx.connection, person_id):
            raise NotFound(f"nothing is recorded about {person_id!r}; see: ack roster list --all")
        person = roster_rows.person(tx.connection, person_id, cuts.last_cut(tx.connection))
        if person is None:
            raise NotAllowed(f"the records of {person_id!r} have been erased already")
        if not has_left(person.left_on, service.today(now)):
            raise NotAllowed(
                f"{person.name} has not left: only leavers' records are erased. "
                "Give left_on in the roster first"
            )
        count = erasing.erase(tx, person_id)
        tx.record("person.erased", person_id=person_id, erased_by=erased_by)
    service.store.empty_log()
    return count
