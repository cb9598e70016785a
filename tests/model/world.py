"""Plays a history of the model against the real service over a real database, and reads statuses as rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from ackservice.config import Settings
from ackservice.domain.status import RecipientStatus
from ackservice.service import acknowledging, issuing, joiners, notice_acts, records, statuses
from ackservice.service.context import Service
from ackservice.service.roster import import_roster
from ackservice.storage.store import Store
from handbook.policy.school import parse_school
from handbook.policy.version import Change, ChangeEntry, Library, Policy, PolicyText, PolicyVersion, label_key
from tests.model import events as ev
from tests.model.oracle import Row

SCHOOL = """name = "Model School"
base_address = "https://model.school.example"
categories = ["A", "B", "C"]
[contacts."Business Manager"]
email = "office@model.school.example"
[closed]
bank_holidays = ""
"""
HEADING = "person_id,name,email,category,joined_on,left_on,away_until"
ALWAYS_APPROVED = date(2000, 1, 1)
Key = tuple[str, str]


class ModelService(Service):
    """The service with a library held in memory, so that a thousand histories write no policy files."""

    versions: dict[Key, ev.PolicyVersion]

    def library(self) -> Library:
        policies: dict[str, list[PolicyVersion]] = {}
        for key in sorted(self.versions, key=lambda key: (key[0], label_key(key[1]))):
            policies.setdefault(key[0], []).append(_version(self.versions[key], self._before(key)))
        return Library({name: Policy(name, tuple(versions)) for name, versions in policies.items()})

    def _before(self, key: Key) -> str | None:
        earlier = [k for k in self.versions if k[0] == key[0] and label_key(k[1]) < label_key(key[1])]
        return max(earlier, key=lambda k: label_key(k[1]))[1] if earlier else None


@dataclass
class Member:
    """A person's present line of the roster file."""

    person: ev.Person
    address: int = 1

    def row(self) -> str:
        one = self.person
        email = f"{one.person}.{self.address}@model.school.example" if one.has_email else ""
        days = ",".join(
            day.isoformat() if day else "" for day in (one.joined_on, one.left_on, one.away_until)
        )
        return f"{one.person},Person {one.person},{email},{'; '.join(one.categories)},{days}"


