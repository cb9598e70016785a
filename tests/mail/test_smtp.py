"""Sending by SMTP against real and ill-behaved servers on loopback."""

from __future__ import annotations

import socket
import traceback
from urllib.parse import quote

import pytest

from ackservice.mail.transports import (
    BadMailSetting,
    CannotConnect,
    CertificateRefused,
    ConnectionLost,
    LoginRefused,
    RecipientRefused,
    SenderRefused,
    TryLater,
    transport_from,
)
from tests.mail.servers import MailServer, mail_server, scripted_server, token_endpoint, web_server

SECRET = "p@ss/wörd%41"
WRITTEN = "p%40ss%2Fw%C3%B6rd%2541"


def plain(port, settings):
    return transport_from(f"smtp://127.0.0.1:{port}?starttls=no", settings)


@pytest.fixture
def encrypted(authority):
    """A server with STARTTLS that takes the password SECRET."""
    server = MailServer(accepts=lambda user, secret: (user, secret) == ("notices@school.example", SECRET))
    with mail_server(server, tls=authority.server_context()) as server:
        yield server


def address(server, authority, password=WRITTEN, scheme="smtp"):
    return f"{scheme}://notices%40school.example:{password}@127.0.0.1:{server.port}?ca={authority.ca_file}"


def test_a_message_arrives_whole_after_starttls_and_login(encrypted, authority, settings, letter):
    connection = transport_from(address(encrypted, authority), settings).open()
    message = letter()
    assert connection.send(message) == "250 2.0.0 taken"
    connection.close()
    assert encrypted.taken == [("bounces@school.example", "ada@school.example", message.as_bytes())]
    assert [login[0] for login in encrypted.logins] == ["PLAIN"]


def test_one_connection_carries_many_messages(encrypted, authority, settings, letter):
    connection = transport_from(address(encrypted, authority), settings).open()
    for number in range(5):
        connection.send(letter(number=number))
    connection.close()
    assert len(encrypted.taken) == 5
    assert len(encrypted.logins) == 1


def test_immediate_encryption(authority, settings, letter):
    server = MailServer(accepts=lambda user, secret: secret == SECRET)
    with mail_server(server, tls=authority.server_context(), immediate=True):
        connection = transport_from(address(server, authority, scheme="smtps"), settings).open()
        connection.send(letter())
        connection.close()
    assert len(server.taken) == 1


def test_login_falls_back_on_auth_login(authority, settings):
    server = MailServer(accepts=lambda user, secret: secret == SECRET)
    with mail_server(server, tls=authority.server_context(), auth_exclude_mechanism=["PLAIN"]):
        transport_from(address(server, authority), settings).open().close()
    assert server.logins == [("LOGIN", "notices@school.example", SECRET)]


def test_a_wrong_password_is_told_without_showing_it(encrypted, authority, settings):
    wrong = "".join(("hun", "ter%2"))  # else the traceback shows it in our own line
    encrypted.refusal = f"535 5.7.8 no: secret {wrong} for you"
    with pytest.raises(LoginRefused) as caught:
        transport_from(address(encrypted, authority, password=quote(wrong)), settings).open()
    assert "user name and password" in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert "hunter" not in shown
    assert "[hidden]" in caught.value.answer


def test_microsofts_refusal_of_passwords_names_the_way_out(encrypted, authority, settings):
    encrypted.refusal = (
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."
    )
    with pytest.raises(LoginRefused, match=r"smtp\+xoauth2:// or graph://"):
        transport_from(address(encrypted, authority, password="x"), settings).open()


def test_a_certificate_of_an_unknown_authority_is_refused(encrypted, other_authority, settings):
    with pytest.raises(CertificateRefused, match="not to be trusted"):
        transport_from(address(encrypted, other_authority), settings).open()
    assert encrypted.logins == []


def test_a_certificate_for_another_name_is_refused(authority, settings):
    server = MailServer()
    with (
        mail_server(server, tls=authority.server_context("mail.elsewhere.example")),
        pytest.raises(CertificateRefused, match="not to be trusted"),
    ):
        transport_from(address(server, authority), settings).open()
    assert server.logins == []


def test_no_password_goes_to_a_server_without_encryption(authority, settings):
    server = MailServer()
    with mail_server(server), pytest.raises(CertificateRefused, match="offers no encryption"):
        transport_from(address(server, authority), settings).open()
    assert server.logins == []


def test_smtps_to_a_port_without_tls_is_told(authority, settings):
    with mail_server() as server, pytest.raises(CertificateRefused, match="No encrypted connection"):
        transport_from(address(server, authority, scheme="smtps"), settings).open()


