"""What somebody has to see to before it goes wrong, in whole sentences: for the weekly summary, `ack due`,
`ack doctor` and the desk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ackservice.domain.history import Book
from ackservice.domain.notice import Notice
from ackservice.domain.roster_plan import shared_addresses
from ackservice.mail.messages import count, day
from ackservice.mail.transports import Transport, secret_expires_on
from ackservice.service import statuses
from ackservice.service.context import Service
from ackservice.service.joiners import library_or_none
from ackservice.storage import deliveries, marks, notices, queue_state
from ackservice.storage import roster as roster_rows
from ackservice.storage.store import moment
from handbook.policy.errors import HandbookError
from handbook.policy.notice_period import last_day_of_notice
from handbook.policy.version import Library, Policy, PolicyVersion

SECRET_EXPIRES_WITHIN = timedelta(days=60)
LAST_DAY_WITHIN = timedelta(days=7)
FAILED_WITHIN = timedelta(days=7)
HOOK_TROUBLE = "build hook trouble"
BOUNCES_TROUBLE = "bounces trouble"


@dataclass(frozen=True)
class Changed:
    """An open notice whose version in the handbook is not what it was given for; `what` says in which
    respects."""

    notice: Notice
    what: tuple[str, ...]

    def __str__(self) -> str:
        name = f"{self.notice.policy} {self.notice.version}"
        if self.what == (GONE,):
            return (
                f"{name} is no longer in the handbook, and its notice is open: put it back, or recall "
                f"the notice."
            )
        return (
            f"The handbook has another {' and '.join(self.what)} of {name} than its notice was given for. "
            "Put back what "
            "was approved, or postpone or recall the notice; a typing mistake is mended by a clarification."
        )


GONE = "gone"
_EVERYTHING = 2**62  # a ledger line after every one


def all_of(
    service: Service,
    connection: sqlite3.Connection,
    library: Library | None,
    transport: Transport | None,
    now: datetime,
) -> list[str]:
    """Everything, what is urgent first."""
    return [
        *of_handbook(service, connection, library, now),
        *mail_trouble(service, connection, transport, now),
        *addresses_shared(service, connection, now),
    ]


def of_handbook_now(service: Service, now: datetime) -> list[str]:
    """What is wrong in the handbook's files as they are now, for monitors."""
    library = library_or_none(service)
    with service.store.read() as connection:
        return of_handbook(service, connection, library, now)


def of_handbook(
    service: Service, connection: sqlite3.Connection, library: Library | None, now: datetime
) -> list[str]:
    """What is wrong in the handbook's files, and between them and the notices."""
    if library is None:
        return ["The handbook's settings have faults, so nothing can be announced: run handbook check."]
    as_of = service.as_of(connection, None, now)
    book = statuses.book_at(service, connection, as_of)
    faulty = [
        f"{policy or 'The handbook'} has {count(len(faults), 'fault')} and cannot be announced: {faults[0]}"
        for policy, faults in sorted(library.faulty.items())
    ]
    changed = [str(change) for change in changed_since_notice(connection, book, library, as_of.on)]
    return [*changed, *faulty, *notices_missing(service, connection, library, as_of.on)]


def changed_since_notice(
    connection: sqlite3.Connection, book: Book, library: Library, on: date
) -> list[Changed]:
    """Open notices whose version has another text, date, audience or approval now; a faulty policy is not
    looked
    at."""
    found: list[Changed] = []
    for notice in book.notices:
        if not book.is_open(notice, on) or notice.policy in library.faulty:
            continue
        try:
            version = library.version(notice.policy, notice.version)
        except HandbookError:
            found.append(Changed(notice, (GONE,)))
            continue
        what = tuple(_differences(connection, book, notice, version))
        found += [Changed(notice, what)] if what else []
    return found


