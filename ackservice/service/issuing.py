"""Issuing a notice: who is concerned, what speaks against it, and freezing the recipients."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import date, datetime

from ackservice.domain.notice import Basis, Notice, Rule
from ackservice.domain.roster import Person
from ackservice.domain.status import has_left
from ackservice.errors import NoticeRefused, ShortNotice
from ackservice.ledger import canonical
from ackservice.mail.messages import day
from ackservice.service.context import Service
from ackservice.storage import cuts, deliveries, notices
from ackservice.storage import roster as roster_rows
from ackservice.storage.store import Transaction
from handbook.policy.errors import FaultsFound, HandbookError
from handbook.policy.notice_period import last_day_of_notice, short_by_days
from handbook.policy.version import Change, Policy, PolicyVersion, Stage


@dataclass(frozen=True)
class Reason:
    """What speaks against a notice, with the command that helps; and how it is said at the desk, where there
    are no commands."""

    text: str
    at_desk: str = ""


@dataclass(frozen=True)
class Preview:
    """What issuing a notice now would do. `short_by_days` is 0 when it is in time."""

    notice: Notice
    version: PolicyVersion
    previous: PolicyVersion | None
    people: tuple[Person, ...]
    by_email: int
    on_paper: int
    short_by_days: int
    last_day: date


def preview(service: Service, policy: str, version: str, *, now: datetime, again: str = "") -> Preview:
    """What issuing would do now. Raises NoticeRefused with every reason against it; a short notice is not
    one."""
    found = _find(service, policy, version)
    with service.store.read() as connection:
        return _preview(service, connection, *found, service.today(now), again)


def issue(
    service: Service,
    policy: str,
    version: str,
    *,
    now: datetime,
    issued_by: str,
    short_reason: str = "",
    again: str = "",
) -> Preview:
    """Issue a notice: freeze its recipients and queue their messages, all in one transaction.

    Raises NoticeRefused, and ShortNotice when the notice would be short and no reason is given.
    """
    policy_and_version = _find(service, policy, version)
    with service.store.write(now) as tx:
        found = _preview(service, tx.connection, *policy_and_version, service.today(now), again)
        if found.short_by_days and not short_reason.strip():
            raise ShortNotice(
                found.notice.policy,
                version,
                len(found.people),
                found.short_by_days,
                f"{found.last_day:%A} {found.last_day}",
            )
        kept = keep_texts(tx, found.version, found.previous, found.notice.former_ids)
        notice_id = notices.add(
            tx,
            found.notice,
            issued_by=issued_by,
            short_reason=short_reason.strip() if found.short_by_days else None,
            **kept,
        )
        for person in found.people:
            add_recipient(service, tx, replace(found.notice, id=notice_id), person, found.notice.basis)
        return replace(found, notice=replace(found.notice, id=notice_id))


def add_recipient(service: Service, tx: Transaction, notice: Notice, person: Person, basis: Basis) -> int:
    """Freeze one person as a recipient and queue the notice to them, if they have an address."""
    recipient_id = notices.add_recipient(tx, notice.id, person, basis)
    if person.email:
        deliveries.add(
            tx,
            "notice",
            host=service.settings.mail_host,
            person_id=person.person_id,
            address=person.email,
            items=[recipient_id],
        )
    return recipient_id


def audience(people: dict[str, Person], categories: tuple[str, ...], on: date) -> tuple[Person, ...]:
    """Who of the roster is concerned on that day: joined, not left, and of the audience's categories."""
    return tuple(person for person in people.values() if is_concerned(person, categories, on))


def is_concerned(person: Person, categories: tuple[str, ...], on: date) -> bool:
    """Whether a person is there on that day and in an audience; an empty audience is everyone."""
    is_there = not has_left(person.left_on, on) and (person.joined_on is None or person.joined_on <= on)
    return is_there and (not categories or person.category in categories)


def keep_texts(
    tx: Transaction, version: PolicyVersion, previous: PolicyVersion | None, former: tuple[str, ...]
) -> dict[str, object]:
    """Keep the text, the one before and the change entry in the database; returns what the notice's row says
    of them.

    The entry names the policy's former ids, so that its notices are known as one policy's years later and
    without the handbook.
    """
    if version.text:
        tx.keep_document(version.text.canonical)
    kept: dict[str, object] = {"entry_digest": tx.keep_document(canonical(_entry(version, previous, former)))}
    if previous and previous.text:
        kept["previous_version"] = previous.label
        kept["previous_digest"] = tx.keep_document(previous.text.canonical)
    return kept


