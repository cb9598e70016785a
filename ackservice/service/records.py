"""What managers record about recipients: letters, slips, excuses, names confirmed; and taking these back.

One function an act, for the desk and the command line. An act on many people does what it can: those it does
not fit are left out, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ackservice.domain.history import Book
from ackservice.domain.notice import Notice
from ackservice.domain.status import Facts, RecipientStatus, Status, counts_for, status_of
from ackservice.errors import NotAllowed, NotFound
from ackservice.mail.messages import day
from ackservice.service import acknowledging, statuses
from ackservice.service.context import AsOf, Service
from ackservice.service.receipts import receipt_label
from ackservice.storage import acknowledgements, mailings, questions, recipients
from ackservice.storage.recipients import Which
from ackservice.storage.store import Transaction
from handbook.policy.version import Change

AT_ONCE = 200  # people in one transaction, so that acknowledging never waits long
LONGEST_REASON = 500
TAKEN_BACK = ("letter", "slip", "excuse", "answer", "acknowledgement")


@dataclass(frozen=True)
class Done:
    """For how many an act was done and how many it did not fit, between which ledger lines, and why not."""

    people: int
    left_out: int
    first: int = 0
    last: int = 0
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Write:
    """A write transaction on recipients: everything recorded so far, and the day."""

    service: Service
    tx: Transaction
    book: Book
    as_of: AsOf

    @classmethod
    def of(cls, service: Service, tx: Transaction) -> _Write:
        as_of = service.in_write(tx)
        return cls(service, tx, statuses.book_at(service, tx.connection, as_of), as_of)

    def rows(self, ids: Iterable[int]) -> list[RecipientStatus]:
        return statuses.of_recipients(self.service, self.tx.connection, self.book, ids, self.as_of)

    def facts(self, ids: Iterable[int]) -> Iterator[tuple[Notice, Facts]]:
        which = Which(ids=tuple(ids))
        zone = self.service.zone
        for facts in recipients.facts(self.tx.connection, self.book, which, self.as_of.cut, zone):
            notice = self.book.notice(facts.recipient.notice_id)
            if notice is not None:
                yield notice, facts

    def is_open(self, row: RecipientStatus) -> bool:
        """Whether an act still reaches somebody: their stay lasts, and the notice is open."""
        return (
            row.stay_end is None
            and row.status
            not in (
                Status.RECALLED,
                Status.CLOSED,
                Status.WITHDRAWN,
                Status.SUPERSEDED,
            )
            and self.book.is_open(row.notice, self.as_of.on)
        )


_Act = Callable[[_Write, RecipientStatus], int]


def letter_given(
    service: Service, recipient_ids: Sequence[int], *, given_on: date, by: str, now: datetime
) -> Done:
    """Record that each was handed their letter, about all of its mailing, on what may be the day of notice.

    Left out is whom it cannot fit: the notice has ended for them, or the day is before it or still to come.
    """

    def act(write: _Write, row: RecipientStatus) -> int:
        _refuse_day(given_on, row, write.as_of.on, "the letter cannot have been handed over")
        _refuse_ended(write, row)
        together = write.rows(mailings.given_together(write.tx.connection, row.id))
        numbers = [
            write.tx.record(
                "letter.given", recipient_id=one.id, given_on=given_on.isoformat(), recorded_by=by
            )
            for one in together
            if one.stay_end is None and one.status is not Status.RECALLED
        ]
        return numbers[-1]

    return _each(service, recipient_ids, now, act)


def slip(
    service: Service,
    recipient_ids: Sequence[int],
    *,
    signed_on: date,
    by: str,
    now: datetime,
    remark: str = "",
) -> Done:
    """Record a signed slip for each; one for a clarification is recorded on the version it clarifies.

    Left out is who has nothing to acknowledge, and whom the day does not fit.
    """

    def act(write: _Write, row: RecipientStatus) -> int:
        row = _asked_of(write, row)
        if row.acknowledgement:
            label = receipt_label(row.acknowledgement.id)
            raise NotAllowed(f"{row.name} has acknowledged already (receipt {label})")
        _refuse_erased(row)
        _refuse_day(signed_on, row, write.as_of.on, "the slip cannot have been signed")
        if not acknowledging.can_acknowledge(row, write.book, write.as_of.on):
            raise NotAllowed(f"there is nothing to acknowledge in this notice for {row.name}: {row.status}")
        _, number = acknowledging.record(
            service,
            write.tx,
            write.book.shown(row.notice, signed_on),
            row,
            method="paper",
            signed_on=signed_on.isoformat(),
            recorded_by=by,
            remark=remark or None,
            name_matches=1,
        )
        return number

    return _each(service, recipient_ids, now, act)


def excuse(service: Service, recipient_ids: Sequence[int], *, reason: str, by: str, now: datetime) -> Done:
    """Excuse each, with a reason that is kept; who owes nothing is left out. Raises NotAllowed without."""
    kept = checked_reason(reason, "excusing somebody needs a reason, which is kept")

    def act(write: _Write, row: RecipientStatus) -> int:
        if not row.owes:
            raise NotAllowed(f"{row.name} owes nothing in this notice: {row.status}")
        return write.tx.record("recipient.excused", recipient_id=row.id, reason=kept, excused_by=by)

    return _each(service, recipient_ids, now, act)


def take_back(
    service: Service, what: str, ids: Sequence[int], *, reason: str, by: str, now: datetime
) -> Done:
    """Take back a letter, slip, excuse or acknowledgement of each recipient, or the answers to questions.

    Both stay in the ledger, and what is owed is asked anew. `acknowledgement` is one by link that its person
    disowns. Left out is who has no such record. Raises NotAllowed without a reason.
    """
    kept = checked_reason(reason, "taking a record back needs a reason, which is kept")
    how = {"reason": kept, "withdrawn_by": by}
    if what == "answer":
        return _take_answers_back(service, ids, now, how)
    if what not in TAKEN_BACK:
        raise NotAllowed(f"{what!r} cannot be taken back; what can: {', '.join(TAKEN_BACK)}")

    def act(write: _Write, row: RecipientStatus) -> int:
        if row.stay_end is not None:
            raise NotAllowed(
                f"the stay of {row.name} in this notice has ended; what was recorded of it stays"
            )
        numbers = _TAKE_BACK[what](write, row, how)
        if not numbers:
            raise NotAllowed(f"there is no {what} of {row.name} to take back")
        return numbers[-1]

    return _each(service, ids, now, act)


def confirm_name(service: Service, acknowledgement_id: int, *, by: str, now: datetime) -> None:
    """Record that the name typed in an acknowledgement is the person's own, which makes it count.

    Raises NotFound, and NotAllowed where no such word is needed or it was taken back.
    """
    with service.store.write(now) as tx:
        row = acknowledgements.receipt(tx.connection, acknowledgement_id)
        if row is None:
            raise NotFound("there is no such acknowledgement")
        if row["withdrawn"]:
            raise NotAllowed("this acknowledgement has been taken back")
        if row["confirmed"]:
            raise NotAllowed("the name in this acknowledgement needs no confirming")
        tx.record(
            "acknowledgement.confirmed",
            acknowledgement_id=acknowledgement_id,
            recipient_id=row["recipient_id"],
            confirmed_by=by,
        )


def recipient_of(service: Service, policy: str, version: str, person_id: str, now: datetime) -> int:
    """The number of a person's present stay, else of their last, in the newest notice of a version they have.

    Raises NotFound.
    """
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, now)
        book = statuses.book_at(service, connection, as_of)
        of_version = {notice.id for notice in statuses.notices_of_version(service, book, policy, version)}
        own = [
            row
            for row in statuses.of_people(service, connection, book, [person_id], as_of)
            if row.notice.id in of_version
        ]
    if not own:
        raise NotFound(
            f"{person_id!r} is not a recipient of the notice of {policy} {version}; "
            f"see: ack status {policy} {version}"
        )
    return max(own, key=lambda row: (row.status is not Status.RECALLED, row.stay_end is None, row.id)).id


def checked_reason(text: str, needed: str) -> str:
    """A reason in one line. Raises NotAllowed without one, or for one that is far too long."""
    kept = " ".join(text.split())
    if not kept:
        raise NotAllowed(needed)
    if len(kept) > LONGEST_REASON:
        raise NotAllowed(f"the reason is longer than {LONGEST_REASON} characters")
    return kept


def _each(service: Service, ids: Sequence[int], now: datetime, act: _Act) -> Done:
    wanted = sorted(set(ids))
    numbers: list[int] = []
    reasons: list[str] = []
    for start in range(0, len(wanted), AT_ONCE):
        with service.store.write(now) as tx:
            write = _Write.of(service, tx)
            for row in write.rows(wanted[start : start + AT_ONCE]):
                try:
                    numbers.append(act(write, row))
                except NotAllowed as refused:
                    reasons.append(str(refused))
    return _done(numbers, len(wanted), reasons)


def _done(numbers: Sequence[int], wanted: int, reasons: Sequence[str]) -> Done:
    left_out = wanted - len(numbers)
    return Done(len(numbers), left_out, min(numbers, default=0), max(numbers, default=0), tuple(reasons))


def _asked_of(write: _Write, row: RecipientStatus) -> RecipientStatus:
    """The row an acknowledgement belongs to: that of the version which a clarification clarifies."""
    if row.notice.change is not Change.CLARIFICATION:
        return row
    person_id = row.recipient.person_id
    own = statuses.of_people(write.service, write.tx.connection, write.book, [person_id], write.as_of)
    base = [
        other
        for other in own
        if other.notice.is_of_same_policy(row.notice)
        and other.notice.version == row.notice.clarifies
        and other.status is not Status.RECALLED
        and other.stay_end is None
    ]
    return base[-1] if base else row


def _refuse_ended(write: _Write, row: RecipientStatus) -> None:
    _refuse_erased(row)
    if not write.is_open(row):
        ending = write.book.ending(row.notice, write.as_of.on)
        why = f"the notice is {ending.state}" if ending else f"their status is {row.status}"
        raise NotAllowed(f"nothing can be recorded in this notice for {row.name} any more: {why}")


def _refuse_erased(row: RecipientStatus) -> None:
    if row.person is None:
        raise NotAllowed(
            f"the records of {row.recipient.person_id!r} have been erased; nothing can be added to them"
        )


def _refuse_day(on: date, row: RecipientStatus, today: date, what: str) -> None:
    if on > today:
        raise NotAllowed(f"{what} on {day(on)}: that is after today, {day(today)}")
    if on < row.notice.issued_on:
        raise NotAllowed(f"{what} on {day(on)}: the notice is of {day(row.notice.issued_on)}")


def _take_letters_back(write: _Write, row: RecipientStatus, how: dict[str, str]) -> list[int]:
    together = mailings.given_together(write.tx.connection, row.id)
    if not recipients.standing_letters(write.tx.connection, row.id):
        return []
    return [
        write.tx.record("letter.withdrawn", letter_id=number, recipient_id=facts.recipient.id, **how)
        for notice, facts in write.facts(together)
        if status_of(write.book, notice, facts, write.as_of.on).stay_end is None
        for number, _ in facts.letters
    ]


def _take_excuse_back(write: _Write, row: RecipientStatus, how: dict[str, str]) -> list[int]:
    if row.excuse is None:
        return []
    return [write.tx.record("excuse.withdrawn", excused_id=row.excuse.id, recipient_id=row.id, **how)]


def _take_acknowledgement_back(
    write: _Write, row: RecipientStatus, how: dict[str, str], method: str = "link"
) -> list[int]:
    """Of every acknowledgement that counts for the recipient, those that came by that way."""
    return [
        write.tx.record(
            "acknowledgement.withdrawn", acknowledgement_id=one.id, recipient_id=one.recipient_id, **how
        )
        for notice, facts in write.facts([row.id])
        for one in facts.acknowledgements
        if one.method == method and counts_for(write.book, one, notice)
    ]


def _take_slip_back(write: _Write, row: RecipientStatus, how: dict[str, str]) -> list[int]:
    return _take_acknowledgement_back(write, _asked_of(write, row), how, "paper")


_TAKE_BACK: dict[str, Callable[[_Write, RecipientStatus, dict[str, str]], list[int]]] = {
    "letter": _take_letters_back,
    "slip": _take_slip_back,
    "excuse": _take_excuse_back,
    "acknowledgement": _take_acknowledgement_back,
}


def _take_answers_back(
    service: Service, question_ids: Sequence[int], now: datetime, how: dict[str, str]
) -> Done:
    numbers: list[int] = []
    with service.store.write(now) as tx:
        for question_id in question_ids:
            row = questions.one(tx.connection, question_id)
            if row is not None and row["answer_id"]:
                numbers.append(
                    tx.record("answer.withdrawn", answer_id=row["answer_id"], question_id=question_id, **how)
                )
    left_out = ["there is no such question, or it waits for an answer"]
    return _done(numbers, len(question_ids), left_out if len(numbers) < len(question_ids) else ())
