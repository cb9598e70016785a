"""Policies and their versions: the stage, approval and dates of each, and what is still to be given notice
of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ackservice.domain.history import Book
from ackservice.domain.notice import Notice
from ackservice.service import statuses
from ackservice.service.context import Service
from handbook.policy.notice_period import last_day_of_notice
from handbook.policy.version import Library, Policy, PolicyVersion, Stage

REVIEW_SOON_DAYS = 60


@dataclass(frozen=True)
class VersionLine:
    """One version. It can be given notice of (`can_issue`), or asked about where it is in force without a
    notice (`can_ask`), or asked about once more (`can_ask_again`). `stage` says "on notice" only where notice
    was given, else "approved"."""

    version: PolicyVersion
    stage: str
    last_day: date
    notices: tuple[tuple[Notice, str], ...]  # each with its state
    can_issue: bool
    can_ask: bool
    can_ask_again: bool
    is_late: bool  # the last day to give notice is over, and nobody was given any

    @property
    def name(self) -> str:
        return f"{self.version.policy}/{self.version.label}"


@dataclass(frozen=True)
class PolicyLine:
    """One policy, its newest version first. `review_by` is that of the version in force."""

    id: str
    title: str
    owner: str
    versions: tuple[VersionLine, ...]
    review_by: date | None
    review_is_near: bool
    review_is_past: bool


def lines(service: Service, library: Library, now: datetime) -> list[PolicyLine]:
    """Every policy of the handbook, by title."""
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, now)
        book = statuses.book_at(service, connection, as_of)
    every = [_policy(service, policy, book, as_of.on) for policy in library.policies.values()]
    return sorted(every, key=lambda line: line.title.casefold())


def _policy(service: Service, policy: Policy, book: Book, today: date) -> PolicyLine:
    in_force = policy.in_force(today)
    newest = next(version.text for version in reversed(policy.versions) if version.text)
    text = in_force.text if in_force and in_force.text else newest
    review_by = text.review_by if in_force else None
    return PolicyLine(
        id=policy.id,
        title=text.title,
        owner=text.owner,
        versions=tuple(
            _version(service, policy, version, book, today) for version in reversed(policy.versions)
        ),
        review_by=review_by,
        review_is_near=review_by is not None and 0 <= (review_by - today).days <= REVIEW_SOON_DAYS,
        review_is_past=review_by is not None and review_by < today,
    )


def _version(
    service: Service, policy: Policy, version: PolicyVersion, book: Book, today: date
) -> VersionLine:
    stage = policy.stage(version, today)
    notices = book.of_version(policy.all_ids, version.label)
    holding = [notice for notice in notices if not book.is_recalled(notice)]
    given = [notice for notice in holding if book.given(notice)]
    rule = service.settings.school.notice
    last_day = last_day_of_notice(version.effective_on, rule.period_months, deemed_days=rule.deemed_days)
    is_coming = stage is Stage.ON_NOTICE or (stage is Stage.WITHDRAWN and version.is_withdrawal)
    return VersionLine(
        version=version,
        stage="approved" if stage is Stage.ON_NOTICE and not given else str(stage),
        last_day=last_day,
        notices=tuple((notice, str(book.state(notice, today))) for notice in notices),
        can_issue=is_coming and not given,
        can_ask=stage is Stage.IN_FORCE and not given and version.entry.change.must_be_acknowledged,
        can_ask_again=stage is Stage.IN_FORCE and bool(given) and given[-1].must_be_acknowledged,
        is_late=stage is Stage.ON_NOTICE and not given and last_day < today,
    )
