"""Mail servers as they are: refusing, hanging, dropping, crowded, greylisting. Nothing is lost, nothing goes
out twice."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from ackservice.mail.transports import transport_from
from ackservice.service.roster import import_roster
from ackservice.service.sending import send_due
from ackservice.storage import queue_state
from tests.conftest import MONDAY
from tests.mail.servers import Authority, MailServer, mail_server, scripted_server
from tests.school_tree import roster_csv
from tests.service.acts import issue

PEOPLE = 20


@pytest.fixture
def queued(service):
    """Twenty people to be told, at a pace that does not matter here."""
    rows = [f"P{n:03},Person {n},p{n}@larkspur-row.example,Employee,," for n in range(PEOPLE)]
    import_roster(service, roster_csv(*rows), "staff.csv", now=MONDAY, confirmed=True)
    with_mail(service, per_minute=1000, timeout_seconds=5)
    issue(service, "2021-09")
    return service


def with_mail(service, **changes):
    school = service.settings.school
    service.settings = replace(service.settings, school=replace(school, mail=replace(school.mail, **changes)))


def send(service, clock, port, scheme="smtp", **how):
    transport = transport_from(f"{scheme}://127.0.0.1:{port}?starttls=no", service.settings.school.mail)
    wait = how.pop("wait", lambda seconds: clock.advance(timedelta(seconds=seconds)))
    return send_due(service, transport, clock, wait=wait, **how)


def states(service):
    with service.store.read() as connection:
        return dict(Counter(row["state"] for row in connection.execute("SELECT state FROM delivery")))


def paused_until(service):
    with service.store.read() as connection:
        return queue_state.paused_until(connection)


def test_a_refused_connection_stops_at_once_and_pauses_longer_each_time(queued, clock):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    pauses = []
    for _ in range(4):
        result = send(queued, clock, port)
        assert (result.sent, result.left) == (0, PEOPLE)
        assert "refuses connections" in result.stopped
        pauses.append((paused_until(queued) - clock.now()).total_seconds() / 60)
        clock.move_to(paused_until(queued))
    assert pauses == [1, 5, 15, 30]
    assert states(queued) == {"queued": PEOPLE}
    with mail_server(login=False) as server:
        assert send(queued, clock, server.port).sent == PEOPLE
    assert paused_until(queued) is None


def test_a_pause_holds_across_runs(queued, clock):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    send(queued, clock, port)
    with mail_server(login=False) as server:
        paused = send(queued, clock, server.port)
        assert paused.stopped.startswith("the mail server failed a short while ago")
        assert paused.busy  # so that cron hears of a failure once, not at every run of its pause
        assert server.taken == []


@pytest.mark.parametrize("where", ["connect", "hello", "data"])
def test_a_server_that_hangs_loses_nothing(queued, clock, where):
    def script(line, number):
        if where == "connect":
            line.hang()
        line.say("220 mail ESMTP")
        line.hear()
        if where == "hello":
            line.hang()
        line.say("250 mail")
        line.take_envelope()
        line.hang()

    with_mail(queued, timeout_seconds=0.1)
    with scripted_server(script) as port:
        result = send(queued, clock, port)
    assert result.sent == 0
    assert result.stopped
    assert states(queued) == {"queued": PEOPLE}


def test_a_server_that_drops_after_each_message_takes_them_all_once(queued, clock):
    taken = []

    def script(line, number):
        line.greet()
        if line.take_envelope():
            taken.append(line.hear_message())
            line.say("250 taken")

    with scripted_server(script) as port:
        result = send(queued, clock, port)
    assert (result.sent, result.stopped) == (PEOPLE, "")
    assert len(taken) == PEOPLE


def test_lost_answers_repeat_under_the_same_message_id(queued, clock):
    taken = []

    def script(line, number):
        line.greet()
        while line.take_envelope():
            data = line.hear_message()
            taken.append(next(part for part in data.split(b"\r\n") if part.startswith(b"Message-ID")))
            if len(taken) % 5 == 0:
                return  # it has the message, and dies before it says so
            line.say("250 taken")

    with_mail(queued, connections=1)
    with scripted_server(script) as port:
        for _ in range(12):
            send(queued, clock, port)
            clock.advance(timedelta(hours=2))
    assert states(queued) == {"sent": PEOPLE}
    assert len(set(taken)) == PEOPLE
    assert max(Counter(taken).values()) == 2


def test_greylisted_messages_go_later(queued, clock):
    seen = Counter()

    def once(address):
        seen[address] += 1
        return "451 4.7.1 greylisted, come back later" if seen[address] == 1 else None

    with mail_server(MailServer(on_recipient=once), login=False) as server:
        first = send(queued, clock, server.port)
        assert (first.sent, first.postponed, first.stopped) == (0, PEOPLE, "")
        clock.advance(timedelta(minutes=2))
        assert send(queued, clock, server.port).sent == PEOPLE
        assert len(server.taken) == PEOPLE


def test_one_refused_address_in_ten_never_stops_the_rest(queued, clock):
    def tenth(address):
        return "550 5.1.1 no such person" if address.startswith(("p3@", "p13@")) else None

    with mail_server(MailServer(on_recipient=tenth), login=False) as server:
        result = send(queued, clock, server.port)
    assert (result.sent, result.refused, result.stopped) == (PEOPLE - 2, 2, "")
    assert states(queued) == {"sent": PEOPLE - 2, "failed": 2}


def test_421_reconnects_and_goes_on(queued, clock):
    def script(line, number):
        line.greet()
        for _ in range(3):
            if not line.take_envelope():
                return
            line.hear_message()
            line.say("250 taken")
        line.hear()
        line.say("421 4.7.0 enough for one connection")

    with scripted_server(script) as port:
        result = send(queued, clock, port)
    assert (result.sent, result.stopped) == (PEOPLE, "")


def test_too_many_connections_go_on_with_fewer(queued, clock):
    """Like a server that allows one connection and answers 432 on others."""
    lock, open_now = threading.Lock(), []

    def script(line, number):
        with lock:
            is_first = not open_now
            if is_first:
                open_now.append(number)
        line.greet()
        if not is_first:
            line.hear()
            line.say("432 4.3.2 Concurrent connections limit exceeded")
            line.hear()
            return
        while line.take_envelope():
            line.hear_message()
            line.say("250 taken")

    with scripted_server(script) as port:
        result = send(queued, clock, port)
    assert (result.sent, result.stopped, result.left) == (PEOPLE, "", 0)


def test_a_slow_server_is_used_over_several_connections_at_once(queued, clock):
    lock, now, most = threading.Lock(), [0], [0]

    def script(line, number):
        line.greet()
        while line.take_envelope():
            line.hear_message()
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            time.sleep(0.02)  # the server's own slowness
            with lock:
                now[0] -= 1
            line.say("250 taken")

    with scripted_server(script) as port:
        assert send(queued, clock, port).sent == PEOPLE
    assert most[0] == 3


def test_no_encryption_no_message(queued, clock, tmp_path):
    context = Authority(tmp_path).server_context("somewhere.else.example")
    with mail_server(tls=context, login=False) as server:
        transport = transport_from(
            f"smtp://127.0.0.1:{server.port}?starttls=yes", queued.settings.school.mail
        )
        result = send_due(queued, transport, clock, wait=lambda s: None)
        assert "certificate" in result.stopped
        assert server.taken == []
    assert states(queued) == {"queued": PEOPLE}


def test_the_pace_is_kept_across_runs(queued, clock):
    with_mail(queued, per_minute=6)
    with mail_server(login=False) as server:
        waits = []

        def wait(seconds):
            waits.append(seconds)
            clock.advance(timedelta(seconds=seconds))

        send(queued, clock, server.port, wait=wait)
        assert clock.now() - MONDAY >= timedelta(minutes=3)  # twenty messages at six a minute
        assert len(server.taken) == PEOPLE


def test_the_daily_cap_ends_the_day(queued, clock):
    with_mail(queued, per_day=7)
    with mail_server(login=False) as server:
        assert send(queued, clock, server.port).stopped == "the daily cap of 7 messages is reached"
        assert send(queued, clock, server.port).sent == 0
        clock.advance(timedelta(days=1, seconds=1))
        assert send(queued, clock, server.port).sent == 7


def test_a_message_nobody_takes_for_days_is_given_up_and_told(queued, clock):
    with mail_server(
        MailServer(on_recipient=lambda address: "451 not now" if address.startswith("p1@") else None),
        login=False,
    ) as server:
        for _ in range(15):
            result = send(queued, clock, server.port)
            clock.advance(timedelta(days=2))
            if result.refused:
                break
    assert result.failures[0].startswith("Person 1 <p1@larkspur-row.example>: given up after 12 tries")
    assert states(queued) == {"sent": PEOPLE - 1, "failed": 1}
