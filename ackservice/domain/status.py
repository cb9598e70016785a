"""The status of a recipient: computed from what is recorded and a date, never stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ackservice.domain.notice import Basis, Notice, Window, window_of


class Status(StrEnum):
    """Where a recipient stands; the first that applies, in this order."""

    ACKNOWLEDGED = "acknowledged"
    EXCUSED = "excused"
    LEFT = "left"
    SUPERSEDED = "superseded"
    UNDELIVERABLE = "undeliverable"
    NOTIFIED = "notified"
    ON_PAPER = "on paper"
    NOT_SENT = "not sent"

    @property
    def is_settled(self) -> bool:
        """Nothing more is expected of the person."""
        return self in (Status.ACKNOWLEDGED, Status.EXCUSED, Status.LEFT, Status.SUPERSEDED)


@dataclass(frozen=True)
class Acknowledgement:
    """A person's own act: what they read, when, and how it came to us. `signed_on` is set for paper only."""

    id: int
    at: datetime
    digest: str
    method: str  # link | paper
    typed_name: str = ""
    signed_on: date | None = None
    recorded_by: str = ""
    version: str = ""


@dataclass(frozen=True)
class Standing:
    """Everything recorded about one recipient up to some moment."""

    id: int
    person_id: str
    name: str
    email: str  # as frozen when the recipient was added
    category: str
    basis: Basis
    current_email: str = ""
    joined_on: date | None = None
    left_on: date | None = None
    superseded: bool = False
    excused: bool = False
    undeliverable: bool = False  # the last message was refused or came back, and nothing good followed
    notified_on: date | None = None  # a message a mail server took, or a letter handed over
    acknowledgement: Acknowledgement | None = None
    reminders_sent: int = 0
    last_sent_at: datetime | None = None


def has_left(left_on: date | None, on: date) -> bool:
    """Whether someone is gone on that day: from `left_on` itself, which is the first day without them."""
    return left_on is not None and left_on <= on


def window(notice: Notice, standing: Standing) -> Window:
    """The recipient's window under the notice's rule."""
    return window_of(notice, standing.basis, standing.notified_on, standing.joined_on)


def status_of(notice: Notice, standing: Standing, on: date) -> Status:
    """The first status that applies on that day."""
    if standing.acknowledgement is not None:
        return Status.ACKNOWLEDGED
    if standing.excused:
        return Status.EXCUSED
    if has_left(standing.left_on, on):
        return Status.LEFT
    if standing.superseded:
        return Status.SUPERSEDED
    if standing.undeliverable:
        return Status.UNDELIVERABLE
    if standing.notified_on is not None:
        return Status.NOTIFIED
    return Status.NOT_SENT if standing.current_email else Status.ON_PAPER


def is_overdue(status: Status, window: Window, on: date) -> bool:
    """Whether an acknowledgement should have been there: yes from the day after `due_on`."""
    return window.due_on is not None and on > window.due_on and not status.is_settled


def is_outstanding(notice: Notice, status: Status) -> bool:
    """Whether an acknowledgement is still expected."""
    return notice.must_be_acknowledged and not status.is_settled