def _differences(
    connection: sqlite3.Connection, book: Book, notice: Notice, version: PolicyVersion
) -> Iterator[str]:
    kept = notices.kept_entry(connection, notice.id)
    text, entry = version.text, version.entry
    if (text.digest if text else None) != notice.digest:
        yield "text"
    if version.effective_on != book.effective_on(notice):
        yield "effective date"
    if text and sorted(text.audience) != sorted(notice.audience):
        yield "audience"
    approved = (entry.approved_by or "", entry.approved_on.isoformat() if entry.approved_on else "")
    if approved != (kept.approved_by, kept.approved_on) or (entry.seal or "") != kept.seal:
        yield "approval"


def addresses_shared(service: Service, connection: sqlite3.Connection, now: datetime) -> list[str]:
    """Addresses that stand for several people: whoever reads that mailbox can acknowledge for each."""
    as_of = service.as_of(connection, None, now)
    people = roster_rows.people(connection, as_of.cut)
    return [
        f"{address} is the address of {' and '.join(person.name for person in who)}."
        for address, who in shared_addresses(list(people.values()), as_of.on).items()
    ]


def notices_missing(
    service: Service, connection: sqlite3.Connection, library: Library, today: date
) -> list[str]:
    """Approved versions without a notice: a week before the last day to give it, and those that took effect
    without one.

    Versions that took effect before the service kept records are left out.
    """
    book = notices.book(connection, _EVERYTHING, service.zone)
    first = notices.first_recorded_at(connection)
    since = service.today(moment(first)) if first else today
    found: list[str] = []
    for policy in library.policies.values():
        for version in policy.versions:
            if version.is_approved(today) and not _is_given(book, policy, version):
                found += _missing(service, policy, version, since, today)
    return found


def mail_trouble(
    service: Service, connection: sqlite3.Connection, transport: Transport | None, now: datetime
) -> list[str]:
    """What stands in the way of mail: a server that takes nothing, messages given up, a secret about to
    expire."""
    found = []
    failure = queue_state.last_failure(connection)
    if failure:
        waiting = deliveries.waiting_count(connection)
        found.append(
            f"Mail is not going out: {failure} {count(waiting, 'message is', 'messages are')} waiting."
        )
    failed = deliveries.failed_since(connection, now - FAILED_WITHIN)
    if failed:
        addresses = ", ".join(sorted({row["address"] for row in failed if row["address"]})[:10])
        found.append(
            f"{count(len(failed), 'message').capitalize()} could not be sent in the last seven days, to: "
            f"{addresses}."
        )
    expires_on = secret_expires_on(transport) if transport else None
    today = service.today(now)
    if expires_on and expires_on <= today + SECRET_EXPIRES_WITHIN:
        when = "has expired on" if expires_on < today else "expires on"
        found.append(
            f"The client secret for sending mail {when} {day(expires_on)}; make a new one before mail stops."
        )
    for name in (BOUNCES_TROUBLE, HOOK_TROUBLE):
        if trouble := marks.get(connection, name):
            found.append(trouble)
    return found


def _is_given(book: Book, policy: Policy, version: PolicyVersion) -> bool:
    """Whether its whole audience was given notice of a version, and it was not recalled."""
    return any(book.given(n) for n in book.standing_of_version(policy.all_ids, version.label))


def _missing(
    service: Service, policy: Policy, version: PolicyVersion, since: date, today: date
) -> Iterator[str]:
    rules = service.settings.school.notice
    name = f"{policy.id} {version.label}"
    if version.effective_on > today:
        last_day = last_day_of_notice(version.effective_on, rules.period_months, rules.deemed_days)
        if last_day < today:
            yield (
                f"No notice of {name} has been given, and the last day to give it was {day(last_day)}: "
                f"it takes effect on {day(version.effective_on)}."
            )
        elif last_day <= today + LAST_DAY_WITHIN:
            yield (
                f"No notice of {name} has been given yet; the last day to give it in time is {day(last_day)}."
            )
    elif version.effective_on > since and version in (policy.binding(today), policy.latest_in_effect(today)):
        yield (
            f"{name} took effect on {day(version.effective_on)} without a notice: ask people about it with "
            "ack notice issue --in-force, or at the desk."
        )
