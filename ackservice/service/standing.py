"""Who stands where: standings of a notice, with what later notices do to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ackservice.domain import export
from ackservice.domain.notice import Basis, Notice
from ackservice.domain.status import Standing
from ackservice.errors import NotFound
from ackservice.service.context import AsOf, Service
from ackservice.storage import notices
from handbook.policy.errors import HandbookError
from handbook.policy.version import Change, label_key


@dataclass(frozen=True)
class Report:
    """The status of a notice as of a moment."""

    notice: Notice
    as_of: AsOf
    rows: Iterable[dict[str, object]]
    zone: str


def notices_of_version(
    service: Service, connection: sqlite3.Connection, policy: str, version: str, cut: int
) -> list[Notice]:
    """The notices of a version, oldest first, under whichever id of its policy they were issued.

    The handbook is asked where no notice knows the id yet: the policy was renamed after the last one.
    """
    found = notices.of_version(connection, [policy], version, cut)
    return found or notices.of_version(connection, _ids_in_handbook(service, policy), version, cut)


def _ids_in_handbook(service: Service, policy: str) -> tuple[str, ...]:
    """Every id of the policy of that id, present or former; none where the handbook has no such policy or
    has faults."""
    try:
        return service.library().policy(policy).all_ids
    except (HandbookError, OSError):
        return ()


def find_notice(
    service: Service, connection: sqlite3.Connection, policy: str, version: str, cut: int, round_: str = ""
) -> Notice:
    """The last notice of a version, or that of the round named; raises NotFound with what there is."""
    found = notices_of_version(service, connection, policy, version, cut)
    chosen = [notice for notice in found if notice.round == round_] if round_ else found
    if chosen:
        return ([n for n in chosen if n.basis is not Basis.JOINING] or chosen)[-1]
    known = sorted({f"{n.policy} {n.version}" for n in notices.all_notices(connection, cut)})
    what = f"{policy} {version}" + (f" in the round {round_!r}" if round_ else "")
    raise NotFound(
        f"no notice has been issued for {what} by then; notices issued: {', '.join(known) or 'none'}"
    )


def standings(
    service: Service,
    connection: sqlite3.Connection,
    notice: Notice,
    as_of: AsOf,
    recipient_id: int | None = None,
    *,
    of_policy: Sequence[Notice] | None = None,
) -> Iterator[Standing]:
    """Where each recipient of a notice stands as of a moment. `of_policy`: the policy's notices, where they
    are known already."""
    if of_policy is None:
        of_policy = notices.of_policy(connection, notice.policy, as_of.cut)
    later = [n for n in of_policy if takes_over(n, notice)]
    return notices.standings(
        connection,
        notice,
        cut=as_of.cut,
        zone=service.zone,
        moved_to=[n.id for n in later if n.change is not Change.WITHDRAWN],
        counting=counting_versions(notice, of_policy),
        ended=any(n.effective_on <= as_of.on for n in of_policy if ends(n, notice)),
        recipient_id=recipient_id,
    )


def takes_over(later: Notice, earlier: Notice) -> bool:
    """Whether a later notice takes the obligation of an earlier one over: a newer text to acknowledge, a new
    round, a withdrawal.

    A clarification does not: acknowledging the version it clarifies goes on. Nor does the notice of a newer
    version that was issued first: both have to be read then, until the newer one takes effect.
    """
    if later.id <= earlier.id or not later.is_of_same_policy(earlier) or later.change is Change.CLARIFICATION:
        return False
    return is_newer(later, earlier) or (later.version == earlier.version and later.basis is not Basis.JOINING)


def ends(later: Notice, earlier: Notice) -> bool:
    """Whether a newer notice ends an earlier one for everybody once it has effect; one made for joiners
    alone does not."""
    return is_newer(later, earlier) and later.basis is not Basis.JOINING


def is_newer(later: Notice, earlier: Notice) -> bool:
    """Whether a notice is of a later version, or the withdrawal, of the same policy; clarifications stand
    beside their version."""
    if not later.is_of_same_policy(earlier) or later.change is Change.CLARIFICATION:
        return False
    return label_key(later.version) > label_key(earlier.version)


def counting_versions(notice: Notice, of_policy: Sequence[Notice]) -> list[str]:
    """Versions whose acknowledgement counts for a clarification: the one it clarifies, and all that clarify
    the same one.

    A link to the version shows its newest clarification, and that is what its acknowledgement then names.
    """
    if notice.change is not Change.CLARIFICATION:
        return []
    family: list[Notice] = []
    for candidate in sorted(of_policy, key=lambda n: label_key(n.version)):
        if candidate.change is not Change.CLARIFICATION:
            if label_key(candidate.version) > label_key(notice.version):
                break
            family = []
        family.append(candidate)
    return sorted({member.version for member in family})


def report(
    service: Service, policy: str, version: str, *, on: date | None, now: datetime, round_: str = ""
) -> Report:
    """The status rows of a version's notice, now or as at the end of a past day."""
    with service.store.read() as connection:
        as_of = service.as_of(connection, on, now)
        notice = find_notice(service, connection, policy, version, as_of.cut, round_)
        rows = [
            export.row_of(notice, standing, as_of=as_of.on, ledger_head=as_of.head, zone=service.zone)
            for standing in standings(service, connection, notice, as_of)
        ]
    return Report(notice, as_of, rows, service.zone)
