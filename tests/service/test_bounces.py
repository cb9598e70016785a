"""Returned mail: a failure of ours takes the day of notice back, once; nobody is marked on anyone else's
word."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from ackservice.mail.outbox import Outbox
from ackservice.service import statuses
from ackservice.service.bouncing import read_bounces
from ackservice.service.due import run_due
from ackservice.service.roster import import_roster
from tests.school_tree import EVERYONE, roster_csv
from tests.service.acts import issue, recipient, row
from tests.service.simulated_year import BOUNCE


@pytest.fixture
def sent(staffed, clock):
    issue(staffed, "2021-09")
    do_due(staffed, clock)
    return staffed


def do_due(service, clock):
    outbox = Outbox(service.store.path.parent / "outbox")
    return run_due(service, outbox, clock, wait=lambda s: clock.advance(timedelta(seconds=s)), environ={})


def message_id(service, person_id):
    with service.store.read() as connection:
        return connection.execute(
            "SELECT message_id FROM delivery WHERE person_id = ?", (person_id,)
        ).fetchone()[0]


def returned(tmp_path, text):
    file = tmp_path / "returned.eml"
    file.write_bytes(text.encode())
    return str(file)


def read(service, clock, tmp_path, text):
    return read_bounces(service, returned(tmp_path, text), clock.now(), environ={})


def about(service, person_id="P001", address="ada@larkspur-row.example"):
    return BOUNCE.format(address=address, message_id=message_id(service, person_id))


def test_a_bounce_takes_the_day_of_notice_back_once(sent, clock, tmp_path):
    assert row(sent, "P001", clock.now()).window.notified_on == date(2021, 7, 26)
    assert read(sent, clock, tmp_path, about(sent)).recorded == 1
    found = row(sent, "P001", clock.now())
    assert (str(found.status), found.window.notified_on, found.window.in_time) == (
        "undeliverable",
        None,
        None,
    )
    again = read(sent, clock, tmp_path, about(sent))
    assert (again.recorded, again.known) == (0, 1)


def test_the_window_runs_again_from_the_next_good_delivery(sent, clock, tmp_path):
    clock.move_to(datetime(2021, 8, 3, 8, tzinfo=UTC))
    read(sent, clock, tmp_path, about(sent))
    rows = [line.replace("ada@", "ada.l@") for line in EVERYONE]
    import_roster(sent, roster_csv(*rows), "staff.csv", now=clock.now(), confirmed=True)
    do_due(sent, clock)
    found = row(sent, "P001", clock.now())
    assert (str(found.status), found.window.notified_on, found.window.short_by_days) == (
        "notified",
        date(2021, 8, 3),
        2,
    )
    assert found.window.binds_from == date(2021, 9, 3)


def test_the_past_is_answered_as_it_was(sent, clock, tmp_path):
    clock.move_to(datetime(2021, 8, 3, 8, tzinfo=UTC))
    read(sent, clock, tmp_path, about(sent))
    with sent.store.read() as connection:
        as_of = sent.as_of(connection, date(2021, 8, 2), clock.now())
        book = statuses.book_at(sent, connection, as_of)
        ids = [recipient(sent, "P001")]
        assert str(statuses.of_recipients(sent, connection, book, ids, as_of)[0].status) == "notified"


@pytest.mark.parametrize(
    ("spoil", "count"),
    [
        (lambda text: text.replace("@policies", "@elsewhere"), "foreign"),
        (lambda text: text.replace("ada@larkspur-row.example", "ben@larkspur-row.example"),
         "foreign"),  # not whom we wrote to
        (lambda text: text.replace("Message-ID: ", "X-Handbook-Delivery: 1\r\nX-Old: ").replace("ada@",
                                                                                                "eve@"),
                                                                                                "foreign"),
        (lambda text: text.replace("Action: failed", "Action: delayed").replace("5.1.1", "4.4.1"),
         "temporary"),
        (lambda text: text.replace("multipart/report; report-type=delivery-status;",
                                   "multipart/mixed;").replace(
            "MAILER-DAEMON@mail.example", "somebody@mail.example"), "ignored"),
    ],
    ids=["another's message", "another's address", "a number and another's address", "only delayed",
         "a letter by hand"],
)  # fmt: skip
def test_nobody_is_marked_without_a_permanent_failure_of_our_own_message(sent, clock, tmp_path, spoil, count):
    result = read(sent, clock, tmp_path, spoil(about(sent)))
    assert getattr(result, count) == 1
    assert str(row(sent, "P001", clock.now()).status) == "notified"


def test_an_out_of_office_answer_is_ignored(sent, clock, tmp_path):
    text = (
        f"From: ada@larkspur-row.example\r\nSubject: Automatic reply\r\nAuto-Submitted: auto-replied\r\n"
        f"In-Reply-To: {message_id(sent, 'P001')}\r\n\r\nI am away.\r\n"
    )
    assert read(sent, clock, tmp_path, text).ignored == 1


def test_the_mailbox_of_school_toml_is_read_by_due(sent, clock, tmp_path, school):

    source = returned(tmp_path, about(sent))
    mail = replace(sent.settings.school.mail, bounces=source)
    sent.settings = replace(sent.settings, school=replace(sent.settings.school, mail=mail))
    assert do_due(sent, clock).bounces.recorded == 1
    assert do_due(sent, clock).bounces.recorded == 0


def test_a_mailbox_that_is_gone_stops_nothing_else(sent, clock, tmp_path):

    mail = replace(sent.settings.school.mail, bounces=str(tmp_path / "missing"))
    sent.settings = replace(sent.settings, school=replace(sent.settings.school, mail=mail))
    result = do_due(sent, clock)
    assert len(result.problems) == 1
    assert "There is no mailbox at" in result.problems[0]


def test_ack_bounces_says_what_it_found(sent, run_ack, tmp_path):
    result = run_ack("bounces", returned(tmp_path, about(sent)))
    assert result.exit_code == 0
    assert result.output.startswith("1 message read: 1 new failure,")
