"""The weekly summary to the Business Manager."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime, timedelta

from ackservice.domain.notice import Notice
from ackservice.domain.reminders import summary_due, upcoming_last_days
from ackservice.domain.status import Status, is_overdue, status_of, window
from ackservice.mail import messages
from ackservice.mail.transports import Transport
from ackservice.service import telling, warnings
from ackservice.service.audiences import library_or_none
from ackservice.service.context import AsOf, Service
from ackservice.service.standing import ends, standings
from ackservice.storage import marks, notices
from ackservice.storage.store import moment
from handbook.policy.notice_period import add_months
from handbook.policy.school import BUSINESS_MANAGER
from handbook.policy.version import Library

LAST_DAYS_WITHIN = 35  # days ahead that latest days to give notice are told
_MARK = "weekly summary"


def queue_summary(service: Service, transport: Transport | None, now: datetime) -> bool:
    """Queue the weekly summary if it is due: the first one in the week after the first record."""
    today = service.today(now)
    with service.store.read() as connection:
        if not _is_due(service, connection, today):
            return False
    library = library_or_none(service)
    with service.store.read() as connection:
        facts = summary(service, connection, library, transport, now)
    with service.store.write(now) as tx:
        if not _is_due(service, tx.connection, today):
            return False
        marks.put(tx, _MARK, today.isoformat())
        return telling.queue(
            service, tx, "weekly-summary", service.settings.contact(BUSINESS_MANAGER), facts, str(today)
        )


def summary(
    service: Service,
    connection: sqlite3.Connection,
    library: Library | None,
    transport: Transport | None,
    now: datetime,
) -> messages.WeeklySummaryFacts:
    """Everything the Business Manager has to know this week."""
    as_of = service.as_of(connection, None, now)
    manager = service.settings.contact(BUSINESS_MANAGER)
    open_, undeliverable = _notices(service, connection, as_of)
    found = warnings.mail_trouble(service, connection, transport, now)
    if library is None:
        found.append("The handbook has faults, so nothing could be read from it; run: handbook check")
    else:
        found = warnings.notices_missing(service, connection, library, as_of.on) + found
    return messages.WeeklySummaryFacts(
        school=service.settings.school.name,
        person=manager.name or manager.role,
        on=as_of.on,
        notices=tuple(open_),
        undeliverable=tuple(undeliverable),
        last_days=_last_days(service, connection, library, as_of.on) if library else (),
        reviews=_reviews(library, as_of.on) if library else (),
        warnings=tuple(found),
        ledger_head=as_of.head,
        ledger_lines=as_of.cut,
        link=service.settings.link("/ack/desk/"),
        reply=manager,
    )


def _is_due(service: Service, connection: sqlite3.Connection, today: date) -> bool:
    first = notices.first_recorded_at(connection)
    if not first:
        return False
    last = marks.get(connection, _MARK)
    last_on = date.fromisoformat(last) if last else service.today(moment(first))
    return summary_due(today, service.settings.school.reminders.summary_weekday, last_on)


def _notices(
    service: Service, connection: sqlite3.Connection, as_of: AsOf
) -> tuple[list[messages.OpenNotice], list[messages.Undeliverable]]:
    """Open notices somebody is missing in or that are still to take effect, and whom mail does not reach."""
    open_, undeliverable = [], []
    for notice in _still_asking(connection, as_of):
        line, unreached = _one_notice(service, connection, notice, as_of)
        undeliverable += unreached
        if notice.must_be_acknowledged and (line.missing or notice.effective_on > as_of.on):
            open_.append(line)
    return open_, undeliverable


def _still_asking(connection: sqlite3.Connection, as_of: AsOf) -> list[Notice]:
    """Notices neither closed nor ended by a newer one in effect, oldest first.

    Until its day a newer version takes over from those alone whom it was given to, and a withdrawal from
    nobody.
    """
    closed, issued = notices.closed_ids(connection, as_of.cut), notices.all_notices(connection, as_of.cut)
    in_effect = [notice for notice in issued if notice.effective_on <= as_of.on]
    return [n for n in issued if n.id not in closed and not any(ends(later, n) for later in in_effect)]


def _one_notice(
    service: Service, connection: sqlite3.Connection, notice: Notice, as_of: AsOf
) -> tuple[messages.OpenNotice, list[messages.Undeliverable]]:
    asked = acknowledged = overdue = 0
    missing: list[str] = []
    unreached = []
    for standing in standings(service, connection, notice, as_of):
        status = status_of(notice, standing, as_of.on)
        acknowledged += status is Status.ACKNOWLEDGED
        asked += status is Status.ACKNOWLEDGED or not status.is_settled
        overdue += is_overdue(status, window(notice, standing), as_of.on)
        if not status.is_settled:
            missing.append(standing.name)
        if status is Status.UNDELIVERABLE:
            address, answer = notices.last_answer(connection, standing.id)
            unreached.append(
                messages.Undeliverable(standing.name, address or standing.current_email, notice.title, answer)
            )
    line = messages.OpenNotice(
        notice.title,
        notice.version,
        notice.effective_on,
        asked,
        acknowledged,
        overdue,
        tuple(sorted(missing)),
        service.settings.link("/ack/desk/"),
    )
    return line, unreached


def _last_days(
    service: Service, connection: sqlite3.Connection, library: Library, today: date
) -> tuple[messages.LastDay, ...]:
    """Of versions to come without a notice, drafts too: an approval still missing takes time."""
    rules, issued = service.settings.school.notice, notices.issued_versions(connection)
    planned = [
        ((version.text.title if version.text else policy.id), version.effective_on)
        for policy in library.policies.values()
        for version in policy.versions
        if version.effective_on > today and not warnings.is_issued(issued, policy, version)
    ]
    near = upcoming_last_days(
        planned,
        today=today,
        within_days=LAST_DAYS_WITHIN,
        months=rules.period_months,
        deemed_days=rules.deemed_days,
    )
    return tuple(messages.LastDay(*entry) for entry in near)


def _reviews(library: Library, today: date) -> tuple[messages.ReviewLine, ...]:
    horizon = add_months(today, 2) + timedelta(days=1)
    in_force = [version for policy in library.policies.values() if (version := policy.in_force(today))]
    due = [v for v in in_force if v.text.review_by and v.text.review_by <= horizon]
    due.sort(key=lambda version: version.text.review_by)
    return tuple(messages.ReviewLine(v.text.title, v.label, v.text.owner, v.text.review_by) for v in due)
