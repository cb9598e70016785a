"""Giving notice: what speaks against it, who becomes a recipient and why, and one mailing of all that is
given
at once."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from ackservice.domain.audience import Entry, basis_in_force, came_into, is_concerned
from ackservice.domain.history import Book, State
from ackservice.domain.notice import Basis, Notice, Rule
from ackservice.domain.roster import Person
from ackservice.errors import NoticeRefused, ShortNotice
from ackservice.mail.messages import day
from ackservice.service import published, statuses
from ackservice.service.context import AsOf, Service
from ackservice.service.keeping import keep_texts
from ackservice.service.pace import minutes_to_send
from ackservice.service.recipients import Addition, add, tell
from ackservice.storage import deliveries, notices
from ackservice.storage import roster as roster_rows
from ackservice.storage.deliveries import Delivery
from ackservice.storage.store import Transaction
from handbook.policy.errors import FaultsFound, HandbookError
from handbook.policy.notice_period import last_day_of_notice, short_by_days
from handbook.policy.version import Change, Library, Policy, PolicyVersion, Stage, label_key

Wanted = Sequence[tuple[str, str]]
"""Policies and versions, all given in one mailing."""


class Mode(StrEnum):
    """What a notice is given for: a change to come, what is in force already, or a new round."""

    CHANGE = "change"
    IN_FORCE = "in force"
    AGAIN = "again"


@dataclass(frozen=True)
class Reason:
    """What speaks against a notice, with the command that helps; and how it is said at the desk, where there
    are no commands."""

    text: str
    at_desk: str = ""


@dataclass(frozen=True)
class NoticePreview:
    """What giving notice of one version does. `short_by_days` is 0 when it is in time.

    The notice has a number already where a joiner opened it.
    """

    notice: Notice
    policy: Policy
    version: PolicyVersion
    added: tuple[Addition, ...]
    short_by_days: int
    last_day: date

    @property
    def people(self) -> tuple[Person, ...]:
        return tuple(addition.person for addition in self.added)


@dataclass(frozen=True)
class MailingPreview:
    """What issuing does: each notice, and one e-mail or letter to each person.

    `late_by_pace` is how many people would be notified after the last day of notice although it is not
    over yet,
    because the set pace reaches past its end. `unpublished` names versions whose page is not public yet.
    """

    items: tuple[NoticePreview, ...]
    sent_by: datetime
    late_by_pace: int = 0
    unpublished: tuple[str, ...] = ()

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody concerned, once."""
        return tuple({p.person_id: p for item in self.items for p in item.people}.values())

    @property
    def by_email(self) -> int:
        return sum(bool(person.email) for person in self.people)

    @property
    def on_paper(self) -> int:
        return len(self.people) - self.by_email

    @property
    def short_by_days(self) -> int:
        """The largest number of days that a notice of it is short by, by its issue alone."""
        return max(item.short_by_days for item in self.items)

    @property
    def needs_reason(self) -> bool:
        """Whether it tells people too late, which needs a reason that is kept."""
        return bool(self.short_by_days or self.late_by_pace)


def preview(
    service: Service, wanted: Wanted, *, now: datetime, mode: Mode = Mode.CHANGE, round_: str = ""
) -> MailingPreview:
    """What issuing would do now. Raises NoticeRefused with every reason against it; short notice is not
    one."""
    mailing = _look(service, wanted, mode, round_.strip(), now)
    missing = published.not_public(service, [item.version for item in mailing.items])
    return replace(mailing, unpublished=tuple(f"{v.policy} {v.label}" for v in missing))


def issue(
    service: Service,
    wanted: Wanted,
    *,
    now: datetime,
    issued_by: str,
    mode: Mode = Mode.CHANGE,
    round_: str = "",
    short_reason: str = "",
    unpublished_reason: str = "",
) -> MailingPreview:
    """Give notice of these versions in one mailing: record recipients and queue messages, in one transaction.

    Raises NoticeRefused; ShortNotice when people would be told too late and no reason is given; and
    NotPublished
    when a page is not public yet and no reason is given.
    """
    looked_at = _look(service, wanted, mode, round_.strip(), now)
    _refuse_late(service, looked_at, short_reason.strip(), now)
    versions = [item.version for item in looked_at.items]
    missing = published.publish(service, versions, unpublished_reason.strip(), now)
    library = _library(service, wanted)
    with service.store.write(now) as tx:
        scene = _Scene.at(service, tx.connection, library, service.in_write(tx))
        mailing = _mailing(scene, wanted, mode, round_.strip(), now)
        _refuse_late(service, mailing, short_reason.strip(), now)
        kept = {
            "issued_by": issued_by,
            "short_reason": short_reason.strip() if mailing.needs_reason else None,
            "unpublished_reason": unpublished_reason.strip() if missing else None,
        }
        return _record(service, tx, mailing, kept, mailing.people)


