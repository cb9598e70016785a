"""What a school sets in `school.toml`, read and checked."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from email.utils import parseaddr

from handbook.policy.errors import Fault
from handbook.policy.settings import Table, read_toml

BANK_HOLIDAYS = ("England", "Wales", "Scotland", "Northern Ireland", "")
MANAGER_ROLES = ("manager", "reader")
APPROVERS = ("Board of Governors",)
BUSINESS_MANAGER = "Business Manager"
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\Z")
_BASE = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[\w.~-]+)*\Z")


@dataclass(frozen=True)
class Contact:
    """Someone to ask, named by role. `name` may be empty: roles outlast people."""

    role: str
    email: str
    name: str = ""


@dataclass(frozen=True)
class Manager:
    """Someone who signs in at the desk. A `reader` sees and exports; `site` or `team_of` narrows what a
    reader sees."""

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
    in_force_days: int = 14  # by when somebody asked about what is in force already acknowledges


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
    approvers: tuple[str, ...] = APPROVERS
    notice: NoticeSettings = field(default_factory=NoticeSettings)
    reminders: ReminderSettings = field(default_factory=ReminderSettings)
    closed: ClosedSettings = field(default_factory=ClosedSettings)
    managers: tuple[Manager, ...] = ()
    mail: MailSettings = field(default_factory=MailSettings)


def parse_school(source: str, file: str = "school.toml") -> tuple[School | None, tuple[Fault, ...]]:
    """The settings, or None with every fault found. What is left out has its default; unknown settings are
    faults."""
    top = read_toml(source, file)
    if top.faults:
        return None, tuple(top.faults)
    contacts = _contacts(top.table("contacts"))
    school = School(
        name=top.text("name", required=True),
        base_address=_base_address(top),
        contacts=contacts,
        categories=top.texts("categories", required=True),
        time_zone=_time_zone(top),
        approvers=top.texts("approvers") or APPROVERS,
        notice=_notice(top.table("notice")),
        reminders=_reminders(top.table("reminders")),
        closed=_closed(top.table("closed")),
        managers=tuple(_managers(top)),
        mail=_mail(top.table("mail"), contacts),
    )
    if "categories" in top.values and not school.categories:
        top.fault("categories", "expected at least one category of people on the roster")
    top.finish()
    return (None if top.faults else school), tuple(top.faults)


def _base_address(top: Table) -> str:
    address = top.text("base_address", required=True)
    if address and not _BASE.match(address):
        top.fault(
            "base_address",
            "expected an address such as https://policies.school.example, without a slash at "
            f"the end, found {address!r}",
        )
    return address


def _time_zone(top: Table) -> str:
    zone = top.text("time_zone", "Europe/London")
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        top.fault("time_zone", f"expected a time zone such as Europe/London, found {zone!r}")
    return zone


def _contacts(table: Table) -> dict[str, Contact]:
    contacts = {}
    for role in table.values:
        inner = table.table(role)
        contacts[role] = Contact(role, _address(inner, "email", required=True), inner.text("name"))
        inner.finish()
    if not contacts:
        table.faults.append(
            Fault(
                table.file,
                1,
                0,
                "contacts",
                f'expected at least one contact, such as [contacts."{BUSINESS_MANAGER}"] with an email',
            )
        )
    return contacts


def _address(table: Table, name: str, *, required: bool = False) -> str:
    address = table.text(name, required=required)
    if address and not _ADDRESS.match(address):
        table.fault(name, f"expected an e-mail address such as office@school.example, found {address!r}")
    return address


def _notice(table: Table) -> NoticeSettings:
    settings = NoticeSettings(
        period_months=table.number("period_months", NoticeSettings.period_months, least=1, most=24),
        deemed_days=table.number("deemed_days", NoticeSettings.deemed_days, most=31),
        joiner_days=table.number("joiner_days", NoticeSettings.joiner_days, least=1, most=366),
        in_force_days=table.number("in_force_days", NoticeSettings.in_force_days, least=1, most=366),
    )
    table.finish()
    return settings


def _reminders(table: Table) -> ReminderSettings:
    settings = ReminderSettings(
        days_before=table.numbers("days_before", ReminderSettings.days_before),
        weekly_at_most=table.number("weekly_at_most", ReminderSettings.weekly_at_most, most=520),
        owner_after_days=table.number(
            "owner_after_days", ReminderSettings.owner_after_days, least=1, most=366
        ),
        summary_weekday=table.number("summary_weekday", ReminderSettings.summary_weekday, most=6),
    )
    table.finish()
    return settings


def _closed(table: Table) -> ClosedSettings:
    days = []
    for inner in table.tables("days"):
        first = inner.day("first")
        last = inner.day("last") if "last" in inner.values else first
        inner.used.add("last")
        if first and last and last < first:
            inner.fault("last", f"expected a day on or after first ({first}), found {last}")
        elif first and last:
            days.append(Closure(first, last, inner.text("name")))
        inner.used.add("name")
        inner.finish()
    settings = ClosedSettings(
        weekends=table.yes("weekends", ClosedSettings.weekends),
        bank_holidays=table.choice("bank_holidays", BANK_HOLIDAYS, ClosedSettings.bank_holidays),
        days=tuple(days),
    )
    table.finish()
    return settings


def _managers(top: Table) -> list[Manager]:
    managers: list[Manager] = []
    for inner in top.tables("managers"):
        manager = Manager(
            address=_address(inner, "address", required=True),
            role=inner.choice("role", MANAGER_ROLES, "manager"),
            name=inner.text("name"),
            site=inner.text("site"),
            team_of=inner.text("team_of"),
        )
        if manager.address.lower() in {m.address.lower() for m in managers}:
            inner.fault("address", f"expected each manager once, found {manager.address!r} again")
        if manager.role == "manager" and (manager.site or manager.team_of):
            inner.fault("role", "expected reader, as only a reader can be limited to a site or a team")
        inner.finish()
        managers.append(manager)
    return managers


def _mail(table: Table, contacts: Mapping[str, Contact]) -> MailSettings:
    settings = MailSettings(
        sender=table.text("sender"),
        reply_to=_address(table, "reply_to"),
        bounce_address=_address(table, "bounce_address"),
        per_minute=table.number("per_minute", MailSettings.per_minute, least=1),
        per_day=table.number("per_day", MailSettings.per_day, least=1),
        connections=table.number("connections", MailSettings.connections, least=1, most=50),
        timeout_seconds=table.number("timeout_seconds", MailSettings.timeout_seconds, least=1, most=600),
        bounces=table.text("bounces"),
    )
    if settings.sender and not _ADDRESS.match(parseaddr(settings.sender)[1]):
        table.fault("sender", f"expected an address, or Name <address>, found {settings.sender!r}")
    if not settings.sender and BUSINESS_MANAGER not in contacts:
        table.fault("sender", f"expected who sends the e-mail, as there is no contact for {BUSINESS_MANAGER}")
    if re.search(r"://[^/@]*:[^/@]*@", settings.bounces):
        table.fault("bounces", "expected no password here; secrets stand in the environment")
    table.finish()
    return settings
