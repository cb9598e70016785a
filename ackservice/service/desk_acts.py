"""What managers do at the desk, to people chosen from a notice: each act is a ledger line that says whose it
was.

An act on many people does what it can: who it does not fit (has acknowledged, has left, was reminded today)
is left out and counted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from ackservice.domain.notice import Notice
from ackservice.domain.roster import Person
from ackservice.domain.status import Standing, Status, has_left, status_of
from ackservice.errors import NotAllowed, NotFound
from ackservice.mail import messages
from ackservice.service import acknowledging, audiences
from ackservice.service.context import AsOf, Service
from ackservice.service.reminding import REMINDER, is_reminded_today
from ackservice.service.standing import standings
from ackservice.storage import cuts, deliveries, desk_acts, notices, plans
from ackservice.storage import roster as roster_rows
from ackservice.storage.store import Transaction

AT_ONCE = 200  # people in one transaction, so that acknowledging never waits long
LONGEST_REASON = 500


@dataclass(frozen=True)
class Done:
    """For how many an act was done, for how many it did not fit, and between which ledger lines it stands."""

    people: int
    left_out: int
    first: int = 0
    last: int = 0


@dataclass(frozen=True)
class _Of:
    """A recipient an act is about, and how they stand."""

    id: int
    notice: Notice
    standing: Standing
    status: Status
    today: date


def remind(service: Service, notice_id: int, recipients: Sequence[int], *, by: str, now: datetime) -> Done:
    """Queue one e-mail for each about everything they have outstanding; nobody is reminded twice a day."""

    def act(tx: Transaction, one: _Of) -> int | None:
        person = roster_rows.person(tx.connection, one.standing.person_id, cuts.last_cut(tx.connection))
        if (
            not _expects_answer(one)
            or person is None
            or not person.email
            or is_reminded_today(service, tx.connection, person.person_id, one.today)
        ):
            return None
        items = sorted({one.id, *plans.told_items(tx.connection, person.person_id)})
        added = deliveries.add(
            tx, REMINDER, host=service.settings.mail_host, person_id=person.person_id, address=person.email, items=items,
            occasion=one.today.isoformat(),
        )  # fmt: skip
        if added is None:
            return None
        return _note(tx, "reminder", one, by)

    return _each(service, notice_id, recipients, now, act)


def cancel_reminders(
    service: Service, notice_id: int, first: int, last: int, *, by: str, now: datetime
) -> int:
    """Cancel what was queued by the manager's act between those ledger lines and has not been sent; returns
    how many."""
    with service.store.write(now) as tx:
        cancelled = desk_acts.drop_queued(
            tx, REMINDER, desk_acts.people_of(tx.connection, "reminder", notice_id, first, last, by)
        )
        for person_id in cancelled:
            tx.record(
                "desk.act", act="reminder cancelled", notice_id=notice_id, person_id=person_id, done_by=by
            )
    return len(cancelled)


def renew_links(
    service: Service, notice_id: int, recipients: Sequence[int], *, by: str, now: datetime
) -> Done:
    """Give each a new link by e-mail; the old one stops working at once."""

    def act(tx: Transaction, one: _Of) -> int | None:
        person = roster_rows.person(tx.connection, one.standing.person_id, cuts.last_cut(tx.connection))
        if one.status.is_settled or person is None or not person.email:
            return None
        number = tx.record("link.renewed", recipient_id=one.id, renewed_by=by)
        if not deliveries.is_waiting(tx.connection, "notice", one.id):
            deliveries.add(
                tx,
                "notice",
                host=service.settings.mail_host,
                person_id=person.person_id,
                address=person.email,
                items=[one.id],
            )
        return number

    return _each(service, notice_id, recipients, now, act)


def excuse(
    service: Service, notice_id: int, recipients: Sequence[int], *, reason: str, by: str, now: datetime
) -> Done:
    """Excuse each, with a reason that is kept. Raises NotAllowed without one."""
    kept = _reason(reason, "excusing somebody needs a reason, which is kept")

    def act(tx: Transaction, one: _Of) -> int | None:
        if one.status.is_settled:
            return None
        return tx.record("recipient.excused", recipient_id=one.id, reason=kept, excused_by=by)

    return _each(service, notice_id, recipients, now, act)


def take_excuses_back(
    service: Service, notice_id: int, first: int, last: int, *, reason: str, by: str, now: datetime
) -> int:
    """Take back the manager's own excuses between those ledger lines; both stay in the ledger. Returns how
    many."""
    with service.store.write(now) as tx:
        held = desk_acts.excuses(tx.connection, notice_id, first, last, by)
        for excused_id, recipient_id in held:
            tx.record(
                "excuse.withdrawn",
                excused_id=excused_id,
                recipient_id=recipient_id,
                reason=reason,
                withdrawn_by=by,
            )
    return len(held)


def record_papers(
    service: Service, notice_id: int, recipients: Sequence[int], *, signed_on: date, by: str, now: datetime
) -> Done:
    """Record a signed slip for each. Raises NotAllowed for a date that cannot be."""
    notice = _notice(service, notice_id)
    _check_day(service, notice, signed_on, now, "the slip cannot have been signed")

    def act(person_id: str) -> int:
        return acknowledging.record_paper(
            service, notice.policy, notice.version, person_id, signed_on=signed_on, recorded_by=by, now=now
        )

    return _each_person(service, notice_id, recipients, act)


def record_letters(
    service: Service, notice_id: int, recipients: Sequence[int], *, given_on: date, by: str, now: datetime
) -> Done:
    """Record for each that the letter was handed over; that day is their day of notice. Raises NotAllowed
    for a date that cannot be."""
    notice = _notice(service, notice_id)
    _check_day(service, notice, given_on, now, "the letter cannot have been handed over")

    def act(tx: Transaction, one: _Of) -> int | None:
        if one.status.is_settled:
            return None
        return tx.record("letter.given", recipient_id=one.id, given_on=given_on.isoformat(), recorded_by=by)

    return _each(service, notice_id, recipients, now, act)


def withdraw_paper(service: Service, number: int, *, reason: str, by: str, now: datetime) -> None:
    """Withdraw a wrong record of a signed slip; both stay in the ledger.

    Raises NotFound, and NotAllowed for what a person acknowledged themselves, for what was withdrawn
    already, and without a reason.
    """
    kept = _reason(reason, "withdrawing a record needs a reason, which is kept")
    with service.store.write(now) as tx:
        found = desk_acts.acknowledgement(tx.connection, number)
        if found is None:
            raise NotFound("there is no such record")
        if found["method"] != "paper":
            raise NotAllowed("this is a person’s own act, and nobody else can withdraw it")
        if found["withdrawn"]:
            raise NotAllowed("this record has been withdrawn already")
        tx.record(
            "acknowledgement.withdrawn",
            acknowledgement_id=number,
            recipient_id=found["recipient_id"],
            reason=kept,
            withdrawn_by=by,
        )


def correct_address(service: Service, person_id: str, address: str, *, by: str, now: datetime) -> bool:
    """Write a person's address down and send what is outstanding to it; returns whether anything was.

    Raises NotFound for somebody not on the roster, and NotAllowed when the address is the one there is.
    """
    today = service.today(now)
    library = audiences.library_or_none(service)
    with service.store.write(now) as tx:
        old = roster_rows.person(tx.connection, person_id, cuts.last_cut(tx.connection))
        if old is None:
            raise NotFound("there is no such person on the roster")
        if old.email == address:
            raise NotAllowed(f"{address} is the address the school has already")
        new = replace(old, email=address)
        roster_rows.add_entry(tx, new)
        tx.record("desk.act", act="address corrected", person_id=person_id, done_by=by)
        followed = audiences.follow(service, tx, [audiences.Move(old, new)], library, today)
        sent = _send_again(service, tx, new, today) if not has_left(new.left_on, today) else 0
    return bool(sent or followed.told_again or followed.inducted)


def take_excuse_back(service: Service, excused_id: int, *, by: str, now: datetime) -> str:
    """Take one excuse back, whoever gave it; returns the person's id. Raises NotFound when there is none
    that holds."""
    with service.store.write(now) as tx:
        held = desk_acts.excuse(tx.connection, excused_id)
        if held is None:
            raise NotFound("there is no such excuse, or it has been taken back")
        tx.record(
            "excuse.withdrawn",
            excused_id=excused_id,
            recipient_id=held["recipient_id"],
            reason="",
            withdrawn_by=by,
        )
    return held["person_id"]


def _send_again(service: Service, tx: Transaction, person: Person, today: date) -> int:
    """Queue what somebody has not acknowledged to the address they have now, also where the one before took
    the message."""
    as_of, sent = AsOf(today, cuts.last_cut(tx.connection), ""), 0
    own = {
        notice_id: recipient_id
        for recipient_id, notice_id in notices.recipients_of_person(tx.connection, person.person_id)
    }
    closed = notices.closed_ids(tx.connection, as_of.cut)
    for notice in notices.all_notices(tx.connection, as_of.cut):
        if notice.id not in own or notice.id in closed or not notice.must_be_acknowledged:
            continue
        if deliveries.is_waiting(tx.connection, "notice", own[notice.id]):
            continue
        standing = next(standings(service, tx.connection, notice, as_of, own[notice.id]))
        if not status_of(notice, standing, today).is_settled:
            host = service.settings.mail_host
            deliveries.add(
                tx,
                "notice",
                host=host,
                person_id=person.person_id,
                address=person.email,
                items=[own[notice.id]],
            )
            sent += 1
    return sent


def _each(
    service: Service,
    notice_id: int,
    recipients: Sequence[int],
    now: datetime,
    act: Callable[[Transaction, _Of], int | None],
) -> Done:
    numbers: list[int] = []
    for start in range(0, len(recipients), AT_ONCE):
        with service.store.write(now) as tx:
            for one in _found(
                service, tx.connection, notice_id, recipients[start : start + AT_ONCE], service.today(now)
            ):
                number = act(tx, one)
                if number is not None:
                    numbers.append(number)
    return Done(
        len(numbers), len(recipients) - len(numbers), min(numbers, default=0), max(numbers, default=0)
    )


def _each_person(
    service: Service, notice_id: int, recipients: Sequence[int], act: Callable[[str], int]
) -> Done:
    with service.store.read() as connection:
        people = desk_acts.people_of_recipients(connection, notice_id, recipients)
    numbers = []
    for person_id in people:
        try:
            numbers.append(act(person_id))
        except NotAllowed:
            continue
    return Done(
        len(numbers), len(recipients) - len(numbers), min(numbers, default=0), max(numbers, default=0)
    )


def _found(
    service: Service, connection: sqlite3.Connection, notice_id: int, recipients: Sequence[int], today: date
) -> Iterator[_Of]:
    """How each stands now; who is not of this notice, or of one that is closed, is left out."""
    as_of = AsOf(today, cuts.last_cut(connection), "")
    notice = notices.notice(connection, notice_id)
    if notice is None or notice_id in notices.closed_ids(connection, as_of.cut):
        return
    of_policy = notices.of_policy(connection, notice.policy, as_of.cut)
    for recipient_id in desk_acts.of_notice(connection, notice_id, recipients):
        standing = next(standings(service, connection, notice, as_of, recipient_id, of_policy=of_policy))
        yield _Of(recipient_id, notice, standing, status_of(notice, standing, today), today)


def _expects_answer(one: _Of) -> bool:
    return one.notice.must_be_acknowledged and not one.status.is_settled


def _note(tx: Transaction, act: str, one: _Of, by: str) -> int:
    return tx.record(
        "desk.act", act=act, notice_id=one.notice.id, person_id=one.standing.person_id, done_by=by
    )


def _notice(service: Service, notice_id: int) -> Notice:
    with service.store.read() as connection:
        found = notices.notice(connection, notice_id)
    if found is None:
        raise NotFound("there is no such notice")
    return found


def _check_day(service: Service, notice: Notice, day: date, now: datetime, what: str) -> None:
    today = service.today(now)
    if day > today:
        raise NotAllowed(f"{what} on {messages.day(day)}: that is after today, {messages.day(today)}")
    if day < notice.issued_on:
        raise NotAllowed(f"{what} on {messages.day(day)}: the notice is of {messages.day(notice.issued_on)}")


def _reason(text: str, needed: str) -> str:
    kept = " ".join(text.split())
    if not kept:
        raise NotAllowed(needed)
    if len(kept) > LONGEST_REASON:
        raise NotAllowed(f"the reason is longer than {LONGEST_REASON} characters")
    return kept
