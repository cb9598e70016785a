"""The loop beside the server: who asks for a link to sign in does not wait for the next minute."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from ackservice.mail.outbox import Outbox
from ackservice.service import signing_in
from ackservice.service.due import Loop


class Waits(threading.Event):
    """An event nobody waits for in fact: counts the seconds asked for, and does something at a given
    second."""

    def __init__(self, at: int, act):
        super().__init__()
        self.seconds, self.at, self.act = 0, at, act

    def wait(self, timeout=None):
        self.seconds += timeout
        if self.seconds == self.at:
            self.act()
        return self.is_set()


@pytest.fixture
def loop(staffed, clock):
    return Loop(staffed, Outbox(staffed.store.path.parent / "outbox"), clock, environ={})


def test_a_link_asked_for_ends_the_rest_within_seconds(loop, staffed, clock):
    waits = Waits(
        10, lambda: signing_in.ask_for_link(staffed, "office@larkspur-row.example", "here", clock.now())
    )
    began = clock.now()
    clock.advance(timedelta(seconds=1))
    loop._rest(waits, began)
    assert waits.seconds == 10


def test_an_address_nobody_knows_ends_no_rest(loop, staffed, clock):
    waits = Waits(
        10, lambda: signing_in.ask_for_link(staffed, "stranger@elsewhere.example", "here", clock.now())
    )
    loop._rest(waits, clock.now())
    assert waits.seconds == 60


def test_a_database_out_of_reach_does_not_end_the_loop(loop, staffed, clock):
    staffed.store.close()
    staffed.store.path.unlink()
    waits = Waits(10, lambda: None)
    loop._rest(waits, clock.now())
    assert waits.seconds == 60
