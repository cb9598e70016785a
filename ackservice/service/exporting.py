"""What is taken away of statuses: everybody who was ever a recipient of a version, or of all open notices, as
CSV, JSON or a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from ackservice.domain import export
from ackservice.domain.audience import EVERYONE, Scope
from ackservice.domain.export_rows import rows_of
from ackservice.domain.history import Book
from ackservice.domain.notice import Notice
from ackservice.domain.status import Figures, RecipientStatus, figures
from ackservice.errors import NotFound
from ackservice.service import statuses
from ackservice.service.context import AsOf, Service

ALL_OPEN = "all-open-notices"


@dataclass(frozen=True)
class Report:
    """The statuses of some notices as of a moment, oldest notice first; `name` is what its file is called
    for."""

    name: tuple[str, str]
    notices: tuple[Notice, ...]
    book: Book
    as_of: AsOf
    recipients: list[RecipientStatus]
    zone: str

    @property
    def notice(self) -> Notice:
        """The notice that acts are about: the newest one not recalled, else the newest."""
        return statuses.newest(self.book, self.notices)

    @property
    def figures(self) -> Figures:
        return figures(self.recipients)

    @property
    def rule(self) -> str:
        """The rule the notices were issued under; several where it was changed between them."""
        return " / ".join(dict.fromkeys(str(notice.rule) for notice in self.notices))

    def rows(self) -> Iterator[dict[str, object]]:
        """The row of each recipient."""
        return rows_of(
            self.book, self.recipients, as_of=self.as_of.on, ledger_head=self.as_of.head, zone=self.zone
        )

    def file_name(self, format_: str) -> str:
        return export.file_name(*self.name, self.as_of.on, format_)


def of_version(
    service: Service,
    policy: str,
    version: str,
    *,
    on: date | None,
    now: datetime,
    round_: str = "",
    scope: Scope = EVERYONE,
) -> Report:
    """Everybody who was ever a recipient of a version, of all its notices or of one round, now or as at the
    end of a past day. Raises NotFound, and NotAllowed for a day to come."""
    with service.store.read() as connection:
        as_of = service.as_of(connection, on, now)
        book = statuses.book_at(service, connection, as_of)
        chosen, rows = statuses.of_version(service, connection, book, policy, version, as_of, round_)
    return _report(service, (chosen[-1].policy, version), chosen, book, as_of, rows, scope)


def of_open_notices(service: Service, scope: Scope, *, on: date | None, now: datetime) -> Report:
    """Everybody who is a recipient of a notice open on a day. Raises NotFound when none was, and NotAllowed
    for a day to come."""
    with service.store.read() as connection:
        as_of = service.as_of(connection, on, now)
        book = statuses.book_at(service, connection, as_of)
        chosen = [notice for notice in book.notices if book.is_open(notice, as_of.on)]
        rows = [r for n in chosen for r in statuses.of_notice(service, connection, book, n, as_of)]
    if not chosen:
        raise NotFound("no notice was open on that day")
    return _report(service, (ALL_OPEN, ""), chosen, book, as_of, rows, scope)


def render(report: Report, format_: str) -> Iterator[bytes]:
    """The report in that format (csv, json or xlsx), in parts that are made while they are read."""
    rows, as_of, rule, head = report.rows(), report.as_of.on, report.rule, report.as_of.head
    if format_ == "csv":
        yield from export.to_csv(rows)
    elif format_ == "json":
        yield from export.to_json(rows, as_of=as_of, rule=rule, ledger_head=head)
    else:
        yield export.to_xlsx(
            rows, as_of=as_of, rule=rule, ledger_head=head, figures=report.figures, zone=report.zone
        )


def _report(
    service: Service,
    name: tuple[str, str],
    chosen: Iterable[Notice],
    book: Book,
    as_of: AsOf,
    rows: list[RecipientStatus],
    scope: Scope,
) -> Report:
    rows = statuses.seen(rows, scope)
    if scope.is_limited and not rows:
        raise NotFound("there is no such notice, or it had not been given by then")
    return Report(name, tuple(chosen), book, as_of, rows, service.zone)