class Play:
    """One history played event by event; every act is the function that desk and command line call."""

    def __init__(self, folder: Path, history: ev.History):
        school, faults = parse_school(SCHOOL)
        assert school is not None and not faults, faults
        settings = Settings(
            school=school,
            handbook=folder,
            database=folder / "ack.db",
            base_url=school.base_address,
            secret_keys=("k" * 32,),
        )
        self.service = ModelService(settings, Store(settings.database))
        self.service.versions = {(v.policy, v.label): v for v in history.library}
        self.service.store.migrate()
        self.members: dict[str, Member] = {}
        self.now = datetime.min.replace(tzinfo=UTC)
        self.deliveries = 0
        self.last_delivery: dict[int, int] = {}

    def close(self) -> None:
        self.service.store.close()

    def play(self, event: ev.Event) -> None:
        """Record one event, after the daily work of every day up to its own."""
        self.advance(event.on)
        self.now += timedelta(seconds=1)
        getattr(self, "_" + type(event).__name__)(event)

    def advance(self, day: date) -> None:
        """Begin every day up to that one, with the work that is due each day."""
        at = _noon(day)
        first = self.now.year > 1
        while first and self.now.date() < day:
            self.now = _noon(self.now.date() + timedelta(days=1))
            joiners.follow_waiting(self.service, self.now)
        self.now = max(self.now, at)

    def rows(self, on: date | None = None) -> set[Row]:
        """Where everybody stands at the end of the present day, or as at a past one."""
        service = self.service
        with service.store.read() as connection:
            as_of = service.as_of(connection, on, self.now)
            book = statuses.book_at(service, connection, as_of)
            by_notice = [
                (notice, statuses.of_notice(service, connection, book, notice, as_of))
                for notice in book.notices
            ]
        rows: set[Row] = set()
        for notice, found in by_notice:
            alike = [
                n
                for n in book.notices
                if (n.policy, n.version, n.round) == (notice.policy, notice.version, notice.round)
            ]
            state, number = str(book.state(notice, as_of.on)), alike.index(notice) + 1
            stays: dict[str, int] = {}
            for status in found:
                person = status.recipient.person_id
                stays[person] = stays.get(person, 0) + 1
                rows.add(_row(status, state, number, stays[person]))
        return rows

    # The roster.

    def _Import(self, event: ev.Import) -> None:
        self.members = {person.person: Member(person) for person in event.people}
        self._take_in()

    def _Join(self, event: ev.Join) -> None:
        self.members[event.person.person] = Member(event.person)
        self._take_in()

    def _Leave(self, event: ev.Leave) -> None:
        self._change(event.person, left_on=event.left_on)

    def _Return(self, event: ev.Return) -> None:
        self._change(
            event.person,
            left_on=None,
            joined_on=event.joined_on or self.members[event.person].person.joined_on,
        )

    def _ChangeCategories(self, event: ev.ChangeCategories) -> None:
        self._change(event.person, categories=event.categories)

    def _GoAway(self, event: ev.GoAway) -> None:
        self._change(event.person, away_until=event.until)

    def _ChangeEmail(self, event: ev.ChangeEmail) -> None:
        self.members[event.person].address += 1
        self._change(event.person, has_email=event.has_email)

    def _change(self, person: str, **values: object) -> None:
        member = self.members[person]
        member.person = replace(member.person, **values)
        self._take_in()

    def _take_in(self) -> None:
        rows = "\r\n".join([HEADING, *(member.row() for member in self.members.values()), ""])
        import_roster(self.service, rows.encode(), "model.csv", now=self.now, by="model", confirmed=True)

    # Notices.

    def _Issue(self, event: ev.Issue) -> None:
        issuing.issue(
            self.service,
            [(event.policy, event.label)],
            now=self.now,
            issued_by="model",
            mode=issuing.Mode(event.mode),
            round_=event.round,
            short_reason="model",
            unpublished_reason="model",
        )

    def _notice_id(self, policy: str, label: str, round_: str | None = None) -> int:
        with self.service.store.read() as connection:
            as_of = self.service.as_of(connection, None, self.now)
            book = statuses.book_at(self.service, connection, as_of)
        notices = book.standing_of_version([policy], label)
        return [n for n in notices if round_ is None or n.round == round_][-1].id

    def _Recall(self, event: ev.Recall) -> None:
        number = self._notice_id(event.policy, event.label, event.round)
        notice_acts.recall(self.service, number, reason="a mistake", by="model", now=self.now)

    def _Postpone(self, event: ev.Postpone) -> None:
        key = (event.policy, event.label)
        self.service.versions[key] = replace(self.service.versions[key], effective_on=event.new_effective_on)
        number = self._notice_id(event.policy, event.label)
        notice_acts.postpone(
            self.service,
            number,
            effective_on=event.new_effective_on,
            reason="later",
            by="model",
            now=self.now,
        )

    def _Close(self, event: ev.Close) -> None:
        number = self._notice_id(event.policy, event.label, event.round)
        notice_acts.close(self.service, number, reason="done with", by="model", now=self.now)

    def _AddByName(self, event: ev.AddByName) -> None:
        number = self._notice_id(event.policy, event.label)
        notice_acts.add_by_name(self.service, number, event.person, reason="asked", by="model", now=self.now)

    # Mail, letters, and what people and managers do.

    def _Sent(self, event: ev.Sent) -> None:
        self._outcome(event.person, event.items, "sent")

    def _Bounced(self, event: ev.Bounced) -> None:
        self._outcome(event.person, event.items, "bounced")

    def _outcome(self, person: str, items: tuple[ev.Item, ...], outcome: str) -> None:
        with self.service.store.write(self.now) as tx:
            for policy, label, round_ in items:
                recipient = self._recipient(person, (policy, label), round_)
                if outcome == "sent":
                    self.deliveries += 1
                    self.last_delivery[recipient] = self.deliveries
                tx.record(
                    "message.outcome",
                    delivery_id=self.last_delivery[recipient],
                    recipient_id=recipient,
                    kind="notice",
                    outcome=outcome,
                    message_id=f"<{self.deliveries}@model>",
                    address=self.members[person].row().split(",")[2],
                )

    def _recipient(self, person: str, version: Key, round_: str | None = None) -> int:
        """The present stay of a person in the newest notice of a version, or of what it clarifies."""
        number = self._notice_id(*version, round_)
        with self.service.store.read() as connection:
            as_of = self.service.as_of(connection, None, self.now)
            book = statuses.book_at(self.service, connection, as_of)
            rows = statuses.of_people(self.service, connection, book, [person], as_of)
        return [row for row in rows if row.notice.id == number and row.stay_end is None][-1].id

    def _base(self, version: Key) -> Key:
        clarified = self.service.versions[version].clarifies
        return (version[0], clarified) if clarified else version

    def _LetterGiven(self, event: ev.LetterGiven) -> None:
        recipient = self._recipient(event.person, event.version)
        records.letter_given(self.service, [recipient], given_on=event.given_on, by="model", now=self.now)

    def _TakeBackLetter(self, event: ev.TakeBackLetter) -> None:
        self._take_back("letter", event.person, event.version)

    def _Acknowledge(self, event: ev.Acknowledge) -> None:
        recipient = self._recipient(event.person, self._base(event.version))
        link = link_of(self.service, recipient, self.now)
        acknowledging.acknowledge(self.service, link, f"Person {event.person}", self.now)

    def _TakeBackAcknowledgement(self, event: ev.TakeBackAcknowledgement) -> None:
        self._take_back("acknowledgement", event.person, self._base(event.version))

    def _Excuse(self, event: ev.Excuse) -> None:
        recipient = self._recipient(event.person, self._base(event.version))
        records.excuse(self.service, [recipient], reason="ill", by="model", now=self.now)

    def _TakeBackExcuse(self, event: ev.TakeBackExcuse) -> None:
        self._take_back("excuse", event.person, self._base(event.version))

    def _take_back(self, what: str, person: str, version: Key) -> None:
        recipient = self._recipient(person, version)
        records.take_back(self.service, what, [recipient], reason="a mistake", by="model", now=self.now)


