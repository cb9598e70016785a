"""Taking a roster in at the desk, in two steps: look at what a file would change, then confirm exactly that
file.

Nothing changes before the confirmation. The file waits in the database, for the session that sent it, for an
hour at most.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from ackservice.errors import NotFound
from ackservice.service.context import Service
from ackservice.service.roster import Import, import_roster
from ackservice.storage import uploads
from ackservice.storage.uploads import Upload

LARGEST = 8 * 1024 * 1024  # bytes: some 80,000 people
LONGEST_NAME = 100


@dataclass(frozen=True)
class Waiting:
    """A file that waits to be confirmed, and what it would change now."""

    key: str
    found: Import


def look_at(service: Service, data: bytes, name: str, session: str, now: datetime) -> Waiting:
    """Keep a file for a session, and say what it would change. Raises RosterFaults, and then it is not
    kept."""
    upload = Upload(_plain_name(name), data)
    found = import_roster(service, data, upload.name, now=now, dry_run=True)
    key = secrets.token_urlsafe(16)
    with service.store.write(now) as tx:
        uploads.keep(tx, key, session, upload)
    return Waiting(key, found)


def look_again(service: Service, key: str, session: str, now: datetime) -> Waiting:
    """What a file that waits would change. Raises NotFound for another session's file, or one that is no
    longer kept."""
    upload = _find(service, key, session, now)
    return Waiting(key, import_roster(service, upload.data, upload.name, now=now, dry_run=True))


def confirm(
    service: Service, key: str, session: str, *, by: str, now: datetime, confirmed: bool = False
) -> Import:
    """Take the file in, as it was looked at; who did it is recorded. Raises NotFound, and
    NeedsConfirmation."""
    upload = _find(service, key, session, now)
    done = import_roster(service, upload.data, upload.name, now=now, by=by, confirmed=confirmed)
    throw_away(service, key, session, now)
    return done


def throw_away(service: Service, key: str, session: str, now: datetime) -> None:
    """Forget a file without taking it in."""
    _find(service, key, session, now)
    with service.store.write(now) as tx:
        uploads.forget(tx, key)


def forget_if_due(service: Service, now: datetime) -> None:
    """Forget files nobody has confirmed within the hour, writing only where there are such."""
    with service.store.read() as connection:
        old = uploads.old(connection, now)
    if old:
        with service.store.write(now) as tx:
            for key in old:
                uploads.forget(tx, key)


def _find(service: Service, key: str, session: str, now: datetime) -> Upload:
    with service.store.read() as connection:
        found = uploads.find(connection, key, session, now)
    if found is None:
        raise NotFound("this file is no longer waiting; send it again")
    return found


def _plain_name(name: str) -> str:
    """The last part of a file's name, without characters that could mean something elsewhere. It is only
    ever shown."""
    return re.sub(r"[^\w .()-]+", "-", re.split(r"[\\/]", name)[-1]).strip()[:LONGEST_NAME] or "roster.csv"
