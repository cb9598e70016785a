"""What the desk says of policies: each version with its stage, approval and dates, and what is still to be
given notice of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ackservice.domain.notice import Basis, Notice
from ackservice.service.context import Service
from ackservice.storage import cuts, notices
from handbook.policy.notice_period import last_day_of_notice
from handbook.policy.version import Library, Policy, PolicyVersion, Stage

REVIEW_SOON_DAYS = 60


@dataclass(frozen=True)
class VersionLine:
    """One version. `can_issue`: approved, not past, and nobody has been given notice of it; `can_ask_again`:
    in force and given."""

    version: PolicyVersion
    stage: Stage
    last_day: date
    notices: tuple[Notice, ...]
    can_issue: bool
    can_ask_again: bool
    is_late: bool  # the last day to give notice is over, and nobody was given any


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
    today = service.today(now)
    with service.store.read() as connection:
        issued = notices.all_notices(connection, cuts.last_cut(connection))
    found = [_policy(service, policy, _of(policy, issued), today) for policy in library.policies.values()]
    return sorted(found, key=lambda line: line.title.casefold())


def _of(policy: Policy, issued: list[Notice]) -> list[Notice]:
    """The notices of a policy, under whichever of its ids."""
    ids = policy.all_ids
    return [notice for notice in issued if notice.policy in ids]


def _policy(service: Service, policy: Policy, issued: list[Notice], today: date) -> PolicyLine:
    in_force = policy.in_force(today)
    newest = next(version.text for version in reversed(policy.versions) if version.text)
    text = in_force.text if in_force and in_force.text else newest
    review_by = text.review_by if in_force else None
    return PolicyLine(
        id=policy.id,
        title=text.title,
        owner=text.owner,
        versions=tuple(
            _version(service, policy, version, issued, today) for version in reversed(policy.versions)
        ),
        review_by=review_by,
        review_is_near=bool(review_by) and 0 <= (review_by - today).days <= REVIEW_SOON_DAYS,
        review_is_past=bool(review_by) and review_by < today,
    )


def _version(
    service: Service, policy: Policy, version: PolicyVersion, issued: list[Notice], today: date
) -> VersionLine:
    stage = policy.stage(version, today)
    own = tuple(notice for notice in issued if notice.version == version.label)
    given = any(notice.basis is not Basis.JOINING for notice in own)
    rule = service.settings.school.notice
    last_day = last_day_of_notice(version.effective_on, rule.period_months, deemed_days=rule.deemed_days)
    current = stage in (Stage.ON_NOTICE, Stage.IN_FORCE) or (
        stage is Stage.WITHDRAWN and version.is_withdrawal
    )
    return VersionLine(
        version=version,
        stage=stage,
        last_day=last_day,
        notices=own,
        can_issue=current and not given,
        can_ask_again=stage is Stage.IN_FORCE and given and own[-1].must_be_acknowledged,
        is_late=stage is Stage.ON_NOTICE and not given and last_day < today,
    )
