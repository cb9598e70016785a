"""The commands that record something of one person, and take it back; exit 1 when refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ackservice.service.context import Service
from tests.service.acts import issue

OF_PAT = ("social-media", "2021-09", "P004")


@pytest.fixture
def issued(staffed: Service) -> Service:
    issue(staffed, "2021-09")
    return staffed


def test_a_wrong_letter_date_is_taken_back_and_recorded_anew(issued, clock, run_ack):
    clock.advance(timedelta(days=30))
    assert run_ack("letter-given", *OF_PAT, "--on", "2021-08-03").exit_code == 0
    back = run_ack("take-back", "letter", *OF_PAT, "--reason", "the 23rd")
    assert back.output == "Taken back: the letter of P004 for social-media 2021-09.\n"
    again = run_ack("letter-given", *OF_PAT, "--on", "2021-08-23")
    assert (
        again.output == "Recorded: the letter about social-media 2021-09 was handed to P004 on 2021-08-23.\n"
    )


def test_a_slip_an_excuse_and_taking_them_back(issued, run_ack):
    assert "Receipt R-" in run_ack("paper", *OF_PAT, "--on", "2021-07-26", "--recorded-by", "Bea").output
    assert run_ack("excuse", *OF_PAT, "--reason", "ill").exit_code == 1
    assert run_ack("take-back", "slip", *OF_PAT, "--reason", "another's").exit_code == 0
    excused = run_ack("excuse", *OF_PAT, "--reason", "ill")
    assert excused.output == "Recorded: P004 is excused from acknowledging social-media 2021-09.\n"
    assert run_ack("take-back", "excuse", *OF_PAT, "--reason", "back").exit_code == 0


@pytest.mark.parametrize("what", ["letter", "slip", "excuse", "answer", "acknowledgement"])
def test_what_was_not_recorded_is_refused_in_a_sentence(issued, run_ack, what):
    result = run_ack("take-back", what, *OF_PAT, "--reason", "a mistake")
    assert result.exit_code == 1
    assert result.output.startswith("Error: there is no")


def test_a_letter_before_the_notice_is_refused(issued, run_ack):
    result = run_ack("letter-given", *OF_PAT, "--on", "2021-07-25")
    assert result.exit_code == 1
    assert "the notice is of Monday 26 July 2021" in result.output


def test_taking_back_needs_a_kind_that_there_is(issued, run_ack):
    assert run_ack("take-back", "mailing", *OF_PAT, "--reason", "x").exit_code == 2
