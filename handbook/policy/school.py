"""What a school sets in `school.toml`, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Contact:
    """Someone to ask, named by role. `name` may be empty: roles outlast people."""

    role: str
    email: str
    name: str = ""


@dataclass(frozen=True)
class Manager:
    """Someone who signs in at the desk. A `reader` sees and exports; `site` or `team_of` narrows what a reader sees."""

    address: str
    role: str  # manager | reader
    name: str = ""
    site: str = ""  # only people of this site
    team_of: str = ""  # only people whose line manager has this person_id


@dataclass(frozen=True)
class Closure:
    """Days the school is closed, first and last included."""

    first: date
    last: date
    name: str = ""

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class NoticeSettings:
    period_months: int = 1
    deemed_days: int = 0  # days added before the period runs
    joiner_days: int = 14  # by when a joiner without a notice period acknowledges


@dataclass(frozen=True)
class ReminderSettings:
    days_before: tuple[int, ...] = (14, 7, 3, 1)
    weekly_at_most: int = 8  # weekly reminders while overdue
    owner_after_days: int = 7  # days overdue after which the policy's owner gets a list
    summary_weekday: int = 0  # Monday; weekly summary to the Business Manager


@dataclass(frozen=True)
class ClosedSettings:
    weekends: bool = True
    bank_holidays: str = "England"  # England | Wales | Scotland | Northern Ireland | "" for none
    days: tuple[Closure, ...] = ()


@dataclass(frozen=True)
class MailSettings:
    sender: str = ""  # "Name <address>"; the Business Manager's contact where not set
    reply_to: str = ""
    bounce_address: str = ""  # envelope sender
    per_minute: int = 30
    per_day: int = 10_000
    connections: int = 3
    timeout_seconds: int = 30
    bounces: str = ""  # a source for `ack bounces`, polled by `ack due`; no secrets here


@dataclass(frozen=True)
class School:
    """A school's settings. Contacts are keyed by role, exactly as policies name them."""

    name: str
    base_address: str  # https://policies.school.example, no slash at the end
    contacts: Mapping[str, Contact]
    categories: tuple[str, ...]
    time_zone: str = "Europe/London"
    notice: NoticeSettings = field(default_factory=NoticeSettings)
    reminders: ReminderSettings = field(default_factory=ReminderSettings)
    closed: ClosedSettings = field(default_factory=ClosedSettings)
    managers: tuple[Manager, ...] = ()
    mail: MailSettings = field(default_factory=MailSettings)
