"""The due work of a process that stays, and what a dry run says of the time sending takes."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from ackservice.mail.outbox import Outbox
from ackservice.service import issuing
from ackservice.service.building import Site
from ackservice.service.due import Loop
from ackservice.service.pace import minutes_to_send
from ackservice.service.roster import import_roster
from ackservice.service.sending import send_due
from handbook.policy.school import MailSettings
from tests.conftest import MONDAY
from tests.mailbox import messages_of
from tests.school_tree import roster_csv
from tests.service.acts import issue


def test_the_loop_sends_what_is_due_and_ends_when_told(staffed, clock):
    issue(staffed, "2021-09")
    folder = staffed.store.path.parent / "outbox"
    stop = threading.Event()
    runs = []

    def before():
        runs.append(len(messages_of(folder, staffed.store, "notice")))
        if runs[-1]:
            stop.set()

    loop = Loop(staffed, Outbox(folder), clock, before=before, environ={})
    loop._once(stop)
    loop._once(stop)
    loop(stop)
    assert runs == [0, 3]


def test_a_fault_in_the_loop_is_logged_and_ends_nothing(staffed, clock, caplog):
    stop = threading.Event()

    def broken():
        stop.set()
        raise ValueError("a bug")

    with caplog.at_level(logging.ERROR):
        Loop(staffed, Outbox(staffed.store.path.parent / "outbox"), clock, before=broken, environ={})(stop)
    assert "it is tried again in a minute" in caplog.text


def test_a_handbook_that_cannot_be_built_stops_nothing(staffed, school, caplog):
    school.edit(school.entry_path("visitors", "2021-01"), "change: new", "change: old")
    site = Site(staffed.settings)
    with caplog.at_level(logging.WARNING):
        site.follow(MONDAY.date())
        site.follow(MONDAY.date())
    assert caplog.text.count("could not be built") == 1


@pytest.mark.parametrize(
    ("people", "per_minute", "per_day", "minutes"),
    [
        (0, 30, 10_000, 0),
        (1, 30, 10_000, 0),
        (30, 30, 10_000, 0),
        (31, 30, 10_000, 1),
        (61, 30, 10_000, 2),
        (15, 30, 10, 1440),
    ],
)
def test_the_pace_says_how_long_sending_takes(people, per_minute, per_day, minutes):
    assert minutes_to_send(MailSettings(per_minute=per_minute, per_day=per_day), people) == minutes


def test_a_dry_run_warns_when_sending_crosses_the_last_day(service, clock):
    mail = replace(service.settings.school.mail, per_day=2)
    service.settings = replace(service.settings, school=replace(service.settings.school, mail=mail))
    rows = [f"P{n:03},Person {n},p{n}@larkspur-row.example,Employee,," for n in range(20)]
    import_roster(service, roster_csv(*rows), "staff.csv", now=MONDAY, confirmed=True)
    found = issuing.preview(service, [("social-media", "2021-09")], now=MONDAY)
    assert found.late_by_pace == 6  # two a day from 26 July; the last day of notice is 1 August
    assert found.sent_by - MONDAY == timedelta(days=9)
    assert found.needs_reason


def test_looking_again_and_again_opens_no_more_files(staffed, clock, tmp_path):
    def look() -> None:
        send_due(staffed, Outbox(tmp_path / "outbox"), clock, wait=lambda seconds: None)

    look()
    before = open_files()
    for _ in range(20):
        look()

    assert open_files() <= before


def open_files() -> int:
    """How many files this process has open, where the system tells."""
    folder = next((f for f in ("/proc/self/fd", "/dev/fd") if os.path.isdir(f)), "")
    return len(os.listdir(folder)) if folder else 0
