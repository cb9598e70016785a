"""`school.toml`: every setting has a default or a clear error that names its line."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import pytest

from handbook.policy.school import Closure, MailSettings, NoticeSettings, ReminderSettings, parse_school
from tests.policy.policy_tree import SCHOOL

EXAMPLE = Path(__file__).parents[2] / "school.toml"


def test_what_is_left_out_has_its_default():
    school, faults = parse_school(SCHOOL)
    assert faults == ()
    assert school.time_zone == "Europe/London"
    assert school.notice == NoticeSettings(period_months=1, deemed_days=0, joiner_days=14)
    assert school.reminders == ReminderSettings((14, 7, 3, 1), 8, 7, 0)
    assert (school.closed.weekends, school.closed.bank_holidays, school.closed.days) == (True, "England", ())
    assert school.managers == ()
    assert school.mail == MailSettings("", "", "", 30, 10_000, 3, 30, "")
    assert school.contacts["Headteacher"].email == "head@larkspur-row.example"


def test_the_example_is_sound_and_shows_every_setting():
    source = EXAMPLE.read_text(encoding="utf-8")
    school, faults = parse_school(source)
    assert faults == ()
    assert school.closed.days[0] == Closure(date(2021, 7, 22), date(2021, 8, 31), "Summer holidays")
    shown = {
        line.split("=")[0].strip() for line in source.splitlines() if "=" in line and not line.startswith("#")
    }
    parts = (
        school,
        school.notice,
        school.reminders,
        school.closed,
        school.mail,
        school.managers[0],
        school.closed.days[0],
    )
    settings = {field.name for part in parts for field in dataclasses.fields(part)}
    tables = {"contacts", "notice", "reminders", "closed", "mail", "managers", "days"}
    assert settings - tables - shown == set()


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('name = "Larkspur Row School"\n', "", 1, "name: this setting is missing"),
        ('name = "Larkspur Row School"', 'name = ""', 1, "name: expected some text, found nothing"),
        ('name = "Larkspur Row School"', "name = 3", 1, "name: expected text in quotes, found 3"),
        (
            'name = "Larkspur',
            'colour = "red"\nname = "Larkspur',
            1,
            "colour: no such setting; expected approvers, base_address, categories",
        ),
        ('row.example"\ncat', 'row.example/"\ncat', 2, "base_address: expected an address such as https://"),
        ("https://policies.larkspur-row.example", "policies.example", 2, "base_address: expected an address"),
        ('["Teacher", "Governor"]', "[]", 3, "categories: expected at least one"),
        ('["Teacher", "Governor"]', '["A", "A"]', 3, "categories: expected each value once"),
        ('["Teacher", "Governor"]', '["A", 1]', 3, "categories: expected texts in quotes"),
        (
            "head@larkspur-row.example",
            "head at larkspur",
            6,
            "contacts.Headteacher.email: expected an e-mail address",
        ),
        (
            "head@larkspur-row.example",
            "a@b.example\\nBcc: c",
            6,
            "contacts.Headteacher.email: expected one line",
        ),
        ('email = "head@larkspur-row.example"', "", 5, "contacts.Headteacher.email: this setting is missing"),
        ("Business Manager", "Bursar", 1, "mail.sender: expected who sends the e-mail"),
        (
            "categories",
            'time_zone = "London"\ncategories',
            3,
            "time_zone: expected a time zone such as Europe/London",
        ),
    ],
)
def test_a_fault_names_its_line_and_setting(old, new, line, says):
    assert SCHOOL.count(old) >= 1
    school, faults = parse_school(SCHOOL.replace(old, new, 1))
    assert school is None
    assert any(str(f).startswith(f"school.toml:{line}: {says}") for f in faults), faults


@pytest.mark.parametrize(
    ("added", "says"),
    [
        (
            "[notice]\nperiod_months = 0",
            "12: notice.period_months: expected a whole number from 1 to 24, found 0",
        ),
        ("[notice]\ndeemed_days = true", "12: notice.deemed_days: expected a whole number"),
        ("[reminders]\ndays_before = [7, 7]", "12: reminders.days_before: expected different whole numbers"),
        (
            "[reminders]\nsummary_weekday = 7",
            "12: reminders.summary_weekday: expected a whole number from 0 to 6",
        ),
        ('[closed]\nbank_holidays = "France"', "12: closed.bank_holidays: expected one of England, Wales"),
        (
            "[[closed.days]]\nfirst = 2021-08-02\nlast = 2021-08-01",
            "13: closed.days#1.last: expected a day on or after",
        ),
        (
            '[[closed.days]]\nfirst = "2021-08-02"',
            "12: closed.days#1.first: expected a date such as 2021-09-01 without",
        ),
        (
            '[[managers]]\naddress = "a@b.example"\nrole = "owner"',
            "13: managers#1.role: expected one of manager, reader",
        ),
        (
            '[[managers]]\naddress = "a@b.example"\nsite = "North"',
            "11: managers#1.role: expected reader, as only",
        ),
        (
            '[[managers]]\naddress = "a@b.example"\n[[managers]]\naddress = "A@b.example"',
            "14: managers#2.address: expected each",
        ),
        ('[mail]\nsender = "No Address"', "12: mail.sender: expected an address, or Name <address>"),
        ('[mail]\nbounces = "imaps://u:secret@h/INBOX"', "12: mail.bounces: expected no password here"),
        ("[mail]\nspeed = 3", "12: mail.speed: no such setting"),
        ("mail = 3", "expected a table [mail], found 3"),
        ("[notice", "TOML cannot read this"),
    ],
)
def test_a_fault_in_a_table_names_its_line_and_setting(added, says):
    source = f"mail = 3\n{SCHOOL}" if added == "mail = 3" else f"{SCHOOL}\n{added}\n"
    school, faults = parse_school(source)
    assert school is None
    assert any(says in str(f) for f in faults), faults


def test_a_password_is_not_shown_in_its_fault():
    _, faults = parse_school(SCHOOL + '\n[mail]\nbounces = "imaps://u:secret@h/INBOX"\n')
    assert "secret@" not in str(faults)