def link_of(service: Service, recipient_id: int, now: datetime) -> str:
    """The token of a recipient's present link."""
    from ackservice.links import Purpose
    from ackservice.storage import recipients

    with service.store.read() as connection:
        as_of = service.as_of(connection, None, now)
        book = statuses.book_at(service, connection, as_of)
        row = statuses.of_recipients(service, connection, book, [recipient_id], as_of)[0]
        key = recipients.person_keys(connection, row.recipient.person_id)[0]
    return service.links.token(Purpose.ACKNOWLEDGE, row.recipient.key, key)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _version(one: ev.PolicyVersion, supersedes: str | None) -> PolicyVersion:
    text = PolicyText(
        policy=one.policy,
        version=one.label,
        title=one.policy,
        owner="Business Manager",
        effective_on=one.effective_on,
        body=f"The text of {one.label}.",
        audience=one.audience,
        questions="Business Manager",
        suggestions="Business Manager",
    )
    withdrawn = one.change == ev.WITHDRAWN
    entry = ChangeEntry(
        policy=one.policy,
        version=one.label,
        change=Change(one.change),
        summary="What changed.",
        supersedes=supersedes,
        approved_by="Board of Governors",
        approved_on=ALWAYS_APPROVED,
        digest=None if withdrawn else text.digest,
        seal=f"sha256:{one.effective_on}",
        effective_on=one.effective_on if withdrawn else None,
    )
    return PolicyVersion(entry, None if withdrawn else text)


def _row(status: RecipientStatus, state: str, number: int, stay: int) -> Row:
    window = status.window
    return Row(
        policy=status.notice.policy,
        label=status.notice.version,
        round=status.notice.round,
        notice_no=number,
        person=status.recipient.person_id,
        stay=stay,
        basis=str(status.recipient.basis),
        notice_state=state,
        status=str(status.status),
        owes=status.owes,
        notified_on=window.notified_on,
        in_time=window.in_time,
        short_by_days=window.short_by_days,
        binds_from=window.binds_from,
        due_on=window.due_on,
        overdue=status.overdue,
        not_notified_yet=status.not_notified,
    )
