"""A school's year, made up from a seed: people come, go and click, the mail server has moods, the service is
down at times.

The world keeps its own record of what happened, so that the tests can hold the service to it without asking
the service.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from zoneinfo import ZoneInfo

from ackservice.clock import SettableClock
from ackservice.config import settings_from
from ackservice.errors import LinkError, NotAllowed
from ackservice.mail.errors import CannotConnect, ConnectionLost, RecipientRefused, TryLater
from ackservice.service import acknowledging, issuing
from ackservice.service.bouncing import read_bounces
from ackservice.service.context import Service
from ackservice.service.due import run_due
from ackservice.service.roster import import_roster
from tests.school_tree import HEADING, SETTINGS, SchoolTree

LONDON = ZoneInfo("Europe/London")
FIRST, LAST = date(2021, 7, 26), date(2022, 7, 25)
CATEGORIES = ("Governor", "Employee", "Contractor", "Volunteer")
NOTICES = (  # policy, version, the first and last day on which it may be issued
    ("social-media", "2021-09", date(2021, 7, 26), date(2021, 8, 5)),
    ("trips", "2021-10", date(2021, 8, 20), date(2021, 9, 20)),
    ("social-media", "2021-11", date(2021, 10, 1), date(2021, 10, 14)),
    ("visitors", "2022-01", date(2021, 11, 20), date(2021, 12, 9)),
    ("social-media", "2022-03", date(2022, 1, 10), date(2022, 2, 3)),
    ("trips", "2022-05", date(2022, 3, 20), date(2022, 3, 31)),
)
BOUNCE = """From: MAILER-DAEMON@mail.example\r
To: bounces@larkspur-row.example\r
Subject: Undelivered mail\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: text/plain\r
\r
Sorry.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mail.example\r
\r
Final-Recipient: rfc822; {address}\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1 no such person\r
\r
--b\r
Content-Type: text/rfc822-headers\r
\r
Message-ID: {message_id}\r
\r
--b--\r
"""


@dataclass
class Mail:
    """One message a server took."""

    at: datetime
    to: str
    message_id: str
    kind: str
    links: tuple[str, ...]
    open_links: tuple[str, ...] = ()  # those not acknowledged when it came
    to_leaver: bool = False

    @property
    def on(self) -> date:
        return self.at.astimezone(LONDON).date()


@dataclass
class Person:
    person_id: str
    email: str
    category: str
    joined_on: str = ""
    left_on: str = ""

    def row(self) -> str:
        name = f"Person {self.person_id}"
        return ",".join((self.person_id, name, self.email, self.category, self.joined_on, self.left_on))


@dataclass
class Server:
    """A mail server with a mood a day; what it took is in `world.taken`."""

    world: World
    mood: str = "well"

    def describe(self) -> str:
        return "a server with moods"

    def open(self) -> Server:
        if self.mood == "gone":
            raise CannotConnect("the server is gone")
        return self

    def close(self) -> None:
        pass

    def send(self, message) -> str:
        chance = self.world.chance
        if self.mood == "greylisting" and chance.random() < 0.5:
            raise TryLater("451 come back later")
        if self.mood == "picky" and chance.random() < 0.1:
            raise RecipientRefused(550, "no such person")
        if self.mood == "crowded" and chance.random() < 0.3:
            raise TryLater("432 too many connections", whole_server=True)
        self.world.took(message)
        if self.mood == "losing answers" and chance.random() < 0.2:
            self.world.lost_answers.add(message.msgId)
            raise ConnectionLost("the answer was lost", maybe_taken=True)
        return "250 taken"


@dataclass
class World:
    """The year of one seed."""

    folder: Path
    seed: int
    chance: random.Random = field(init=False)
    taken: list[Mail] = field(default_factory=list)
    lost_answers: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)  # links
    healthy_days: set[date] = field(default_factory=set)  # a run with a well server ended with an empty queue
    problems: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.chance = random.Random(self.seed)
        environ = {
            "ACK_HANDBOOK": str(_tree(self.folder).root),
            "ACK_DATABASE": str(self.folder / "ack.db"),
            "ACK_SECRET_KEYS": "a key of at least thirty-two characters",
        }
        self.service = Service.open(settings_from(environ))
        self.service.store.migrate()
        self.clock = SettableClock(_at(FIRST, 8))
        self.server = Server(self)
        self.people = {
            f"P{n:03}": Person(
                f"P{n:03}", "" if n % 7 == 0 else f"p{n}@larkspur-row.example", CATEGORIES[n % 4]
            )
            for n in range(1, 13)
        }
        self.issue_on = {(p, v): _day_between(self.chance, first, last) for p, v, first, last in NOTICES}
        self.down_until = FIRST
        self.import_roster()

    @property
    def today(self) -> date:
        return self.clock.now().astimezone(LONDON).date()

    def live_a_day(self, day: date) -> None:
        """One day: moods, edits of the roster, notices, runs of the due work, clicks, returned mail."""
        self.clock.move_to(_at(day, self.chance.randrange(6, 10), self.chance.randrange(60)))
        moods = ("well", "well", "well", "well", "gone", "greylisting", "picky", "crowded", "losing answers")
        self.server.mood = self.chance.choice(moods)
        if self.chance.random() < 0.12:
            self.edit_roster()
        for (policy_id, version), on in self.issue_on.items():
            if on == day:
                issuing.issue(
                    self.service,
                    [(policy_id, version)],
                    now=self.clock.now(),
                    issued_by="sim",
                    short_reason="late",
                    unpublished_reason="a simulation",
                )
        if self.chance.random() < 0.02:
            self.down_until = day + timedelta(days=self.chance.randrange(1, 8))
        if day < self.down_until:
            return
        for _ in range(self.chance.choice((1, 1, 2))):
            self.do_what_is_due()
            self.click()
            self.clock.advance(timedelta(minutes=self.chance.randrange(1, 400)))
        if self.chance.random() < 0.3:
            self.bounce_something()

    def do_what_is_due(self) -> None:
        day = self.today
        result = run_due(
            self.service,
            self.server,
            self.clock,
            wait=lambda s: self.clock.advance(timedelta(seconds=s)),
            environ={},
        )
        self.problems += result.problems
        if self.server.mood == "well" and not result.sending.stopped and day == self.today:
            self.healthy_days.add(day)

    def took(self, sent) -> None:
        message = message_from_bytes(sent.as_bytes(), policy=policy.default)
        text = message.get_body(("plain",)).get_content()
        subject = message["Subject"]
        links = tuple(re.findall(r"https://\S+/ack/a/(\S+)", text))
        kind = "reminder" if subject.startswith(("Reminder", "Overdue: ")) and links else "other"
        still_open = tuple(link for link in links if link not in self.acknowledged)
        person = next((p for p in self.people.values() if p.email == sent.address), None)
        left = (
            bool(links)
            and person is not None
            and bool(person.left_on)
            and date.fromisoformat(person.left_on) <= self.today
        )
        self.taken.append(Mail(self.clock.now(), sent.address, sent.msgId, kind, links, still_open, left))

    def click(self) -> None:
        """Some who have a link acknowledge."""
        links = sorted({link for mail in self.taken[-60:] for link in mail.links} - self.acknowledged)
        for link in links:
            if self.chance.random() < 0.04:
                try:
                    acknowledging.acknowledge(self.service, link, "A Person", self.clock.now(), insist=True)
                    self.acknowledged.add(link)
                except (LinkError, NotAllowed):
                    pass  # left since, moved on, or nothing to acknowledge

    def bounce_something(self) -> None:
        """A message of the last days comes back, or somebody makes a report up."""
        recent = [
            mail
            for mail in self.taken[-40:]
            if mail.links and mail.to in {p.email for p in self.people.values()}
        ]
        if not recent:
            return
        mail = self.chance.choice(recent)
        forged = self.chance.random() < 0.3
        message_id = "<made-up@elsewhere.example>" if forged else mail.message_id
        file = self.folder / f"bounce-{len(self.taken)}.eml"
        file.write_bytes(BOUNCE.format(address=mail.to, message_id=message_id).encode())
        for _ in range(2):  # reading twice changes nothing
            result = read_bounces(self.service, str(file), self.clock.now(), environ={})
        assert result.recorded == 0

    def edit_roster(self) -> None:
        """Somebody joins, leaves, comes back, moves to another category or gets another address."""
        person = self.chance.choice(list(self.people.values()))
        act = self.chance.choice(("join", "leave", "return", "category", "address"))
        today = self.today
        if act == "join":
            n = len(self.people) + 1
            joined_on = today + timedelta(days=self.chance.choice((-3, 0, 0, 10)))
            self.people[f"P{n:03}"] = Person(
                f"P{n:03}", f"p{n}@larkspur-row.example", self.chance.choice(CATEGORIES), str(joined_on)
            )
        elif act == "leave" and not person.left_on:
            person.left_on = str(
                max(today, date.fromisoformat(person.joined_on)) if person.joined_on else today
            )
        elif act == "return" and person.left_on:
            person.left_on = ""
        elif act == "category":
            person.category = self.chance.choice(CATEGORIES)
        elif act == "address":
            person.email = f"{person.person_id.lower()}.{len(self.taken)}@larkspur-row.example"
        self.import_roster()

    def import_roster(self) -> None:
        rows = "\n".join([HEADING, *(person.row() for person in self.people.values()), ""])
        import_roster(self.service, rows.encode(), "staff.csv", now=self.clock.now(), confirmed=True)


def live(folder: Path, seed: int, after_each_day=lambda world, day: None) -> World:
    """A whole year."""
    world = World(folder, seed)
    day = FIRST
    while day <= LAST:
        world.live_a_day(day)
        after_each_day(world, day)
        day += timedelta(days=1)
    return world


def _tree(folder: Path) -> SchoolTree:
    tree = SchoolTree(folder / "school")
    settings = SETTINGS.replace('bank_holidays = ""', 'bank_holidays = "England"')
    closed = "".join(f"\n[[closed.days]]\nfirst = {first}\nlast = {last}\n" for first, last in CLOSED)
    tree.write(
        "school.toml",
        settings.replace("\n[[managers]]", closed + "\n[mail]\nconnections = 1\n\n[[managers]]", 1),
    )
    approved = {"approved_on": "2021-06-01"}
    tree.version("social-media", "2020-09", "2020-09-01", approved_on="2020-06-01")
    tree.version("social-media", "2021-09", "2021-09-01", body="Think twice.", **approved)
    tree.version(
        "social-media",
        "2021-11",
        "2021-11-15",
        change="clarification",
        body="Think twice, please.",
        **approved,
    )
    tree.version("social-media", "2022-03", "2022-03-01", body="Think three times.", **approved)
    tree.version("visitors", "2021-01", "2021-01-04", audience=("Employee",), approved_on="2020-06-01")
    tree.version(
        "visitors",
        "2022-01",
        "2022-01-10",
        audience=("Employee", "Governor"),
        body="Sign in twice.",
        **approved,
    )
    tree.version("trips", "2021-10", "2021-10-15", audience=("Employee", "Volunteer"), **approved)
    tree.version("trips", "2022-05", "2022-05-01", change="withdrawn", audience=(), **approved)
    return tree


CLOSED = (
    ("2021-07-22", "2021-08-31"),
    ("2021-10-25", "2021-10-29"),
    ("2021-12-20", "2022-01-03"),
    ("2022-04-04", "2022-04-18"),
)


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), LONDON).astimezone(UTC)


def _day_between(chance: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=chance.randrange((last - first).days + 1))
