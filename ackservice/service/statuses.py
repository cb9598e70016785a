"""The one reader of statuses: for desk, exports, evidence, reminders, summaries, letters, e-mails and the
demo.

What it gives is computed from the facts up to a ledger line. The statuses as of now are kept in the process
and follow the ledger: a look works out anew only whom lines since the last look concern. What is kept holds
no rule, and is thrown away with the day.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from ackservice.domain.audience import Scope
from ackservice.domain.history import Book
from ackservice.domain.notice import Notice
from ackservice.domain.status import RecipientStatus, status_of
from ackservice.errors import NotFound
from ackservice.service.context import AsOf, Kept, KeptNotice, Service
from ackservice.storage import notices, recipients
from ackservice.storage.recipients import Which
from handbook.policy.errors import HandbookError

MOST_FOLLOWED = 500  # people of whom lines speak; after more than these a notice is read anew

T = TypeVar("T")


def book_at(service: Service, connection: sqlite3.Connection, as_of: AsOf) -> Book:
    """Every notice and act up to the moment."""
    return notices.book(connection, as_of.cut, service.zone)


def of_notice(
    service: Service, connection: sqlite3.Connection, book: Book, notice: Notice, as_of: AsOf
) -> list[RecipientStatus]:
    """Every recipient of a notice, in the order they were added. As of now, from what is kept where it
    holds."""
    with service.kept_statuses.lock:
        kept = _kept(service, connection, book, notice, as_of)
        if kept is not None:
            return list(kept.rows.values())
    return _read(service, connection, book, Which(notice_id=notice.id), as_of)


def computed(
    service: Service,
    connection: sqlite3.Connection,
    book: Book,
    notice: Notice,
    as_of: AsOf,
    scope: Scope,
    make: Callable[[list[RecipientStatus]], T],
) -> T:
    """What `make` gives for the recipients of a notice who may be seen: kept as long as their statuses
    hold."""
    with service.kept_statuses.lock:
        kept = _kept(service, connection, book, notice, as_of)
        if kept is not None:
            if (make, scope) not in kept.computed:
                kept.computed[make, scope] = make(seen(kept.rows.values(), scope))
            value: T = kept.computed[make, scope]
            return value
    return make(seen(_read(service, connection, book, Which(notice_id=notice.id), as_of), scope))


def unread(service: Service, connection: sqlite3.Connection, of: Iterable[Notice], as_of: AsOf) -> int:
    """How many recipients of these notices would have to be read, because nothing is kept of them."""
    kept = service.kept_statuses
    known = kept.notices if as_of.is_now and kept.on == as_of.on else {}
    return recipients.count_of(connection, [notice.id for notice in of if notice.id not in known])


def seen(rows: Iterable[RecipientStatus], scope: Scope) -> list[RecipientStatus]:
    """Those who may be seen."""
    return [row for row in rows if scope.sees(row.person)] if scope.is_limited else list(rows)


def of_version(
    service: Service,
    connection: sqlite3.Connection,
    book: Book,
    policy: str,
    version: str,
    as_of: AsOf,
    round_: str = "",
) -> tuple[list[Notice], list[RecipientStatus]]:
    """Everybody who was ever a recipient of a version, of all its notices or those of one round.

    Raises NotFound with what there is.
    """
    chosen = notices_of_version(service, book, policy, version, round_)
    rows = [row for notice in chosen for row in of_notice(service, connection, book, notice, as_of)]
    return chosen, rows


def of_people(
    service: Service, connection: sqlite3.Connection, book: Book, person_ids: Iterable[str], as_of: AsOf
) -> list[RecipientStatus]:
    """Everything some people are or were recipients of."""
    return _read(service, connection, book, Which(person_ids=tuple(person_ids)), as_of)


def of_recipients(
    service: Service, connection: sqlite3.Connection, book: Book, ids: Iterable[int], as_of: AsOf
) -> list[RecipientStatus]:
    """Some recipients by their numbers."""
    return _read(service, connection, book, Which(ids=tuple(ids)), as_of)


def notices_of_version(
    service: Service, book: Book, policy: str, version: str, round_: str = ""
) -> list[Notice]:
    """The notices of a version, oldest first, under whichever id of its policy. Raises NotFound with what
    there is.

    The handbook is asked where no notice knows the id yet: the policy was renamed after the last one.
    """
    chosen = book.of_version([policy], version) or book.of_version(_ids_in_handbook(service, policy), version)
    if round_:
        chosen = [notice for notice in chosen if notice.round == round_]
    if chosen:
        return chosen
    known = sorted({f"{n.policy} {n.version}" for n in book.notices})
    what = f"{policy} {version}" + (f" in the round {round_!r}" if round_ else "")
    raise NotFound(
        f"no notice has been issued for {what} by then; notices issued: {', '.join(known) or 'none'}"
    )


def notice_of_version(service: Service, book: Book, policy: str, version: str, round_: str = "") -> Notice:
    """The notice of a version that an act is about: the newest one not recalled, else the newest."""
    return newest(book, notices_of_version(service, book, policy, version, round_))


def notice_now(service: Service, policy: str, version: str, round_: str, now: datetime) -> Notice:
    """The notice of a version that an act is about now. Raises NotFound with what there is."""
    with service.store.read() as connection:
        book = book_at(service, connection, service.as_of(connection, None, now))
    return notice_of_version(service, book, policy, version, round_)


def newest(book: Book, chosen: Sequence[Notice]) -> Notice:
    """The newest of some notices that was not recalled, else the newest."""
    return ([notice for notice in chosen if not book.is_recalled(notice)] or chosen)[-1]


def _ids_in_handbook(service: Service, policy: str) -> tuple[str, ...]:
    try:
        return service.library().policy(policy).all_ids
    except (HandbookError, OSError):
        return ()


def _read(
    service: Service, connection: sqlite3.Connection, book: Book, which: Which, as_of: AsOf
) -> list[RecipientStatus]:
    return [
        status_of(book, notice, facts, as_of.on)
        for facts in recipients.facts(connection, book, which, as_of.cut, service.zone)
        if (notice := book.notice(facts.recipient.notice_id)) is not None
    ]


def _kept(
    service: Service, connection: sqlite3.Connection, book: Book, notice: Notice, as_of: AsOf
) -> KeptNotice | None:
    """What is kept of a notice, brought up to the moment; None for a past day or an older snapshot."""
    kept = service.kept_statuses
    if not as_of.is_now or (as_of.on == kept.on and as_of.cut < kept.line):
        return None
    if as_of.on != kept.on:
        kept.notices.clear()
    elif as_of.cut != kept.line:
        _follow(service, connection, book, kept, as_of)
    kept.on, kept.line = as_of.on, as_of.cut
    if notice.id not in kept.notices:
        rows = _read(service, connection, book, Which(notice_id=notice.id), as_of)
        kept.notices[notice.id] = KeptNotice({row.id: row for row in rows})
    return kept.notices[notice.id]


def _follow(service: Service, connection: sqlite3.Connection, book: Book, kept: Kept, as_of: AsOf) -> None:
    """Work out anew whom the lines since the last look concern; forget notices that they change as a
    whole."""
    changed = recipients.changed_since(connection, kept.line)
    if changed.everything or len(changed.people) > MOST_FOLLOWED:
        kept.notices.clear()
        return
    for notice_id in changed.notices:
        notice = book.notice(notice_id)
        for other in book.of_policy([notice.policy]) if notice else ():
            kept.notices.pop(other.id, None)
    rows = of_people(service, connection, book, changed.people, as_of) if changed.people else []
    for notice_id, ids in recipients.by_notice(connection, changed.recipients).items():
        if len(ids) > MOST_FOLLOWED:
            kept.notices.pop(notice_id, None)
        elif notice_id in kept.notices:
            rows += of_recipients(service, connection, book, ids, as_of)
    for row in rows:
        known = kept.notices.get(row.notice.id)
        if known is not None and known.rows.get(row.id) != row:
            known.rows[row.id] = row
            known.computed.clear()
