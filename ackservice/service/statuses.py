"""The one reader of statuses: for desk, exports, evidence, reminders, summaries, letters, e-mails and the demo.

What it gives is computed from the facts up to a ledger line. The statuses as of now are kept in the process
and follow the ledger: a look works out anew only whom lines since the last look concern. What is kept holds no
rule, and is thrown away with the day.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from ackservice.domain.history import Book
from ackservice.domain.notice import Notice
from ackservice.domain.status import RecipientStatus, status_of
from ackservice.errors import NotFound
from ackservice.service.context import AsOf, Kept, Service
from ackservice.storage import notices, recipients
from ackservice.storage.recipients import Which
from handbook.policy.errors import HandbookError

MOST_FOLLOWED = 2000  # lines; after more than these everything is read anew


def book_at(service: Service, connection: sqlite3.Connection, as_of: AsOf) -> Book:
    """Every notice and act up to the moment."""
    return notices.book(connection, as_of.cut, service.zone)


def of_notice(
    service: Service, connection: sqlite3.Connection, book: Book, notice: Notice, as_of: AsOf
) -> list[RecipientStatus]:
    """Every recipient of a notice, in the order they were added. As of now, from what is kept where it holds."""
    which = Which(notice_id=notice.id)
    if not as_of.is_now:
        return _read(service, connection, book, which, as_of)
    kept = service.kept_statuses
    with kept.lock:
        if as_of.on == kept.on and as_of.cut < kept.line:  # a snapshot older than what is kept
            return _read(service, connection, book, which, as_of)
        _follow(service, connection, book, kept, as_of)
        if notice.id not in kept.rows:
            read = _read(service, connection, book, which, as_of)
            kept.rows[notice.id] = {row.id: row for row in read}
        return list(kept.rows[notice.id].values())


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
    """The notices of a version, oldest first, under whichever id of its policy. Raises NotFound with what there is.

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
    chosen = notices_of_version(service, book, policy, version, round_)
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


def _follow(service: Service, connection: sqlite3.Connection, book: Book, kept: Kept, as_of: AsOf) -> None:
    """Bring what is kept up to a later line: whom the lines between concern is worked out anew."""
    if as_of.on != kept.on or as_of.cut - kept.line > MOST_FOLLOWED:
        kept.rows.clear()
    elif as_of.cut != kept.line:
        people, ids, whole = recipients.concerned_since(connection, kept.line)
        if whole:
            kept.rows.clear()
        else:
            people |= recipients.people_of(connection, ids) if ids else set()
            for row in of_people(service, connection, book, people, as_of):
                if row.notice.id in kept.rows:
                    kept.rows[row.notice.id][row.id] = row
    kept.on, kept.line = as_of.on, as_of.cut
