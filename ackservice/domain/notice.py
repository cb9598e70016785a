"""A notice, the rule it was issued under, and the window each of its recipients has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from handbook.policy.notice_period import add_months, binds_from, is_in_time, short_by_days
from handbook.policy.version import Change, label_key


class Basis(StrEnum):
    """Why someone is a recipient of a notice: stored when they become one, and never changed."""

    CHANGE = "change"
    JOINING = "joining"
    IN_FORCE = "in force"
    NEW_ROUND = "new round"
    BY_NAME = "by name"
    NO_LONGER_COVERED = "no longer covered"


@dataclass(frozen=True)
class Rule:
    """The rule a notice was issued under, kept with it: settings may change later, evidence does not."""

    period_months: int = 1
    deemed_days: int = 0
    joiner_days: int = 14
    in_force_days: int = 14

    def __str__(self) -> str:
        months = "one calendar month" if self.period_months == 1 else f"{self.period_months} calendar months"
        deemed = (
            f", counted from {self.deemed_days} days after the message was sent" if self.deemed_days else ""
        )
        return (
            f"Notice of {months} by the corresponding-date rule (Dodds v Walker, 1981){deemed}: the day of "
            "the notice is not counted, and the period ends on the same day number of the last month, or on "
            "that "
            "month's last day where it has no such day. Given in time when the period ends on or before the "
            "effective date; otherwise the change binds the person from the day the period ends. Joiners are "
            "told on joining, and people asked about what is in force already have no notice period: their "
            "basis says so."
        )


@dataclass(frozen=True)
class Notice:
    """One version in one round. An empty audience means everyone.

    `effective_on` is the date it was issued with; a postponement is an event of its own (`history.Book`).
    `basis` says what it was opened as: a change, a question about what is in force, a new round, or, with
    JOINING, by the first joiner of a version in force, for nobody else. `clarifies` is the version that a
    clarification clarifies.
    """

    id: int
    policy: str
    version: str
    title: str
    digest: str | None  # None for a withdrawal
    change: Change
    effective_on: date
    issued_on: date
    basis: Basis = Basis.CHANGE
    round: str = ""
    audience: tuple[str, ...] = ()
    rule: Rule = Rule()
    former_ids: tuple[str, ...] = ()  # of the policy, when the notice was issued
    mailing_id: int = 0
    clarifies: str = ""

    @property
    def must_be_acknowledged(self) -> bool:
        return self.change.must_be_acknowledged

    def is_of_same_policy(self, other: Notice) -> bool:
        """Whether both are of one policy, which may have been renamed between them."""
        return (
            self.policy == other.policy or self.policy in other.former_ids or other.policy in self.former_ids
        )

    def is_newer_version_than(self, other: Notice) -> bool:
        """Whether this is a later new or material version of the same policy."""
        return (
            self.must_be_acknowledged
            and self.is_of_same_policy(other)
            and label_key(self.version) > label_key(other.version)
        )


@dataclass(frozen=True)
class Window:
    """What the one-month rule gives for one person.

    Everything is None until they are notified. `in_time`, `short_by_days` and `notice_ends_on` are None where
    no notice period applies; `due_on` is None where nothing has to be acknowledged.
    """

    applies: bool
    notified_on: date | None = None
    notice_ends_on: date | None = None
    in_time: bool | None = None
    short_by_days: int | None = None
    binds_from: date | None = None
    due_on: date | None = None


def window_of(
    rule: Rule,
    basis: Basis,
    effective_on: date,
    notified_on: date | None,
    came_on: date | None = None,
    must_be_acknowledged: bool = True,
) -> Window:
    """The window of one person: by the one-month rule, or without a notice period where their basis has none.

    `came_on` is the day they came into the audience, None where they were there before the version. A joiner
    who is notified a full month ahead has the ordinary window.
    """
    asked = must_be_acknowledged and basis is not Basis.NO_LONGER_COVERED
    applies = _has_notice_period(rule, basis, effective_on, notified_on)
    if notified_on is None:
        return Window(applies)
    if not applies:
        days = rule.joiner_days if basis in (Basis.JOINING, Basis.BY_NAME) else rule.in_force_days
        due_on = max(notified_on + timedelta(days=days), effective_on - timedelta(days=1))
        binding = effective_on if came_on is None else max(effective_on, came_on)
        return Window(False, notified_on, binds_from=binding, due_on=due_on if asked else None)
    period = {"months": rule.period_months, "deemed_days": rule.deemed_days}
    binding = binds_from(notified_on, effective_on, **period)
    return Window(
        applies=True,
        notified_on=notified_on,
        notice_ends_on=add_months(notified_on + timedelta(days=rule.deemed_days), rule.period_months),
        in_time=is_in_time(notified_on, effective_on, **period),
        short_by_days=short_by_days(notified_on, effective_on, **period),
        binds_from=binding,
        due_on=max(notified_on, binding - timedelta(days=1)) if asked else None,
    )


def _has_notice_period(rule: Rule, basis: Basis, effective_on: date, notified_on: date | None) -> bool:
    if basis in (Basis.CHANGE, Basis.NO_LONGER_COVERED):
        return True
    if basis is not Basis.JOINING or notified_on is None:
        return False
    return is_in_time(notified_on, effective_on, rule.period_months, deemed_days=rule.deemed_days)
