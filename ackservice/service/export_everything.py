"""The export of everything: every recipient of every notice that was open on a day, in one file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from ackservice.domain import export
from ackservice.domain.notice import Notice
from ackservice.errors import NotFound
from ackservice.service import desk_exports
from ackservice.service.audiences import open_notices
from ackservice.service.context import AsOf, Service
from ackservice.service.desk_exports import Export
from ackservice.storage.desk import Scope

NAME = "all-open-notices"


def of_open_notices(
    service: Service, format_: str, scope: Scope, *, on: date | None, now: datetime
) -> Export:
    """The rows of all notices open on a day, in that format (csv, json or xlsx), only of those who may be
    seen.

    Raises NotFound when none was open, and NotAllowed for a day to come.
    """
    with service.store.read() as connection:
        as_of = service.as_of(connection, on, now)
        found = open_notices(connection, as_of.cut, as_of.on)
    if not found:
        raise NotFound("no notice was open on that day")
    return Export(
        export.file_name(NAME, "", as_of.on, format_), _parts(service, found, as_of, format_, scope)
    )


def _parts(
    service: Service, notices: list[Notice], as_of: AsOf, format_: str, scope: Scope
) -> Iterator[bytes]:
    with service.store.read() as connection:
        rows = (
            row for notice in notices for row in desk_exports.rows(service, connection, notice, as_of, scope)
        )
        rules = " / ".join(dict.fromkeys(str(notice.rule) for notice in notices))
        facts = {"as_of": as_of.on, "rule": rules, "ledger_head": as_of.head}
        if format_ == "csv":
            yield from export.to_csv(rows)
        elif format_ == "json":
            yield from export.to_json(rows, **facts)
        else:
            yield export.to_xlsx(rows, **facts, zone=service.zone)
