"""Replays the change of September 2021: a made-up school, its handbook, its roster, a notice in the outbox,
a day that moves."""

from __future__ import annotations

import secrets
import shutil
import threading
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ackservice.clock import SettableClock
from ackservice.config import settings_from
from ackservice.errors import SettingsError
from ackservice.mail.outbox import Outbox
from ackservice.service import issuing, statuses
from ackservice.service.context import Service
from ackservice.service.due import run_due
from ackservice.service.roster import import_roster
from ackservice.service.signing_in import SESSION_HOURS
from ackservice.storage import recipients, sign_ins
from handbook.policy.notice_period import last_day_of_notice
from handbook.site.build import build

HERE = Path(__file__).parent
POLICY, VERSION = "social-media", "2021-09"
FIRST_DAY = date(2021, 7, 26)  # a Monday, six days before the last day to give notice
LAST_DAY = date(2022, 7, 26)
JOINERS_ON = date(2021, 8, 23)  # the day in joiners.csv
MORNING = time(9)
SECONDS_BETWEEN_LOOKS = 1.0


@dataclass
class Demo:
    """A demo that is ready to be served. One act at a time: the day moves and mail goes out under one
    lock."""

    folder: Path
    root: Path
    service: Service
    clock: SettableClock
    effective_on: date
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def site(self) -> Path:
        return self.folder / "site"

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"

    @property
    def today(self) -> date:
        return self.service.today(self.clock.now())

    def milestones(self) -> list[tuple[str, date]]:
        """The days still to come that are worth a look, in their order; several on one day are named
        together."""
        effective, today = self.effective_on, self.today
        days = {
            "next day": today + timedelta(days=1),
            "last day to give notice": last_day_of_notice(effective),
            "somebody joins": JOINERS_ON,
            "last day before the change": effective - timedelta(days=1),
            "effective date": effective,
            "the day after": effective + timedelta(days=1),
            "a week later": effective + timedelta(days=8),
            "a month later": effective + timedelta(days=30),
        }
        reminders = sorted(
            effective - timedelta(days=n) for n in self.service.settings.school.reminders.days_before
        )
        coming = [day for day in reminders if day > today]
        if coming:
            days["next reminder day"] = coming[0]
        named: dict[date, list[str]] = {}
        for name, day in days.items():
            if today < day <= LAST_DAY:
                named.setdefault(day, []).append(name)
        return [(", ".join(names), day) for day, names in sorted(named.items())]

    def move_to(self, day: date) -> None:
        """Go through every day up to that one, doing what is due on each; the handbook follows. Never goes
        back."""
        with self.lock:
            before = self._stages()
            while self.today < min(day, LAST_DAY):
                self._next_morning()
                self._begin_day()
            if self._stages() != before:
                self.build_handbook()

    def _next_morning(self) -> None:
        """A manager who is signed in at the desk stays so: for them no time has passed."""
        evening = self.clock.now()
        self.clock.move_to(_morning(self.today + timedelta(days=1), self.service.zone))
        with self.service.store.write(self.clock.now()) as tx:
            sign_ins.carry_sessions(tx, evening, self.clock.now() + timedelta(hours=SESSION_HOURS))

    def do_what_is_due(self) -> None:
        """Send what waits, into the outbox and without pace."""
        with self.lock:
            run_due(
                self.service,
                Outbox(self.outbox),
                self.clock,
                wait=lambda seconds: None,
                pace=False,
                environ={},
            )

    def build_handbook(self) -> None:
        """Build the handbook as of the demo's day."""
        build(self.root, self.site, self.today, self.today, base_address=self.service.settings.base_url)

    def first_link(self) -> str:
        """The personal link of the first person told by e-mail."""
        with self.service.store.read() as connection:
            as_of = self.service.as_of(connection, None, self.clock.now())
            book = statuses.book_at(self.service, connection, as_of)
            notice = statuses.notice_of_version(self.service, book, POLICY, VERSION)
            rows = statuses.of_notice(self.service, connection, book, notice, as_of)
            first = next(row for row in rows if row.email and row.stay_end is None)
            person_key = recipients.person_keys(connection, first.recipient.person_id)[0]
            return self.service.acknowledge_link(first.recipient.key, person_key)

    def keep_going(self, stop: threading.Event) -> None:
        """What runs beside the server: receipts and whatever else is due goes out within a second or so."""
        while not stop.wait(SECONDS_BETWEEN_LOOKS):
            self.do_what_is_due()

    def _begin_day(self) -> None:
        if self.today == JOINERS_ON:
            self.import_people("joiners.csv")
        self.do_what_is_due()

    def import_people(self, name: str) -> None:
        """Take in one of the demo's own rosters."""
        data = (HERE / name).read_bytes()
        import_roster(self.service, data, name, now=self.clock.now(), by="demo", confirmed=True)

    def _stages(self) -> list[str]:
        library = self.service.library()
        return [policy.stage(v, self.today) for policy in library.policies.values() for v in policy.versions]


def prepare(folder: Path, port: int, root: Path, host: str = "127.0.0.1") -> Demo:
    """Make the demo afresh in its folder: handbook, roster, notice, and every message of it in the outbox.

    Raises SettingsError for a folder that holds something else.
    """
    _empty(folder)
    settings = settings_from({"ACK_HANDBOOK": str(root)})
    school = settings.school
    settings = replace(
        settings,
        school=replace(
            school, closed=replace(school.closed, weekends=True, bank_holidays="England", days=())
        ),
        database=folder / "ack.db",
        base_url=f"http://{host}:{port}",
        mail=f"outbox:{folder / 'outbox'}",
        secret_keys=(secrets.token_urlsafe(32),),
        proxy_secret="",
    )
    service = Service.open(settings)
    service.store.migrate()
    clock = SettableClock(_morning(FIRST_DAY, service.zone))
    effective_on = service.library().version(POLICY, VERSION).effective_on
    demo = Demo(folder, root, service, clock, effective_on)
    demo.build_handbook()
    demo.import_people("roster.csv")
    issuing.issue(service, [(POLICY, VERSION)], now=clock.now(), issued_by="Business Manager (demo)")
    demo.do_what_is_due()
    return demo


def _morning(day: date, zone: str) -> datetime:
    return datetime.combine(day, MORNING, ZoneInfo(zone))


def _empty(folder: Path) -> None:
    """Clear the folder of an earlier demo; never one that holds anything else."""
    ours = {"ack.db", "ack.db-wal", "ack.db-shm", "ack.db.lock", "ack.db.sending", "outbox", "site"}
    if folder.exists():
        foreign = sorted(
            entry.name
            for entry in folder.iterdir()
            if entry.name not in ours and not entry.name.startswith(".")
        )
        if foreign:
            raise SettingsError(
                f"{folder} holds more than a demo ({foreign[0]}): name an empty folder for the demo"
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
