"""What tests of the service do over and over: give notice, look rows up, make a person's link."""

from __future__ import annotations

from datetime import datetime, timedelta

from ackservice.domain.status import RecipientStatus
from ackservice.links import Purpose
from ackservice.service import issuing, statuses
from ackservice.service.context import Service
from ackservice.service.issuing import Mode
from ackservice.storage import recipients
from tests.conftest import MONDAY

TUESDAY = MONDAY + timedelta(days=1)


def rows(service: Service, sql: str, *values: object) -> list[tuple]:
    with service.store.read() as connection:
        return [tuple(row) for row in connection.execute(sql, values)]


def issue(
    service: Service, *versions: str, now: datetime = MONDAY, policy: str = "social-media", **how: object
) -> None:
    issuing.issue(
        service,
        [(policy, version) for version in versions],
        now=now,
        issued_by="Bea",
        **{"mode": Mode.CHANGE, "short_reason": "met late", "unpublished_reason": "a test"} | how,
    )


def recipient(service: Service, person: str, version: str = "2021-09") -> int:
    """The number of a person's last stay in a version's notices."""
    sql = """SELECT MAX(r.id) FROM recipient r JOIN notice n ON n.id = r.notice_id
        WHERE r.person_id = ? AND n.version = ?"""
    return rows(service, sql, person, version)[0][0]


def row(service: Service, person: str, now: datetime, version: str = "2021-09") -> RecipientStatus:
    """A person's last stay in a version's notices, as at that moment."""
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, now)
        book = statuses.book_at(service, connection, as_of)
        return statuses.of_recipients(
            service, connection, book, [recipient(service, person, version)], as_of
        )[0]


def token(service: Service, person: str = "P001", version: str = "2021-09") -> str:
    """A person's link to acknowledge a version, as e-mails have it."""
    with service.store.read() as connection:
        key = recipients.person_keys(connection, person)[0]
    own = rows(service, "SELECT key FROM recipient WHERE id = ?", recipient(service, person, version))[0][0]
    return service.links.token(Purpose.ACKNOWLEDGE, own, key)
