"""What a manager does to a notice after it was given: recall, postpone, close, add somebody by name.

Each keeps its reason and who did it. An ended notice cannot be ended again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from ackservice.domain.audience import is_concerned
from ackservice.domain.history import Book
from ackservice.domain.notice import Basis, Notice
from ackservice.domain.status import RecipientStatus
from ackservice.errors import NotAllowed, NotFound
from ackservice.service import statuses
from ackservice.service.context import AsOf, Service
from ackservice.service.keeping import keep_entry
from ackservice.service.recipients import Addition, add, tell
from ackservice.storage import deliveries
from ackservice.storage import roster as roster_rows
from ackservice.storage.store import Transaction
from handbook.policy.errors import HandbookError
from handbook.policy.version import Policy, PolicyVersion

RECALLED = "recall"
POSTPONED = "postponed"


@dataclass(frozen=True)
class ActDone:
    """An act on a notice, and how many people are told of it by e-mail and by letter."""

    notice: Notice
    by_email: int = 0
    on_paper: int = 0


def recall(service: Service, notice_id: int, *, reason: str, by: str, now: datetime) -> ActDone:
    """Take back a mistaken notice: it asks nothing from then on, and what was owed before is owed still.

    Raises NotFound, and NotAllowed for an ended notice and for a change that has taken effect.
    """
    with service.store.write(now) as tx:
        book, notice = _open_notice(service, tx, notice_id, reason, "recalling")
        today = service.today(now)
        if book.given_basis(notice) is Basis.CHANGE and book.effective_on(notice) <= today:
            raise NotAllowed(
                f"{notice.title} {notice.version} took effect on {book.effective_on(notice)}: a notice is "
                "recalled "
                "before that. Close it, or give notice of a new version or of a withdrawal"
            )
        rows = _reached(service, tx.connection, book, notice, service.in_write(tx))
        tx.record("notice.recalled", notice_id=notice.id, reason=reason.strip(), recalled_by=by)
        return _told(service, tx, notice, rows, RECALLED)


def postpone(
    service: Service, notice_id: int, *, effective_on: date, reason: str, by: str, now: datetime
) -> ActDone:
    """Move a notice to the later effective date that its version has been approved anew with.

    Raises NotFound, and NotAllowed where it is not open, has taken effect, or the handbook does not say so.
    """
    with service.store.write(now) as tx:
        book, notice = _open_notice(service, tx, notice_id, reason, "postponing")
        policy, version = _approved_anew(service, notice, effective_on, service.today(now))
        was = book.effective_on(notice)
        if notice.basis is not Basis.CHANGE or was <= service.today(now):
            raise NotAllowed(f"only a change still to come can be postponed; this takes effect on {was}")
        if effective_on <= was:
            raise NotAllowed(
                f"a notice is postponed to a later day than {was}; for an earlier one recall it and give "
                "notice anew"
            )
        rows = _reached(service, tx.connection, book, notice, service.in_write(tx))
        tx.record(
            "notice.postponed",
            notice_id=notice.id,
            effective_on=effective_on.isoformat(),
            entry_digest=keep_entry(tx, policy, version),
            reason=reason.strip(),
            postponed_by=by,
        )
        return _told(service, tx, notice, rows, POSTPONED)


def to_tell(service: Service, notice_id: int, now: datetime) -> ActDone:
    """How many people would be told that a notice is recalled or postponed. Raises NotFound."""
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, now)
        book = statuses.book_at(service, connection, as_of)
        notice = book.notice(notice_id)
        if notice is None:
            raise NotFound("there is no such notice")
        rows = _reached(service, connection, book, notice, as_of)
    by_email = sum(bool(row.email) for row in rows)
    return ActDone(notice, by_email, len(rows) - by_email)


def close(service: Service, notice_id: int, *, reason: str, by: str, now: datetime) -> ActDone:
    """Close a notice: nothing is owed or sent any more. Raises NotFound and NotAllowed."""
    with service.store.write(now) as tx:
        _, notice = _open_notice(service, tx, notice_id, reason, "closing")
        tx.record("notice.closed", notice_id=notice.id, reason=reason.strip(), closed_by=by)
        return ActDone(notice)


def add_by_name(
    service: Service, notice_id: int, person_id: str, *, reason: str, by: str, now: datetime
) -> ActDone:
    """Ask somebody outside the audience too. Raises NotFound, and NotAllowed for who is asked already."""
    with service.store.write(now) as tx:
        book, notice = _open_notice(service, tx, notice_id, reason, "adding somebody to")
        today, as_of = service.today(now), service.in_write(tx)
        if not notice.must_be_acknowledged:
            raise NotAllowed(f"a {notice.change} asks nothing of anybody, so nobody is added to it")
        person = roster_rows.person(tx.connection, person_id, as_of.cut)
        if person is None:
            raise NotFound(f"nobody on the roster has the person_id {person_id!r}")
        rows = statuses.of_people(service, tx.connection, book, [person_id], as_of)
        is_asked = any(
            row.notice.id == notice.id
            and row.stay_end is None
            and row.recipient.basis is not Basis.NO_LONGER_COVERED
            for row in rows
        )
        if is_asked:
            raise NotAllowed(f"{person.name} is a recipient of this notice already")
        if is_concerned(person, notice.audience, today):
            raise NotAllowed(
                f"{person.name} is in the audience and was bound before the notice was opened; "
                "ask everybody with: ack notice issue --in-force"
            )
        if not is_concerned(person, (), today):
            raise NotAllowed(f"{person.name} is not in post today")
        addition = Addition(person, Basis.BY_NAME, today)
        recipient_id = add(tx, notice.id, addition, today, reason=reason.strip(), added_by=by)
        told = tell(service, tx, person, [recipient_id])
        return ActDone(notice, by_email=int(told), on_paper=int(not told))


def _open_notice(
    service: Service, tx: Transaction, notice_id: int, reason: str, act: str
) -> tuple[Book, Notice]:
    """Raises NotFound, and NotAllowed without a reason or for an ended notice."""
    if not reason.strip():
        raise NotAllowed(f"{act} a notice needs a reason, which is kept")
    as_of = service.in_write(tx)
    book = statuses.book_at(service, tx.connection, as_of)
    notice = book.notice(notice_id)
    if notice is None:
        raise NotFound("there is no such notice")
    ending = book.ending(notice, as_of.on)
    if ending:
        raise NotAllowed(
            f"the notice of {notice.policy} {notice.version} is {ending.state} since {ending.at.on} already"
        )
    return book, notice


def _approved_anew(
    service: Service, notice: Notice, effective_on: date, today: date
) -> tuple[Policy, PolicyVersion]:
    """The version as the handbook has it now, approved with that date and otherwise the same. Raises
    NotAllowed."""
    try:
        policy = service.library().policy(notice.policy)
        version = policy.version(notice.version)
    except HandbookError as error:
        raise NotAllowed(str(error)) from error
    name = f"{policy.id} {version.label}"
    if version.effective_on != effective_on or not version.is_approved(today):
        raise NotAllowed(
            f"the handbook has {name} with {version.effective_on}"
            f"{'' if version.is_approved(today) else ', not approved'}; first have it approved with "
            f"{effective_on}: "
            f"handbook unapprove {name}, change effective_on, handbook approve {name} --by WHO --on DATE"
        )
    digest = version.text.digest if version.text else None
    audience = version.text.audience if version.text else notice.audience
    if digest != notice.digest or sorted(audience) != sorted(notice.audience):
        raise NotAllowed(
            f"{name} has another text or audience than its notice was given for; recall the notice and "
            "give notice anew"
        )
    return policy, version


def _reached(
    service: Service, connection: sqlite3.Connection, book: Book, notice: Notice, as_of: AsOf
) -> list[RecipientStatus]:
    """Who has been told of a notice, or is being sent it at this moment, and is in post."""
    rows = statuses.of_notice(service, connection, book, notice, as_of)
    on_their_way = deliveries.claimed_items(connection)
    return [
        row
        for row in rows
        if row.person
        and not (row.stay_end and row.stay_end.has_left)
        and (row.window.notified_on or row.id in on_their_way)
    ]


def _told(
    service: Service, tx: Transaction, notice: Notice, rows: Iterable[RecipientStatus], kind: str
) -> ActDone:
    told = [tell(service, tx, row.person, [row.id], kind) for row in rows if row.person]
    return ActDone(notice, by_email=sum(told), on_paper=len(told) - sum(told))
