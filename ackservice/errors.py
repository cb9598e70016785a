"""The errors of the acknowledgement service; each text is fit to be shown to a person."""

from __future__ import annotations

from collections.abc import Iterable


class AckError(Exception):
    """Base of every error the service raises on purpose."""


class SettingsError(AckError):
    """A setting of the environment is missing or wrong; says which and what to write."""


class StorageError(AckError):
    """The database cannot be used as it stands: missing, read-only, full, damaged or from another version."""


class RosterFaults(AckError):
    """Everything wrong with a roster file; nothing of it was taken."""

    def __init__(self, source: str, faults: Iterable[RosterFault]):
        self.source = source
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{source}:{fault}" for fault in self.faults))


class RosterFault:
    """One thing wrong in one row. Rows count as a spreadsheet does: the heading is row 1; row 0 is the whole
    file."""

    def __init__(self, row: int, field: str, message: str):
        self.row = row
        self.field = field
        self.message = message

    def __str__(self) -> str:
        place = f"row {self.row}" if self.row else "file"
        return f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


class NoticeRefused(AckError):
    """A notice cannot be issued; `reasons` has every reason found, `at_desk` the same for somebody who runs
    no commands."""

    def __init__(self, policy: str, version: str, reasons: Iterable[str], at_desk: Iterable[str] = ()):
        self.policy = policy
        self.version = version
        self.reasons = tuple(reasons)
        self.at_desk = tuple(at_desk) or self.reasons
        super().__init__(f"no notice issued for {policy} {version}: " + "; ".join(self.reasons))


class ShortNotice(NoticeRefused):
    """The notice would be short for `people`, by up to `days` days, and no reason was given for going ahead.

    `by_pace`: it is given in time, but sending would reach past midnight of the last day.
    """

    def __init__(
        self, policy: str, version: str, people: int, days: int, last_day: str, *, by_pace: bool = False
    ):
        self.people = people
        self.days = days
        told = "1 person" if people == 1 else f"{people} people"
        late = "1 day" if days == 1 else f"up to {days} days"
        if by_pace:
            what = (
                f"at the set pace sending would pass midnight of the last day to give notice, {last_day}: "
                f"{told} would be told too late, by {late}. Move"
            )
        else:
            what = (
                f"the notice would be short for {told}, by {late}; the last day to give it was {last_day}. "
                "Move"
            )
        super().__init__(
            policy,
            version,
            [f'{what} the effective date, or go ahead with --allow-short-notice "the reason", which is kept'],
        )


class NotPublished(NoticeRefused):
    """Pages that a notice would link to are not public yet, and no reason was given for going ahead."""

    def __init__(self, policy: str, version: str, names: Iterable[str], what_to_do: str):
        first = f"not public yet as approved: {', '.join(names)}. {what_to_do}".strip()
        super().__init__(
            policy,
            version,
            [f'{first} Or go ahead with --allow-unpublished "the reason", which is kept'],
            [f"{first} Or go ahead with a reason, which is kept"],
        )


class NotFound(AckError):
    """No such notice, person or recipient; says what there is."""


class NotAllowed(AckError):
    """The act does not fit the state things are in; says why and what to do instead."""


class NeedsConfirmation(NotAllowed):
    """The act changes more than it may without a person's word; `questions` says what has to be confirmed."""

    def __init__(self, questions: Iterable[str]):
        self.questions = tuple(questions)
        super().__init__(" ".join(self.questions))


class LinkError(AckError):
    """Base of what can be wrong with a signed link."""


class LinkForged(LinkError):
    """The link is not one of ours, or a character of it was lost or changed."""


class LinkRevoked(LinkError):
    """A newer link was sent to the same person since."""


class LinkOfLeaver(LinkError):
    """The person the link was made for has left."""
