"""The roster: taking a file in, all of it or nothing, and undoing the last import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ackservice.domain import roster as rules
from ackservice.domain.roster import Person, RosterFile
from ackservice.domain.roster_plan import RosterPlan
from ackservice.domain.roster_plan import plan as plan_of
from ackservice.errors import NeedsConfirmation, NotAllowed
from ackservice.service import joiners
from ackservice.service.context import Service
from ackservice.service.pace import minutes_to_send
from ackservice.storage import cuts, deliveries, recipients
from ackservice.storage import roster as rows
from ackservice.storage.store import Transaction
from handbook.policy.version import Library

UNDONE_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class Import:
    """What a file changes, and what people are given by it: how many get each notice, and how many
    e-mails."""

    plan: RosterPlan
    notices: Mapping[str, int] = field(default_factory=dict)
    inducted: int = 0
    emails: int = 0
    minutes: int = 0  # that sending them takes at the set pace

    @property
    def must_type(self) -> int:
        """The number to be typed where more than a fifth of the school is taken away or inducted; 0 where
        not."""
        number = max(self.plan.takes_away, self.inducted)
        return number if number and self.plan.is_many(number) else 0

    @property
    def questions(self) -> list[str]:
        """What a person has to confirm, in whole sentences."""
        return self.plan.questions()

    def summary(self) -> str:
        """The import in words: counts first, then a line for each person it touches."""
        counts, *lines = self.plan.summary().split("\n")
        return "\n".join([counts, *self._given(), *lines])

    def _given(self) -> list[str]:
        if not self.inducted:
            return []
        people = "1 person is" if self.inducted == 1 else f"{self.inducted} people are"
        mails = "1 e-mail" if self.emails == 1 else f"{self.emails} e-mails"
        minutes = f", sent within {self.minutes + 1} min" if self.emails else ""
        given = [f"  {title}: {number}" for title, number in sorted(self.notices.items())]
        return [f"{people} given what is in force and on notice ({mails}{minutes}):", *given]


class _OnlyLooked(Exception):
    """Undoes the transaction of a dry run."""


def import_roster(
    service: Service,
    data: bytes,
    source: str,
    *,
    now: datetime,
    by: str = "",
    dry_run: bool = False,
    confirmed: bool = False,
) -> Import:
    """Take a CSV file in; returns what it changed, or with `dry_run` would change.

    Raises RosterFaults with every fault of the file, and NeedsConfirmation where a person has to confirm
    it first;
    then nothing has changed. Who joins, comes back or changes category is given notice of what concerns them
    in the same transaction.
    """
    file = rules.parse(data, source, service.settings.school.categories)
    library = joiners.library_or_none(service)
    done = Import(RosterPlan(source))
    try:
        with service.store.write(now) as tx:
            done = _take_in(service, tx, file, library, by)
            if dry_run:
                raise _OnlyLooked
            if not confirmed:
                _refuse_unconfirmed(done)
    except _OnlyLooked:
        pass
    return done


def undo_last(service: Service, *, by: str, now: datetime, reason: str = "") -> int:
    """Undo the last import, within the hour and while nothing of it has been sent; returns its entries.

    Everybody is as they were before it, and what it would have sent is dropped. Raises NotAllowed.
    """
    with service.store.write(now) as tx:
        last = rows.last_import(tx.connection)
        if last is None:
            raise NotAllowed("there is no roster import to undo")
        number, at, entries = last
        if now - at > UNDONE_WITHIN:
            raise NotAllowed(
                "the last roster import is more than an hour old; mend the file and import it again"
            )
        if recipients.others_since(tx.connection, number):
            raise NotAllowed(
                "notice has been given to people of this import since; mend the file and import it again"
            )
        if deliveries.has_left_for_import(tx.connection, number):
            raise NotAllowed(
                "messages of this import have been sent already; mend the file and import it again"
            )
        tx.record("roster.undone", import_id=number, reason=reason.strip() or None, undone_by=by or None)
        deliveries.drop_of_import(tx, number)
        return entries


def people(service: Service, now: datetime) -> dict[str, Person]:
    """Everyone on the roster as it stands, leavers included."""
    with service.store.read() as connection:
        return rows.people(connection, service.as_of(connection, None, now).cut)


def _take_in(service: Service, tx: Transaction, file: RosterFile, library: Library | None, by: str) -> Import:
    current = rows.people(tx.connection, cuts.last_cut(tx.connection))
    plan = plan_of(current, file, service.today(tx.now), rows.erased_ids(tx.connection))
    if not plan.entries:
        return Import(plan)
    import_id = tx.record(
        "roster.imported", entries=len(plan.entries), source=file.source, imported_by=by or None
    )
    for person in plan.entries:
        rows.add_entry(tx, person, import_id)
    for change in plan.returns:  # the links of who left have ended for good
        if recipients.person_keys(tx.connection, change.new.person_id):
            recipients.renew_person_key(tx, change.new.person_id, reason="returned", by=joiners.BY)
    changed = [person.person_id for person in plan.entries]
    followed = joiners.follow(service, tx, changed, library, since=import_id, import_id=import_id)
    minutes = minutes_to_send(service.settings.school.mail, followed.emails)
    return Import(plan, followed.notices, followed.inducted, followed.emails, minutes)


def _refuse_unconfirmed(done: Import) -> None:
    asked = done.questions
    if done.must_type:
        asked.append(
            f"The file takes away {done.plan.takes_away} and inducts {done.inducted} of "
            f"{done.plan.present_before} "
            f"people, more than a fifth of the school: is that meant?"
        )
    if asked:
        raise NeedsConfirmation(asked)
