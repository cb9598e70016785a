"""The rows of an export: one a recipient, with the window, the status and what was acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

from ackservice.domain.history import Book
from ackservice.domain.status import Acknowledgement, RecipientStatus

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
    "round",
    "notice_state",
    "stay_ended_on",
    "present_name",
    "note",
)

Row = Mapping[str, object]


def rows_of(
    book: Book, rows: Iterable[RecipientStatus], *, as_of: date, ledger_head: str, zone: str
) -> Iterator[dict[str, object]]:
    """The row of each recipient: dates as dates, times in the school's zone, `in_time` and `overdue` as true,
    false or None.

    Name, address and category are those recorded when they became a recipient; `present_name` is the
    roster's. `in_time` is None for people not notified yet and where no notice period applies (`basis` says
    why). `overdue` is None where nothing is to be acknowledged. `acknowledged_at` is the date signed for
    paper.
    """
    time_zone = ZoneInfo(zone)
    for row in rows:
        yield _row(book, row, as_of, ledger_head, time_zone)


def _row(book: Book, row: RecipientStatus, as_of: date, ledger_head: str, zone: tzinfo) -> dict[str, object]:
    notice, recipient, window, read = row.notice, row.recipient, row.window, row.acknowledgement
    return {
        "person_id": recipient.person_id,
        "name": recipient.name,
        "email": recipient.email,
        "category": recipient.category,
        "policy": notice.policy,
        "version": notice.version,
        "digest": notice.digest,
        "effective_on": book.effective_on(notice),
        "basis": recipient.basis.value,
        "notified_on": window.notified_on,
        "notice_ends_on": window.notice_ends_on,
        "in_time": window.in_time,
        "short_by_days": window.short_by_days,
        "binds_from": window.binds_from,
        "due_on": window.due_on,
        "status": row.status.value,
        "overdue": row.overdue if notice.must_be_acknowledged else None,
        "acknowledged_at": _acknowledged_at(read, zone) if read else None,
        "digest_read": read.digest if read else None,
        "method": read.method if read else None,
        "recorded_by": read.recorded_by if read else None,
        "reminders_sent": row.sent.reminders,
        "last_sent_at": row.sent.last_at.astimezone(zone) if row.sent.last_at else None,
        "as_of": as_of,
        "ledger_head": ledger_head,
        "round": notice.round,
        "notice_state": book.state(notice, as_of).value,
        "stay_ended_on": row.stay_end.at.on if row.stay_end else None,
        "present_name": row.name if row.name != recipient.name else "",
        "note": "; ".join(notes(row)),
    }


def notes(row: RecipientStatus) -> list[str]:
    """What stands beside the status, in the words of the desk."""
    signs = (
        (row.not_notified, "not notified yet"),
        (row.returned, "returned, unconfirmed"),
        (row.name_to_confirm is not None, "name to be confirmed"),
        (row.away and row.owes, "away"),
        (row.has_question, "a question asked"),
    )
    return [words for applies, words in signs if applies]


def _acknowledged_at(read: Acknowledgement, zone: tzinfo) -> date | datetime:
    return read.signed_on or read.at.astimezone(zone)
