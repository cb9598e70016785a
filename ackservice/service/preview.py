"""Looking before acting: what a mailing would do and say, what is waiting to be sent, what was issued."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from ackservice.domain.notice import Basis
from ackservice.service import composing, issuing, statuses
from ackservice.service.context import Service
from ackservice.service.issuing import MailingPreview, NoticePreview
from ackservice.storage import deliveries


def in_words(service: Service, mailing: MailingPreview) -> str:
    """A mailing for a person to read: counts first."""
    sent_by = mailing.sent_by.astimezone(ZoneInfo(service.zone))
    lines = [
        f"{_people(len(mailing.people))}, {mailing.by_email} by e-mail, {mailing.on_paper} on paper; "
        f"at the set pace, sending would be finished by {sent_by:%Y-%m-%d %H:%M}.",
        *(line for item in mailing.items for line in _item_in_words(item)),
    ]
    if mailing.short_by_days or mailing.late_by_pace:
        late = (
            f"{_people(mailing.late_by_pace)} would be told after the last day to give notice"
            if not mailing.short_by_days
            else f"people would be told up to {mailing.short_by_days} days too late"
        )
        lines.append(f'SHORT NOTICE: {late}; it needs --allow-short-notice "the reason".')
    if mailing.unpublished:
        names = ", ".join(mailing.unpublished)
        lines.append(f"NOT PUBLIC YET: {names}; people would open a dead link.")
    return "\n".join(lines)


class _OnlyLooked(Exception):
    """Undoes the transaction of a look."""


def first_email(service: Service, mailing: MailingPreview, now: datetime) -> str:
    """How the first e-mail of a mailing would read; empty where everyone is told on paper."""
    person = next((person for person in mailing.people if person.email), None)
    if person is None:
        return ""
    text = ""
    try:
        with service.store.write(now) as tx:
            delivery = issuing.record_for(service, tx, mailing, person)
            email = composing.compose(service, tx.connection, delivery, now)
            if email:
                text = f"To: {email.name} <{email.address}>\nSubject: {email.kept_text()}"
            raise _OnlyLooked
    except _OnlyLooked:
        return text


def waiting_count(service: Service, now: datetime) -> int:
    """How many messages are due."""
    with service.store.read() as connection:
        return deliveries.due_count(connection, now)


def waiting_messages(service: Service, now: datetime) -> list[str]:
    """One line for each message that is due and still needed: what it is and to whom."""
    lines = []
    with service.store.read() as connection:
        for delivery in deliveries.due(connection, now, deliveries.due_count(connection, now)):
            letter = composing.compose(service, connection, delivery, now)
            if letter:
                lines.append(f"{delivery.kind}: {letter.name} <{letter.address}>: {letter.composed.subject}")
    return lines


def issued(service: Service, now: datetime) -> list[tuple[object, ...]]:
    """What `ack notice list` shows."""
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, now)
        book = statuses.book_at(service, connection, as_of)
        return [
            (
                notice.policy,
                notice.version,
                str(notice.basis if book.given(notice) is None else book.given_basis(notice)),
                notice.round,
                notice.issued_on,
                book.effective_on(notice),
                len(
                    {
                        r.recipient.person_id
                        for r in statuses.of_notice(service, connection, book, notice, as_of)
                    }
                ),
                str(book.state(notice, as_of.on)),
            )
            for notice in book.notices
        ]


def _item_in_words(item: NoticePreview) -> list[str]:
    notice = item.notice
    bases: dict[str, int] = {}
    for addition in item.added:
        bases[str(addition.basis)] = bases.get(str(addition.basis), 0) + 1
    lines = [
        f"{notice.title} {notice.version}, effective {item.version.effective_on} ({notice.change})",
        f"  audience: {', '.join(notice.audience) or 'everyone'}: {_people(len(item.added))} ("
        + ", ".join(f"{basis} {number}" for basis, number in bases.items())
        + ")",
    ]
    if notice.basis is Basis.CHANGE:
        lines.append(f"  The last day to give notice is {item.last_day:%A} {item.last_day}.")
    return lines


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"
