"""What is done once a day: review reminders to owners, a look for what is urgent, and the call that has the
static handbook built anew.

The handbook's pages depend on the day (a version comes into force at midnight), so a static host has to
build once a night. The call of the build hook is the one request the service makes to another host; its
address is a secret of the environment.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import requests

from ackservice.domain.reminders import ReviewReminder, review_reminder_due
from ackservice.mail import messages
from ackservice.service import notify_manager
from ackservice.service.context import Service
from ackservice.service.joiners import library_or_none
from ackservice.service.warnings import HOOK_TROUBLE, of_handbook
from ackservice.storage import marks, notices
from ackservice.storage.store import Transaction
from handbook.policy.version import Library, Policy, PolicyVersion

HOOK = "ACK_BUILD_HOOK"
HOOK_SECONDS = 20
_REVIEWS = "reviews looked at"
_HOOK_CALLED = "build hook called"
_URGENT = "urgent looked at"


def queue_review_reminders(service: Service, now: datetime) -> int:
    """Queue the review reminders of the day, once a day; returns how many. A handbook with faults is asked
    again later."""
    today = service.today(now)
    with service.store.read() as connection:
        if marks.get(connection, _REVIEWS) >= today.isoformat():
            return 0
    library = library_or_none(service)
    if library is None:
        return 0
    with service.store.write(now) as tx:
        last = marks.get(tx.connection, _REVIEWS)
        if last >= today.isoformat():
            return 0
        marks.put(tx, _REVIEWS, today.isoformat())
        due = _reviews_due(library, today, date.fromisoformat(last) if last else None)
        return sum(_queue(service, tx, *found, today) for found in due)


def urgent_today(service: Service, now: datetime) -> list[str]:
    """What is wrong between the handbook and the notices given, once a day, in whole sentences."""
    today = service.today(now)
    with service.store.read() as connection:
        if marks.get(connection, _URGENT) >= today.isoformat():
            return []
    library = library_or_none(service)
    with service.store.read() as connection:
        wrong = of_handbook(service, connection, library, now)
    with service.store.write(now) as tx:
        marks.put(tx, _URGENT, today.isoformat())
    return wrong


def call_build_hook(
    service: Service,
    now: datetime,
    environ: Mapping[str, str] = os.environ,
    post: Callable[..., Any] | None = None,
) -> bool:
    """Ask the static host for a build, once a night; what goes wrong is kept for the weekly summary, and
    tried next night."""
    address, today = environ.get(HOOK, ""), service.today(now).isoformat()
    if not address:
        return False
    with service.store.write(now) as tx:
        if marks.get(tx.connection, _HOOK_CALLED) >= today:
            return False
        marks.put(tx, _HOOK_CALLED, today)
    trouble = _trouble_of_call(post or requests.post, address)
    with service.store.write(now) as tx:
        marks.put(tx, HOOK_TROUBLE, trouble)
    return not trouble


def _trouble_of_call(post: Callable[..., Any], address: str) -> str:
    """What went wrong, without the address, which is a secret."""
    try:
        answer = post(address, timeout=HOOK_SECONDS, allow_redirects=False)
    except (requests.RequestException, OSError) as error:
        return f"The nightly build could not be asked for ({type(error).__name__}); check {HOOK}."
    if answer.status_code >= 300:
        return f"The nightly build was refused by the static host ({answer.status_code}); check {HOOK}."
    return ""


def _reviews_due(
    library: Library, today: date, looked_on: date | None
) -> list[tuple[Policy, PolicyVersion, ReviewReminder]]:
    found = []
    for policy in library.policies.values():
        version = policy.in_force(today)
        if version and version.text and version.text.review_by:
            reminder = review_reminder_due(version.text.review_by, today=today, looked_at_on=looked_on)
            found += [(policy, version, reminder)] if reminder else []
    return found


def _queue(
    service: Service,
    tx: Transaction,
    policy: Policy,
    version: PolicyVersion,
    reminder: ReviewReminder,
    today: date,
) -> bool:
    assert version.text is not None  # it is in force
    owner = service.settings.contact(version.text.owner)
    facts = messages.ReviewDueFacts(
        school=service.settings.school.name,
        owner=owner.name or owner.role,
        policy_title=version.text.title,
        version=version.label,
        review_by=reminder.review_by,
        days_left=(reminder.review_by - today).days,
        suggestions=notices.open_suggestions(tx.connection, policy.all_ids),
        link=service.text_link(version.policy, version.label),
        reply=service.settings.contact("Business Manager"),
    )
    return notify_manager.queue(
        service, tx, "review-due", owner, facts, f"{version.policy} {version.label} {reminder.key}"
    )