def _preview(
    service: Service,
    connection: sqlite3.Connection,
    policy: Policy,
    version: PolicyVersion,
    today: date,
    again: str,
) -> Preview:
    label = version.label
    cut = cuts.last_cut(connection)
    issued = [
        n for n in notices.of_version(connection, policy.all_ids, label, cut) if n.basis is not Basis.JOINING
    ]
    reasons = _reasons(policy, version, issued, today, again)
    previous = policy.before(version)
    text = version.text or (previous.text if previous else None)
    categories = text.audience if text else ()
    people = audience(roster_rows.people(connection, cut), categories, today)
    if not people:
        who = ", ".join(categories) or "everyone"
        nobody = f"nobody on the roster is concerned today (audience: {who})"
        reasons.append(
            Reason(
                f"{nobody}; import the roster with: ack roster import FILE",
                f"{nobody}. Take in a roster file first, on the page People",
            )
        )
    if reasons:
        raise NoticeRefused(
            policy.id, label, [r.text for r in reasons], [r.at_desk or r.text for r in reasons]
        )
    rules = service.settings.school.notice
    rule = Rule(rules.period_months, rules.deemed_days, rules.joiner_days)
    notice = Notice(
        id=0,
        policy=policy.id,
        version=label,
        title=text.title if text else policy.id,
        digest=version.text.digest if version.text else None,
        change=version.entry.change,
        effective_on=version.effective_on,
        issued_on=today,
        basis=Basis.NEW_ROUND if again else Basis.CHANGE,
        round=again,
        audience=categories,
        rule=rule,
        former_ids=policy.former_ids,
    )
    short = (
        0
        if again
        else short_by_days(today, version.effective_on, rule.period_months, deemed_days=rule.deemed_days)
    )
    by_email = sum(bool(person.email) for person in people)
    return Preview(
        notice=notice,
        version=version,
        previous=previous,
        people=people,
        by_email=by_email,
        on_paper=len(people) - by_email,
        short_by_days=short,
        last_day=last_day_of_notice(version.effective_on, rule.period_months, deemed_days=rule.deemed_days),
    )


def _find(service: Service, policy_id: str, label: str) -> tuple[Policy, PolicyVersion]:
    try:
        policy = service.library().policy(policy_id)
        return policy, policy.version(label)
    except FaultsFound as error:
        raise NoticeRefused(policy_id, label, ["the handbook has faults", *map(str, error.faults)]) from error
    except HandbookError as error:
        raise NoticeRefused(policy_id, label, [str(error)]) from error


def _reasons(
    policy: Policy, version: PolicyVersion, issued: list[Notice], today: date, again: str
) -> list[Reason]:
    reasons = []
    stage = policy.stage(version, today)
    entry = version.entry
    if entry.approved_by and entry.approved_on and entry.approved_on > today:
        reasons.append(
            Reason(
                f"the approval is dated {entry.approved_on}, which is after today ({today})",
                f"the approval is dated {day(entry.approved_on)}, which is after today",
            )
        )
    elif stage is Stage.DRAFT:
        reasons.append(
            Reason(
                "no approval is recorded; once the Board of Governors has approved the version: "
                f"handbook approve {policy.id} {version.label} --by WHO --on DATE",
                "no approval is recorded. Once the Board of Governors has approved the version, whoever looks after the "
                "handbook’s files records who approved it and on what day; notice can be given after that",
            )
        )
    if stage in (Stage.SUPERSEDED, Stage.WITHDRAWN) and version.entry.change is not Change.WITHDRAWN:
        reasons.append(Reason(f"the version is no longer in force ({stage})"))
    if issued and not again:
        reasons.append(
            Reason(
                f"a notice was issued already, on {issued[-1].issued_on}; remind people with: ack remind, "
                'or begin a new round with --again "its name"',
                f"notice was given already, on {day(issued[-1].issued_on)}. Remind people from the page of that notice"
                + (", or ask everybody again from the page Policies" if stage is Stage.IN_FORCE else ""),
            )
        )
    if again and not issued:
        reasons.append(
            Reason(
                "a new round needs a first notice; issue it without --again",
                "everybody can be asked again only after a first notice",
            )
        )
    if again and any(notice.round == again for notice in issued):
        reasons.append(
            Reason(
                f"the round {again!r} was issued already",
                f"everybody has been asked again already under the name “{again}”",
            )
        )
    if again and issued and stage is not Stage.IN_FORCE:
        reasons.append(
            Reason(
                f"a new round is for a version in force; this one is {stage}",
                f"everybody can be asked again about a version in force; this one is {stage}",
            )
        )
    return reasons


def _entry(
    version: PolicyVersion, previous: PolicyVersion | None, former: tuple[str, ...]
) -> dict[str, object]:
    text = version.text or (previous.text if previous else None)
    entry = version.entry
    return {
        "policy": entry.policy,
        **({"former_ids": list(former)} if former else {}),
        "version": entry.version,
        "change": str(entry.change),
        "supersedes": entry.supersedes,
        "approved_by": entry.approved_by,
        "approved_on": entry.approved_on.isoformat() if entry.approved_on else None,
        "seal": entry.seal,
        "summary": entry.summary,
        "changes": [
            {"section": item.section, "what": item.what, "text": item.text} for item in entry.changes
        ],
        "owner": text.owner if text else "",
        "questions": text.questions if text else "",
        "suggestions": text.suggestions if text else "",
        "review_by": text.review_by.isoformat() if text and text.review_by else None,
    }
