"""A notice, its recipients, and the window each of them has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from handbook.policy.notice_period import add_months, binds_from, is_in_time, short_by_days
from handbook.policy.version import Change


class Basis(StrEnum):
    """Why someone is a recipient of a notice."""

    CHANGE = "change"
    JOINING = "joining"
    NEW_ROUND = "new round"


@dataclass(frozen=True)
class Rule:
    """The notice period a notice was issued under, kept with it: settings may change later, evidence does
    not."""

    period_months: int = 1
    deemed_days: int = 0
    joiner_days: int = 14

    def __str__(self) -> str:
        months = "one calendar month" if self.period_months == 1 else f"{self.period_months} calendar months"
        deemed = (
            f", counted from {self.deemed_days} days after the message was sent" if self.deemed_days else ""
        )
        return (
            f"Notice of {months} by the corresponding-date rule (Dodds v Walker, 1981){deemed}: the day of the notice is "
            "not counted, and the period ends on the same day number of the last month, or on that month's last day where "
            "it has no such day. Given in time when the period ends on or before the effective date; otherwise the change "
            "binds the person from the day the period ends. Joiners are told on joining and have no notice period."
        )


@dataclass(frozen=True)
class Notice:
    """One version, given to an audience. An empty audience means everyone."""

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

    @property
    def must_be_acknowledged(self) -> bool:
        return self.change.must_be_acknowledged

    def is_of_same_policy(self, other: Notice) -> bool:
        """Whether both are of one policy, which may have been renamed between them."""
        return (
            self.policy == other.policy or self.policy in other.former_ids or other.policy in self.former_ids
        )


@dataclass(frozen=True)
class Window:
    """What the one-month rule gives for one person.

    `in_time`, `short_by_days` and `notice_ends_on` are None where the notice period does not apply or has
    not begun; `due_on` is None where nothing has to be acknowledged or the person has not been told yet.
    """

    applies: bool
    notified_on: date | None = None
    notice_ends_on: date | None = None
    in_time: bool | None = None
    short_by_days: int | None = None
    binds_from: date | None = None
    due_on: date | None = None


def window_of(
    notice: Notice, basis: Basis, notified_on: date | None, joined_on: date | None = None
) -> Window:
    """The window of one person, by the one-month rule or, for joiners and new rounds, without a notice
    period.

    A joiner who still has a full month before the effective date gets the ordinary window.
    """
    rule = notice.rule
    if basis is Basis.CHANGE or _joiner_has_a_full_month(notice, basis, notified_on):
        return _ordinary(notice, notified_on)
    starts_on = joined_on if basis is Basis.JOINING and joined_on else notice.issued_on
    due_on = starts_on + timedelta(days=rule.joiner_days) if notice.must_be_acknowledged else None
    return Window(
        applies=False,
        notified_on=notified_on,
        binds_from=max(notice.effective_on, starts_on),
        due_on=due_on,
    )


def _joiner_has_a_full_month(notice: Notice, basis: Basis, notified_on: date | None) -> bool:
    if basis is not Basis.JOINING or notified_on is None:
        return False
    rule = notice.rule
    return is_in_time(notified_on, notice.effective_on, rule.period_months, deemed_days=rule.deemed_days)


def _ordinary(notice: Notice, notified_on: date | None) -> Window:
    if notified_on is None:
        return Window(applies=True)
    rule = notice.rule
    binding = binds_from(notified_on, notice.effective_on, rule.period_months, deemed_days=rule.deemed_days)
    return Window(
        applies=True,
        notified_on=notified_on,
        notice_ends_on=add_months(notified_on + timedelta(days=rule.deemed_days), rule.period_months),
        in_time=is_in_time(
            notified_on, notice.effective_on, rule.period_months, deemed_days=rule.deemed_days
        ),
        short_by_days=short_by_days(
            notified_on, notice.effective_on, rule.period_months, deemed_days=rule.deemed_days
        ),
        binds_from=binding,
        due_on=binding - timedelta(days=1) if notice.must_be_acknowledged else None,
    )
