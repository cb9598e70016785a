"""The e-mails the service writes: the facts each one needs, and how facts become a subject, a text and HTML.
Pure.

An e-mail is a subclass of `Facts` and the folder in `templates/` that it names. Facts have no defaults: who
makes them says all of it. Dates are days, `*_at` aware datetimes; links are whole addresses made elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from handbook.policy.school import Contact
from handbook.policy.version import ChangeItem

TEXT_WIDTH = 72


@dataclass(frozen=True)
class Composed:
    """A message for people: `text` wrapped to TEXT_WIDTH but for links, which stand whole on lines of their
    own."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What an e-mail is made of; `reply` is who reads the answers."""

    template: ClassVar[str]  # its folder in `templates/`
    school: str
    reply: Contact


class NoticeKind(StrEnum):
    """Why somebody is given notice of a version."""

    CHANGE = "change"
    NEW = "new"
    JOINING = "joining"
    IN_FORCE = "in force"
    ROUND = "round"
    BY_NAME = "by name"
    NO_LONGER_COVERED = "no longer covered"
    CLARIFICATION = "clarification"
    WITHDRAWAL = "withdrawal"

    @property
    def asks(self) -> bool:
        """Whether the person is asked to acknowledge."""
        return self not in (NoticeKind.NO_LONGER_COVERED, NoticeKind.CLARIFICATION, NoticeKind.WITHDRAWAL)


@dataclass(frozen=True)
class NoticeItem:
    """One policy version somebody is given notice of.

    `due_on` is None for kinds that ask for nothing, and for who has acknowledged already or is excused.
    `short_by_days` above 0 makes the e-mail say that the change binds this person from `binds_from` only.
    `summary` is the change entry's Markdown. `in_force`: whether the version has taken effect on the day of
    the e-mail.
    """

    kind: NoticeKind
    policy_title: str
    version: str
    effective_on: date
    binds_from: date
    due_on: date | None
    summary: str
    ask: Contact
    link: str
    changes: tuple[ChangeItem, ...]
    short_by_days: int
    round_title: str
    text_link: str
    in_force: bool


@dataclass(frozen=True, kw_only=True)
class NoticeFacts(Facts):
    """One e-mail with one or more policies. `category` is the person's, in words
    ("Teacher")."""

    template = "notice"
    person: str
    category: str
    items: tuple[NoticeItem, ...]


@dataclass(frozen=True)
class ReminderItem:
    """One policy version still outstanding; `days_overdue` is 0 until the day after `due_on`."""

    policy_title: str
    version: str
    effective_on: date
    binds_from: date
    due_on: date
    days_overdue: int
    ask: Contact
    link: str


@dataclass(frozen=True, kw_only=True)
class ReminderFacts(Facts):
    """Everything one person has still to acknowledge."""

    template = "reminder"
    person: str
    items: tuple[ReminderItem, ...]


@dataclass(frozen=True)
class OwedItem:
    """What somebody was asked before and still has to acknowledge."""

    policy_title: str
    version: str
    due_on: date
    link: str


@dataclass(frozen=True)
class RecallItem:
    """A notice that is recalled; `owed` is what is still to be acknowledged of that policy."""

    policy_title: str
    version: str
    acknowledged: bool
    owed: tuple[OwedItem, ...]
    ask: Contact


@dataclass(frozen=True, kw_only=True)
class RecallFacts(Facts):
    """To everybody who was notified: the notice asks nothing any more."""

    template = "recall"
    person: str
    items: tuple[RecallItem, ...]


@dataclass(frozen=True)
class PostponedItem:
    """A version that takes effect later than people were notified; `due_on` is None for who owes nothing."""

    policy_title: str
    version: str
    effective_on: date
    binds_from: date
    due_on: date | None
    acknowledged: bool
    ask: Contact
    link: str


@dataclass(frozen=True, kw_only=True)
class PostponedFacts(Facts):
    """To everybody who was notified: the new date."""

    template = "postponed"
    person: str
    items: tuple[PostponedItem, ...]


@dataclass(frozen=True, kw_only=True)
class ReceiptFacts(Facts):
    """`recorded_by` is set when the school recorded a paper acknowledgement; `name_to_confirm` where the
    typed name is unlike the one on the roster, and counts once a manager confirms it."""

    template = "receipt"
    person: str
    policy_title: str
    version: str
    digest: str
    effective_on: date
    acknowledged_at: datetime
    typed_name: str
    receipt_number: str
    ledger_head: str
    link: str
    text_link: str
    recorded_by: str
    time_zone: str
    name_to_confirm: bool


@dataclass(frozen=True, kw_only=True)
class SignInFacts(Facts):
    """A manager's link to the desk."""

    template = "sign-in"
    person: str
    link: str
    minutes: int


@dataclass(frozen=True)
class OpenNotice:
    """One open notice in the weekly summary, each person counted once in each figure.

    `missing` are names of those who have not acknowledged, overdue ones first; `notes` are further figures in
    words, such as "2 not notified yet".
    """

    policy_title: str
    version: str
    effective_on: date
    asked: int
    acknowledged: int
    overdue: int
    notes: tuple[str, ...]
    missing: tuple[str, ...]
    link: str


@dataclass(frozen=True)
class EndedNotice:
    """A notice closed or recalled lately; `how` is the word for it."""

    policy_title: str
    version: str
    how: str
    on: date
    reason: str
    by: str


