"""The rows of an export: one a recipient, with the window, the status and what was acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ackservice.domain.notice import Basis, Notice, Window
from ackservice.domain.status import Acknowledgement, Standing, Status, is_overdue, status_of, window

COLUMNS = (
    "person_id",
    "name",
    "email",
    "category",
    "policy",
    "version",
    "digest",
    "effective_on",
    "basis",
    "notified_on",
    "notice_ends_on",
    "in_time",
    "short_by_days",
    "binds_from",
    "due_on",
    "status",
    "overdue",
    "acknowledged_at",
    "digest_read",
    "method",
    "recorded_by",
    "reminders_sent",
    "last_sent_at",
    "as_of",
    "ledger_head",
)

Row = Mapping[str, object]


@dataclass(frozen=True)
class Counts:
    """How many recipients stand where. Outstanding and overdue count only those who still have to
    acknowledge."""

    total: int = 0
    outstanding: int = 0
    overdue: int = 0
    told_in_time: int = 0
    told_late: int = 0
    by_status: Mapping[str, int] = field(default_factory=dict)

    @property
    def acknowledged(self) -> int:
        return self.by_status.get(Status.ACKNOWLEDGED, 0)


class Tally:
    """Counts rows as they pass by, so that nothing has to be kept or read twice."""

    def __init__(self) -> None:
        self._by_status = {str(status): 0 for status in Status}
        self._outstanding = self._overdue = self._in_time = self._late = 0

    def passing(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The same rows, counted."""
        for row in rows:
            self.add(row)
            yield row

    def add(self, row: Row) -> None:
        status = Status(row["status"])
        self._by_status[status] += 1
        self._outstanding += row["overdue"] is not None and not status.is_settled
        self._overdue += row["overdue"] is True
        self._in_time += row["in_time"] is True
        self._late += row["in_time"] is False

    @property
    def counts(self) -> Counts:
        return Counts(
            total=sum(self._by_status.values()),
            outstanding=self._outstanding,
            overdue=self._overdue,
            told_in_time=self._in_time,
            told_late=self._late,
            by_status=dict(self._by_status),
        )


def counts(rows: Iterable[Row]) -> Counts:
    """How many recipients stand where."""
    tally = Tally()
    for row in rows:
        tally.add(row)
    return tally.counts


def row_of(
    notice: Notice, standing: Standing, *, as_of: date, ledger_head: str, zone: str
) -> dict[str, object]:
    """One recipient's row: dates as dates, times in the school's zone, `in_time` and `overdue` as true,
    false or None.

    Name, address and category are those the notice was frozen with. `in_time` is None for people not told
    yet and where no notice period applies (joiners, new rounds: `basis` says so). `overdue` is None where
    nothing has to be acknowledged. `acknowledged_at` is the date signed for paper.
    """
    return next(rows_of(notice, [standing], as_of=as_of, ledger_head=ledger_head, zone=zone))


def rows_of(
    notice: Notice, standings: Iterable[Standing], *, as_of: date, ledger_head: str, zone: str
) -> Iterator[dict[str, object]]:
    """The row of each recipient, as `row_of` gives it. Windows are computed once for all who share one."""
    time_zone = ZoneInfo(zone)
    windows: dict[tuple[Basis, date | None, date | None], Window] = {}
    for standing in standings:
        key = (standing.basis, standing.notified_on, standing.joined_on)
        their = windows.get(key) or windows.setdefault(key, window(notice, standing))
        yield _row(notice, standing, their, as_of, ledger_head, time_zone)


def _row(
    notice: Notice, standing: Standing, their: Window, as_of: date, ledger_head: str, zone: ZoneInfo
) -> dict[str, object]:
    status = status_of(notice, standing, as_of)
    read = standing.acknowledgement
    return {
        "person_id": standing.person_id,
        "name": standing.name,
        "email": standing.email,
        "category": standing.category,
        "policy": notice.policy,
        "version": notice.version,
        "digest": notice.digest,
        "effective_on": notice.effective_on,
        "basis": standing.basis.value,
        "notified_on": standing.notified_on,
        "notice_ends_on": their.notice_ends_on,
        "in_time": their.in_time,
        "short_by_days": their.short_by_days,
        "binds_from": their.binds_from,
        "due_on": their.due_on,
        "status": status.value,
        "overdue": is_overdue(status, their, as_of) if notice.must_be_acknowledged else None,
        "acknowledged_at": _acknowledged_at(read, zone) if read else None,
        "digest_read": read.digest if read else None,
        "method": read.method if read else None,
        "recorded_by": read.recorded_by if read else None,
        "reminders_sent": standing.reminders_sent,
        "last_sent_at": standing.last_sent_at.astimezone(zone) if standing.last_sent_at else None,
        "as_of": as_of,
        "ledger_head": ledger_head,
    }


def _acknowledged_at(read: Acknowledgement, zone: ZoneInfo) -> date | datetime:
    return read.signed_on or read.at.astimezone(zone)
