"""What the desk exports: the same rows as `ack export`, within what the reader may see, streamed so that
memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from ackservice.domain import export
from ackservice.domain.notice import Notice
from ackservice.errors import NotFound
from ackservice.service import exporting
from ackservice.service.context import AsOf, Service
from ackservice.service.standing import Report, standings
from ackservice.storage import desk_people, notices
from ackservice.storage.desk import Scope


@dataclass(frozen=True)
class Export:
    """A file to be made: its name, and its parts, which are computed while they are read."""

    name: str
    parts: Iterator[bytes]


def of_notice(
    service: Service, notice_id: int, format_: str, scope: Scope, *, on: date | None, now: datetime
) -> Export:
    """A notice's rows in that format (csv, json or xlsx), as of a day. Raises NotFound, and NotAllowed for a
    day to come."""
    with service.store.read() as connection:
        notice = notices.notice(connection, notice_id)
        as_of = service.as_of(connection, on, now)
        if (
            notice is None
            or notice.id > as_of.cut
            or not desk_people.any_of_notice(connection, notice_id, scope)
        ):
            raise NotFound("there is no such notice, or it had not been given by then")
    return Export(
        export.file_name(notice.policy, notice.version, as_of.on, format_),
        _parts(service, notice, as_of, format_, scope),
    )


def rows(
    service: Service, connection, notice: Notice, as_of: AsOf, scope: Scope
) -> Iterator[dict[str, object]]:
    """The export's rows, one at a time, only of those who may be seen."""
    found = standings(service, connection, notice, as_of)
    if scope.is_limited:
        seen = desk_people.ids(connection, scope)
        found = (standing for standing in found if standing.person_id in seen)
    return export.rows_of(notice, found, as_of=as_of.on, ledger_head=as_of.head, zone=service.zone)


def _parts(service: Service, notice: Notice, as_of: AsOf, format_: str, scope: Scope) -> Iterator[bytes]:
    with service.store.read() as connection:
        found = rows(service, connection, notice, as_of, scope)
        yield from exporting.render(Report(notice, as_of, found, service.zone), format_)
