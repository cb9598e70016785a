"""What each queued message says, from what is recorded at the moment of sending."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ackservice.domain.notice import Basis, Notice, window_of
from ackservice.domain.roster import Person
from ackservice.domain.status import Standing, Status, has_left, status_of, window
from ackservice.mail import messages
from ackservice.service.acknowledging import receipt_label, receipt_of
from ackservice.service.context import AsOf, Service
from ackservice.service.standing import standings
from ackservice.storage import notices
from ackservice.storage import roster as roster_rows
from ackservice.storage.deliveries import Delivery
from handbook.policy.version import Change, ChangeItem

if TYPE_CHECKING:
    from ackservice.mail.mailer import SafeMessage

RECEIPT = "receipt"
NOTICE = "notice"
REMINDER = "reminder"


@dataclass(frozen=True)
class Email:
    """A message ready to go: what it says, to whom, and which recipients it is about."""

    composed: messages.Composed
    address: str
    name: str
    items: tuple[int, ...]
    links: tuple[str, ...] = ()
    reply_to: str = ""  # the school's own where it is empty
    is_kept: bool = True  # messages to managers are not: they name many people

    def kept_text(self) -> str:
        """What is kept of it to be shown at the desk: a personal link is nobody else's to use, so it is left
        out."""
        text = self.composed.text
        for link in self.links:
            text = text.replace(link, "(personal link)")
        return f"{self.composed.subject}\n\n{text}"


def compose(
    service: Service, connection: sqlite3.Connection, delivery: Delivery, now: datetime
) -> Email | None:
    """The message as it has to read now, or None when nobody needs it any more."""
    if "text" in delivery.payload:
        composed = messages.Composed(**{part: delivery.payload[part] for part in ("subject", "text", "html")})
        name, reply_to = (str(delivery.payload.get(part, "")) for part in ("name", "reply_to"))
        return Email(composed, delivery.address, name, (), reply_to=reply_to, is_kept=False)
    as_of = service.as_of(connection, None, now)
    person = roster_rows.person(connection, delivery.person_id, as_of.cut)
    if person is None or not person.email:
        return None
    if delivery.kind == RECEIPT:
        return _receipt(service, connection, delivery, person)
    if has_left(person.left_on, as_of.on):
        return None
    expected = (
        _expected(service, connection, recipient_id, as_of, delivery.kind) for recipient_id in delivery.items
    )
    items = [item for item in expected if item]
    if not items:
        return None
    make = _notice if delivery.kind == NOTICE else _reminder
    return make(service, connection, person, items, as_of)


def to_message(service: Service, delivery: Delivery, email: Email, now: datetime) -> SafeMessage:
    """The message as it travels. Raises AddressRefused for an address that cannot be written to."""
    from ackservice.mail.mailer import message_to

    mail, manager = service.settings.school.mail, service.settings.contact("Business Manager")
    return message_to(
        email.name,
        email.address,
        email.composed,
        message_id=delivery.message_id,
        sender=mail.sender or f"{service.settings.school.name} <{manager.email}>",
        reply_to=email.reply_to or mail.reply_to or f"{manager.role} <{manager.email}>",
        bounce_address=mail.bounce_address,
        date=now,
        headers={"X-Handbook-Delivery": str(delivery.id)},
    )


@dataclass(frozen=True)
class _Item:
    notice: Notice
    standing: Standing
    entry: notices.Entry
    link: str


def _expected(
    service: Service, connection: sqlite3.Connection, recipient_id: int, as_of: AsOf, kind: str
) -> _Item | None:
    """The item, unless the person has acknowledged, been excused, left or been moved on, or the notice is
    closed.

    A clarification is told also to who acknowledged what it clarifies; nobody is reminded of one.
    """
    notice = notices.notice_of_recipient(connection, recipient_id)
    if notice is None or notice.id in notices.closed_ids(connection, as_of.cut):
        return None
    standing = next(standings(service, connection, notice, as_of, recipient_id))
    status = status_of(notice, standing, as_of.on)
    is_told_anyway = kind == NOTICE and not notice.must_be_acknowledged and status is Status.ACKNOWLEDGED
    if (status.is_settled and not is_told_anyway) or (kind == REMINDER and not notice.must_be_acknowledged):
        return None
    link = service.acknowledge_link(notices.link_number(connection, recipient_id))
    return _Item(notice, standing, notices.entry(connection, notice.id), link)


def _notice(
    service: Service, connection: sqlite3.Connection, person: Person, items: list[_Item], as_of: AsOf
) -> Email:
    facts = messages.NoticeFacts(
        school=service.settings.school.name,
        person=person.name,
        category=person.category,
        items=tuple(
            notice_item(service, item.notice, item.standing, item.entry, item.link, as_of) for item in items
        ),
        reply=service.settings.contact("Business Manager"),
    )
    return _email(messages.compose(facts), person, items)


def notice_item(
    service: Service, notice: Notice, standing: Standing, entry: notices.Entry, link: str, as_of: AsOf
) -> messages.NoticeItem:
    """What a notice says of one version to one person, given on that day (or already, at an earlier one)."""
    given = window_of(notice, standing.basis, standing.notified_on or as_of.on, standing.joined_on)
    return messages.NoticeItem(
        kind=_kind(notice, standing.basis),
        policy_title=notice.title,
        version=notice.version,
        effective_on=notice.effective_on,
        binds_from=given.binds_from or notice.effective_on,
        due_on=given.due_on,
        summary=entry.summary,
        ask=service.settings.contact(entry.questions),
        link=link,
        changes=tuple(ChangeItem(**change) for change in entry.changes),
        short_by_days=given.short_by_days or 0,
        round_title=notice.round,
        text_link=service.text_link(notice.policy, notice.version) if notice.digest else "",
        in_force=notice.effective_on <= as_of.on,
    )


def _kind(notice: Notice, basis: Basis) -> messages.NoticeKind:
    if notice.change is Change.WITHDRAWN:
        return messages.NoticeKind.WITHDRAWAL
    if notice.change is Change.CLARIFICATION:
        return messages.NoticeKind.CLARIFICATION
    if basis is Basis.JOINING:
        return messages.NoticeKind.JOINING
    if basis is Basis.NEW_ROUND:
        return messages.NoticeKind.ROUND
    return messages.NoticeKind.NEW if notice.change is Change.NEW else messages.NoticeKind.CHANGE


def _reminder(
    service: Service, connection: sqlite3.Connection, person: Person, items: list[_Item], as_of: AsOf
) -> Email:
    facts = messages.ReminderFacts(
        school=service.settings.school.name,
        person=person.name,
        items=tuple(_reminder_item(service, item, as_of) for item in items),
        reply=service.settings.contact("Business Manager"),
    )
    return _email(messages.compose(facts), person, items)


def _reminder_item(service: Service, item: _Item, as_of: AsOf) -> messages.ReminderItem:
    given = window(item.notice, item.standing)
    if given.due_on is None:  # not told before: this message is the notice
        given = window_of(item.notice, item.standing.basis, as_of.on, item.standing.joined_on)
    return messages.ReminderItem(
        policy_title=item.notice.title,
        version=item.notice.version,
        effective_on=item.notice.effective_on,
        binds_from=given.binds_from,
        due_on=given.due_on,
        days_overdue=max(0, (as_of.on - given.due_on).days),
        ask=service.settings.contact(item.entry.questions),
        link=item.link,
    )


def _receipt(
    service: Service, connection: sqlite3.Connection, delivery: Delivery, person: Person
) -> Email | None:
    found = receipt_of(connection, int(delivery.payload["receipt"]))
    if found is None:
        return None
    link = service.receipt_link(found.number)
    facts = messages.ReceiptFacts(
        school=service.settings.school.name,
        person=person.name,
        policy_title=found.title,
        version=found.version,
        digest=found.digest,
        effective_on=found.effective_on,
        acknowledged_at=found.acknowledged_at,
        typed_name=found.typed_name,
        receipt_number=receipt_label(found.number),
        ledger_head=found.head,
        link=link,
        reply=service.settings.contact("Business Manager"),
        text_link=service.text_link(found.policy, found.version),
        recorded_by=found.recorded_by,
        time_zone=service.zone,
    )
    return Email(messages.compose(facts), person.email, person.name, delivery.items, (link,))


def _email(composed: messages.Composed, person: Person, items: list[_Item]) -> Email:
    ids, links = tuple(item.standing.id for item in items), tuple(item.link for item in items)
    return Email(composed, person.email, person.name, ids, links)
