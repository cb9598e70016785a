"""What is wrong between handbook and notices is found: changes since notice, missing notices, faults."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ackservice.errors import NoticeRefused
from ackservice.service import issuing, notice_acts, warnings
from ackservice.service.issuing import Mode
from tests.conftest import MONDAY

TEXT = "Think twice before you post."


def of_handbook(service, now=MONDAY):
    with service.store.read() as connection:
        return warnings.of_handbook(service, connection, service.library(), now)


def changed(service, now=MONDAY):
    return [text for text in of_handbook(service, now) if "than its notice was given for" in text]


@pytest.fixture
def given(staffed):
    staffed.notice_id = (
        issuing.issue(staffed, [("social-media", "2021-09")], now=MONDAY, issued_by="Bea").items[0].notice.id
    )
    return staffed


def anew(school, effective_on="2021-09-01", approved_on="2021-07-14", **how):
    school.version("social-media", "2021-09", effective_on, approved_on=approved_on, **{"body": TEXT, **how})


def test_nothing_changed_nothing_said(given):
    assert changed(given) == []


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ({"body": "Think thrice."}, "text and approval"),
        ({"effective_on": "2021-09-15"}, "effective date and approval"),
        ({"audience": ("Employee",)}, "audience and approval"),
        ({"approved_on": "2021-07-20"}, "approval"),
    ],
)
def test_what_was_changed_and_approved_anew_is_named(given, school, how, what):
    anew(school, **how)
    (text,) = changed(given)
    assert text.startswith(
        f"The handbook has another {what} of social-media 2021-09 than its notice was given for"
    )


def test_a_postponement_settles_it(given, school):
    anew(school, effective_on="2021-10-01", approved_on="2021-07-20")
    day = given.library().version("social-media", "2021-09").effective_on
    notice_acts.postpone(given, given.notice_id, effective_on=day, reason="Later", by="Bea", now=MONDAY)
    assert changed(given) == []


def test_a_recalled_notice_says_nothing(given, school):
    anew(school, body="Think thrice.")
    notice_acts.recall(given, given.notice_id, reason="Wrong text", by="Bea", now=MONDAY)
    assert changed(given) == []


def test_a_version_that_is_gone_is_named(given, school):
    for path in (school.text_path("social-media", "2021-09"), school.entry_path("social-media", "2021-09")):
        (school.root / path).unlink()
    assert "social-media 2021-09 is no longer in the handbook" in of_handbook(given)[0]


def test_a_faulty_policy_is_named_and_hides_no_other(given, school):
    school.edit(school.entry_path("visitors", "2021-01"), "change: new", "change: small")
    anew(school, body="Think thrice.")
    first, second = of_handbook(given)[:2]
    assert "another text" in first
    assert second.startswith("visitors has 1 fault and cannot be announced: changelog/visitors/2021-01.md")


def test_a_missing_notice_is_said_a_week_before_the_last_day_and_after_taking_effect(staffed):
    assert of_handbook(staffed, MONDAY - timedelta(days=2)) == []
    assert "the last day to give it in time is Sunday 1 August 2021" in of_handbook(staffed)[0]
    after = MONDAY + timedelta(days=40)
    assert "took effect on Wednesday 1 September 2021 without a notice" in of_handbook(staffed, after)[0]
    issuing.issue(staffed, [("social-media", "2021-09")], now=after, issued_by="Bea", mode=Mode.IN_FORCE)
    assert of_handbook(staffed, after) == []


class TestClarifications:
    def test_one_cannot_be_given_before_what_it_clarifies(self, staffed, school):
        school.version(
            "social-media",
            "2021-09.2",
            "2021-09-01",
            approved_on="2021-07-20",
            change="clarification",
            body="Twice.",
        )
        wanted = [("social-media", "2021-09.2")]
        with pytest.raises(NoticeRefused, match="it clarifies 2021-09, of which no notice has been given"):
            issuing.issue(staffed, wanted, now=MONDAY, issued_by="Bea")
        both = [("social-media", "2021-09"), *wanted]
        assert len(issuing.issue(staffed, both, now=MONDAY, issued_by="Bea").items) == 2

    def test_a_round_names_the_base(self, given, school):
        school.version(
            "social-media",
            "2021-10",
            "2021-10-01",
            approved_on="2021-07-20",
            change="clarification",
            body="Twice.",
        )
        with pytest.raises(NoticeRefused, match="ask again about 2021-09"):
            issuing.preview(
                given,
                [("social-media", "2021-10")],
                now=MONDAY + timedelta(days=80),
                mode=Mode.AGAIN,
                round_="Autumn",
            )
