"""Servers that take commands together (RFC 2920): fewer waits, and every refusal means what it meant one by
one."""

from __future__ import annotations

import pytest

from ackservice.mail.transports import (
    ConnectionLost,
    RecipientRefused,
    SenderRefused,
    TryLater,
    transport_from,
)
from tests.mail.servers import scripted_server


def plain(port, settings):
    return transport_from(f"smtp://127.0.0.1:{port}?starttls=no", settings)


def greet(line):
    line.say("220 mail.school.example ESMTP")
    line.hear()
    line.say("250-mail.school.example")
    line.say("250 PIPELINING")


def hear_three(line):
    """The commands before a message, heard whole before any of them is answered: only a client that writes
    them together gets on."""
    return [line.hear()[:4] for _ in range(3)]


def answer(line, *answers):
    for text in answers:
        line.say(text)


def test_sender_recipient_and_data_are_written_together(settings, letter):
    heard, taken = [], []

    def script(line, number):
        greet(line)
        for _ in range(2):
            heard.append(hear_three(line))
            answer(line, "250 OK", "250 OK", "354 go on")
            taken.append(line.hear_message())
            line.say("250 taken")

    with scripted_server(script) as port:
        session = plain(port, settings).open()
        assert [session.deliver(letter(number=n)) for n in (1, 2)] == ["250 taken", "250 taken"]
        session.close()
    assert heard == [["MAIL", "RCPT", "DATA"]] * 2
    assert [b"Message-ID: <d1@" in taken[0], b"Message-ID: <d2@" in taken[1]] == [True, True]


def test_without_the_offer_each_command_waits_for_its_answer(settings, letter):
    early = []

    def script(line, number):
        line.greet()
        for text in ("250 OK", "250 OK", "354 go on"):
            line.hear()
            early.append(line.has_more())
            line.say(text)
        line.hear_message()
        line.say("250 taken")

    with scripted_server(script) as port:
        session = plain(port, settings).open()
        session.deliver(letter())
        session.close()
    assert early == [False, False, False]


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        (("250 OK", "550 5.1.1 no such person", "503 no valid recipients"), RecipientRefused),
        (("250 OK", "550 5.1.1 no such person", "354 go on"), RecipientRefused),
        (("250 OK", "451 4.7.1 greylisted", "503 no valid recipients"), TryLater),
        (("250 OK", "451 4.7.1 greylisted", "354 go on"), TryLater),
        (("550 5.7.60 SendAsDenied", "503 no sender", "503 no recipient"), SenderRefused),
        (("250 OK", "250 OK", "554 5.6.0 not this one"), RecipientRefused),
    ],
)
def test_after_a_refusal_no_message_is_sent_and_the_connection_serves_the_next(
    settings, letter, answers, error
):
    heard, connections = [], []

    def script(line, number):
        connections.append(number)
        greet(line)
        hear_three(line)
        answer(line, *answers)
        if answers[-1].startswith("354"):
            heard.append(line.hear_message())
            line.say("554 no valid recipients")
        heard.append(line.hear().upper())
        line.say("250 reset")
        hear_three(line)
        answer(line, "250 OK", "250 OK", "354 go on")
        line.hear_message()
        line.say("250 taken")

    with scripted_server(script) as port:
        session = plain(port, settings).open()
        with pytest.raises(error) as caught:
            session.deliver(letter())
        assert session.deliver(letter("bo@school.example", number=2)) == "250 taken"
        session.close()
    refused = next(text for text in answers if text[0] in "45")
    assert refused[4:] in str(caught.value)  # the first refusal is told, not what followed from it
    assert heard == ([b"", "RSET"] if answers[-1].startswith("354") else ["RSET"])
    assert connections == [1]


def test_a_server_that_refuses_and_goes_away_is_told_as_refusing(settings, letter):
    def script(line, number):
        greet(line)
        hear_three(line)
        line.say("432 4.3.2 Concurrent connections limit exceeded")

    with scripted_server(script) as port:
        session = plain(port, settings).open()
        with pytest.raises(TryLater) as caught:
            session.deliver(letter())
        session.close()
    assert caught.value.whole_server is True


@pytest.mark.parametrize(
    "answers", [("421 closing",), ("250 OK", "421 closing"), ("250 OK", "250 OK", "421 closing"), ()]
)
def test_an_old_connection_that_ends_amid_the_commands_is_replaced_without_a_word(settings, letter, answers):
    def script(line, number):
        greet(line)
        hear_three(line)
        answer(line, "250 OK", "250 OK", "354 go on")
        line.hear_message()
        line.say(f"250 taken by {number}")
        if number == 1:
            hear_three(line)
            answer(line, *answers)

    with scripted_server(script) as port:
        session = plain(port, settings).open()
        assert [session.deliver(letter(number=n)) for n in (1, 2)] == ["250 taken by 1", "250 taken by 2"]
        session.close()


@pytest.mark.parametrize("answers", [(), ("250 OK",), ("250 OK", "250 OK")])
def test_a_server_that_hangs_amid_the_commands_has_not_taken_the_message(hasty, letter, answers):
    def script(line, number):
        greet(line)
        hear_three(line)
        answer(line, *answers)
        line.hang()

    with scripted_server(script) as port:
        session = plain(port, hasty).open()
        with pytest.raises(ConnectionLost) as caught:
            session.deliver(letter())
        session.close()
    assert caught.value.maybe_taken is False


def test_a_server_that_dies_after_the_message_may_have_taken_it(settings, letter):
    def script(line, number):
        greet(line)
        hear_three(line)
        answer(line, "250 OK", "250 OK", "354 go on")
        line.hear_message()

    with scripted_server(script) as port:
        session = plain(port, settings).open()
        with pytest.raises(ConnectionLost) as caught:
            session.deliver(letter())
        session.close()
    assert caught.value.maybe_taken is True