def test_a_server_without_password_login_is_told(authority, settings):
    with (
        mail_server(tls=authority.server_context(), auth_exclude_mechanism=["PLAIN", "LOGIN"]) as server,
        pytest.raises(LoginRefused, match="offers: XOAUTH2"),
    ):
        transport_from(address(server, authority), settings).open()


def test_one_refused_recipient_in_ten_does_not_stop_the_rest(settings, letter):
    server = MailServer(on_recipient=lambda a: "550 5.1.1 no such person" if a.startswith("p7@") else None)
    refused = []
    with mail_server(server, login=False):
        connection = plain(server.port, settings).open()
        for number in range(10):
            try:
                connection.send(letter(f"p{number}@school.example", number))
            except RecipientRefused as error:
                refused.append((number, error.code, error.answer))
        connection.close()
    assert refused == [(7, 550, "5.1.1 no such person")]
    assert [recipient for _, recipient, _ in server.taken] == [
        f"p{n}@school.example" for n in range(10) if n != 7
    ]
    assert server.connections == 1


def test_greylisting_is_for_this_one_only_and_passes(settings, letter):
    answers = ["451 4.7.1 greylisted, come back", None]
    server = MailServer(on_recipient=lambda a: answers.pop(0))
    with mail_server(server, login=False):
        connection = plain(server.port, settings).open()
        with pytest.raises(TryLater) as caught:
            connection.send(letter())
        assert caught.value.whole_server is False
        connection.send(letter())
        connection.close()
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    "answer", ["432 4.3.2 STOREDRV.ClientSubmit; too many connections", "421 4.3.2 closing"]
)
def test_a_server_that_is_full_says_so_for_all_and_is_asked_again(settings, letter, answer):
    answers = [answer, None]
    server = MailServer(on_data=lambda a: answers.pop(0))
    with mail_server(server, login=False):
        connection = plain(server.port, settings).open()
        with pytest.raises(TryLater) as caught:
            connection.send(letter())
        assert caught.value.whole_server is True
        connection.send(letter())
        connection.close()
    assert len(server.taken) == 1


def test_a_sender_that_is_not_allowed_concerns_all(settings, letter):
    server = MailServer(
        on_sender=lambda a: "550 5.7.60 SMTP; Client does not have permissions to send as this sender"
    )
    with mail_server(server, login=False):
        connection = plain(server.port, settings).open()
        with pytest.raises(SenderRefused, match="does not let us send from this address"):
            connection.send(letter())
        connection.close()


def test_send_as_denied_after_the_message_concerns_all_too(settings, letter):
    server = MailServer(
        on_data=lambda a: "554 5.2.252 SendAsDenied; notices@school.example not allowed to send as"
    )
    with mail_server(server, login=False):
        connection = plain(server.port, settings).open()
        with pytest.raises(SenderRefused):
            connection.send(letter())
        connection.close()


def test_refused_relaying_does_not_condemn_the_recipient(settings, letter):
    server = MailServer(
        on_recipient=lambda a: "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain"
    )
    with mail_server(server, login=False):
        connection = plain(server.port, settings).open()
        with pytest.raises(SenderRefused):
            connection.send(letter())
        connection.close()


def test_a_closed_port_is_told(settings):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(CannotConnect, match="refuses connections"):
        plain(port, settings).open()


def test_an_unknown_name_is_told(settings):
    with pytest.raises(CannotConnect, match="no server of the name mail.school.invalid"):
        transport_from("smtp://mail.school.invalid:25", settings).open()


def test_a_server_that_hangs_at_connect(hasty):
    with (
        scripted_server(lambda line, _: line.hang()) as port,
        pytest.raises(CannotConnect, match="within 0.2 seconds"),
    ):
        plain(port, hasty).open()


def test_a_server_that_hangs_after_ehlo(hasty):
    def script(line, _):
        line.say("220 hello")
        line.hear()
        line.hang()

    with scripted_server(script) as port, pytest.raises(CannotConnect, match="blocked by a firewall"):
        plain(port, hasty).open()


def test_a_server_that_hangs_before_the_message_has_not_taken_it(hasty, letter):
    def script(line, _):
        line.greet()
        line.hear()
        line.hang()

    with scripted_server(script) as port:
        connection = plain(port, hasty).open()
        with pytest.raises(ConnectionLost) as caught:
            connection.send(letter())
        connection.close()
    assert caught.value.maybe_taken is False


def test_a_server_that_hangs_after_the_message_may_have_taken_it(hasty, letter):
    def script(line, _):
        line.greet()
        line.take_envelope()
        line.hear_message()
        line.hang()

    with scripted_server(script) as port:
        connection = plain(port, hasty).open()
        with pytest.raises(ConnectionLost) as caught:
            connection.send(letter())
        connection.close()
    assert caught.value.maybe_taken is True


