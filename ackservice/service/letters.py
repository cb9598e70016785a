"""Letters for people without e-mail, one printed page each, and the poster for the staff room.

The link in a letter is the person's own, as good as the one in an e-mail: who may print letters may do
anything at the desk. Printing records nothing. A person's day of notice is the day the letter is handed
over, which is recorded by itself. Recalls and postponements go on paper to who was notified on paper.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from ackservice.domain.history import Act
from ackservice.domain.notice import Notice
from ackservice.domain.status import RecipientStatus, Status
from ackservice.errors import NotFound
from ackservice.mail.messages import NoticeItem, PostponedItem, RecallItem
from ackservice.service import papers, statuses
from ackservice.service.composing import Writer
from ackservice.service.context import Service
from ackservice.service.papers.qr import qr
from ackservice.storage import notices
from handbook.policy.notice_period import last_day_of_notice

STYLE = "letters.css"
DIGEST_SHOWN = 12  # characters on the slip: enough to tell texts apart by eye
MOST_CHANGES = 6  # in a letter, which is one page


@dataclass(frozen=True)
class Candidate:
    """Somebody a letter can be for, and their status."""

    recipient_id: int
    person_id: str
    name: str
    category: str
    status: Status
    notified_on: date | None


@dataclass(frozen=True)
class Letter:
    """What one letter says beside what is the same in all: a notice, a recall or a postponement."""

    person_id: str
    name: str
    qr: str
    link: str
    item: NoticeItem | None = None
    recall: RecallItem | None = None
    postponed: PostponedItem | None = None


def candidates(service: Service, notice_id: int, *, now: datetime) -> tuple[Notice, list[Candidate]]:
    """Everybody a letter helps, as long as something is expected: people without an address, those whose
    e-mail came back, and those who are away.

    Raises NotFound when there is no such notice.
    """
    with service.store.read() as connection:
        notice, writer = _writer(service, connection, notice_id, now)
        rows = statuses.of_notice(service, connection, writer.book, notice, writer.as_of)
    helped = [row for row in rows if _is_to_be_written_to(writer, row) or _is_helped(row)]
    return notice, [
        Candidate(row.id, row.recipient.person_id, row.name, row.category, row.status, row.window.notified_on)
        for row in helped
    ]


def write(
    service: Service,
    notice_id: int,
    *,
    now: datetime,
    people: Collection[str] = (),
    style_address: str = "",
) -> tuple[str, int]:
    """A page of HTML with the letters, and how many: to everyone whose letter is to be handed over, or to
    the people named.

    The style sheet is within the page, or linked where an address for it is given. Raises NotFound when
    there is no such notice, nobody to write to, or somebody named who is no recipient or from whom nothing
    is expected.
    """
    with service.store.read() as connection:
        notice, writer = _writer(service, connection, notice_id, now)
        rows = statuses.of_notice(service, connection, writer.book, notice, writer.as_of)
        chosen = [row for row in rows if _is_chosen(writer, row, people)]
        _refuse_missing(notice, people, {row.recipient.person_id for row in chosen})
        letters = [_letter(writer, row) for row in chosen]
    page = papers.write(
        "letters.html",
        letters=letters,
        today=writer.as_of.on,
        most=MOST_CHANGES,
        **_shared(writer, notice, style_address),
    )
    return page, len(letters)


def poster(service: Service, notice_id: int, *, now: datetime, style_address: str = "") -> str:
    """A page of HTML with the poster: what changes from when, and a QR code to the change in the handbook."""
    with service.store.read() as connection:
        notice, writer = _writer(service, connection, notice_id, now)
        entry = notices.kept_entry(connection, notice.id)
    address = service.settings.link(handbook_path(notice, entry.previous_version))
    code = qr(address, "QR code: the change in the handbook")
    return papers.write(
        "poster.html", entry=entry, address=address, qr=code, **_shared(writer, notice, style_address)
    )


def handbook_path(notice: Notice, previous_version: str | None) -> str:
    """Where the handbook shows a change: the comparison with the version before, else the text, else the
    policy."""
    if notice.digest is None:
        return f"/policies/{notice.policy}/"
    compared = f"{previous_version}..{notice.version}" if previous_version else notice.version
    return f"/policies/{notice.policy}/{compared}/"


def _writer(
    service: Service, connection: sqlite3.Connection, notice_id: int, now: datetime
) -> tuple[Notice, Writer]:
    as_of = service.as_of(connection, None, now)
    book = statuses.book_at(service, connection, as_of)
    notice = book.notice(notice_id)
    if notice is None:
        raise NotFound("there is no such notice")
    return notice, Writer(service, connection, book, as_of)


def _is_helped(row: RecipientStatus) -> bool:
    needs_paper = not row.email or row.status is Status.UNDELIVERABLE or row.returned or row.away
    return needs_paper and not row.status.is_settled


def _is_chosen(writer: Writer, row: RecipientStatus, people: Collection[str]) -> bool:
    if not people:
        return _is_to_be_written_to(writer, row)
    is_expected = not row.status.is_settled or _is_recall(row)
    return row.recipient.person_id in people and is_expected


def _is_to_be_written_to(writer: Writer, row: RecipientStatus) -> bool:
    """Whether a letter is to be handed over: the notice, or what became of it to who has it on paper."""
    if row.status is Status.ON_PAPER:
        return True
    return not row.email and (_is_recall(row) or _is_postponement(writer, row))


def _is_recall(row: RecipientStatus) -> bool:
    return row.status is Status.RECALLED and row.stay_end is None and row.window.notified_on is not None


def _is_postponement(writer: Writer, row: RecipientStatus) -> bool:
    event = writer.book.event(row.notice, Act.POSTPONED)
    notified_on = row.window.notified_on
    return (
        event is not None
        and notified_on is not None
        and notified_on <= event.on
        and (not row.status.is_settled or row.status is Status.ACKNOWLEDGED)
    )


def _refuse_missing(notice: Notice, people: Collection[str], found: set[str]) -> None:
    missing = sorted(set(people) - found)
    if missing:
        raise NotFound(
            f"no letter can be made for {', '.join(missing)}: not a recipient of {notice.policy} "
            f"{notice.version}, or nothing is expected from them any more"
        )
    if not found:
        raise NotFound(
            f"nobody is to be told of {notice.policy} {notice.version} on paper; "
            "name people to print letters for them"
        )


def _letter(writer: Writer, row: RecipientStatus) -> Letter:
    link = writer.link(row)
    is_recall, is_postponement = _is_recall(row), _is_postponement(writer, row)
    return Letter(
        person_id=row.recipient.person_id,
        name=row.name,
        qr=qr(link, f"QR code: the personal link of {row.name}"),
        link=link,
        item=None if is_recall or is_postponement else writer.notice_item(row),
        recall=writer.recall_item(row) if is_recall else None,
        postponed=writer.postponed_item(row) if is_postponement else None,
    )


def _shared(writer: Writer, notice: Notice, style_address: str) -> dict[str, object]:
    settings, rule = writer.service.settings, notice.rule
    effective_on = writer.book.effective_on(notice)
    return {
        "school": settings.school.name,
        "notice": notice,
        "effective_on": effective_on,
        "manager": settings.contact("Business Manager"),
        "fingerprint": notice.digest[7 : 7 + DIGEST_SHOWN] if notice.digest else "",
        "last_day": last_day_of_notice(effective_on, rule.period_months, deemed_days=rule.deemed_days),
        "style_address": style_address,
        "style": "" if style_address else papers.style(STYLE),
    }
