"""A look at everything the service needs: what is well, what somebody should know, and what has to be
mended."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ackservice.errors import AckError
from ackservice.mail.messages import count, day
from ackservice.mail.transports import Transport
from ackservice.service import warnings
from ackservice.service.context import Service
from ackservice.service.joiners import library_or_none
from ackservice.storage import cuts, notices
from ackservice.storage import roster as roster_rows
from ackservice.storage.store import moment

SAFE_SQLITE = (3, 51, 3)
CLOCK_SLACK = timedelta(minutes=5)


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `state` is `ok`, `note` (to know) or `mend`."""

    state: str
    text: str

    @property
    def must_be_mended(self) -> bool:
        return self.state == "mend"


def examine(service: Service, transport_of: Callable[[], Transport], now: datetime) -> list[Finding]:
    """Every finding. The mail server is connected to and logged in at; nothing is sent."""
    found = [*_settings(service), *_database(service, now), *_handbook(service, now)]
    return [*found, *_mail(service, transport_of, now)]


def _settings(service: Service) -> Iterator[Finding]:
    settings = service.settings
    yield Finding("ok", f"School: {settings.school.name}, at {settings.base_url}.")
    try:
        service.links  # noqa: B018 (made from the keys, which are checked)
        yield Finding("ok", f"Secret keys: {len(settings.secret_keys)}, long enough.")
    except AckError as error:
        yield Finding("mend", str(error))
    if not settings.is_https:
        yield Finding(
            "note", f"The base address {settings.base_url} is not https: links and names travel readable."
        )
    if not any(manager.role == "manager" for manager in settings.school.managers):
        yield Finding(
            "mend",
            "No manager is named in school.toml, so nobody can sign in at the desk: "
            "add one under [[managers]].",
        )
    if not settings.school.mail.sender:
        yield Finding(
            "note",
            "No sender is set under [mail] in school.toml; e-mails come from the Business Manager's address.",
        )


def _database(service: Service, now: datetime) -> Iterator[Finding]:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < SAFE_SQLITE:
        yield Finding(
            "note",
            f"SQLite {version}. Before 3.51.3 several writers could, rarely, damage a database; the "
            "service's own lock keeps them apart, so open the database with other programs for reading only.",
        )
    else:
        yield Finding("ok", f"SQLite {version}.")
    try:
        with service.store.read() as connection:
            yield from _records(service, connection, now)
    except AckError as error:
        yield Finding("mend", str(error))


def _records(service: Service, connection: sqlite3.Connection, now: datetime) -> Iterator[Finding]:
    lines = cuts.last_cut(connection)
    yield Finding(
        "ok",
        f"Database {service.store.path}: {count(lines, 'ledger line')}, "
        f"head {cuts.head_at(connection, lines)}.",
    )
    last = cuts.recorded_at(connection, lines)
    if last and moment(last) > now + CLOCK_SLACK:
        yield Finding(
            "mend",
            f"This machine's clock says {now:%Y-%m-%d %H:%M} UTC, but the last record is of {last[:16]}: "
            "set the clock right.",
        )
    elif now.year < 2020:
        yield Finding("mend", f"This machine's clock says {now:%Y-%m-%d}: set the clock right.")
    else:
        yield Finding("ok", f"Clock: {day(service.today(now))} in {service.zone}.")
    people = roster_rows.people(connection, lines)
    if people:
        yield Finding("ok", f"Roster: {count(len(people), 'person', 'people')}, leavers included.")
    else:
        yield Finding("note", "Nobody is on the roster yet; import it with: ack roster import FILE")
    for text in warnings.addresses_shared(service, connection, now):
        yield Finding("note", text)
    yield Finding("ok", f"Notices: {len(notices.book(connection, lines, service.zone).notices)}.")


def _handbook(service: Service, now: datetime) -> Iterator[Finding]:
    library = library_or_none(service)
    if library:
        yield Finding("ok", f"Handbook: {count(len(library.policies), 'policy', 'policies')}.")
    try:
        with service.store.read() as connection:
            wrong = warnings.of_handbook(service, connection, library, now)
    except AckError:
        return  # told above
    yield from (Finding("mend", text) for text in wrong)


def _mail(service: Service, transport_of: Callable[[], Transport], now: datetime) -> Iterator[Finding]:
    transport = None
    try:
        transport = transport_of()
        transport.open().close()
        yield Finding(
            "ok", f"Mail: {transport.describe()} answers; try a message with: ack mail test ADDRESS"
        )
    except AckError as error:
        yield Finding("mend", f"Mail: {error}")
    try:
        with service.store.read() as connection:
            trouble = warnings.mail_trouble(service, connection, transport, now)
    except AckError:
        return
    yield from (Finding("note", text) for text in trouble)
