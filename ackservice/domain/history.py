"""What later notices and managers' acts do to a notice: its date, its state on a day, and why.

Source of the rules: the design's "The life of a notice". A `Book` holds what was recorded up to one ledger
line; the state of a notice is a function of the book and of a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ackservice.domain.notice import Basis, Notice
from handbook.policy.version import Change, label_key


class State(StrEnum):
    """The state of a notice."""

    OPEN = "open"
    RECALLED = "recalled"
    CLOSED = "closed"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    """What was done to a notice after it was opened."""

    GIVEN = "given"  # to its whole audience, after a joiner had opened it
    RECALLED = "recalled"
    CLOSED = "closed"
    POSTPONED = "postponed"


@dataclass(frozen=True)
class NoticeEvent:
    """One act on a notice, by its ledger line and the day it was recorded."""

    line: int
    on: date
    notice_id: int
    act: Act
    effective_on: date | None = None  # of a postponement
    reason: str = ""
    by: str = ""


@dataclass(frozen=True, order=True)
class Moment:
    """A place in the order of things: the day, then the ledger's order within it."""

    on: date
    line: int


@dataclass(frozen=True)
class Ending:
    """What ended a notice, and when; `by_notice` where a later notice did."""

    state: State
    at: Moment
    reason: str = ""
    by: str = ""
    by_notice: Notice | None = None


class Book:
    """Every notice and every act on one, up to a ledger line."""

    def __init__(self, notices: Iterable[Notice], events: Iterable[NoticeEvent]):
        self.notices = tuple(notices)
        self._by_id = {notice.id: notice for notice in self.notices}
        self._events: dict[int, list[NoticeEvent]] = {}
        for event in events:
            self._events.setdefault(event.notice_id, []).append(event)
        self._by_policy: dict[str, list[Notice]] = {}
        for notice in self.notices:
            for policy in (notice.policy, *notice.former_ids):
                self._by_policy.setdefault(policy, []).append(notice)
        self._endings: dict[tuple[int, date], Ending | None] = {}

    def notice(self, notice_id: int) -> Notice | None:
        """The notice of that number."""
        return self._by_id.get(notice_id)

    def of_policy(self, policy_ids: Iterable[str]) -> list[Notice]:
        """The notices of one policy, oldest first, under whichever of its ids."""
        names = set(policy_ids)
        names.update(
            other
            for name in tuple(names)
            for n in self._by_policy.get(name, ())
            for other in (n.policy, *n.former_ids)
        )
        chosen = {n.id: n for name in names for n in self._by_policy.get(name, ())}
        return [chosen[number] for number in sorted(chosen)]

    def of_version(self, policy_ids: Iterable[str], version: str) -> list[Notice]:
        """The notices of one version, oldest round first, recalled ones among them."""
        return [notice for notice in self.of_policy(policy_ids) if notice.version == version]

    def standing_of_version(self, policy_ids: Iterable[str], version: str) -> list[Notice]:
        """The notices of one version that were not recalled, oldest round first."""
        return [n for n in self.of_version(policy_ids, version) if not self.is_recalled(n)]

    def event(self, notice: Notice, act: Act) -> NoticeEvent | None:
        """The last act of that kind on a notice."""
        events = [event for event in self._events.get(notice.id, ()) if event.act is act]
        return events[-1] if events else None

    def is_recalled(self, notice: Notice) -> bool:
        return self.event(notice, Act.RECALLED) is not None

    def effective_on(self, notice: Notice) -> date:
        """The effective date, as last postponed."""
        moved = self.event(notice, Act.POSTPONED)
        return moved.effective_on if moved and moved.effective_on else notice.effective_on

    def given(self, notice: Notice) -> Moment | None:
        """When a notice was issued to its whole audience; None while only joiners have it."""
        if notice.basis is not Basis.JOINING:
            return Moment(notice.issued_on, notice.id)
        event = self.event(notice, Act.GIVEN)
        return Moment(event.on, event.line) if event else None

    def given_basis(self, notice: Notice) -> Basis:
        """What a notice given to its whole audience asks: one that a joiner opened is about what is in
        force."""
        return Basis.IN_FORCE if notice.basis is Basis.JOINING else notice.basis

    def ending(self, notice: Notice, on: date) -> Ending | None:
        """What had ended a notice by that day: the earliest ending counts, on one day the ledger's order."""
        key = (notice.id, on)
        if key not in self._endings:
            over = [ending for ending in self._all_endings(notice) if ending.at.on <= on]
            self._endings[key] = min(over, key=lambda ending: ending.at) if over else None
        return self._endings[key]

    def state(self, notice: Notice, on: date) -> State:
        """The state of a notice at the end of that day."""
        ending = self.ending(notice, on)
        return ending.state if ending else State.OPEN

    def is_open(self, notice: Notice, on: date) -> bool:
        return self.ending(notice, on) is None

    def ending_for(self, notice: Notice, joined: Sequence[tuple[int, date, int]], on: date) -> Ending | None:
        """What had ended a notice for one person by that day.

        `joined` are the notices that a joiner opened and this person was added to before anybody else:
        (notice, day, ledger line). One of a newer version ends the earlier ones of that person alone.
        """
        endings = [self.ending(notice, on)]
        for newer_id, added_on, line in joined:
            newer = self.notice(newer_id)
            if newer and not self.is_recalled(newer) and newer.is_newer_version_than(notice):
                at = max(Moment(self.effective_on(newer), 0), Moment(added_on, line))
                endings.append(Ending(State.SUPERSEDED, at, by_notice=newer) if at.on <= on else None)
        return min((e for e in endings if e is not None), key=lambda ending: ending.at, default=None)

    def shown(self, notice: Notice, on: date) -> Notice:
        """The notice whose text a link shows: the newest clarification in effect of the version, or
        itself."""
        shown = notice
        for other in self.of_policy([notice.policy]):
            if (
                other.change is Change.CLARIFICATION
                and other.clarifies == notice.version
                and not self.is_recalled(other)
                and self.effective_on(other) <= on
                and label_key(other.version) > label_key(shown.version)
            ):
                shown = other
        return shown

    def _all_endings(self, notice: Notice) -> Iterator[Ending]:
        for act, state in ((Act.RECALLED, State.RECALLED), (Act.CLOSED, State.CLOSED)):
            if event := self.event(notice, act):
                yield Ending(state, Moment(event.on, event.line), event.reason, event.by)
        for other in self.of_policy([notice.policy]):
            if other.id != notice.id and not self.is_recalled(other):
                yield from self._ending_by(other, notice)

    def _ending_by(self, other: Notice, notice: Notice) -> Iterator[Ending]:
        given = self.given(other)
        if given is None:
            return
        in_effect = max(Moment(self.effective_on(other), 0), given)
        if other.change is Change.WITHDRAWN and label_key(other.version) > label_key(notice.version):
            yield Ending(State.WITHDRAWN, in_effect, by_notice=other)
        elif other.is_newer_version_than(notice):
            yield Ending(State.SUPERSEDED, in_effect, by_notice=other)
        elif other.version == notice.version and other.id > notice.id:
            yield Ending(State.SUPERSEDED, given, by_notice=other)