def record_for(service: Service, tx: Transaction, mailing: MailingPreview, person: Person) -> Delivery:
    """Record a mailing as if that person, who has an address, were its only recipient; returns their message.

    For a look at the e-mail, after which the transaction is rolled back.
    """
    _record(service, tx, mailing, {"issued_by": ""}, [person])
    return deliveries.newest(tx.connection)


def all_on_notice(service: Service, now: datetime) -> list[tuple[str, str]]:
    """Every approved version still to take effect that no notice has been given of and that concerns
    somebody."""
    return _without_notice(
        service, now, lambda policy, today: [v for v in policy.on_notice(today) if v.is_approved(today)]
    )


def all_in_force_without_notice(service: Service, now: datetime) -> list[tuple[str, str]]:
    """Every version in force that nobody but joiners was given, and its clarifications in effect after it."""
    return _without_notice(service, now, _in_force_with_clarifications)


def _in_force_with_clarifications(policy: Policy, today: date) -> list[PolicyVersion]:
    binding = policy.binding(today)
    return [
        version
        for version in policy.versions
        if binding
        and version.is_approved(today)
        and version.effective_on <= today
        and policy.clarified_by(version) is binding
    ]


def _without_notice(
    service: Service, now: datetime, versions_of: Callable[[Policy, date], list[PolicyVersion]]
) -> list[tuple[str, str]]:
    library = service.library()
    with service.store.read() as connection:
        scene = _Scene.at(service, connection, library, service.as_of(connection, None, now))
    return [
        (policy.id, version.label)
        for policy in library.policies.values()
        for version in versions_of(policy, scene.today)
        if not scene.given(policy, version) and scene.concerned(_audience(policy, version, scene.today))
    ]


@dataclass(frozen=True)
class _Scene:
    """What giving notice is decided from: handbook, notices and roster, at one moment."""

    service: Service
    library: Library
    book: Book
    entries: Mapping[str, Sequence[Entry]]
    first_import_on: date
    today: date
    asked: Mapping[int, frozenset[str]]  # who is a recipient already, by notice that a joiner opened

    @classmethod
    def at(cls, service: Service, connection: sqlite3.Connection, library: Library, as_of: AsOf) -> _Scene:
        book = statuses.book_at(service, connection, as_of)
        opened = [n for n in book.notices if n.basis is Basis.JOINING and book.is_open(n, as_of.on)]
        return cls(
            service,
            library,
            book,
            roster_rows.histories(connection, as_of.cut, service.zone),
            roster_rows.first_import_on(connection, service.zone) or as_of.on,
            as_of.on,
            {
                notice.id: frozenset(
                    row.recipient.person_id
                    for row in statuses.of_notice(service, connection, book, notice, as_of)
                    if row.stay_end is None and row.recipient.basis is not Basis.NO_LONGER_COVERED
                )
                for notice in opened
            },
        )

    def notices_of(self, policy: Policy, version: PolicyVersion) -> list[Notice]:
        """The notices of a version that were not recalled."""
        return self.book.standing_of_version(policy.all_ids, version.label)

    def given(self, policy: Policy, version: PolicyVersion) -> list[Notice]:
        """Those given to the whole audience."""
        return [n for n in self.notices_of(policy, version) if self.book.given(n)]

    def concerned(self, audience: Sequence[str]) -> list[Person]:
        """Who of the roster is in post and in an audience today."""
        people = (entries[-1].person for entries in self.entries.values())
        return [p for p in people if p.name and is_concerned(p, audience, self.today)]

    def addition(
        self, person: Person, audience: Sequence[str], basis: Basis | None, effective_on: date
    ) -> Addition:
        """Somebody of an audience, on a basis, or on that of their own case where the version is in force."""
        came = came_into(self.entries[person.person_id], audience, self.first_import_on)
        assert came is not None  # they are in the audience
        return Addition.of(person, basis or basis_in_force(came, effective_on, self.first_import_on), came)


def _look(service: Service, wanted: Wanted, mode: Mode, round_: str, now: datetime) -> MailingPreview:
    library = _library(service, wanted)
    with service.store.read() as connection:
        scene = _Scene.at(service, connection, library, service.as_of(connection, None, now))
        return _mailing(scene, wanted, mode, round_, now)


