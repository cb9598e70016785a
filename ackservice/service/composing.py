"""What each queued message says, from what is recorded at the moment of sending.

Everything is dropped for who has left, and reminders for who has acknowledged. Notices, recalls and
postponements still go to who has acknowledged; only who joins and owes nothing gets no notice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ackservice.domain.history import Act, Book
from ackservice.domain.notice import Basis, Notice
from ackservice.domain.reminders import days_overdue
from ackservice.domain.roster import Person, has_left
from ackservice.domain.status import RecipientStatus, Status, in_order_owed, window_if_notified
from ackservice.mail import messages
from ackservice.service import statuses
from ackservice.service.context import AsOf, Service
from ackservice.service.receipts import receipt_label, receipt_of
from ackservice.storage import notices, recipients
from ackservice.storage import roster as roster_rows
from ackservice.storage.deliveries import Delivery
from handbook.policy.school import Contact
from handbook.policy.version import Change, ChangeItem

if TYPE_CHECKING:
    from ackservice.mail.mailer import SafeMessage

RECEIPT = "receipt"
NOTICE = "notice"
REMINDER = "reminder"
RECALL = "recall"
POSTPONED = "postponed"

_STILL_TOLD = (Status.ACKNOWLEDGED, Status.EXCUSED)
_KIND_OF_BASIS = {
    Basis.JOINING: messages.NoticeKind.JOINING,
    Basis.IN_FORCE: messages.NoticeKind.IN_FORCE,
    Basis.NEW_ROUND: messages.NoticeKind.ROUND,
    Basis.BY_NAME: messages.NoticeKind.BY_NAME,
    Basis.NO_LONGER_COVERED: messages.NoticeKind.NO_LONGER_COVERED,
}


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
        """What is kept of it: a personal link is nobody else's to use, so it is left out."""
        text = self.composed.text
        for link in self.links:
            text = text.replace(link, "(personal link)")
        return f"{self.composed.subject}\n\n{text}"


def compose(
    service: Service, connection: sqlite3.Connection, delivery: Delivery, now: datetime
) -> Email | None:
    """The message as it has to read now, or None when nobody needs it any more."""
    if "text" in delivery.payload:
        composed = messages.Composed(*(str(delivery.payload[part]) for part in ("subject", "text", "html")))
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
    letter = Writer(service, connection, statuses.book_at(service, connection, as_of), as_of)
    rows = statuses.of_recipients(service, connection, letter.book, delivery.items, as_of)
    chosen = letter.in_order(row for row in rows if _is_needed(delivery.kind, row))
    return letter.email(delivery.kind, person, chosen) if chosen else None


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


def _is_needed(kind: str, row: RecipientStatus) -> bool:
    """Whether an item of a message of that kind still says something to its person."""
    if kind == RECALL:
        return row.status is Status.RECALLED and row.stay_end is None
    if kind == REMINDER:
        return row.owes and not row.away and row.name_to_confirm is None
    if row.status in _STILL_TOLD:
        return kind == POSTPONED or row.recipient.basis is not Basis.JOINING
    return not row.status.is_settled


