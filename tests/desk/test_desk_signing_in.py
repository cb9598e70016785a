"""Signing in at the desk: links, sessions, limits, and attempts to get in otherwise."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta

import pytest

from ackservice import create_app
from ackservice.service import signing_in
from tests.school_tree import BASE

BEA = "office@larkspur-row.example"


@pytest.fixture
def app(staffed, clock):
    return create_app(staffed.settings, clock=clock, service=staffed)


@pytest.fixture
def client(app):
    return app.test_client()


def queued(service) -> list[tuple[str, str]]:
    """(address, text) of the links waiting to be sent."""
    with service.store.read() as connection:
        rows = connection.execute("SELECT address, payload FROM delivery WHERE kind = 'sign-in'").fetchall()
    return [(row["address"], json.loads(row["payload"])["text"]) for row in rows]


def emailed_path(service) -> str:
    return re.search(re.escape(BASE) + r"(/ack/desk/sign-in/\S+)", queued(service)[-1][1])[1]


def ask(client, address=BEA, **kwargs):
    return client.post("/ack/desk/sign-in", data={"address": address}, headers={"Origin": BASE}, **kwargs)


def signed_in(client, service):
    ask(client)
    client.post(emailed_path(service), headers={"Origin": BASE})
    return client


def test_a_known_and_an_unknown_address_get_the_same_answer(client, staffed):
    known, unknown = ask(client), ask(client, "stranger@elsewhere.example")
    assert (
        (known.status_code, known.location)
        == (unknown.status_code, unknown.location)
        == (303, "/ack/desk/sign-in/sent")
    )
    assert [address for address, _ in queued(staffed)] == [BEA]


def test_opening_the_link_signs_nobody_in(client, staffed):
    ask(client)
    for _ in range(3):
        page = client.get(emailed_path(staffed))
        assert page.status_code == 200
        assert "Bea Manager" in page.text
        assert "Set-Cookie" not in page.headers
    assert client.get("/ack/desk/").status_code == 303


def test_the_button_signs_in_once(client, app, staffed):
    ask(client)
    path = emailed_path(staffed)
    first = client.post(path, headers={"Origin": BASE})
    assert (first.status_code, first.location) == (303, "/ack/desk/")
    cookie = first.headers["Set-Cookie"]
    assert all(
        part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/ack/desk", "Max-Age=28800")
    )
    assert app.test_client().post(path, headers={"Origin": BASE}).status_code == 410


def test_the_address_may_be_written_in_capitals(client, staffed):
    ask(client, "  OFFICE@Larkspur-Row.example ")
    assert [address for address, _ in queued(staffed)] == [BEA]


def test_a_link_ends_after_fifteen_minutes(client, staffed, clock):
    ask(client)
    clock.advance(timedelta(minutes=15))
    assert client.get(emailed_path(staffed)).status_code == 410
    assert client.post(emailed_path(staffed), headers={"Origin": BASE}).status_code == 410


def test_a_link_with_a_changed_character_is_refused(client, staffed):
    ask(client)
    path = emailed_path(staffed)
    changed = path[:-2] + ("A" if path[-2] != "A" else "B") + path[-1]
    assert client.get(changed).status_code == 404
    assert client.get("/ack/desk/sign-in/" + "x" * 5000).status_code == 404


def test_a_session_ends_after_eight_hours(client, staffed, clock):
    signed_in(client, staffed)
    assert client.get("/ack/desk/").status_code == 200
    clock.advance(timedelta(hours=8))
    assert client.get("/ack/desk/").status_code == 303


def test_signing_out_ends_the_session_on_the_server(client, app, staffed):
    signed_in(client, staffed)
    secret = client.get_cookie("desk", path="/ack/desk", domain="localhost").value
    key = re.search(r'name="form_key" value="(\w+)"', client.get("/ack/desk/").text)[1]
    assert (
        client.post("/ack/desk/sign-out", data={"form_key": key}, headers={"Origin": BASE}).status_code == 303
    )
    again = app.test_client()
    again.set_cookie("desk", secret, path="/ack/desk")
    assert again.get("/ack/desk/").status_code == 303


def test_who_is_taken_off_the_list_is_out_at_once(client, staffed, school):
    signed_in(client, staffed)
    assert client.get("/ack/desk/").status_code == 200
    school.edit(
        "school.toml", 'address = "office@larkspur-row.example"', 'address = "successor@larkspur-row.example"'
    )
    assert client.get("/ack/desk/").status_code == 303


@pytest.mark.parametrize("value", ["", "x", "a" * 43, "../../etc/passwd", "é"])
def test_a_forged_cookie_lets_nobody_in(client, value):
    client.set_cookie("desk", value, path="/ack/desk")
    assert client.get("/ack/desk/").status_code == 303


def test_what_is_kept_of_a_session_cannot_be_used_as_one(client, app, staffed):
    signed_in(client, staffed)
    with staffed.store.read() as connection:
        kept = connection.execute("SELECT secret_hash FROM desk_session").fetchone()[0]
    other = app.test_client()
    other.set_cookie("desk", kept, path="/ack/desk")
    assert other.get("/ack/desk/").status_code == 303


def test_a_form_of_another_session_is_refused(client, app, staffed, clock):
    signed_in(client, staffed)
    key = re.search(r'name="form_key" value="(\w+)"', client.get("/ack/desk/").text)[1]
    other = signed_in(app.test_client(), staffed)
    assert (
        other.post("/ack/desk/sign-out", data={"form_key": key}, headers={"Origin": BASE}).status_code == 403
    )
    assert other.get("/ack/desk/").status_code == 200


def test_a_form_of_another_site_is_refused(client, staffed):
    assert (
        client.post(
            "/ack/desk/sign-in", data={"address": BEA}, headers={"Origin": "https://evil.example"}
        ).status_code
        == 403
    )
    assert queued(staffed) == []


def test_a_thousand_attempts_send_five_links_and_then_nothing(client, staffed):
    answers = [ask(client).status_code for _ in range(1000)]
    assert answers.count(303) == 5
    assert set(answers[5:]) == {429}
    assert len(queued(staffed)) == 5


def test_one_client_cannot_try_one_address_after_the_other(client, staffed):
    answers = [ask(client, f"guess{n}@larkspur-row.example").status_code for n in range(40)]
    assert (answers.count(303), answers.count(429)) == (30, 10)


def test_the_limit_survives_a_restart_and_ends_with_the_hour(client, environ, staffed, clock):
    for _ in range(6):
        ask(client)
    from ackservice.config import settings_from
    from ackservice.service.context import Service

    again = create_app(
        settings_from(environ), clock=clock, service=Service.open(settings_from(environ))
    ).test_client()
    assert ask(again).status_code == 429
    clock.advance(timedelta(hours=1))
    assert ask(again).status_code == 303
    again.application.extensions["ack"].service.store.close()


def test_no_address_of_a_client_is_kept_and_the_key_goes_with_the_hour(client, staffed, clock):
    ask(client)
    with staffed.store.read() as connection:
        kept = [row["what"] for row in connection.execute("SELECT what FROM sign_in_attempt")]
    assert len(kept) == 2
    assert hashlib.sha256(b"client 127.0.0.1").hexdigest() not in kept
    clock.advance(timedelta(hours=1))
    signing_in.forget_if_due(staffed, clock.now())
    with staffed.store.read() as connection:
        assert connection.execute("SELECT COUNT(*) FROM sign_in_attempt").fetchone()[0] == 0
        assert (
            connection.execute("SELECT COUNT(*) FROM setting WHERE name = 'sign-in attempts'").fetchone()[0]
            == 0
        )


def test_signing_in_is_a_ledger_line(client, staffed):
    signed_in(client, staffed)
    with staffed.store.read() as connection:
        row = connection.execute("SELECT act, done_by FROM desk_act").fetchone()
    assert tuple(row) == ("signed in", "Bea Manager (office@larkspur-row.example)")


def test_the_command_prints_a_link_that_works(client, run_ack, staffed):
    said = run_ack("manager-link", BEA)
    assert said.exit_code == 0
    path = said.output.strip().removeprefix(BASE)
    assert client.post(path, headers={"Origin": BASE}).location == "/ack/desk/"
    refused = run_ack("manager-link", "nobody@larkspur-row.example")
    assert refused.exit_code == 1
    assert "is not in the list of managers" in refused.output


def test_every_desk_page_asks_for_a_session(app):
    client = app.test_client()
    adapter = app.url_map.bind("localhost")
    checked = 0
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if not rule.endpoint.startswith("desk.") or getattr(view, "desk_public", False):
            continue
        examples = dict(re.findall(r"any\((\w+)[^)]*\):(\w+)>", rule.rule))
        named = {name: example for example, name in examples.items()}
        path = adapter.build(
            rule.endpoint,
            {name: named.get(name, 1) for name in rule.arguments},
            method=next(iter(rule.methods - {"HEAD", "OPTIONS"})),
        )
        method = "POST" if "POST" in rule.methods else "GET"
        answer = client.open(path, method=method, headers={"Origin": BASE})
        assert (answer.status_code, answer.location) == (303, "/ack/desk/sign-in"), path
        checked += 1
    assert checked >= 14


def test_a_link_goes_out_before_everything_else_that_waits(client, staffed, clock):
    from ackservice.service import issuing
    from ackservice.storage import deliveries

    issuing.issue(staffed, [("social-media", "2021-09")], now=clock.now(), issued_by="Bea")
    assert not signing_in.is_waited_for(staffed, clock.now() - timedelta(seconds=1))
    ask(client)
    assert signing_in.is_waited_for(staffed, clock.now() - timedelta(seconds=1))
    assert not signing_in.is_waited_for(staffed, clock.now())
    with staffed.store.read() as connection:
        assert [delivery.kind for delivery in deliveries.due(connection, clock.now(), 9)] == [
            "sign-in",
            "notice",
            "notice",
            "notice",
        ]
