"""What every e-mail says, and how it says it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ackservice.mail import messages
from ackservice.mail.messages import Facts, NoticeKind, compose, day, fill, moment, plain
from handbook.policy.school import Contact
from tests.mail.examples import DIGEST, EXAMPLES, HEAD_HASH, LINK, LONG_LINK, item, notice, reminder

FOLDER = Path(messages.__file__).parent / "templates"


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_email_is_whole(name):
    composed = compose(EXAMPLES[name])
    assert composed.subject and "\n" not in composed.subject and len(composed.subject) < 100
    for body in (composed.text, composed.html):
        assert "never asks for a password" in " ".join(body.split())
        assert not re.search(r"\{\{|\{%|\}\}|None|\bUndefined", body.replace("{{ school }}", ""))
    assert "\n\n\n" not in composed.text
    assert all(
        len(line) <= 72 for line in composed.text.splitlines() if not line.startswith(("https://", "sha256:"))
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_html_is_plain_and_asks_nothing_of_other_hosts(name):
    html = compose(EXAMPLES[name]).html
    assert html.startswith('<!DOCTYPE html>\n<html lang="en-GB">')
    assert re.search(r"<title>[^<]+</title>", html)
    assert not re.search(
        r"<(img|script|link|iframe|form|style|object|svg)|\bsrc=|url\(|background|http://", html
    )
    assert 'content="light dark"' in html
    assert not re.search(r"style=\"[^\"]*color", html)


@pytest.mark.parametrize("name", EXAMPLES)
def test_links_stand_on_lines_of_their_own(name):
    composed = compose(EXAMPLES[name])
    assert all(line.startswith("https://") for line in composed.text.splitlines() if "https://" in line)
    assert all(line.startswith('href="https://') for line in composed.html.splitlines() if "https://" in line)


def test_every_facts_class_has_its_three_templates_and_the_other_way_round():
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()}
    assert folders == {facts.template for facts in Facts.__subclasses__()}
    for folder in folders:
        assert {path.name for path in (FOLDER / folder).iterdir()} == {"subject.txt", "body.txt", "body.html"}


def test_every_email_has_an_example():
    assert {type(facts) for facts in EXAMPLES.values()} == set(Facts.__subclasses__())


def one_line(text):
    return " ".join(text.split())


def test_a_notice_says_what_changes_from_when_why_what_to_do_by_when_and_whom_to_ask():
    composed = compose(notice())
    assert composed.subject == "Changed from Wednesday 1 September 2021: Social Media Policy"
    told = one_line(composed.text)
    assert "The new version, 2021-09, takes effect on Wednesday 1 September 2021." in told
    assert "We have added one duty: see the list." in told
    assert "- Other policies (added): Never use social media" in told
    assert "acknowledge it by Tuesday 31 August 2021" in told
    assert "Ask the Headteacher (head@school.example)." in told
    assert "as Teacher, and this policy covers you" in told
    assert "your answer goes to the Business Manager (business@school.example)" in told
    assert f"\n{LINK}\n" in composed.text
    assert "elsewhere.example" not in composed.text + composed.html


def test_a_short_notice_says_from_when_it_binds_this_person():
    told = one_line(compose(EXAMPLES["notice-short"]).text)
    assert (
        "this is 2 days short of it. So the change binds you from Friday 3 September 2021, not before."
        in told
    )


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (NoticeKind.CHANGE, "Changed from Wednesday 1 September 2021: Social Media Policy"),
        (NoticeKind.NEW, "New policy from Wednesday 1 September 2021: Social Media Policy"),
        (NoticeKind.JOINING, "Please read and acknowledge: Social Media Policy"),
        (NoticeKind.IN_FORCE, "Please read and acknowledge: Social Media Policy"),
        (NoticeKind.BY_NAME, "Please read and acknowledge: Social Media Policy"),
        (
            NoticeKind.NO_LONGER_COVERED,
            "No longer for you from Wednesday 1 September 2021: Social Media Policy",
        ),
        (NoticeKind.ROUND, "Please read again and acknowledge: Social Media Policy"),
        (NoticeKind.CLARIFICATION, "Made clearer from Wednesday 1 September 2021: Social Media Policy"),
        (NoticeKind.WITHDRAWAL, "Withdrawn from Wednesday 1 September 2021: Social Media Policy"),
    ],
)
def test_each_kind_of_notice_has_its_subject_and_asks_only_where_it_must(kind, subject):
    composed = compose(notice(item(kind)))
    assert composed.subject == subject
    assert ("by Tuesday 31 August 2021" in one_line(composed.text)) is kind.asks
    assert ("You need not do anything." in one_line(composed.text)) is not kind.asks
    assert ("Read and acknowledge" in composed.html) is kind.asks


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("notice-joining", "It has been in effect since Wednesday 1 September 2021."),
        (
            "notice-early-joiner",
            "takes effect on Wednesday 1 September 2021. You are new among the people it covers.",
        ),
        ("notice-withdrawal", "It no longer applies from Wednesday 1 September 2021."),
        ("notice-round", "again: School year 2026/27."),
        ("notice-in force", "It is not new and nothing in it has changed"),
        ("notice-by name", "The school asks you, by name, to read the Social Media Policy (2021-09)"),
        ("notice-no longer covered", "changes and no longer covers you."),
        ("notice-late", "You were not given notice before it took effect."),
        ("notice-acknowledged", "You need not do anything."),
        ("recall", "That you have acknowledged it stays on record."),
        ("recall-owed", "please acknowledge the Social Media Policy (2020-09) by Tuesday 31 August 2021."),
        ("postponed", "takes effect later than the school told you: on Friday 1 October 2021."),
        ("postponed", "You have acknowledged it already, and that still counts."),
        ("weekly-summary", "1 person overdue; 2 not notified yet."),
        ("weekly-summary", "closed on Friday 30 July 2021 by Joan Okafor. Reason: Merged."),
        ("receipt", "The Business Manager confirms that it is yours"),
    ],
)
def test_the_wording_fits_the_time(name, told):
    assert told in one_line(compose(EXAMPLES[name]).text)
    assert told in one_line(re.sub(r"<[^>]+>", "", compose(EXAMPLES[name]).html))


def test_a_contact_is_named_as_a_person_would_be():
    named = Contact("Headteacher", "head@school.example", "Siân Prys-Jones")
    composed = compose(notice(item(ask=named)))
    assert "Ask Siân Prys-Jones (Headteacher, head@school.example)." in one_line(composed.text)
    assert "Ask Siân Prys-Jones (Headteacher, head@school.example)." in one_line(composed.html)


def test_who_is_outside_the_audience_is_not_told_that_the_policy_covers_them():
    for kind in (NoticeKind.BY_NAME, NoticeKind.NO_LONGER_COVERED):
        text = one_line(compose(notice(item(kind))).text)
        assert "as Teacher." in text and "policy covers you" not in text


def test_several_policies_come_in_one_notice():
    composed = compose(EXAMPLES["notice-several"])
    assert composed.subject == "2 policies to read and acknowledge"
    assert "1. Social Media Policy (2021-09)" in composed.text
    assert "2. Data Protection Policy (2021-09)" in composed.text


def test_a_reminder_lists_every_outstanding_policy_with_its_link():
    composed = compose(reminder(0, 1, 12))
    assert composed.subject == "Overdue: 3 policies to acknowledge"
    assert [line for line in composed.text.splitlines() if line.startswith("https:")] == [
        LINK[:-1] + n for n in "012"
    ]
    assert "is 1 day overdue" in one_line(composed.text) and "is 12 days overdue" in one_line(composed.text)


@pytest.mark.parametrize(
    ("overdue", "subject"),
    [
        (0, "Reminder: acknowledge the Social Media Policy by Tuesday 31 August 2021"),
        (5, "Overdue: please acknowledge the Social Media Policy"),
    ],
)
def test_the_subject_of_a_reminder_tells_whether_it_is_overdue(overdue, subject):
    assert compose(reminder(overdue)).subject == subject


def test_a_receipt_holds_all_that_proves_it():
    text = compose(EXAMPLES["receipt"]).text
    for needed in (
        "Social Media Policy, version 2021-09",
        "A. Lovelace",
        "R-000042",
        DIGEST,
        HEAD_HASH,
        LINK,
    ):
        assert needed in one_line(text)
    assert "Tuesday 27 July 2021 at 09:05:07 (BST, Europe/London)" in one_line(text)


def test_names_are_escaped_in_html_and_never_in_text():
    composed = compose(notice(person="Tom & <Jerry>"))
    assert "Dear Tom & <Jerry>," in composed.text
    assert "Dear <bdi>Tom &amp; &lt;Jerry&gt;</bdi>," in composed.html


def test_what_staff_write_is_never_read_as_a_template_or_as_html():
    composed = compose(EXAMPLES["question-question"])
    assert "{{ school }}" in composed.text
    assert "&lt;b&gt;old&lt;/b&gt;" in composed.html


def test_a_link_of_72_characters_is_not_wrapped():
    assert len(LONG_LINK) == 72
    assert f"\n{LONG_LINK}\n" in compose(notice(item(link=LONG_LINK))).text


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (date(2021, 9, 1), "Wednesday 1 September 2021"),
        (date(2024, 2, 29), "Thursday 29 February 2024"),
    ],
)
def test_days_are_written_out(value, told):
    assert day(value) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            datetime(2021, 10, 31, 0, 30, tzinfo=UTC),
            "Sunday 31 October 2021 at 01:30:00 (BST, Europe/London)",
        ),
        (
            datetime(2021, 10, 31, 1, 30, tzinfo=UTC),
            "Sunday 31 October 2021 at 01:30:00 (GMT, Europe/London)",
        ),
        (datetime(2021, 7, 31, 23, 30, tzinfo=UTC), "Sunday 1 August 2021 at 00:30:00 (BST, Europe/London)"),
    ],
)
def test_moments_name_their_zone(value, told):
    assert moment(value, "Europe/London") == told


@pytest.mark.parametrize(
    ("markdown", "paragraphs"),
    [
        ("One *two* **three** `four` _five_.", ("One two three four five.",)),
        ("A [link](https://x.example/y) here\nand on.\n\nNext.", ("A link here and on.", "Next.")),
        ("Keep snake_case_names and 2 * 3 * 4.", ("Keep snake_case_names and 2 * 3 * 4.",)),
        ("", ()),
    ],
)
def test_markdown_becomes_plain_paragraphs(markdown, paragraphs):
    assert plain(markdown) == paragraphs


def test_lists_hang_and_words_too_long_stand_alone():
    assert (
        fill("- " + "word " * 20) == "- " + " ".join(["word"] * 14) + "\n  " + " ".join(["word"] * 6) + "\n"
    )
    assert (
        fill("> " + "word " * 20) == "> " + " ".join(["word"] * 14) + "\n> " + " ".join(["word"] * 6) + "\n"
    )
    assert fill("short " + "x" * 80 + " end") == "short\n" + "x" * 80 + "\nend\n"
