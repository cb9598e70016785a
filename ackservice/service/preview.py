"""Looking before acting: what a notice would say and do, what is waiting to be sent, what was issued."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ackservice.domain.notice import Notice
from ackservice.domain.roster import Person
from ackservice.domain.status import Standing
from ackservice.mail import messages
from ackservice.service import composing, issuing
from ackservice.service.context import AsOf, Service
from ackservice.service.standing import ends
from ackservice.storage import deliveries, notices
from ackservice.storage.notices import Entry
from handbook.policy.version import Change, PolicyVersion

EXAMPLE_LINK = "/ack/a/each-person-gets-a-link-of-their-own"


@dataclass(frozen=True)
class NoticePreview:
    """What issuing would do, when sending would be finished after what waits already, and how the first
    e-mail reads."""

    found: issuing.Preview
    sent_by: datetime
    crosses_last_day: bool
    first_email: str


def preview_notice(
    service: Service, policy: str, version: str, *, now: datetime, again: str = ""
) -> NoticePreview:
    """Look at a notice without issuing it. Raises NoticeRefused as issuing would."""
    found = issuing.preview(service, policy, version, now=now, again=again)
    with service.store.read() as connection:
        ahead = deliveries.waiting_count(connection)
    sent_by = now + timedelta(minutes=minutes_to_send(service, ahead + found.by_email))
    crosses = not again and not found.short_by_days and service.today(sent_by) > found.last_day
    first = next((person for person in found.people if person.email), None)
    return NoticePreview(found, sent_by, crosses, _first_email(service, found, first, now) if first else "")


def in_words(preview: NoticePreview) -> str:
    """The preview for a person to read."""
    found = preview.found
    notice = found.notice
    lines = [
        f"{notice.title} {notice.version}, effective {notice.effective_on} ({notice.change})",
        f"Audience: {', '.join(notice.audience) or 'everyone'}: {len(found.people)} people, "
        f"{found.by_email} by e-mail, {found.on_paper} on paper.",
        f"The last day to give notice is {found.last_day:%A} {found.last_day}.",
        f"At the set pace, sending would be finished by {preview.sent_by:%Y-%m-%d %H:%M} UTC.",
    ]
    if found.short_by_days:
        lines.append(
            f"SHORT NOTICE: {len(found.people)} people would be told {found.short_by_days} days too late; it needs "
            '--allow-short-notice "the reason".'
        )
    if preview.crosses_last_day:
        lines.append(
            "WARNING: sending would go on past the last day to give notice; some people would be told too late."
        )
    return "\n".join(lines)


def minutes_to_send(service: Service, messages_count: int) -> int:
    """How long the set pace and daily cap make sending last, counted in whole minutes; the first minute's go
    at once."""
    mail = service.settings.school.mail
    whole_days, rest = divmod(max(0, messages_count - 1), mail.per_day)
    return whole_days * 24 * 60 + math.ceil((rest + 1) / mail.per_minute) - 1 if messages_count else 0


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
        closed = notices.closed_ids(connection, as_of.cut)
        every = notices.all_notices(connection, as_of.cut)
        return [
            (
                notice.policy,
                notice.version,
                str(notice.basis),
                notice.round,
                notice.issued_on,
                notice.effective_on,
                notices.count_recipients(connection, notice.id),
                _state(notice, every, closed, as_of.on),
            )
            for notice in every
        ]


def _state(notice: Notice, every: Sequence[Notice], closed: Collection[int], on: date) -> str:
    """Open until a manager closes it, or a newer version or a withdrawal has taken effect."""
    if notice.id in closed:
        return "closed"
    over = [later for later in every if ends(later, notice) and later.effective_on <= on]
    if not over:
        return "open"
    return "withdrawn" if over[-1].change is Change.WITHDRAWN else "superseded"


def _first_email(service: Service, found: issuing.Preview, person: Person, now: datetime) -> str:
    as_of = AsOf(service.today(now), 0, "")
    standing = Standing(0, person.person_id, person.name, person.email, person.category, found.notice.basis)
    entry = _entry(found.version)
    item = composing.notice_item(
        service, found.notice, standing, entry, service.settings.link(EXAMPLE_LINK), as_of
    )
    facts = messages.NoticeFacts(
        school=service.settings.school.name,
        person=person.name,
        category=person.category,
        items=(item,),
        reply=service.settings.contact("Business Manager"),
    )
    composed = messages.compose(facts)
    return f"To: {person.name} <{person.email}>\nSubject: {composed.subject}\n\n{composed.text}"


def _entry(version: PolicyVersion) -> Entry:
    text, entry = version.text, version.entry
    return Entry(
        digest="",
        owner=text.owner if text else "",
        questions=text.questions if text else "",
        suggestions=text.suggestions if text else "",
        summary=entry.summary,
        changes=tuple({"section": c.section, "what": c.what, "text": c.text} for c in entry.changes),
        approved_by=entry.approved_by or "",
        approved_on=str(entry.approved_on or ""),
        previous_version=None,
        previous_digest=None,
    )
