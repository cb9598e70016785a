"""Questions and suggestions from staff: sent to the role a policy names, and kept at the desk until answered.

Asking is not acknowledging: it records nothing else and stops no reminder. Answering happens in an e-mail of
the person's own or in person; the desk records that it happened.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from ackservice.domain.audience import Scope
from ackservice.domain.roster import Person
from ackservice.errors import NotAllowed, NotFound
from ackservice.mail import messages
from ackservice.service import acknowledging
from ackservice.service.acknowledging import LinkView
from ackservice.service.context import Service
from ackservice.storage import cuts, deliveries, roster
from ackservice.storage import questions as rows
from ackservice.storage.store import Transaction, moment, stamp
from handbook.policy.school import Contact

LONGEST_TEXT = 2000  # characters
MOST_A_DAY = 5  # by one person
LONGEST_NOTE = 1000
PAGE = 25


class About(StrEnum):
    """What staff can send."""

    QUESTION = "question"
    SUGGESTION = "suggestion"


class TooManyQuestions(NotAllowed):
    """Somebody has sent as many today as are taken."""


@dataclass(frozen=True)
class Asked:
    """One question or suggestion as the desk shows it; texts are empty once the person has been erased."""

    id: int
    about: About
    asked_at: datetime
    person_id: str
    name: str
    category: str
    address: str
    title: str
    version: str
    notice_id: int | None
    to_role: str
    text: str
    answered_at: datetime | None = None
    answered_by: str = ""
    note: str = ""


@dataclass(frozen=True)
class Listed:
    """One page of a list."""

    asked: tuple[Asked, ...]
    number: int
    pages: int
    waiting: int
    answered: int


def sent_to(service: Service, link: LinkView, about: About) -> Contact:
    """Who gets it: the role that the policy names for it, else its owner."""
    named = link.entry.questions if about is About.QUESTION else link.entry.suggestions
    return service.settings.contact(named or link.entry.owner)


def ask(service: Service, token: str, about: About, text: str, now: datetime) -> Contact:
    """Take a question or suggestion from the holder of a link and send it on; returns to whom.

    The same text sent twice on a day is taken once. Raises as `acknowledging.view`, NotAllowed for a text
    that says nothing or is far too long, and TooManyQuestions.
    """
    link = acknowledging.view(service, token, now)
    text = _checked(text)
    contact = sent_to(service, link, about)
    with service.store.write(now) as tx:
        today = rows.asked_since(tx.connection, link.person.person_id, _start_of_day(service, now))
        if any(
            (row["kind"], row["policy"], row["text"]) == (about, link.shown.policy, text) for row in today
        ):
            return contact
        if len(today) >= MOST_A_DAY:
            raise TooManyQuestions(
                f"you have sent {MOST_A_DAY} today; please write to the {contact.role} at {contact.email}"
            )
        _record(service, tx, link, about, text, contact)
    return contact


def listed(service: Service, scope: Scope, *, answered: bool, number: int) -> Listed:
    """One page of what waits for an answer, or of what has been answered."""
    with service.store.read() as connection:
        waiting, done = (_visible(connection, scope, answered=which) for which in (False, True))
        chosen = done if answered else waiting
        pages = max(1, -(-len(chosen) // PAGE))
        number = min(max(1, number), pages)
        shown = chosen[(number - 1) * PAGE : number * PAGE]
        asked = tuple(_asked(row, _person(connection, row)) for row in shown)
    return Listed(asked, number, pages, len(waiting), len(done))


def answered_of(service: Service, recipient_id: int) -> list[int]:
    """The numbers of a recipient's questions that have been answered."""
    with service.store.read() as connection:
        return rows.answered_of(connection, recipient_id)


def check_visible(service: Service, question_id: int, scope: Scope) -> None:
    """Raises NotFound unless there is such a question, and it may be seen."""
    with service.store.read() as connection:
        row = rows.one(connection, question_id)
        if row is None or not _sees(connection, scope, row):
            raise NotFound("there is no such question")


def answer(service: Service, question_id: int, note: str, *, by: str, scope: Scope, now: datetime) -> None:
    """Record that a question was answered, how, and by whom.

    Raises NotFound unless it waits, and NotAllowed for a bad note.
    """
    note = note.strip()
    if not note or len(note) > LONGEST_NOTE:
        raise NotAllowed(f"write in a sentence how it was answered, in {LONGEST_NOTE} characters or fewer")
    with service.store.write(now) as tx:
        row = rows.one(tx.connection, question_id)
        if row is None or row["answer_id"] or not _sees(tx.connection, scope, row):
            raise NotFound("there is no such question, or it has been answered already")
        tx.record("question.answered", question_id=question_id, note=note, answered_by=by)


def _visible(connection: sqlite3.Connection, scope: Scope, *, answered: bool) -> list[sqlite3.Row]:
    return [row for row in rows.listed(connection, answered=answered) if _sees(connection, scope, row)]


def _sees(connection: sqlite3.Connection, scope: Scope, row: sqlite3.Row) -> bool:
    return not scope.is_limited or scope.sees(_person(connection, row))


def _person(connection: sqlite3.Connection, row: sqlite3.Row) -> Person | None:
    return roster.person(connection, row["person_id"] or "", cuts.last_cut(connection))


def _checked(text: str) -> str:
    text = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n"))
    if not any(unicodedata.category(character)[0] not in "ZC" for character in text):
        raise NotAllowed("write your question or suggestion in the box")
    if len(text) > LONGEST_TEXT:
        raise NotAllowed(f"this has {len(text)} characters; please say it in {LONGEST_TEXT} or fewer")
    return text


def _start_of_day(service: Service, now: datetime) -> str:
    return stamp(datetime.combine(service.today(now), time.min, ZoneInfo(service.zone)))


def _record(
    service: Service, tx: Transaction, link: LinkView, about: About, text: str, contact: Contact
) -> None:
    person, shown = link.person, link.shown
    number = rows.add(
        tx,
        recipient_id=link.row.id,
        person_id=person.person_id,
        policy=shown.policy,
        version=shown.version,
        kind=str(about),
        to_role=contact.role,
        text=text,
        reply_to=person.email,
    )
    path = f"/policies/{shown.policy}/" + (f"{shown.version}/" if shown.digest else "")
    facts = messages.QuestionFacts(
        school=service.settings.school.name,
        about=str(about),
        to=contact.name or contact.role,
        person=person.name,
        address=person.email,
        policy_title=shown.title,
        version=shown.version,
        text=text,
        asked_at=tx.now,
        link=service.settings.link(path),
        reply=contact,
        time_zone=service.zone,
    )
    composed = messages.compose(facts)
    deliveries.add(
        tx,
        "question",
        host=service.settings.mail_host,
        address=contact.email,
        payload={
            "subject": composed.subject,
            "text": composed.text,
            "html": composed.html,
            "name": contact.name or contact.role,
            "reply_to": person.email,
        },
        occasion=f"question {number}",
    )


def _asked(row: sqlite3.Row, person: Person | None) -> Asked:
    return Asked(
        id=row["id"],
        about=About(row["kind"]),
        asked_at=moment(row["at"]),
        person_id=row["person_id"] or "",
        name=person.name if person else row["name"] or "",
        category=person.category if person else "",
        address=row["reply_to"] or "",
        title=row["title"] or row["policy"],
        version=row["version"],
        notice_id=row["notice_id"],
        to_role=row["to_role"],
        text=row["text"] or "",
        answered_at=moment(row["answered_at"]) if row["answered_at"] else None,
        answered_by=row["answered_by"] or "",
        note=row["note"] or "",
    )