def _library(service: Service, wanted: Wanted) -> Library:
    try:
        return service.library()
    except HandbookError as error:
        raise NoticeRefused(*_named(wanted), ["the handbook has faults", str(error)]) from error


def _mailing(scene: _Scene, wanted: Wanted, mode: Mode, round_: str, now: datetime) -> MailingPreview:
    """Raises NoticeRefused with every reason against any of the versions."""
    items: list[NoticePreview] = []
    reasons: list[Reason] = []
    for policy_id, label in dict.fromkeys(wanted):
        try:
            policy = scene.library.policy(policy_id)
            version = policy.version(label)
        except FaultsFound as error:
            reasons += [Reason("the handbook has faults"), *(Reason(str(fault)) for fault in error.faults)]
            continue
        except HandbookError as error:
            reasons.append(Reason(str(error)))
            continue
        together = {item.version.label for item in items if item.policy is policy}
        against = list(_reasons(scene, policy, version, mode, round_, together))
        item = _item(scene, policy, version, mode, round_)
        against += [] if item.added else [_nobody(item.notice.audience)]
        items.append(item)
        name = f"{policy.id} {label}: " if len(wanted) > 1 else ""
        reasons += [Reason(name + r.text, name + (r.at_desk or r.text)) for r in against]
    if not items and not reasons:
        reasons.append(Reason("there is nothing to give notice of"))
    if reasons:
        raise NoticeRefused(
            *_named(wanted), [r.text for r in reasons], [r.at_desk or r.text for r in reasons]
        )
    mailing = MailingPreview(tuple(items), now)
    mail = scene.service.settings.school.mail
    with scene.service.store.read() as connection:
        ahead = deliveries.due_count(connection, now)
    total = ahead + mailing.by_email
    late = 0
    for item in items:
        if mode is Mode.CHANGE and not item.short_by_days:
            in_time = bisect_right(
                range(1, total + 1),
                item.last_day,
                key=lambda n: scene.service.today(now + timedelta(minutes=minutes_to_send(mail, n))),
            )
            late = max(late, total - max(ahead, in_time))
    return replace(mailing, sent_by=now + timedelta(minutes=minutes_to_send(mail, total)), late_by_pace=late)


def _item(scene: _Scene, policy: Policy, version: PolicyVersion, mode: Mode, round_: str) -> NoticePreview:
    opened = [n for n in scene.notices_of(policy, version) if not scene.book.given(n)]
    notice = opened[-1] if opened and mode is Mode.IN_FORCE else _notice(scene, policy, version, mode, round_)
    basis = {Mode.CHANGE: Basis.CHANGE, Mode.AGAIN: Basis.NEW_ROUND}.get(mode)
    asked = scene.asked.get(notice.id, frozenset())
    added = [
        scene.addition(person, notice.audience, basis, version.effective_on)
        for person in scene.concerned(notice.audience)
        if person.person_id not in asked
    ]
    before = _version_before(policy, version)
    if before and before.text and _drops_people(version, mode, scene.first_import_on):
        covered = {addition.person.person_id for addition in added} | asked
        added += [
            scene.addition(person, before.text.audience, Basis.NO_LONGER_COVERED, version.effective_on)
            for person in scene.concerned(before.text.audience)
            if person.person_id not in covered
        ]
    rule, effective_on = notice.rule, version.effective_on
    period = {"months": rule.period_months, "deemed_days": rule.deemed_days}
    return NoticePreview(
        notice=notice,
        policy=policy,
        version=version,
        added=tuple(added),
        short_by_days=short_by_days(scene.today, effective_on, **period) if mode is Mode.CHANGE else 0,
        last_day=last_day_of_notice(effective_on, **period),
    )


def new_notice(
    service: Service, policy: Policy, version: PolicyVersion, basis: Basis, today: date, round_: str = ""
) -> Notice:
    """The notice of a version, as it would be issued today."""
    previous = policy.before(version)
    text = version.text or (previous.text if previous else None)
    rules = service.settings.school.notice
    clarifies = policy.clarified_by(version).label
    return Notice(
        id=0,
        policy=policy.id,
        version=version.label,
        title=text.title if text else policy.id,
        digest=version.text.digest if version.text else None,
        change=version.entry.change,
        effective_on=version.effective_on,
        issued_on=today,
        basis=basis,
        round=round_,
        audience=_audience(policy, version, today),
        rule=Rule(rules.period_months, rules.deemed_days, rules.joiner_days, rules.in_force_days),
        former_ids=policy.former_ids,
        clarifies=clarifies if clarifies != version.label else "",
    )


