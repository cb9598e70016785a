"""Making somebody a recipient of a notice, and queueing the one e-mail about all that they were given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ackservice.domain.audience import ALWAYS, Came
from ackservice.domain.notice import Basis
from ackservice.domain.roster import Person
from ackservice.service.context import Service
from ackservice.storage import deliveries, recipients
from ackservice.storage.store import Transaction


@dataclass(frozen=True)
class Addition:
    """Somebody who becomes a recipient: on what basis, and since when they are in the audience."""

    person: Person
    basis: Basis
    came_on: date | None = None

    @classmethod
    def of(cls, person: Person, basis: Basis, came: Came) -> Addition:
        """By when they came into the audience; no day where they were there at the first import."""
        return cls(person, basis, None if came.on == ALWAYS else came.on)


def add(
    tx: Transaction,
    notice_id: int,
    addition: Addition,
    today: date,
    *,
    import_id: int | None = None,
    reason: str | None = None,
    added_by: str | None = None,
) -> int:
    """Make somebody a recipient; their links begin with a key of their own. Returns the recipient's
    number."""
    person = addition.person
    if not recipients.person_keys(tx.connection, person.person_id):
        recipients.renew_person_key(tx, person.person_id)
    return recipients.add(
        tx,
        notice_id,
        person,
        addition.basis,
        today,
        addition.came_on,
        import_id=import_id,
        reason=reason,
        added_by=added_by,
    )


def tell(
    service: Service, tx: Transaction, person: Person, items: Sequence[int], kind: str = "notice"
) -> bool:
    """Queue one e-mail to a person about these recipients; False where there is nothing to say or no
    address."""
    if not items or not person.email:
        return False
    deliveries.add(
        tx,
        kind,
        host=service.settings.mail_host,
        person_id=person.person_id,
        address=person.email,
        items=items,
    )
    return True
