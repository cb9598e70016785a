"""The desk of Larkspur Row School: a notice given, its messages sent, managers signed in, forms filled in as
a browser does."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ackservice import create_app
from ackservice.clock import SettableClock
from ackservice.mail.transports import transport_from
from ackservice.service import acknowledging, issuing, signing_in
from ackservice.service.context import Service
from ackservice.service.sending import send_due
from tests.school_tree import BASE, SchoolTree
from tests.service import acts

BEA = "office@larkspur-row.example"
HEAD = "head@larkspur-row.example"


@dataclass
class Browser:
    """Somebody's browser: follows links, and sends the forms of the page it is on with their hidden
    fields."""

    client: FlaskClient
    page: str = ""

    def get(self, path: str):
        answer = self.client.get(path)
        content = answer.get_data()  # to its end, as a browser does
        if answer.mimetype == "text/html":
            self.page = content.decode()
        return answer

    def post(self, path: str, **fields: object):
        found = re.search(r'name="form_key" value="(\w+)"', self.page or self.get("/ack/desk/").text)
        answer = self.client.post(
            path, data={"form_key": found[1] if found else "", **fields}, headers={"Origin": BASE}
        )
        return answer

    def follow(self, answer):
        assert answer.status_code == 303, answer.text
        return self.get(answer.location)

    @property
    def words(self) -> str:
        """The page as text, without marks."""
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", self.page)).split())


@dataclass
class Desk:
    """The desk and what a test does to the school around it."""

    app: Flask
    service: Service
    clock: SettableClock
    school: SchoolTree

    def browser(self, address: str = BEA) -> Browser:
        client = self.app.test_client()
        path = signing_in.make_link(self.service, address, self.clock.now()).removeprefix(BASE)
        assert client.post(path, headers={"Origin": BASE}).status_code == 303
        return Browser(client)

    def issue(self, policy: str = "social-media", version: str = "2021-09", **more: object) -> int:
        issuing.issue(
            self.service, [(policy, version)], now=self.clock.now(), issued_by="Bea Manager", **more
        )
        return self.one("SELECT MAX(id) FROM notice")

    def send(self) -> int:
        transport = transport_from(
            f"outbox:{self.school.root / 'var' / 'outbox'}", self.service.settings.school.mail, {}
        )
        return send_due(self.service, transport, self.clock, wait=lambda seconds: None, pace=False).sent

    def link(self, person_id: str, version: str = "2021-09") -> str:
        """The path of a person's page about a version."""
        return "/ack/a/" + acts.token(self.service, person_id, version)

    def acknowledges(self, person_id: str, name: str = "Ada Lovelace", version: str = "2021-09") -> int:
        """A person acknowledges by their link; returns the number of the acknowledgement."""
        link = acts.token(self.service, person_id, version)
        acknowledging.acknowledge(self.service, link, name, self.clock.now())
        return self.one("SELECT MAX(id) FROM acknowledgement")

    def recipient(self, person_id: str) -> int:
        return self.one("SELECT MAX(id) FROM recipient WHERE person_id = ?", person_id)

    def one(self, sql: str, *values: object):
        with self.service.store.read() as connection:
            return connection.execute(sql, values).fetchone()[0]

    def rows(self, sql: str, *values: object) -> list[tuple]:
        with self.service.store.read() as connection:
            return [tuple(row) for row in connection.execute(sql, values)]

    def dump(self) -> list[str]:
        """Everything in the database but what the service notes of its own work, as SQL."""
        with self.service.store.read() as connection:
            return [line for line in connection.iterdump() if not line.startswith('INSERT INTO "setting')]


@pytest.fixture
def desk(staffed: Service, clock: SettableClock, school: SchoolTree) -> Desk:
    """The notice of social-media 2021-09 has been given to four people and sent to the three with an
    address."""
    app = create_app(staffed.settings, clock=clock, service=staffed)
    desk = Desk(app, staffed, clock, school)
    desk.issue()
    desk.send()
    return desk


@pytest.fixture
def bea(desk: Desk) -> Browser:
    """The Business Manager, signed in."""
    return desk.browser()


@pytest.fixture
def head(desk: Desk) -> Browser:
    """The Headteacher, who is a reader, signed in."""
    return desk.browser(HEAD)


@pytest.fixture
def limit(desk: Desk) -> Callable[[str], Browser]:
    """A reader limited by a line of school.toml, signed in."""

    def limited(line: str) -> Browser:
        desk.school.edit("school.toml", 'role = "reader"\n', f'role = "reader"\n{line}\n')
        return desk.browser(HEAD)

    return limited
