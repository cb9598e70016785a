"""Flask-Mail's settings, messages and test outbox over our transports."""

from __future__ import annotations

import email
import email.policy

import pytest
from flask import Flask
from flask_mail import BadHeaderError

from ackservice.mail.flaskmail import Message, SafeMail, address_from
from ackservice.mail.transports import CertificateRefused, RecipientRefused
from tests.mail.servers import MailServer, mail_server


def app_with(**config):
    app = Flask("mail-test")
    app.config.update(MAIL_DEFAULT_SENDER="The School <notices@school.example>", **config)
    return app


def test_a_message_of_flask_mail_arrives():
    with mail_server(login=False) as server:
        app = app_with(MAIL_SERVER="127.0.0.1", MAIL_PORT=server.port)
        mail = SafeMail(app)
        with app.app_context(), mail.connect() as connection:
            for number in range(3):
                connection.send(Message("Hello", ["Ada <ada@school.example>"], body=f"Number {number}"))
    assert [recipient for _, recipient, _ in server.taken] == ["ada@school.example"] * 3
    assert server.connections == 1


def test_certificates_are_verified(authority):
    with mail_server(tls=authority.server_context()) as server:
        app = app_with(
            MAIL_SERVER="127.0.0.1",
            MAIL_PORT=server.port,
            MAIL_USE_TLS=True,
            MAIL_USERNAME="u",
            MAIL_PASSWORD="right",
        )
        with app.app_context(), pytest.raises(CertificateRefused):
            SafeMail(app).send(Message("Hello", ["ada@school.example"], body="x"))
    assert server.logins == []


def test_long_lines_and_other_letters_are_encoded():
    long = "x" * 3000 + " żółć"
    with mail_server(login=False) as server:
        app = app_with(MAIL_SERVER="127.0.0.1", MAIL_PORT=server.port)
        with app.app_context():
            SafeMail(app).send(Message("Żółć", ["ada@school.example"], body=long, html=f"<p>{long}</p>"))
    data = server.taken[0][2]
    assert max(map(len, data.split(b"\r\n"))) <= 998 and data.isascii()
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert message["Subject"] == "Żółć"
    assert message.get_body(("plain",)).get_content().strip() == long
    assert message.get_body(("html",)).get_content().strip() == f"<p>{long}</p>"


def test_one_refused_address_does_not_keep_it_from_the_others():
    server = MailServer(on_recipient=lambda a: "550 5.1.1 who?" if a.startswith("b@") else None)
    with mail_server(server, login=False):
        app = app_with(MAIL_SERVER="127.0.0.1", MAIL_PORT=server.port)
        with app.app_context(), pytest.raises(RecipientRefused):
            SafeMail(app).send(Message("Hello", ["a@x.example", "b@x.example", "c@x.example"], body="x"))
    assert [recipient for _, recipient, _ in server.taken] == ["a@x.example", "c@x.example"]


def test_suppressed_messages_are_recorded_and_not_sent():
    app = app_with(MAIL_SUPPRESS_SEND=True, MAIL_SERVER="mail.school.invalid")
    mail = SafeMail(app)
    with app.app_context(), mail.record_messages() as outbox:
        mail.send(Message("Hello", ["ada@school.example"], body="x"))
    assert [message.subject for message in outbox] == ["Hello"]


def test_testing_suppresses_as_flask_mail_does():
    app = app_with(TESTING=True)
    mail = SafeMail(app)
    with app.app_context(), mail.record_messages() as outbox:
        mail.send_message("Hello", ["ada@school.example"], body="x")
    assert len(outbox) == 1


def test_headers_cannot_be_broken_into():
    app = app_with(MAIL_SUPPRESS_SEND=True)
    with app.app_context(), pytest.raises(BadHeaderError):
        SafeMail(app).send(Message("Hello\nBcc: x@x.example", ["ada@school.example"], body="x"))


def test_a_message_without_recipient_is_a_mistake():
    app = app_with(MAIL_SUPPRESS_SEND=True)
    with app.app_context(), pytest.raises(ValueError, match="recipient"):
        SafeMail(app).send(Message("Hello", [], body="x"))


@pytest.mark.parametrize(
    ("config", "address"),
    [
        ({}, "smtp://127.0.0.1:25"),
        (
            {
                "MAIL_SERVER": "m.example",
                "MAIL_PORT": 587,
                "MAIL_USE_TLS": True,
                "MAIL_USERNAME": "a@b",
                "MAIL_PASSWORD": "p/w%",
            },
            "smtp://a%40b:p%2Fw%25@m.example:587?starttls=yes",
        ),
        ({"MAIL_SERVER": "m.example", "MAIL_USE_SSL": True}, "smtps://m.example:465"),
    ],
)
def test_the_settings_of_flask_mail_name_a_transport(config, address):
    assert address_from(config) == address
