"""A school of its own for each test: real files, a real database, links as people get them, a clock that
stands still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ackservice import create_app
from ackservice.clock import SettableClock
from ackservice.config import Settings, settings_from
from ackservice.service import issuing
from ackservice.service.context import Service
from ackservice.service.issuing import Mode
from ackservice.service.roster import import_roster
from ackservice.storage import recipients
from handbook.policy.digest import canonical_text, digest_of, seal_of

MORNING = datetime(2021, 7, 26, 8, 0, tzinfo=UTC)  # Monday, 09:00 in London
KEY = "a secret of the tests, long enough"
BASE = "https://policies.larkspur-row.example"

SCHOOL = f"""name = "Larkspur Row School"
base_address = "{BASE}"
categories = ["Teacher", "Governor"]

[contacts."Headteacher"]
email = "head@larkspur-row.example"

[contacts."Business Manager"]
email = "office@larkspur-row.example"
"""

ROSTER = """person_id,name,email,category,joined_on,left_on
P1,Amira Example,amira@larkspur-row.example,Teacher,,
P2,Błażej Łąkowski,blazej@larkspur-row.example,Teacher,,
P3,Chidi Example,,Governor,,
"""


class WholeAnswers(FlaskClient):
    """Reads every answer to its end, as a browser does, so that files are closed."""

    def open(self, *args: object, **settings: object):
        return super().open(*args, **{"buffered": True, **settings})


@dataclass
class SchoolTree:
    """The files of a school with one policy, the service over it, and what a test does to them."""

    root: Path
    clock: SettableClock = field(default_factory=lambda: SettableClock(MORNING))
    keys: tuple[str, ...] = (KEY,)
    proxy_secret: str = ""
    base_url: str = BASE

    def write_version(
        self, label: str, effective_on: date, body: str, *, before: str = "", change: str = "material"
    ) -> None:
        """A version approved on 14 July 2021, or seven weeks before it took effect if that was earlier."""
        text = (
            f"---\ntitle: Bicycle Policy\nowner: Business Manager\nquestions: Headteacher\n"
            f"audience: all\neffective_on: {effective_on}\n---\n{body}\n"
        )
        digest = digest_of(canonical_text("Bicycle Policy", body))
        self.write(f"handbook/docs/policies/bicycles/{label}.md", text)
        self.write_entry(label, effective_on, digest, before=before, change=change)

    def withdraw(self, label: str, effective_on: date, before: str) -> None:
        """The withdrawal of the policy."""
        self.write_entry(label, effective_on, None, before=before, change="withdrawn")

    def write_entry(
        self, label: str, effective_on: date, digest: str | None, *, before: str, change: str
    ) -> None:
        approved_on = min(date(2021, 7, 14), effective_on - timedelta(days=49))
        seal = seal_of(policy="bicycles", version=label, digest=digest, effective_on=effective_on,
                       audience=(),
                       change=change, approved_by="Board of Governors", approved_on=approved_on)  # fmt: skip
        lines = [f"supersedes: {before}" if before else "", f"change: {change}",
                 "approved_by: Board of Governors",
                 f"approved_on: {approved_on}",
                 f"digest: {digest}" if digest else f"effective_on: {effective_on}",
                 f"seal: {seal}"]  # fmt: skip
        if change == "material":
            lines += [
                "changes:",
                "  - section: Sheds",
                "    what: added",
                "    text: Sheds are locked at six.",
            ]
        self.write(
            f"changelog/bicycles/{label}.md",
            "\n".join(["---", *filter(None, lines), "---", "*Sheds* get a lock.", ""]),
        )

    def write(self, path: str, content: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")

    @property
    def settings(self) -> Settings:
        found = settings_from(
            {"ACK_HANDBOOK": str(self.root), "ACK_DATABASE": str(self.root / "var" / "ack.db")}
        )
        return replace(found, secret_keys=self.keys, proxy_secret=self.proxy_secret, base_url=self.base_url)

    def service(self) -> Service:
        """The service as a process that has just started sees it."""
        return Service.open(self.settings)

    def app(self, service: Service | None = None, **more: object) -> Flask:
        app = create_app(self.settings, clock=self.clock, service=service, **more)
        app.test_client_class = WholeAnswers
        app.testing = False  # errors are answered as they would be to people
        return app

    def issue(self, label: str, **more: object) -> None:
        issuing.issue(
            self.service(),
            [("bicycles", label)],
            now=self.clock.now(),
            issued_by="test",
            short_reason="a test",
            unpublished_reason="a test",
            **{"mode": Mode.CHANGE} | more,
        )

    def set_roster(self, roster: str) -> None:
        data = roster.encode("utf-8")
        import_roster(self.service(), data, "roster.csv", now=self.clock.now(), confirmed=True)

    def path(self, person_id: str = "P1", notice: int = 0) -> str:
        """The path of a person's link, for their first notice unless said otherwise."""
        service = self.service()
        with service.store.read() as connection:
            sql = "SELECT key FROM recipient WHERE person_id = ? ORDER BY id LIMIT 1 OFFSET ?"
            key = connection.execute(sql, (person_id, notice)).fetchone()[0]
            present = recipients.person_keys(connection, person_id)[0]
        return service.acknowledge_link(key, present).removeprefix(self.base_url)

    def recipient(self, person_id: str = "P1") -> int:
        """The number of a person's first recipient row."""
        with self.service().store.read() as connection:
            sql = "SELECT MIN(id) FROM recipient WHERE person_id = ?"
            return connection.execute(sql, (person_id,)).fetchone()[0]

    def dump(self) -> list[str]:
        """Everything in the database, as SQL."""
        service = self.service()
        with service.store.read() as connection:
            return list(connection.iterdump())

    def move(self, **by: int) -> None:
        self.clock.advance(timedelta(**by))


@pytest.fixture
def school(tmp_path: Path) -> SchoolTree:
    """Two versions; the notice of 2021-09 has been issued to three people, one of them without an address."""
    tree = SchoolTree(tmp_path)
    tree.write("school.toml", SCHOOL)
    tree.write_version(
        "2020-09", date(2020, 9, 1), "## Sheds\n\nLock your bicycle.\n\n## Helmets\n\nWear one.", change="new"
    )
    tree.write_version(
        "2021-09",
        date(2021, 9, 1),
        "## Sheds\n\nLock your bicycle. Sheds are locked at six.\n\n## Helmets\n\nWear one.",
        before="2020-09",
    )
    tree.service().store.migrate()
    tree.set_roster(ROSTER)
    tree.issue("2021-09")
    return tree


@pytest.fixture
def client(school: SchoolTree) -> Iterator[FlaskClient]:
    with school.app().test_client() as client:
        yield client
