"""What every act of the service needs: settings, the store, links, and the moment cut out of the ledger."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from ackservice.clock import day_in, end_of_day
from ackservice.config import Settings
from ackservice.domain.status import RecipientStatus
from ackservice.errors import NotAllowed
from ackservice.links import Links, Purpose
from ackservice.storage import cuts
from ackservice.storage.group_commit import GroupCommit
from ackservice.storage.store import Store, Transaction
from handbook.policy.library import load_sound
from handbook.policy.version import Library


@dataclass(frozen=True)
class AsOf:
    """A moment to answer for: the day, the last ledger line recorded by its end, and the head then."""

    on: date
    cut: int
    head: str
    is_now: bool = False  # as of a snapshot read now; not inside a write, nor of a past day


@dataclass
class KeptNotice:
    """The statuses of a notice by recipient, and what was computed from them by whoever asked."""

    rows: dict[int, RecipientStatus]
    computed: dict[Hashable, Any] = field(default_factory=dict)


@dataclass
class Kept:
    """Statuses by notice as of a day and a ledger line; no rule stands here."""

    on: date | None = None
    line: int = 0
    notices: dict[int, KeptNotice] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    preparing: threading.Lock = field(default_factory=threading.Lock)  # held while all is read ahead


@dataclass
class Service:
    """One school's acknowledgement service."""

    settings: Settings
    store: Store

    @classmethod
    def open(cls, settings: Settings) -> Service:
        """The service over the database the settings name."""
        return cls(settings, Store(settings.database))

    def check_writable(self, now: datetime) -> None:
        """Begin and end a write transaction that writes nothing. Raises StorageError."""
        with self.store.write(now):
            pass

    def make_database_if_missing(self) -> bool:
        """Make a new database where there is none; whether it was made.

        Raises StorageError for one that cannot be used, as one of an older version, which has to be migrated.
        """
        is_missing = not self.store.path.exists()
        if is_missing:
            self.store.migrate()
        with self.store.read():
            return is_missing

    @property
    def zone(self) -> str:
        return self.settings.school.time_zone

    @cached_property
    def group_commit(self) -> GroupCommit:
        """For short writes that many people make at once."""
        return GroupCommit(self.store)

    @cached_property
    def kept_statuses(self) -> Kept:
        """The statuses as of now, which follow the ledger: see `service.statuses`."""
        return Kept()

    @cached_property
    def links(self) -> Links:
        """Raises SettingsError when there are no usable secret keys."""
        return Links(self.settings.secret_keys)

    def library(self) -> Library:
        """The handbook as its files stand now, without the policies that have faults.

        Raises FaultsFound for faults of school.toml.
        """
        return load_sound(self.settings.handbook)

    def today(self, now: datetime) -> date:
        """The school's calendar day."""
        return day_in(self.zone, now)

    def acknowledge_link(self, recipient_key: str, person_key: str) -> str:
        """The address of a person's page about one policy."""
        return self.settings.link(
            "/ack/a/" + self.links.token(Purpose.ACKNOWLEDGE, recipient_key, person_key)
        )

    def person_link(self, person_key: str) -> str:
        """The address of the page of everything asked of one person."""
        return self.settings.link("/ack/me/" + self.links.token(Purpose.PERSON, person_key, person_key))

    def receipt_link(self, acknowledgement_key: str) -> str:
        return self.settings.link("/ack/receipt/" + self.links.token(Purpose.RECEIPT, acknowledgement_key))

    def text_link(self, policy: str, version: str) -> str:
        """The permanent address of a version's text."""
        return self.settings.link(f"/policies/{policy}/{version}/")

    def as_of(self, connection: sqlite3.Connection, on: date | None, now: datetime) -> AsOf:
        """The moment to answer for: now, or the end of a past day. Raises NotAllowed for a day to come."""
        today = self.today(now)
        if on is not None and on > today:
            raise NotAllowed(
                f"{on} is still to come: a status can be given as at today ({today}) or an earlier day"
            )
        if on is None or on == today:
            return AsOf(today, *cuts.last_line(connection), is_now=True)
        cut = cuts.cut_before(connection, end_of_day(self.zone, on))
        return AsOf(on, cut, cuts.head_at(connection, cut))

    def in_write(self, tx: Transaction) -> AsOf:
        """The moment inside a write: today, with everything recorded so far, this transaction's lines too."""
        return AsOf(self.today(tx.now), *cuts.last_line(tx.connection))