@dataclass(frozen=True)
class Writer:
    """Writes messages to people as at one moment; letters say the same."""

    service: Service
    connection: sqlite3.Connection
    book: Book
    as_of: AsOf

    def in_order(self, rows: Iterable[RecipientStatus]) -> list[RecipientStatus]:
        """What is in force first, each group by effective date and title."""
        effective, today = self.book.effective_on, self.as_of.on
        return sorted(
            rows,
            key=lambda row: (
                effective(row.notice) > today,
                effective(row.notice),
                row.notice.title,
                row.id,
            ),
        )

    def email(self, kind: str, person: Person, rows: list[RecipientStatus]) -> Email:
        """The e-mail about these items."""
        values: dict[str, Any] = {
            "school": self.service.settings.school.name,
            "person": person.name,
            "reply": self.service.settings.contact("Business Manager"),
        }
        facts: messages.Facts
        if kind == NOTICE:
            items = tuple(self.notice_item(row) for row in rows)
            facts = messages.NoticeFacts(category=" and ".join(person.categories), items=items, **values)
        elif kind == RECALL:
            facts = messages.RecallFacts(items=tuple(self.recall_item(row) for row in rows), **values)
        elif kind == POSTPONED:
            facts = messages.PostponedFacts(items=tuple(self.postponed_item(row) for row in rows), **values)
        else:
            facts = messages.ReminderFacts(items=tuple(self._reminder_item(row) for row in rows), **values)
        links = [self.link(row) for row in rows]
        links += [owed.link for item in getattr(facts, "items", ()) for owed in getattr(item, "owed", ())]
        return Email(
            messages.compose(facts), person.email, person.name, tuple(row.id for row in rows), tuple(links)
        )

    def link(self, row: RecipientStatus) -> str:
        """The personal link of a recipient."""
        present = recipients.person_keys(self.connection, row.recipient.person_id)[0]
        return self.service.acknowledge_link(row.recipient.key, present)

    def notice_item(self, row: RecipientStatus) -> messages.NoticeItem:
        """What a notice says of one version to one person, as given on that day if it was not before."""
        notice, entry = row.notice, notices.kept_entry(self.connection, row.notice.id)
        window = window_if_notified(self.book, row, self.as_of.on)
        effective_on = self.book.effective_on(notice)
        shown = self.book.shown(notice, self.as_of.on)
        return messages.NoticeItem(
            kind=kind_of(notice, row.recipient.basis),
            policy_title=notice.title,
            version=notice.version,
            effective_on=effective_on,
            binds_from=window.binds_from or effective_on,
            due_on=window.due_on,
            summary=entry.summary,
            ask=self.service.settings.contact(entry.questions),
            link=self.link(row),
            changes=tuple(ChangeItem(**change) for change in entry.changes),
            short_by_days=window.short_by_days or 0,
            round_title=notice.round,
            text_link=self.service.text_link(shown.policy, shown.version) if shown.digest else "",
            in_force=effective_on <= self.as_of.on,
        )

    def recall_item(self, row: RecipientStatus) -> messages.RecallItem:
        """What a recall says of one version, and what is still owed of that policy."""
        theirs = statuses.of_people(
            self.service, self.connection, self.book, [row.recipient.person_id], self.as_of
        )
        recalled = self.book.event(row.notice, Act.RECALLED)
        before = [
            r
            for r in theirs
            if r.notice.is_of_same_policy(row.notice) and (recalled is None or r.notice.id < recalled.line)
        ]
        owed = in_order_owed(before, self.as_of.on, self.book)
        return messages.RecallItem(
            policy_title=row.notice.title,
            version=row.notice.version,
            acknowledged=row.acknowledgement is not None,
            owed=tuple(self._owed_item(r) for r in owed),
            ask=self._ask(row.notice),
        )

    def postponed_item(self, row: RecipientStatus) -> messages.PostponedItem:
        """What a postponement says of one version to one person."""
        window = window_if_notified(self.book, row, self.as_of.on)
        effective_on = self.book.effective_on(row.notice)
        return messages.PostponedItem(
            policy_title=row.notice.title,
            version=row.notice.version,
            effective_on=effective_on,
            binds_from=window.binds_from or effective_on,
            due_on=window.due_on,
            acknowledged=row.acknowledgement is not None,
            ask=self._ask(row.notice),
            link=self.link(row),
        )

    def _reminder_item(self, row: RecipientStatus) -> messages.ReminderItem:
        window = window_if_notified(self.book, row, self.as_of.on)  # not notified before: this is the notice
        assert window.due_on is not None and window.binds_from is not None  # they owe it
        return messages.ReminderItem(
            policy_title=row.notice.title,
            version=row.notice.version,
            effective_on=self.book.effective_on(row.notice),
            binds_from=window.binds_from,
            due_on=window.due_on,
            days_overdue=days_overdue(window, self.as_of.on),
            ask=self._ask(row.notice),
            link=self.link(row),
        )

    def _owed_item(self, row: RecipientStatus) -> messages.OwedItem:
        window = window_if_notified(self.book, row, self.as_of.on)
        assert window.due_on is not None
        return messages.OwedItem(row.notice.title, row.notice.version, window.due_on, self.link(row))

    def _ask(self, notice: Notice) -> Contact:
        return self.service.settings.contact(notices.kept_entry(self.connection, notice.id).questions)


def kind_of(notice: Notice, basis: Basis) -> messages.NoticeKind:
    """Why somebody is given notice, as the e-mail says it."""
    if notice.change is Change.WITHDRAWN:
        return messages.NoticeKind.WITHDRAWAL
    if basis is Basis.NO_LONGER_COVERED:
        return messages.NoticeKind.NO_LONGER_COVERED
    if notice.change is Change.CLARIFICATION:
        return messages.NoticeKind.CLARIFICATION
    change = messages.NoticeKind.NEW if notice.change is Change.NEW else messages.NoticeKind.CHANGE
    return _KIND_OF_BASIS.get(basis, change)


def _receipt(
    service: Service, connection: sqlite3.Connection, delivery: Delivery, person: Person
) -> Email | None:
    found = receipt_of(connection, int(str(delivery.payload["receipt"])))
    if found is None:
        return None
    link = service.receipt_link(found.key)
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
        name_to_confirm=found.name_to_confirm,
    )
    return Email(messages.compose(facts), person.email, person.name, delivery.items, (link,))