@dataclass(frozen=True)
class Undeliverable:
    """An address mail cannot reach, and what the server said of it."""

    person: str
    address: str
    policy_title: str
    answer: str


@dataclass(frozen=True)
class LastDay:
    """The latest day to give notice of a version or a planned date."""

    policy_title: str
    effective_on: date
    last_day_on: date


@dataclass(frozen=True)
class ReviewLine:
    """A version whose review is due."""

    policy_title: str
    version: str
    owner: str
    review_by: date


@dataclass(frozen=True, kw_only=True)
class WeeklySummaryFacts(Facts):
    """To the Business Manager. `warnings` are whole sentences, such as on a secret that expires;
    `overdue_people` counts each person once, however many notices they are overdue with."""

    template = "weekly-summary"
    person: str
    on: date
    notices: tuple[OpenNotice, ...]
    ended: tuple[EndedNotice, ...]
    overdue_people: int
    undeliverable: tuple[Undeliverable, ...]
    last_days: tuple[LastDay, ...]
    reviews: tuple[ReviewLine, ...]
    warnings: tuple[str, ...]
    ledger_head: str
    ledger_lines: int
    link: str


@dataclass(frozen=True)
class OverduePerson:
    """Somebody overdue, for the owner's list."""

    person: str
    category: str
    days_overdue: int
    last_sent_on: date | None


@dataclass(frozen=True)
class OverdueNotice:
    """One notice on an owner's list, and who is overdue with it."""

    policy_title: str
    version: str
    people: tuple[OverduePerson, ...]


@dataclass(frozen=True, kw_only=True)
class OwnerOverdueFacts(Facts):
    """Who is overdue, to the owner named in the policies: one list of all of theirs.

    `people` counts each person once.
    """

    template = "owner-overdue"
    owner: str
    notices: tuple[OverdueNotice, ...]
    people: int
    link: str


@dataclass(frozen=True, kw_only=True)
class ReviewDueFacts(Facts):
    """A version's review date is coming, or past (`days_left` below 0)."""

    template = "review-due"
    owner: str
    policy_title: str
    version: str
    review_by: date
    days_left: int
    suggestions: int
    link: str


@dataclass(frozen=True, kw_only=True)
class QuestionFacts(Facts):
    """What somebody asked or suggested, sent on. `about` is "question" or
    "suggestion"."""

    template = "question"
    about: str
    to: str
    person: str
    address: str
    policy_title: str
    version: str
    text: str
    asked_at: datetime
    link: str
    time_zone: str


@dataclass(frozen=True, kw_only=True)
class TrialFacts(Facts):
    """The message of `ack mail test`."""

    template = "test"
    transport: str
    sent_at: datetime
    time_zone: str


def compose(facts: Facts) -> Composed:
    """The e-mail these facts make."""
    subject, text, html = _templates(facts.template)
    subject_line = " ".join(subject.render(f=facts).split())
    return Composed(
        subject=subject_line,
        text=fill(text.render(f=facts)),
        html=_squeeze(html.render(f=facts, title=subject_line)),
    )


def day(value: date) -> str:
    """`Wednesday 1 September 2021`."""
    return f"{value:%A} {value.day} {value:%B} {value.year}"


def moment(value: datetime, time_zone: str) -> str:
    """`Wednesday 1 September 2021 at 09:05:07 (BST, Europe/London)`."""
    local = value.astimezone(ZoneInfo(time_zone))
    return f"{day(local.date())} at {local:%H:%M:%S} ({local:%Z}, {time_zone})"


@lru_cache(maxsize=256)
def plain(markdown: str) -> tuple[str, ...]:
    """The paragraphs of a short Markdown text as plain words: links by their text, no marks of emphasis."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    text = re.sub(r"(\*\*|__|`)(.+?)\1", r"\2", text)
    text = re.sub(r"(?<!\w)([*_])(?=\S)(.+?)(?<=\S)\1(?!\w)", r"\2", text)
    return tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip())


def count(number: int, one: str, many: str = "") -> str:
    """`1 day`, `2 days`, `no days`."""
    return f"{number or 'no'} {one if number == 1 else many or one + 's'}"


def fill(text: str) -> str:
    """The text with lines wrapped at spaces, lists hanging, at most one empty line in a row. Links are never
    broken."""
    lines = [piece for line in text.strip().splitlines() for piece in _fill_line(line.rstrip())]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


@lru_cache(maxsize=2048)
def _fill_line(line: str) -> tuple[str, ...]:
    if len(line) <= TEXT_WIDTH:
        return (line,)
    words = re.sub(r"^\s*(?:[->] )?", "", line)
    indent = line.removesuffix(words)
    done: list[str] = []
    current, hang = indent, indent.replace("-", " ")
    for word in words.split():
        if len(current) + len(word) + 1 > TEXT_WIDTH and current.strip(" ->"):
            done.append(current)
            current = hang
        current = f"{current} {word}" if current.strip(" ->") else current + word
    return (*done, current)


def _squeeze(html: str) -> str:
    return "\n".join(line for raw in html.splitlines() if (line := raw.strip())) + "\n"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {"day": day, "moment": moment, "plain": plain, "count": count}
    return environment


@cache
def _templates(name: str) -> tuple[Template, ...]:
    environment = _environment()
    return tuple(
        environment.get_template(f"{name}/{part}") for part in ("subject.txt", "body.txt", "body.html")
    )