def _notice(scene: _Scene, policy: Policy, version: PolicyVersion, mode: Mode, round_: str) -> Notice:
    basis = {Mode.CHANGE: Basis.CHANGE, Mode.AGAIN: Basis.NEW_ROUND, Mode.IN_FORCE: Basis.IN_FORCE}[mode]
    return new_notice(scene.service, policy, version, basis, scene.today, round_)


def _audience(policy: Policy, version: PolicyVersion, today: date) -> tuple[str, ...]:
    """A withdrawal concerns everybody whom a version concerns that it ends, in force or on notice."""
    if version.text:
        return version.text.audience
    ended = [v for v in (policy.before(version), policy.in_force(today)) if v and v.text]
    audiences = [v.text.audience for v in ended if v.text]
    if not audiences or () in audiences:
        return ()
    return tuple(dict.fromkeys(category for audience in audiences for category in audience))


def _version_before(policy: Policy, version: PolicyVersion) -> PolicyVersion | None:
    """The version before that is no clarification; it may be a withdrawal, which covers nobody."""
    earlier = [
        v
        for v in policy.versions
        if label_key(v.label) < label_key(version.label) and v.entry.change is not Change.CLARIFICATION
    ]
    return earlier[-1] if earlier else None


def _drops_people(version: PolicyVersion, mode: Mode, first_import_on: date) -> bool:
    """Whether people of the version before have to be told that this one no longer covers them."""
    if mode is Mode.AGAIN or not version.entry.change.must_be_acknowledged:
        return False
    return mode is Mode.CHANGE or version.effective_on >= first_import_on


def _record(
    service: Service,
    tx: Transaction,
    mailing: MailingPreview,
    kept: Mapping[str, str | None],
    people: Sequence[Person],
) -> MailingPreview:
    """Record notices and these of their recipients, and queue one message to each person."""
    today = service.today(tx.now)
    mailing_id = tx.record("mailing.issued", issued_by=kept["issued_by"])
    wanted = {person.person_id for person in people}
    given: dict[str, list[int]] = {}
    items = []
    for item in mailing.items:
        notice = replace(item.notice, mailing_id=item.notice.mailing_id or mailing_id)
        if notice.id:
            tx.record("notice.given", notice_id=notice.id, mailing_id=mailing_id, given_by=kept["issued_by"])
        else:
            notice = replace(
                notice, id=notices.add(tx, notice, **kept, **keep_texts(tx, item.policy, item.version))
            )
        items.append(replace(item, notice=notice))
        for addition in item.added:
            if addition.person.person_id in wanted:
                given.setdefault(addition.person.person_id, []).append(add(tx, notice.id, addition, today))
    for person in people:
        tell(service, tx, person, given[person.person_id])
    return replace(mailing, items=tuple(items))


def _refuse_late(service: Service, mailing: MailingPreview, reason: str, now: datetime) -> None:
    """Raises ShortNotice where people would be told too late and no reason says why."""
    if reason or not mailing.needs_reason:
        return
    item = max(mailing.items, key=lambda each: each.short_by_days)
    people, days = len(item.people), item.short_by_days
    if not days:
        item = min(mailing.items, key=lambda each: each.last_day)
        people = mailing.late_by_pace
        rule, last = item.notice.rule, service.today(mailing.sent_by)
        days = short_by_days(last, item.version.effective_on, rule.period_months, rule.deemed_days)
    raise ShortNotice(
        item.policy.id,
        item.version.label,
        people,
        days,
        f"{item.last_day:%A} {item.last_day}",
        by_pace=not item.short_by_days,
    )


def _reasons(
    scene: _Scene, policy: Policy, version: PolicyVersion, mode: Mode, round_: str, together: set[str]
) -> Iterator[Reason]:
    """What speaks against a notice of a version; `together` are versions of the policy in the same
    mailing."""
    stage = policy.stage(version, scene.today)
    yield from _approval(scene, policy, version, mode)
    if mode is Mode.AGAIN:
        yield from _against_round(scene, policy, version, round_)
        return
    if mode is Mode.IN_FORCE:
        yield from _against_in_force(policy, version, scene.today)
    elif stage is not Stage.DRAFT and version.effective_on <= scene.today:
        yield _took_effect(version, stage)
    elif stage is Stage.WITHDRAWN:
        yield Reason("the policy has been withdrawn; the version will not take effect")
    given = scene.given(policy, version)
    if given:
        yield _issued_already(scene, given[-1], stage)
    elif mode is Mode.IN_FORCE and any(
        scene.book.state(n, scene.today) is State.CLOSED for n in scene.notices_of(policy, version)
    ):
        yield Reason("its notice has been closed", "its notice has been closed")
    base = policy.clarified_by(version)
    if base is not version and base.label not in together and not scene.given(policy, base):
        yield Reason(
            f"it clarifies {base.label}, of which no notice has been given; give that first, or both "
            "together",
            f"it clarifies version {base.label}, of which no notice has been given: that comes first",
        )


