"""`ack notice` and `ack roster`: what they say, ask and do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.school_tree import EVERYONE, roster_csv

JAY = "P010,Jay Joiner,jay@larkspur-row.example,Employee,2021-07-27,"
KAY = "P011,Kay Joiner,kay@larkspur-row.example,Employee,2021-07-27,"


@pytest.fixture
def take_in(run_ack, school):
    """Runs `ack roster import` on a file of these rows."""

    def run(*rows, options=(), input=None):
        file = school.root / "staff.csv"
        file.write_bytes(roster_csv(*rows))
        return run_ack("roster", "import", file, *options, input=input)

    return run


@pytest.fixture
def given(run_ack, take_in, clock):
    """A roster, notice of social-media 2021-09, and the day after."""
    run_ack("migrate")
    assert take_in().exit_code == 0
    assert run_ack("notice", "issue", "social-media", "2021-09").exit_code == 0
    clock.advance(timedelta(days=1))


def test_a_dry_run_counts_first_and_shows_the_email(run_ack, take_in):
    run_ack("migrate")
    take_in()
    result = run_ack("notice", "issue", "social-media", "2021-09", "--dry-run")
    assert result.output.startswith("4 people, 3 by e-mail, 1 on paper; at the set pace, sending would be ")
    assert "To: Ada Lovelace <ada@larkspur-row.example>" in result.output
    assert "(personal link)" in result.output
    assert run_ack("notice", "list").output.count("social-media") == 0


def test_everyone_is_asked_about_what_is_in_force(run_ack, take_in):
    run_ack("migrate")
    take_in()
    result = run_ack("notice", "issue", "--in-force")
    assert "Notice issued: Social media policy 2020-09" in result.output
    assert "Notice issued: Visitors policy 2021-01" in result.output
    assert "4 people concerned: 3 by e-mail (queued), 1 on paper." in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["social-media"],
        ["social-media", "2021-09", "--all-on-notice"],
        ["social-media", "2021-09", "--in-force", "--again", "Autumn"],
    ],
)
def test_what_is_misuse(run_ack, arguments):
    assert run_ack("notice", "issue", *arguments).exit_code == 2


def test_a_notice_is_recalled_and_the_list_says_so(run_ack, given):
    result = run_ack("notice", "recall", "social-media", "2021-09", "--reason", "Wrong text")
    assert result.output == "Notice recalled: Social media policy 2021-09. The reason is kept.\n"
    assert "recalled" in run_ack("notice", "list").output


def test_after_a_new_round_the_first_notice_is_superseded(run_ack, given, clock):
    clock.advance(timedelta(days=60))
    assert run_ack("notice", "issue", "social-media", "2021-09", "--again", "Autumn").exit_code == 0
    states = [line.split()[-1] for line in run_ack("notice", "list").output.splitlines() if "social" in line]
    assert states == ["superseded", "open"]


def test_somebody_is_added_by_name(run_ack, take_in, given):
    run_ack("notice", "issue", "visitors", "2021-01", "--in-force")
    result = run_ack("notice", "add", "visitors", "2021-01", "P003", "--reason", "Has a badge")
    assert result.output == ("P003 is a recipient of Visitors policy 2021-01 now; an e-mail is queued.\n")


def test_an_import_that_inducts_somebody_is_confirmed(take_in, given):
    assert "Aborted" in take_in(*EVERYONE, JAY, input="n\n").output
    assert take_in(*EVERYONE, JAY, input="y\n").exit_code == 0


def test_more_than_a_fifth_needs_the_number(run_ack, take_in, given):
    assert "Type 2 to go ahead" in take_in(*EVERYONE, JAY, KAY, input="3\n").output
    assert "P010" not in run_ack("roster", "list").output
    assert take_in(*EVERYONE, JAY, KAY, input="2\n").exit_code == 0
    assert "P010" in run_ack("roster", "list").output


def test_scripts_say_yes_and_the_last_import_is_undone(run_ack, take_in, given):
    assert take_in(*EVERYONE, JAY, KAY, options=["--yes"]).exit_code == 0
    assert run_ack("roster", "undo").output == "The last import is undone: 2 people are as before it.\n"
    assert "P010" not in run_ack("roster", "list").output