def test_a_server_that_drops_after_the_message_may_have_taken_it(settings, letter):
    def script(line, _):
        line.greet()
        line.take_envelope()
        line.hear_message()

    with scripted_server(script) as port:
        connection = plain(port, settings).open()
        with pytest.raises(ConnectionLost) as caught:
            connection.send(letter())
        connection.close()
    assert caught.value.maybe_taken is True


def test_a_server_that_drops_after_each_message_is_connected_to_again(settings, letter):
    taken = []

    def script(line, number):
        line.greet()
        if line.take_envelope():
            taken.append((number, line.hear_message()))
            line.say("250 taken")

    with scripted_server(script) as port:
        connection = plain(port, settings).open()
        for number in range(4):
            assert connection.send(letter(number=number)) == "250 taken"
        connection.close()
    assert [number for number, _ in taken] == [1, 2, 3, 4]


def test_a_server_that_answers_250_and_dies_leaves_an_answer_and_a_clear_error(settings, letter):
    def script(line, number):
        if number > 1:
            return
        line.greet()
        line.take_envelope()
        line.hear_message()
        line.say("250 taken")

    with scripted_server(script) as port:
        connection = plain(port, settings).open()
        assert connection.send(letter(number=1)) == "250 taken"
        with pytest.raises(CannotConnect, match="dropped the connection"):
            connection.send(letter(number=2))
        connection.close()


def test_a_server_that_always_drops_before_the_message_is_tried_twice(settings, letter):
    seen = []

    def script(line, number):
        seen.append(number)
        line.greet()
        line.hear()

    with scripted_server(script) as port:
        connection = plain(port, settings).open()
        with pytest.raises(ConnectionLost) as caught:
            connection.send(letter())
        connection.close()
    assert caught.value.maybe_taken is False
    assert seen == [1, 2]


def test_an_old_connection_closed_with_421_is_replaced_without_a_word(settings, letter):
    taken = []

    def script(line, number):
        line.greet()
        line.take_envelope()
        taken.append((number, line.hear_message()))
        line.say("250 taken")
        line.hear()
        line.say("421 4.4.2 idle for too long")

    with scripted_server(script) as port:
        connection = plain(port, settings).open()
        for number in range(3):
            assert connection.send(letter(number=number)) == "250 taken"
        connection.close()
    assert [number for number, _ in taken] == [1, 2, 3]


def test_a_new_connection_closed_with_421_means_later(settings, letter):
    def script(line, number):
        line.greet()
        line.hear()
        line.say("421 4.3.2 too busy")

    with scripted_server(script) as port:
        connection = plain(port, settings).open()
        with pytest.raises(TryLater) as caught:
            connection.send(letter())
        connection.close()
    assert caught.value.whole_server is True


@pytest.mark.parametrize("nonsense", ["taken, thank you", "x" * 9000, "999 what"])
def test_nonsense_after_the_message_may_mean_that_it_was_taken(settings, letter, nonsense):
    def script(line, _):
        line.greet()
        line.take_envelope()
        line.hear_message()
        line.say(nonsense)

    with scripted_server(script) as port:
        connection = plain(port, settings).open()
        with pytest.raises(ConnectionLost) as caught:
            connection.send(letter())
        connection.close()
    assert caught.value.maybe_taken is True


@pytest.mark.parametrize("nonsense", ["hm", "x" * 9000])
def test_nonsense_before_the_message_is_an_error_of_ours(settings, letter, nonsense):
    def script(line, _):
        line.greet()
        line.hear()
        line.say(nonsense)

    with scripted_server(script) as port:
        connection = plain(port, settings).open()
        with pytest.raises((ConnectionLost, TryLater)) as caught:
            connection.send(letter())
        connection.close()
    assert getattr(caught.value, "maybe_taken", False) is False


def test_a_banner_of_421_means_later(settings):
    with (
        scripted_server(lambda line, _: line.say("421 4.3.2 too busy")) as port,
        pytest.raises(TryLater) as caught,
    ):
        plain(port, settings).open()
    assert caught.value.whole_server is True


def test_nonsense_for_a_banner_is_an_error_of_ours(settings):
    with (
        scripted_server(lambda line, _: line.say("hello there")) as port,
        pytest.raises((CannotConnect, TryLater)),
    ):
        plain(port, settings).open()


def test_microsoft_tokens_log_in_by_xoauth2(authority, settings, letter):
    server = MailServer(accepts=lambda user, token: (user, token) == ("notices@school.example", "token-1"))
    context = authority.server_context()
    with web_server(token_endpoint(), context) as tokens, mail_server(server, tls=context):
        transport = transport_from(xoauth2_address(server, tokens, authority), settings, {"SECRET": SECRET})
        for _ in range(2):
            connection = transport.open()
            connection.send(letter())
            connection.close()
    assert len(server.taken) == 2
    assert len([1 for method, *_ in tokens.requests if method == "POST"]) == 1


