"""What somebody has to see to before it goes wrong, in whole sentences: for the weekly summary, `ack due`
and `ack doctor`."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta

from ackservice.mail.messages import count, day
from ackservice.mail.transports import Transport, secret_expires_on
from ackservice.service.context import Service
from ackservice.storage import deliveries, marks, notices, queue_state
from ackservice.storage.store import moment
from handbook.policy.notice_period import last_day_of_notice
from handbook.policy.version import Library, Policy, PolicyVersion

SECRET_EXPIRES_WITHIN = timedelta(days=60)
LAST_DAY_WITHIN = timedelta(days=7)
FAILED_WITHIN = timedelta(days=7)
HOOK_TROUBLE = "build hook trouble"
BOUNCES_TROUBLE = "bounces trouble"


def notices_missing(
    service: Service, connection: sqlite3.Connection, library: Library, today: date
) -> list[str]:
    """Approved versions without a notice: a week before the last day to give it, and those that took effect
    without one.

    Versions that took effect before the service kept records are left out.
    """
    issued = notices.issued_versions(connection)
    first = notices.first_recorded_at(connection)
    since = service.today(moment(first)) if first else today
    found = []
    for policy in library.policies.values():
        for version in policy.versions:
            if not is_issued(issued, policy, version) and version.is_approved(today):
                found += _missing(service, policy, version, since, today)
    return found


def is_issued(issued: Collection[tuple[str, str]], policy: Policy, version: PolicyVersion) -> bool:
    """Whether a notice of a version is among those issued, under whichever id of its policy."""
    return any((policy_id, version.label) in issued for policy_id in policy.all_ids)


def mail_trouble(
    service: Service, connection: sqlite3.Connection, transport: Transport | None, now: datetime
) -> list[str]:
    """What stands in the way of mail: a server that takes nothing, messages given up, a secret about to
    expire."""
    found = []
    failure = queue_state.last_failure(connection)
    if failure:
        waiting = deliveries.waiting_count(connection)
        found.append(
            f"Mail is not going out: {failure} {count(waiting, 'message is', 'messages are')} waiting."
        )
    failed = deliveries.failed_since(connection, now - FAILED_WITHIN)
    if failed:
        addresses = ", ".join(sorted({row["address"] for row in failed if row["address"]})[:10])
        found.append(
            f"{count(len(failed), 'message').capitalize()} could not be sent in the last seven days, to: {addresses}."
        )
    expires_on = secret_expires_on(transport) if transport else None
    today = service.today(now)
    if expires_on and expires_on <= today + SECRET_EXPIRES_WITHIN:
        when = "has expired on" if expires_on < today else "expires on"
        found.append(
            f"The client secret for sending mail {when} {day(expires_on)}; make a new one before mail stops."
        )
    for name in (BOUNCES_TROUBLE, HOOK_TROUBLE):
        if trouble := marks.get(connection, name):
            found.append(trouble)
    return found


def _missing(
    service: Service, policy: Policy, version: PolicyVersion, since: date, today: date
) -> Iterator[str]:
    rules = service.settings.school.notice
    name = f"{policy.id} {version.label}"
    if version.effective_on > today:
        last_day = last_day_of_notice(version.effective_on, rules.period_months, rules.deemed_days)
        if last_day < today:
            yield f"No notice of {name} has been given, and the last day to give it was {day(last_day)}: it takes effect on {day(version.effective_on)}."
        elif last_day <= today + LAST_DAY_WITHIN:
            yield f"No notice of {name} has been given yet; the last day to give it in time is {day(last_day)}."
    elif version.effective_on > since and version in (policy.in_force(today), policy.latest_in_effect(today)):
        yield f"{name} took effect on {day(version.effective_on)} without a notice: nobody was told."
