"""The demo: made afresh, the notice sent before anyone looks, the day moves, the mail can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from ackservice import create_app
from ackservice.demo.replay import Demo, prepare
from ackservice.demo.serve import run, where_to_look
from ackservice.errors import SettingsError
from ackservice.storage import sign_ins
from ackservice.web import server
from tests.mailbox import messages_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return prepare(tmp_path_factory.mktemp("demo"), 8123, ROOT)


@pytest.fixture(scope="module")
def visitor(made: Demo) -> Iterator[FlaskClient]:
    app = create_app(made.service.settings, clock=made.clock, service=made.service, site=made.site, demo=made)
    with app.test_client() as client:
        yield client


def get(visitor: FlaskClient, path: str):
    return visitor.get(path, buffered=True)


def test_the_demo_from_notice_to_the_day_after(made, visitor):
    """One story, since each day follows from the one before."""
    assert made.today == date(2021, 7, 26)
    assert len(messages_of(made.outbox, made.service.store, "notice")) == 28
    assert "http://127.0.0.1:8123/ack/a/" in where_to_look(made)
    assert get(visitor, "/ack/health").status_code == 200
    assert "2021-09" in get(visitor, "/").text
    assert "Monday 26 July 2021" in get(visitor, "/demo/").text

    link = made.first_link().removeprefix("http://127.0.0.1:8123")
    posted = visitor.post(link, data={"read": "yes", "name": "Marguerite Osei-Vane"})
    made.do_what_is_due()
    assert posted.status_code == 303
    assert len(messages_of(made.outbox, made.service.store, "receipt")) == 1

    assert visitor.post("/demo/day", data={"to": "2021-09-02"}).location == "/demo/"
    home = get(visitor, "/demo/").text
    assert "Thursday 2 September 2021" in home
    assert re.search(r"Acknowledged</th><td[^>]*>1<", home)
    assert re.search(r"Left</th><td[^>]*>1<", home)
    assert "2 September 2021" in get(visitor, "/policies/social-media/").text
    assert get(visitor, "/demo/status.csv").data.startswith(b"\xef\xbb\xbfperson_id,")

    before = made.today
    for day in ("2021-09-01", "yesterday", "", "2031-01-01"):
        assert visitor.post("/demo/day", data={"to": day}).status_code == 400
    assert made.today == before


def test_each_mail_can_be_read_with_its_links(visitor):
    listing = get(visitor, "/demo/outbox/").text
    address = re.search(r'href="(/demo/outbox/[^"]+\.eml)"', listing)[1]

    page, html = get(visitor, address), get(visitor, address + "/html")

    assert 'href="http://127.0.0.1:8123/' in page.text
    assert 'sandbox="allow-top-navigation-by-user-activation"' in page.text
    assert "script-src" not in html.headers["Content-Security-Policy"]
    assert "default-src 'none'" in html.headers["Content-Security-Policy"]
    assert '<base target="_top">' in html.text


@pytest.mark.parametrize("name", ["none.eml", "..%2fack.db", "%2e%2e", "x.txt"])
def test_only_messages_are_shown(visitor, name):
    assert get(visitor, f"/demo/outbox/{name}").status_code == 404


def test_demo_pages_are_there_in_the_demo_only(client):
    assert client.get("/demo/").status_code == 404
    assert client.get("/demo/outbox/").status_code == 404


def test_a_port_in_use_is_told_and_nothing_made(tmp_path):
    taken = server.listen("127.0.0.1", 0)
    try:
        with pytest.raises(SettingsError, match="choose another with --port"):
            run(root=ROOT, port=taken.getsockname()[1], folder=tmp_path / "demo", say=lambda line: None)
    finally:
        taken.close()

    assert not (tmp_path / "demo").exists()


def test_a_folder_that_holds_something_else_is_never_cleared(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(SettingsError, match="thesis.txt"):
        prepare(tmp_path, 8123, ROOT)

    assert (tmp_path / "thesis.txt").exists()


def test_a_manager_stays_signed_in_while_the_days_of_the_demo_pass(tmp_path):
    demo = prepare(tmp_path / "demo", 8123, ROOT)
    with demo.service.store.write(demo.clock.now()) as tx:
        sign_ins.add_session(
            tx,
            "hash of a secret",
            "business.manager@larkspur-row.example",
            demo.clock.now() + timedelta(hours=8),
        )

    demo.move_to(demo.today + timedelta(days=2))

    with demo.service.store.read() as connection:
        address = sign_ins.address_of_session(connection, "hash of a secret", demo.clock.now())
    assert address == "business.manager@larkspur-row.example"