def test_a_token_that_was_refused_is_renewed_once(authority, settings):
    server = MailServer(accepts=lambda user, token: token == "token-2")
    context = authority.server_context()
    with web_server(token_endpoint(), context) as tokens, mail_server(server, tls=context):
        transport_from(
            xoauth2_address(server, tokens, authority), settings, {"SECRET": SECRET}
        ).open().close()
    assert [secret for _, _, secret in server.logins] == ["token-1", "token-2"]


def test_a_token_refused_twice_is_a_login_refused(authority, settings):
    server = MailServer(accepts=lambda user, token: False)
    context = authority.server_context()
    with (
        web_server(token_endpoint(), context) as tokens,
        mail_server(server, tls=context),
        pytest.raises(LoginRefused),
    ):
        transport_from(xoauth2_address(server, tokens, authority), settings, {"SECRET": SECRET}).open()
    assert len(server.logins) == 2


def test_a_server_without_xoauth2_is_told(authority, settings):
    context = authority.server_context()
    with (
        web_server(token_endpoint(), context) as tokens,
        mail_server(tls=context, auth_exclude_mechanism=["XOAUTH2"]) as server,
        pytest.raises(LoginRefused, match="no login by OAuth"),
    ):
        transport_from(xoauth2_address(server, tokens, authority), settings, {"SECRET": SECRET}).open()


def xoauth2_address(server, tokens, authority):
    return (
        f"smtp+xoauth2://notices%40school.example@127.0.0.1:{server.port}?tenant=school&client=app-1&secret_env=SECRET"
        f"&authority={tokens.base}&ca={authority.ca_file}"
    )


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "No way of sending is set"),
        ("mail.school.example", "must begin with"),
        ("http://mail.school.example", "no way of sending known here"),
        ("outbox:", "needs a folder"),
        ("smtp://user:sec/ret@mail.school.example", "%2F"),
        ("smtp://user:sec?ret@mail.school.example", "%40"),
        ("smtp://user:sec#ret@mail.school.example", "%23"),
        ("smtp://user:sec[ret@mail.school.example", "percent-encoded"),
        ("smtp://user@mail.school.example", "both a user and a password"),
        ("smtp://:secret@mail.school.example", "both a user and a password"),
        ("smtp://user:secret@mail.school.example:99999", "number up to 65535"),
        ("smtp://user:secret@mail.school.example?starttls=no", "this same machine only"),
        ("smtp://user:secret@mail.school.example?starttls=perhaps", "yes or no"),
        ("smtp://user:secret@mail.school.example?secure=1", "unknown option 'secure'"),
        ("smtp://user:secret@mail.school.example?ca=/nowhere/ca.pem", "cannot be read"),
        ("smtp://user@mail.school.example?password_env=NOT_SET", "NOT_SET, which is not set"),
        ("smtp+xoauth2://mail.school.example?tenant=t", "needs the mailbox"),
        ("smtp+xoauth2://n%40x.example@mail.school.example?tenant=t", "needs client, secret"),
        (
            "graph://n%40x.example@graph.microsoft.com?tenant=t&client=c&secret=secret&secret_expires=soon",
            "must be a date",
        ),
        ("smtp+xoauth2://n%40x.example@smtp.gmail.com?google_key=/nowhere/key.json", "cannot be read"),
    ],
)
def test_a_bad_address_says_what_to_write_and_shows_no_secret(settings, written, told):
    with pytest.raises(BadMailSetting) as caught:
        transport_from(written, settings, {})
    assert told in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert not any(
        part in shown
        for part in ("secret@", "=secret", "sec/ret", "sec?ret", "sec#ret", "sec[ret", "'sec'", "ret@")
    )


@pytest.mark.parametrize(
    "written",
    [
        f"smtp://notices%40school.example:{WRITTEN}@mail.school.example",
        f"smtps://notices%40school.example:{WRITTEN}@mail.school.example",
        f"graph://n%40x.example@graph.microsoft.com?tenant=t&client=c&secret={WRITTEN}",
        f"smtp+xoauth2://n%40x.example@smtp.office365.com?tenant=t&client=c&secret={WRITTEN}",
    ],
)
def test_a_transport_shows_no_secret(settings, written):
    transport = transport_from(written, settings)
    for shown in (repr(transport), transport.describe()):
        assert SECRET not in shown and WRITTEN not in shown


def test_a_password_may_come_from_the_environment(encrypted, authority, settings):
    written = f"smtp://notices%40school.example@127.0.0.1:{encrypted.port}?password_env=MAIL_SECRET&ca={authority.ca_file}"
    transport_from(written, settings, {"MAIL_SECRET": SECRET}).open().close()
    assert encrypted.logins == [("PLAIN", "notices@school.example", SECRET)]
