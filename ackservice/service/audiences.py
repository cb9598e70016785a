"""Keeping audiences true to the roster: joiners, returners and people of a new category gain notices, some
lose theirs.

Whoever gains a notice does so as part of an induction: the notice period does not apply to them (DESIGN's
one-month rule), and one e-mail tells of everything. A version in force that nobody was ever given notice of
gets a notice for its joiners alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from ackservice.domain.notice import Basis, Notice, Rule
from ackservice.domain.roster import Person, RosterPlan
from ackservice.domain.status import Status, has_left, status_of
from ackservice.service.context import AsOf, Service
from ackservice.service.issuing import is_concerned, keep_texts
from ackservice.service.standing import is_newer, standings, takes_over
from ackservice.storage import cuts, deliveries, notices, plans
from ackservice.storage import roster as roster_rows
from ackservice.storage.excuses import active_excuse
from ackservice.storage.store import Transaction
from handbook.policy.errors import HandbookError
from handbook.policy.version import Change, Library, Policy, PolicyVersion

BY = "roster"


@dataclass(frozen=True)
class Move:
    """Someone before and after a change of the roster; `old` is None for who was not there."""

    old: Person | None
    new: Person

    def gains(self, audience: tuple[str, ...], on: date) -> bool:
        """Whether an audience concerns them now that did not before."""
        return is_concerned(self.new, audience, on) and not (
            self.old and is_concerned(self.old, audience, on)
        )

    @property
    def has_new_address(self) -> bool:
        return self.old is not None and self.old.email != self.new.email


@dataclass(frozen=True)
class Followed:
    """What a change of the roster did to audiences."""

    inducted: int = 0  # people given at least one notice
    excused: int = 0
    told_again: int = 0

    def __add__(self, other: Followed) -> Followed:
        return Followed(
            self.inducted + other.inducted, self.excused + other.excused, self.told_again + other.told_again
        )


def moves_of(plan: RosterPlan, *, first_import: bool, on: date) -> list[Move]:
    """The moves of an import. On a school's first import people are there already; only who joins that day
    or later is new."""
    changes = [Move(change.old, change.new) for change in (*plan.changes, *plan.leaves, *plan.returns)]
    joins = [p for p in plan.joins if not first_import or (p.joined_on is not None and p.joined_on >= on)]
    return [Move(None, person) for person in joins] + changes


def library_or_none(service: Service) -> Library | None:
    """The handbook, or None while it has faults: joiners then wait for it, and nobody else is held up."""
    try:
        return service.library()
    except (HandbookError, OSError):
        return None


def follow(
    service: Service, tx: Transaction, moves: Iterable[Move], library: Library | None, today: date
) -> Followed:
    """Bring notices up to date with these moves; people who come on a later day are noted for it."""
    total = Followed()
    for move in moves:
        if move.new.joined_on and move.new.joined_on > today and not has_left(move.new.left_on, today):
            plans.follow_later(tx, move.new.person_id, move.new.joined_on)
            continue
        if library is None and (move.old is None or has_left(move.old.left_on, today)):
            plans.follow_later(tx, move.new.person_id, today)
        total += _follow_one(service, tx, move, library, today)
    return total


def follow_waiting(service: Service, tx: Transaction, library: Library | None, today: date) -> Followed:
    """Induct those whose day of joining has come. Without a library they go on waiting for what needs it."""
    waiting = plans.to_follow(tx.connection, today)
    cut = cuts.last_cut(tx.connection)
    people = [person for key in waiting if (person := roster_rows.person(tx.connection, key, cut))]
    plans.followed(tx, waiting)
    return follow(service, tx, [Move(None, person) for person in people], library, today)


def open_notices(connection: sqlite3.Connection, cut: int, on: date) -> list[Notice]:
    """Notices neither closed nor taken over by a later one on that day, oldest first."""
    closed, issued = notices.closed_ids(connection, cut), notices.all_notices(connection, cut)
    return [
        n for n in issued if n.id not in closed and not any(_is_taken_over(n, later, on) for later in issued)
    ]


def _is_taken_over(notice: Notice, later: Notice, on: date) -> bool:
    """By a later notice for everybody; one made for joiners alone takes over for them only, and a withdrawal
    from its day on."""
    if later.change is Change.WITHDRAWN and later.effective_on > on:
        return False
    return later.basis is not Basis.JOINING and (takes_over(later, notice) or is_newer(later, notice))


def _follow_one(
    service: Service, tx: Transaction, move: Move, library: Library | None, today: date
) -> Followed:
    person = move.new
    if has_left(person.left_on, today):
        return Followed()
    as_of = AsOf(today, cuts.last_cut(tx.connection), "")
    still_open = open_notices(tx.connection, as_of.cut, today)
    own = {
        notice_id: recipient_id
        for recipient_id, notice_id in notices.recipients_of_person(tx.connection, person.person_id)
    }
    excused = told_again = 0
    for notice in still_open:
        if notice.id in own:
            lost, again = _keep_true(service, tx, move, notice, own[notice.id], as_of)
            excused, told_again = excused + lost, told_again + again
    gained = [
        n
        for n in still_open
        if n.id not in own and _is_for_joiners(n, today) and move.gains(n.audience, today)
    ]
    if library is not None:
        gained += _notices_of_versions_in_force(service, tx, library, move, still_open, today)
    _give(service, tx, person, gained, today)
    plans.look_again(tx, person.person_id)
    return Followed(int(bool(gained)), excused, told_again)


def _keep_true(
    service: Service, tx: Transaction, move: Move, notice: Notice, recipient_id: int, as_of: AsOf
) -> tuple[bool, bool]:
    """One notice somebody has already: excused when it no longer concerns them, told where that is still to
    do."""
    person = move.new
    excuse = active_excuse(tx.connection, recipient_id)
    if notice.audience and person.category not in notice.audience:
        standing = next(standings(service, tx.connection, notice, as_of, recipient_id))
        if status_of(notice, standing, as_of.on).is_settled:
            return False, False
        reason = f"no longer in the audience of this notice: now {person.category}"
        tx.record("recipient.excused", recipient_id=recipient_id, reason=reason, excused_by=BY)
        return True, False
    if excuse and excuse.by == BY:
        reason = f"in the audience again: now {person.category}"
        tx.record(
            "excuse.withdrawn",
            excused_id=excuse.id,
            recipient_id=recipient_id,
            reason=reason,
            withdrawn_by=BY,
        )
    as_of = AsOf(as_of.on, cuts.last_cut(tx.connection), "")
    standing = next(standings(service, tx.connection, notice, as_of, recipient_id))
    status = status_of(notice, standing, as_of.on)
    untold = status is Status.NOT_SENT or (status is Status.UNDELIVERABLE and move.has_new_address)
    if not untold or not person.email or deliveries.is_waiting(tx.connection, "notice", recipient_id):
        return False, False
    _queue(service, tx, person, [recipient_id])
    return False, True


def _is_for_joiners(notice: Notice, today: date) -> bool:
    """A withdrawal or a clarification that has taken effect is nothing to tell somebody new: they get the
    text as it is."""
    return notice.must_be_acknowledged or notice.effective_on > today


def _notices_of_versions_in_force(
    service: Service, tx: Transaction, library: Library, move: Move, still_open: Sequence[Notice], today: date
) -> list[Notice]:
    """Notices made for joiners, of versions in force that nobody has an open notice of."""
    made = []
    for policy in library.policies.values():
        version = policy.in_force(today)
        if version is None or version.text is None or not move.gains(version.text.audience, today):
            continue
        if not _is_covered(policy, version, still_open, move.new, today):
            made.append(_induction_notice(service, tx, policy, version, today))
    return made


def _is_covered(
    policy: Policy, version: PolicyVersion, still_open: Sequence[Notice], person: Person, today: date
) -> bool:
    """Whether an open notice stands for the version in force: its own, that of the version it clarifies, or
    a newer one."""
    ids, labels = policy.all_ids, {version.label, *_clarified_by(policy, version)}
    for notice in still_open:
        if notice.policy not in ids or not _is_for_joiners(notice, today):
            continue
        if notice.version in labels and notice.must_be_acknowledged:
            return True
        takes_its_place = notice.must_be_acknowledged and notice.effective_on > today
        if takes_its_place and is_concerned(person, notice.audience, today):
            return True
    return False


def _clarified_by(policy: Policy, version: PolicyVersion) -> list[str]:
    labels = []
    while version.entry.change is Change.CLARIFICATION and (before := policy.before(version)):
        labels.append(before.label)
        version = before
    return labels


def _induction_notice(
    service: Service, tx: Transaction, policy: Policy, version: PolicyVersion, today: date
) -> Notice:
    rules = service.settings.school.notice
    change = (
        version.entry.change if version.entry.change.must_be_acknowledged else Change.NEW
    )  # new to who joins
    notice = Notice(
        id=0,
        policy=policy.id,
        version=version.label,
        title=version.text.title,
        digest=version.text.digest,
        change=change,
        effective_on=version.effective_on,
        issued_on=today,
        basis=Basis.JOINING,
        audience=version.text.audience,
        rule=Rule(rules.period_months, rules.deemed_days, rules.joiner_days),
        former_ids=policy.former_ids,
    )
    kept = keep_texts(tx, version, policy.before(version), notice.former_ids)
    return replace(notice, id=notices.add(tx, notice, issued_by=BY, **kept))


def _give(service: Service, tx: Transaction, person: Person, gained: Sequence[Notice], today: date) -> None:
    """Make someone a recipient of these notices, and queue one e-mail about all of them."""
    added = [
        notices.add_recipient(
            tx, notice.id, replace(person, joined_on=_counts_from(person, notice, today)), Basis.JOINING
        )
        for notice in gained
    ]
    if added and person.email:
        _queue(service, tx, person, added)


def _counts_from(person: Person, notice: Notice, today: date) -> date:
    """The day from which an induction's days count: that of joining, or today when they would have run out
    already."""
    joined_on = person.joined_on or today
    return joined_on if joined_on + timedelta(days=notice.rule.joiner_days) > today else today


def _queue(service: Service, tx: Transaction, person: Person, items: Sequence[int]) -> None:
    deliveries.add(
        tx,
        "notice",
        host=service.settings.mail_host,
        person_id=person.person_id,
        address=person.email,
        items=items,
    )
