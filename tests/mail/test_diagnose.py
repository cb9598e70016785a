"""`ack mail test` says what is wrong, and what to do."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

from ackservice.mail.diagnose import diagnose
from ackservice.mail.transports import transport_from
from handbook.policy.school import Contact
from tests.mail.servers import MailServer, mail_server

MANAGER = Contact("Business Manager", "business@school.example")


def tried(address, settings, to="ada@school.example", sender="The School <notices@school.example>"):
    return diagnose(
        transport_from(address, settings),
        sender,
        to,
        school="Greenfield School",
        reply=MANAGER,
        message_id="<test.1@policies.school.example>",
        time_zone="Europe/London",
        now=datetime(2021, 7, 26, 8, 0, tzinfo=UTC),
    )


def loopback(server):
    return f"smtp://127.0.0.1:{server.port}?starttls=no"


def test_a_message_that_was_taken(settings):
    with mail_server(login=False) as server:
        told = tried(loopback(server), settings)
    assert told.sent is True
    assert told.lines[-2:] == (
        "The mail server took the message (250 2.0.0 taken).",
        "Now look whether it arrives, and not among junk mail.",
    )
    ((sender, recipient, data),) = server.taken
    assert (sender, recipient) == ("notices@school.example", "ada@school.example")
    assert b"Subject: Test message from the policy service of Greenfield School\r\n" in data


def test_a_blocked_port(settings):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    told = tried(f"smtp://127.0.0.1:{port}", settings)
    assert told.sent is False
    assert "refuses connections" in told.lines[1]
    assert told.lines[2].startswith("Nothing can be sent until there is a connection.")


def test_an_unknown_server(settings):
    assert "no server of the name" in tried("smtp://mail.school.invalid", settings).lines[1]


def test_a_wrong_password(settings, authority):
    with mail_server(tls=authority.server_context()) as server:
        told = tried(f"smtp://n:wrong-one@127.0.0.1:{server.port}?ca={authority.ca_file}", settings)
    assert told.lines[2] == "Nothing can be sent until the login works."
    assert "wrong-one" not in " ".join(told.lines)


def test_a_wrong_certificate(settings, authority, other_authority):
    with mail_server(tls=authority.server_context()) as server:
        told = tried(f"smtp://n:p@127.0.0.1:{server.port}?ca={other_authority.ca_file}", settings)
    assert "not to be trusted" in told.lines[1]


def test_a_refused_sender(settings):
    server = MailServer(on_sender=lambda a: "550 5.7.60 not allowed")
    with mail_server(server, login=False):
        assert (
            tried(loopback(server), settings).lines[-1] == "Nothing can be sent until the sender is allowed."
        )


def test_a_refused_recipient(settings):
    server = MailServer(on_recipient=lambda a: "550 5.1.1 who?")
    with mail_server(server, login=False):
        assert (
            tried(loopback(server), settings).lines[-1]
            == "Connection and login work. Check the address, or try another one."
        )


def test_a_server_that_is_busy(settings):
    server = MailServer(on_recipient=lambda a: "451 4.7.1 greylisted")
    with mail_server(server, login=False):
        assert "Try again in a few minutes" in tried(loopback(server), settings).lines[-1]


def test_addresses_that_are_none(settings, tmp_path):
    assert "is not an e-mail address" in tried(f"outbox:{tmp_path}", settings, to="ada").lines[1]
    assert (
        tried(f"outbox:{tmp_path}", settings, sender="School").lines[2]
        == "Correct the mail settings in school.toml."
    )
    assert list(tmp_path.iterdir()) == []
