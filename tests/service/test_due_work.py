"""Reminders, lists for owners, summaries, review reminders and the build hook: each once, on its day, to
whom it concerns."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy

import pytest
import requests

from ackservice.mail.errors import CannotConnect, RecipientRefused
from ackservice.service import acknowledging, nightly, notice_acts, records, reminding
from ackservice.service.due import run_due
from ackservice.service.issuing import Mode
from ackservice.service.roster import import_roster
from handbook.policy.school import Closure
from tests.conftest import MONDAY
from tests.school_tree import ADA, BEN, EVERYONE, roster_csv
from tests.service.acts import issue, recipient, row, rows, token


class Post:
    """A mail server that keeps what it takes; `refuses` are addresses it does not know."""

    def __init__(self):
        self.taken = []
        self.refuses = set()
        self.is_well = True

    def describe(self):
        return "a sink"

    def open(self):
        return self

    def close(self):
        pass

    def send(self, message):
        if not self.is_well:
            raise CannotConnect("no connection")
        if message.address in self.refuses:
            raise RecipientRefused(550, "no such person")
        read = message_from_bytes(message.as_bytes(), policy=policy.default)
        self.taken.append((message.address, str(read["Subject"]), read.get_body(("plain",)).get_content()))
        return "250 taken"


@pytest.fixture
def post():
    return Post()


@pytest.fixture
def on(staffed, clock, post):
    """Does what is due on a day, at nine; returns the subjects that went out, by address."""

    def run(day: date, hour: int = 8):
        clock.move_to(datetime(day.year, day.month, day.day, hour, tzinfo=UTC))
        before = len(post.taken)
        result = run_due(staffed, post, clock, wait=lambda s: clock.advance(timedelta(seconds=s)), environ={})
        assert result.problems == []
        return [(address.partition("@")[0], subject) for address, subject, _ in post.taken[before:]]

    return run


@pytest.fixture
def told(staffed, on):
    issue(staffed, "2021-09", policy="social-media", now=MONDAY)
    assert len(on(date(2021, 7, 26))) == 3
    return staffed


NAMES = {"P001": "Ada Lovelace", "P002": "Ben Okri", "P003": "Gia Rossi"}


def acknowledge(service, clock, person_id):
    acknowledging.acknowledge(service, token(service, person_id), NAMES[person_id], clock.now())


def status(service, clock, person_id, version="2021-09"):
    return str(row(service, person_id, clock.now(), version).status)


def people(sent):
    return sorted(address for address, subject in sent if subject.startswith(("Reminder", "Overdue: please")))


def test_reminders_come_on_their_days_and_once(told, on):
    days = [date(2021, 8, 17) + timedelta(days=n) for n in range(30)]
    reminded = [day for day in days if people(on(day)) + people(on(day, 15)) == ["ada", "ben", "gia"]]
    assert reminded == [
        date(2021, 8, 18), date(2021, 8, 25), date(2021, 8, 30),  # 29 August is a Sunday
        date(2021, 8, 31), date(2021, 9, 1), date(2021, 9, 8), date(2021, 9, 15),
    ]  # fmt: skip


def test_nobody_is_reminded_after_acknowledging_or_leaving(told, on, clock):
    acknowledge(told, clock, "P001")
    import_roster(told, roster_csv(BEN + "2021-08-01"), "staff.csv", now=clock.now(), confirmed=True)
    assert people(on(date(2021, 8, 18))) == ["gia"]


def test_who_acknowledges_between_queue_and_sending_gets_no_reminder(told, on, post, clock):
    post.is_well = False
    assert on(date(2021, 8, 18)) == []
    acknowledge(told, clock, "P001")
    post.is_well = True
    assert people(on(date(2021, 8, 18), 20)) == ["ben", "gia"]


def test_what_was_missed_collapses_into_one(told, on):
    assert people(on(date(2021, 9, 1))) == ["ada", "ben", "gia"]
    assert people(on(date(2021, 9, 2))) == []


def test_a_server_down_for_days_gets_one_reminder_a_person(told, on, post):
    post.is_well = False
    for day in (18, 19, 20, 23, 24, 25):
        on(date(2021, 8, day))
    post.is_well = True
    sent = on(date(2021, 8, 27)) + on(date(2021, 8, 27), 20)
    assert people(sent) == ["ada", "ben", "gia"]


def test_a_reminder_is_not_sent_on_a_closed_day_even_when_the_server_comes_back_then(told, on, post):
    post.is_well = False
    on(date(2021, 8, 25))
    on(date(2021, 8, 27))
    post.is_well = True
    assert people(on(date(2021, 8, 28)) + on(date(2021, 8, 29))) == []  # a weekend
    assert people(on(date(2021, 8, 30))) == ["ada", "ben", "gia"]


def test_a_reminder_day_added_later_is_not_made_up_for(told, on):
    on(date(2021, 8, 20))
    settings = told.settings
    rules = settings.school.reminders
    changed = replace(rules, days_before=(14, 12, 7, 5, 3, 1))
    told.settings = replace(settings, school=replace(settings.school, reminders=changed))
    assert people(on(date(2021, 8, 23))) == []  # 12 days before was 20 August
    assert people(on(date(2021, 8, 25))) == ["ada", "ben", "gia"]
    assert people(on(date(2021, 8, 27))) == ["ada", "ben", "gia"]  # 5 days before


def test_one_email_lists_everything_outstanding(told, on, school, clock):
    school.version(
        "visitors",
        "2021-10",
        "2021-10-01",
        approved_on="2021-07-01",
        audience=("Employee",),
        body="Sign in twice.",
    )
    issue(told, "2021-10", policy="visitors", now=clock.now())
    on(date(2021, 7, 27))
    subjects = dict(on(date(2021, 8, 18)))
    assert subjects["ada"] == "Reminder: 2 policies to acknowledge"
    assert subjects["gia"].startswith("Reminder: acknowledge the Social media policy")


def test_the_owner_gets_a_list_a_week_from_so_many_days_overdue(told, on, clock):
    acknowledge(told, clock, "P001")
    days = [date(2021, 9, 1) + timedelta(days=n) for n in range(23)]
    lists = [
        day
        for day in days
        for address, subject in on(day)
        if address == "office" and not subject.startswith("Policies this week")
    ]
    assert lists == [date(2021, 9, 7), date(2021, 9, 14), date(2021, 9, 21)]


def test_the_weekly_summary_comes_on_its_day_or_later_once(told, on, post):
    days = [
        date(2021, 7, 27) + timedelta(days=n) for n in range(9) if n != 6
    ]  # the service is down on Monday 2 August
    got = [day for day in days for address, _ in on(day) if address == "office"]
    assert got == [date(2021, 8, 3)]
    assert "0 of 4 have acknowledged" in post.taken[-1][2]


def test_messages_to_managers_are_not_kept_once_sent(told, on):
    on(date(2021, 8, 2))
    assert rows(told, "SELECT payload FROM delivery WHERE kind = 'weekly-summary'") == [("{}",)]
    assert rows(told, "SELECT COUNT(*) FROM message WHERE kind = 'weekly-summary'") == [(0,)]


def test_what_was_sent_to_a_person_is_kept_without_their_link(told):
    kept = rows(told, "SELECT text FROM message WHERE person_id = 'P001'")[0][0]
    text = zlib.decompress(b64decode(kept)).decode()
    assert text.startswith(
        "Changed from Wednesday 1 September 2021: Social media policy\n\nDear Ada Lovelace,"
    )
    assert "(personal link)" in text and "/ack/a/" not in text


def test_the_summary_names_what_has_no_notice_and_who_cannot_be_reached(staffed, on, post, clock, school):
    school.version(
        "visitors",
        "2021-10",
        "2021-09-08",
        approved_on="2021-07-01",
        audience=("Employee",),
        body="Sign in twice.",
    )
    post.refuses = {"ada@larkspur-row.example"}
    issue(staffed, "2021-09", policy="social-media", now=MONDAY)
    on(date(2021, 7, 26))
    on(date(2021, 8, 2))
    text = " ".join(post.taken[-1][2].split())
    assert (
        "No notice of visitors 2021-10 has been given yet; "
        "the last day to give it in time is Sunday 8 August 2021." in text
    )
    assert "Ada Lovelace, ada@larkspur-row.example (Social media policy): " in text
    assert (
        "To change the Visitors policy from Wednesday 8 September 2021, give notice by Sunday 8 August 2021."
        in text
    )


def summary_text(post):
    return next(
        " ".join(text.split())
        for to, subject, text in reversed(post.taken)
        if subject.startswith("Policies this week")
    )


def test_until_a_withdrawal_takes_effect_the_summary_names_who_is_missing(told, on, post, clock, school):
    school.version("social-media", "2021-12", "2021-12-01", approved_on="2021-09-20", change="withdrawn")
    issue(told, "2021-12", policy="social-media", now=datetime(2021, 10, 4, 8, tzinfo=UTC))
    on(date(2021, 10, 11))
    assert (
        "Social media policy (2021-09), in effect since Wednesday 1 September 2021: "
        "0 of 5 have acknowledged, 3 people overdue; 2 not notified yet." in summary_text(post)
    )
    on(date(2021, 12, 6))
    assert "Social media policy" not in summary_text(post)


def test_who_joins_before_a_withdrawal_takes_effect_is_still_inducted(told, on, post, clock, school):
    school.version("social-media", "2021-12", "2021-12-01", approved_on="2021-09-01", change="withdrawn")
    issue(told, "2021-12", policy="social-media", now=datetime(2021, 9, 3, 8, tzinfo=UTC))
    on(date(2021, 9, 6))  # Nia Novak's first day
    text = next(text for to, subject, text in post.taken if to.startswith("nia@"))
    assert ["Social media policy" in text, "withdrawn" in text, "Visitors policy" in text] == [
        True,
        True,
        True,
    ]
    assert status(told, clock, "P006") == "notified"


def test_giving_notice_of_a_newer_version_ends_nothing_in_the_summary(told, on, post, school):
    school.version(
        "social-media",
        "2022-01",
        "2022-01-03",
        approved_on="2021-09-20",
        audience=("Employee",),
        body="For staff.",
    )
    issue(told, "2022-01", policy="social-media", now=datetime(2021, 10, 4, 8, tzinfo=UTC))
    on(date(2021, 10, 11))
    assert (
        "(2021-09), in effect since Wednesday 1 September 2021: 0 of 5 have acknowledged, 3 people overdue; "
        "2 not notified yet. Still missing: Ada Lovelace, Ben Okri, Gia Rossi, Nia Novak, Pat Paper."
    ) in summary_text(post)
    assert (
        "(2022-01), takes effect on Monday 3 January 2022: 0 of 3 have acknowledged, no people overdue"
        in (summary_text(post))
    )


def test_owners_are_reminded_of_reviews_once(staffed, on, school):
    path = school.text_path("visitors", "2021-01")
    school.edit(path, "effective_on: 2021-01-04", "effective_on: 2021-01-04\nreview_by: 2021-10-01")
    days = [date(2021, 7, 26) + timedelta(days=n) for n in range(70)]
    reviews = [
        day for day in days for address, subject in on(day) + on(day, 16) if "review" in subject.lower()
    ]
    assert reviews == [date(2021, 8, 1), date(2021, 9, 1), date(2021, 9, 24), date(2021, 10, 1)]


def test_a_corrected_address_is_written_to_again(staffed, on, post, clock):
    post.refuses = {"ada@larkspur-row.example"}
    issue(staffed, "2021-09", policy="social-media", now=MONDAY)
    on(date(2021, 7, 26))
    assert status(staffed, clock, "P001") == "undeliverable"
    assert people(on(date(2021, 8, 18))) == ["ben", "gia"]
    lines = [line.replace("ada@", "ada.l@") for line in EVERYONE]
    import_roster(staffed, roster_csv(*lines), "staff.csv", now=clock.now(), confirmed=True)
    assert [address for address, _ in on(date(2021, 8, 18), 16)] == ["ada.l"]
    assert status(staffed, clock, "P001") == "notified"


def test_a_clarification_is_told_to_who_acknowledged_and_asks_for_nothing(told, on, clock, school):
    acknowledge(told, clock, "P001")
    school.version(
        "social-media",
        "2021-10",
        "2021-10-15",
        approved_on="2021-08-01",
        change="clarification",
        body="Twice, please.",
    )
    clock.move_to(datetime(2021, 9, 2, 8, tzinfo=UTC))
    issue(told, "2021-10", now=clock.now())
    sent = on(date(2021, 9, 2))
    told_of_it = [a for a, subject in sent if not subject.startswith(("Overdue", "Policies", "Receipt"))]
    assert sorted(told_of_it) == ["ada", "ben", "gia"]
    assert not row(told, "P001", clock.now(), "2021-10").owes
    assert status(told, clock, "P002") == "notified"  # the version it clarifies goes on being asked for


def test_a_closed_notice_reminds_nobody(told, on, clock):
    number = row(told, "P001", clock.now()).notice.id
    notice_acts.close(told, number, reason="the trust's own policy", by="Bea", now=clock.now())
    assert people(on(date(2021, 8, 18))) == []


def test_the_build_hook_is_called_once_a_night_and_its_address_is_never_told(staffed, clock):
    calls = []

    class Answer:
        status_code = 200

    def post(address, **how):
        calls.append(address)
        return Answer()

    environ = {"ACK_BUILD_HOOK": "https://build.example/secret"}
    assert nightly.call_build_hook(staffed, MONDAY, environ, post)
    assert not nightly.call_build_hook(staffed, MONDAY + timedelta(hours=3), environ, post)

    def broken(address, **how):
        raise requests.ConnectionError(f"no way to {address}")

    assert not nightly.call_build_hook(staffed, MONDAY + timedelta(days=1), environ, broken)
    with staffed.store.read() as connection:
        kept = json.dumps([tuple(row) for row in connection.execute("SELECT * FROM setting")])
    assert "could not be asked for" in kept
    assert "secret" not in kept
    assert calls == ["https://build.example/secret"]


@pytest.mark.parametrize(
    ("issued", "sent", "notified_on"),
    [  # UTC; London is an hour ahead until 31 October 2021
        ((2021, 7, 31, 22, 59), (2021, 7, 31, 23, 1), date(2021, 8, 1)),  # issued at 23:59, sent at 00:01
        ((2021, 7, 31, 22, 0), (2021, 7, 31, 22, 59), date(2021, 7, 31)),
        ((2021, 10, 30, 23, 59), (2021, 10, 31, 0, 30), date(2021, 10, 31)),  # the night of the extra hour
        ((2021, 10, 31, 22, 30), (2021, 10, 31, 23, 59), date(2021, 10, 31)),
        ((2021, 10, 31, 22, 30), (2021, 11, 1, 0, 0), date(2021, 11, 1)),
        ((2022, 3, 26, 23, 30), (2022, 3, 27, 23, 0), date(2022, 3, 28)),  # the night of the missing hour
        ((2024, 2, 28, 12, 0), (2024, 2, 29, 12, 0), date(2024, 2, 29)),
    ],
)
def test_the_day_of_notice_is_londons_day_of_the_servers_answer(
    staffed, clock, post, issued, sent, notified_on
):
    clock.move_to(datetime(*issued, tzinfo=UTC))
    is_in_force = date(*issued[:3]) >= date(2021, 9, 1)
    issue(staffed, "2021-09", now=clock.now(), mode=Mode.IN_FORCE if is_in_force else Mode.CHANGE)
    clock.move_to(datetime(*sent, tzinfo=UTC))
    run_due(staffed, post, clock, wait=lambda s: None, environ={}, pace=False)
    assert row(staffed, "P001", clock.now()).window.notified_on == notified_on


def test_a_clock_put_back_moves_no_record_back(told, clock, on):
    past = MONDAY - timedelta(hours=1)
    done = records.letter_given(
        told, [recipient(told, "P004")], given_on=date(2021, 7, 26), by="test", now=past
    )
    assert done.people == 1
    times = rows(told, "SELECT at FROM ledger ORDER BY n")
    assert times == sorted(times)


def test_a_reminder_that_still_waits_takes_up_what_falls_due_meanwhile(school, told, on, post, clock):
    on(date(2021, 9, 14))
    before = len(post.taken)
    post.is_well = False
    on(date(2021, 9, 15))  # of the social media policy, overdue; it waits for the server
    school.version(
        "visitors",
        "2021-10",
        "2021-10-20",
        approved_on="2021-07-01",
        audience=("Employee",),
        body="Sign in twice.",
    )
    issue(told, "2021-10", policy="visitors", now=clock.now())
    ada = recipient(told, "P001", "2021-10")
    records.letter_given(told, [ada], given_on=date(2021, 9, 15), by="test", now=clock.now())
    on(date(2021, 10, 6))  # 14 days before the visitors policy changes
    post.is_well = True

    on(date(2021, 10, 7))

    reminders = [
        text
        for address, subject, text in post.taken[before:]
        if address.startswith("ada") and subject.startswith("Overdue")
    ]
    assert ["Visitors policy" in text and "Social media policy" in text for text in reminders] == [True]


def test_a_reminder_whose_mail_failed_before_the_holidays_goes_when_waiting_would_be_too_late(told, on, post):
    school = told.settings.school
    holidays = Closure(date(2021, 8, 26), date(2021, 9, 5))
    closed = replace(school.closed, days=(holidays,))
    told.settings = replace(told.settings, school=replace(school, closed=closed))
    post.is_well = False
    on(date(2021, 8, 25))  # the last open day before them; the acknowledgement is due by 31 August
    post.is_well = True
    assert people(on(date(2021, 8, 27))) == ["ada", "ben", "gia"]


def test_the_second_look_of_a_day_asks_only_whether_anything_was_recorded(told, on, clock):
    on(date(2021, 8, 17))
    with told.store.read() as connection:
        asked = []
        connection.set_trace_callback(asked.append)
        look = reminding._last_look(connection)
        assert reminding._planned(told, connection, look, clock.now()) == (look, [])
        connection.set_trace_callback(None)
    assert len(asked) == 2


def test_what_a_recall_makes_owed_again_is_reminded_of_the_same_day(told, on, clock, school):
    school.version("social-media", "2021-12", "2021-10-01", approved_on="2021-08-01", body="By mistake.")
    clock.move_to(datetime(2021, 8, 2, 8, tzinfo=UTC))
    issue(told, "2021-12", now=clock.now())
    assert people(on(date(2021, 8, 17))) == []
    number = row(told, "P001", clock.now(), "2021-12").notice.id
    notice_acts.recall(told, number, reason="a mistake", by="Bea", now=clock.now())
    sent = on(date(2021, 8, 17), 12)
    assert sorted(sent) == [
        (name, "Recalled, nothing to do: Social media policy (2021-12)") for name in ("ada", "ben", "gia")
    ]
    assert people(on(date(2021, 8, 18))) == ["ada", "ben", "gia"]  # of the version before


def test_an_acknowledgement_taken_back_is_reminded_of(told, on, clock):
    acknowledge(told, clock, "P001")
    assert people(on(date(2021, 8, 18))) == ["ben", "gia"]
    done = records.take_back(
        told,
        "acknowledgement",
        [recipient(told, "P001")],
        reason="it was not Ada",
        by="Bea",
        now=clock.now(),
    )
    assert done.people == 1
    assert people(on(date(2021, 8, 18), 12)) == ["ada"]


def test_a_manager_reminds_nobody_twice_a_day_and_nobody_who_owes_nothing(told, on, clock):
    acknowledge(told, clock, "P001")
    on(date(2021, 7, 28))
    everybody = [recipient(told, person) for person in ("P001", "P002", "P003", "P004")]
    first = reminding.remind(told, everybody, by="Bea", now=clock.now())
    assert (first.people, first.left_out) == (2, 2)  # has acknowledged; has no address
    assert people(on(date(2021, 7, 28), 10)) == ["ben", "gia"]
    again = reminding.remind(told, everybody, by="Bea", now=clock.now())
    assert (again.people, again.left_out) == (0, 4)


def test_a_manager_cancels_reminders_that_still_wait(told, on, clock):
    on(date(2021, 7, 28))
    ben = recipient(told, "P002")
    reminding.remind(told, [ben], by="Bea", now=clock.now())
    number = row(told, "P002", clock.now()).notice.id
    assert reminding.cancel(told, ["P002"], notice_id=number, by="Bea", now=clock.now()) == 1
    assert people(on(date(2021, 7, 28), 10)) == []


def test_a_postponement_is_told_and_moves_what_is_due(told, on, clock, school):
    school.version(
        "social-media", "2021-09", "2021-10-01", approved_on="2021-07-14", body="Think twice before you post."
    )
    number = row(told, "P001", clock.now()).notice.id
    notice_acts.postpone(
        told, number, effective_on=date(2021, 10, 1), reason="not ready", by="Bea", now=clock.now()
    )
    sent = on(date(2021, 7, 27))
    assert sorted(sent)[0] == ("ada", "Later, from Friday 1 October 2021: Social media policy")
    assert row(told, "P001", clock.now()).window.due_on == date(2021, 9, 30)
    assert people(on(date(2021, 8, 18))) == []
    assert people(on(date(2021, 9, 17))) == ["ada", "ben", "gia"]


def test_a_closed_notice_is_told_in_the_summary_with_its_reason(told, on, post, clock):
    number = row(told, "P001", clock.now()).notice.id
    clock.move_to(datetime(2021, 7, 29, 8, tzinfo=UTC))
    notice_acts.close(told, number, reason="the trust's own policy", by="Bea", now=clock.now())
    on(date(2021, 8, 2))
    assert (
        "Social media policy (2021-09): closed on Thursday 29 July 2021 by Bea. "
        "Reason: the trust's own policy" in summary_text(post)
    )
    assert "No notice is open." in summary_text(post)


def test_the_summary_counts_a_person_once_however_much_they_are_overdue_with(told, on, post, school, clock):
    school.version(
        "visitors", "2021-09", "2021-09-02", approved_on="2021-07-01", audience=("Employee",), body="Twice."
    )
    issue(told, "2021-09", policy="visitors", now=clock.now())
    on(date(2021, 7, 27))
    on(date(2021, 9, 6))
    subject = [subject for _, subject, _ in post.taken if subject.startswith("Policies this week")][-1]
    assert subject == "Policies this week: 2 notices open, 3 people overdue"


def test_an_owner_gets_one_list_of_all_their_policies_for_as_long_as_reminders_run(
    told, on, post, school, clock
):
    school.version(
        "visitors", "2021-09", "2021-09-01", approved_on="2021-07-01", audience=("Employee",), body="Twice."
    )
    issue(told, "2021-09", policy="visitors", now=clock.now())
    on(date(2021, 7, 27))
    days = [date(2021, 9, 7) + timedelta(days=n) for n in range(80)]
    lists = [(day, subject) for day in days for name, subject in on(day) if " overdue: " in subject]
    assert lists[0][1] == "3 people overdue: 2 notices"
    # Until eight weeks after 21 September, when Nia Novak's was due, who joined in September.
    assert [day for day, _ in lists] == [date(2021, 9, 7) + timedelta(days=7 * n) for n in range(11)]


def test_somebody_away_is_not_reminded(told, on, clock):
    away = (
        roster_csv(ADA, BEN)
        .replace(b"left_on", b"left_on,away_until")
        .replace(b"Employee,2015-09-01,", b"Employee,2015-09-01,,2021-12-31")
    )
    import_roster(
        told, away.replace(b"2016-09-01,", b"2016-09-01,,"), "s.csv", now=clock.now(), confirmed=True
    )
    assert people(on(date(2021, 8, 18))) == ["ben", "gia"]