def _approval(scene: _Scene, policy: Policy, version: PolicyVersion, mode: Mode) -> Iterator[Reason]:
    entry, today = version.entry, scene.today
    approvers = scene.service.settings.school.approvers
    who = " or ".join(approvers)
    if entry.approved_by and entry.approved_on and entry.approved_on > today:
        yield Reason(
            f"the approval is dated {entry.approved_on}, which is after today ({today})",
            f"the approval is dated {day(entry.approved_on)}, which is after today",
        )
    elif not version.is_approved(today):
        yield Reason(
            f"no approval is recorded; once the {who} has approved the version: "
            f"handbook approve {policy.id} {version.label} --by WHO --on DATE",
            f"no approval is recorded. Once the {who} has approved the version, whoever looks after the "
            "handbook’s files records who approved it and on what day; notice can be given after that",
        )
    elif mode is Mode.CHANGE and entry.approved_by not in approvers:
        yield Reason(
            f"it is approved by {entry.approved_by}, and school.toml names {', '.join(approvers)} as who "
            "approves "
            "(approvers)",
            f"it is approved by {entry.approved_by}, and the school’s settings name {who} as who approves",
        )


def _against_in_force(policy: Policy, version: PolicyVersion, today: date) -> Iterator[Reason]:
    if not version.is_approved(today):
        return
    if version.effective_on > today:
        yield Reason(
            f"it takes effect on {version.effective_on}; give notice of it without --in-force",
            f"it takes effect on {day(version.effective_on)}; give notice of it as a change",
        )
    elif version is not policy.latest_in_effect(today) and version not in _in_force_with_clarifications(
        policy, today
    ):
        yield Reason(f"the version is no longer in force ({policy.stage(version, today)})")


def _took_effect(version: PolicyVersion, stage: Stage) -> Reason:
    if stage in (Stage.SUPERSEDED, Stage.WITHDRAWN) and not version.is_withdrawal:
        return Reason(f"the version is no longer in force ({stage})")
    return Reason(
        f"it took effect on {version.effective_on}; ask people about what is in force with --in-force",
        f"it took effect on {day(version.effective_on)}. Ask everyone to acknowledge what is in force, on "
        "the page "
        "Policies",
    )


def _issued_already(scene: _Scene, notice: Notice, stage: Stage) -> Reason:
    state = scene.book.state(notice, scene.today)
    closed = " and has been closed" if state is State.CLOSED else ""
    again = " or begin a new round" if stage is Stage.IN_FORCE else ""
    given = scene.book.given(notice)
    on = given.on if given else notice.issued_on
    return Reason(
        f"a notice was issued already, on {on}{closed}; remind people with: ack remind, "
        'or begin a new round with --again "its name"',
        f"notice was given already, on {day(on)}{closed}. Remind people from the page of that notice"
        + (", or ask everybody again from the page Policies" if again else ""),
    )


def _against_round(scene: _Scene, policy: Policy, version: PolicyVersion, round_: str) -> Iterator[Reason]:
    given = scene.given(policy, version)
    base = policy.clarified_by(version)
    stage = policy.stage(version, scene.today)
    if not round_:
        yield Reason("a new round needs a name")
    if base is not version:
        yield Reason(
            f"it clarifies {base.label} and is not acknowledged by itself; ask again about {base.label}",
            f"it clarifies version {base.label} and is not acknowledged by itself; ask again about that one",
        )
        return
    if not given:
        yield Reason(
            "a new round needs a first notice; issue it without --again",
            "everybody can be asked again only after a first notice",
        )
    if any(notice.round == round_ for notice in given):
        yield Reason(
            f"the round {round_!r} was issued already",
            f"everybody has been asked again already under the name “{round_}”",
        )
    if given and version is not policy.binding(scene.today):
        yield Reason(
            f"a new round is for a version in force; this one is {stage}",
            f"everybody can be asked again about a version in force; this one is {stage}",
        )


def _nobody(audience: Sequence[str]) -> Reason:
    nobody = f"nobody on the roster is concerned today (audience: {', '.join(audience) or 'everyone'})"
    return Reason(
        f"{nobody}; import the roster with: ack roster import FILE",
        f"{nobody}. Take in a roster file first, on the page People",
    )


def _named(wanted: Wanted) -> tuple[str, str]:
    return wanted[0] if len(wanted) == 1 else ("several", "versions")
