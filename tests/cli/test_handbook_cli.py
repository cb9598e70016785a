"""What the `handbook` commands write, print and refuse."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from datetime import date

import pytest
from click.testing import CliRunner

from handbook.cli import main
from handbook.policy.library import load
from handbook.terminal import shown
from tests.policy.policy_tree import Tree

MIDDAY_13_JULY_2022 = "1657713600"


@pytest.fixture
def tree(tmp_path) -> Tree:
    tree = Tree(tmp_path)
    tree.approved("2020-09", "2020-09-01", "2020-07-15")
    tree.approved("2021-09", "2021-09-01", "2021-07-14", before="2020-09")
    return tree


@pytest.fixture
def run(tree):
    """Runs a command on the tree, on Wednesday 13 July 2022."""

    def run(*arguments: str, day: str = MIDDAY_13_JULY_2022):
        result = CliRunner().invoke(
            main, [*arguments, "--root", str(tree.root)], env={"SOURCE_DATE_EPOCH": day}
        )
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return run


def approve(run, policy="bicycles", version="2022-09", by="Board of Governors", on="2022-07-13"):
    return run("approve", policy, version, "--by", by, "--on", on)


def test_check_counts_what_it_found_sound(run):
    result = run("check")
    assert (result.exit_code, result.stdout) == (0, "1 policy, 2 versions: no faults\n")


def test_check_lists_all_faults_on_stderr_and_fails(run, tree):
    tree.edit_text("title: Bicycle Policy", "titel: Bicycle Policy")
    tree.edit_entry("change: material", "change: big", "2021-09")
    result = run("check")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "handbook/docs/policies/bicycles/2020-09.md:2:1: titel: no such field" in result.stderr
    assert "changelog/bicycles/2021-09.md:3:9: change: expected one of" in result.stderr
    assert result.stderr.endswith("Error: 3 faults found; mend what is listed above\n")


def test_new_copies_the_latest_text_with_new_dates(run, tree):
    tree.draft("2022-02", "2022-02-01", before="2021-09")
    tree.edit_text("audience: all", "# who\naudience: all\nreview_by: 2023-01-01  # a year", "2022-02")
    result = run("new", "bicycles", "2022-09", "--effective", "2022-09-01")
    assert result.exit_code == 0, result.output
    assert (
        "Wrote handbook/docs/policies/bicycles/2022-09.md\nWrote changelog/bicycles/2022-09.md\n"
        in result.stdout
    )
    assert tree.read("handbook/docs/policies/bicycles/2022-09.md") == (
        tree.read("handbook/docs/policies/bicycles/2022-02.md")
        .replace("2022-02-01", "2022-09-01")
        .replace("2023-01-01", "2023-09-01")
    )
    version = load(tree.root).version("bicycles", "2022-09")
    assert (version.entry.supersedes, version.entry.change, version.effective_on) == (
        "2022-02",
        "material",
        date(2022, 9, 1),
    )
    assert version.entry.approved_by is None


def test_new_starts_a_policy_from_a_skeleton_without_faults(run, tree):
    result = run("new", "data-protection", "2022-09", "--effective", "2022-09-01")
    assert result.exit_code == 0, result.output
    version = load(tree.root).version("data-protection", "2022-09")
    assert (version.text.title, version.entry.change, version.entry.supersedes) == (
        "Data protection policy",
        "new",
        None,
    )


def test_new_can_start_a_withdrawal(run, tree):
    result = run("new", "bicycles", "2022-09", "--effective", "2022-09-01", "--change", "withdrawn")
    assert result.exit_code == 0, result.output
    assert load(tree.root).version("bicycles", "2022-09").is_withdrawal
    assert not (tree.root / "handbook/docs/policies/bicycles/2022-09.md").exists()


@pytest.mark.parametrize(
    ("policy", "version", "effective", "says"),
    [
        ("bicycles", "2021-09", "2022-09-01", "2021-09 is there already; nothing was overwritten"),
        ("bicycles", "2021-02", "2022-09-01", "expected a label after 2021-09"),
        ("bicycles", "2022-9", "2022-09-01", "expected a version label"),
        (
            "bicycles",
            "2022-09",
            "2021-09-01",
            "expected a day after 2021-09-01, on which 2021-09 takes effect",
        ),
        ("Bi Cycles", "2022-09", "2022-09-01", "expected a policy id"),
        ("../bicycles", "2022-09", "2022-09-01", "expected a policy id"),
    ],
)
def test_new_refuses_what_would_make_a_fault(run, tree, policy, version, effective, says):
    before = sorted(p for p in tree.root.rglob("*"))
    result = run("new", policy, version, "--effective", effective)
    assert result.exit_code == 1
    assert says in result.stderr
    assert sorted(p for p in tree.root.rglob("*")) == before


def test_approve_writes_the_approval_and_keeps_every_other_byte(run, tree):
    tree.draft("2022-09", "2022-09-01", before="2021-09")
    before = (
        "---\r\n# why\r\nsupersedes: '2021-09'\r\nchange:   material   # not a clarification\r\n"
        "changes: []\r\n---\r\nRead it.  \r\n"
    )
    tree.entry("2022-09", "\ufeff" + before)
    result = approve(run)
    assert result.exit_code == 0, result.output
    version = load(tree.root).version("bicycles", "2022-09")
    added = (f"approved_by: Board of Governors\r\napproved_on: 2022-07-13\r\n"
             f"digest: {version.text.digest}\r\n"
             f"seal: {version.entry.seal}\r\n")  # fmt: skip
    head, tail = before.split("changes:")
    assert tree.read("changelog/bicycles/2022-09.md") == f"\ufeff{head}{added}changes:{tail}"
    assert result.stdout == (
        "Approved bicycles 2022-09: by Board of Governors on 2022-07-13, written to "
        "changelog/bicycles/2022-09.md\n"
        f"Digest: {version.text.digest}\n"
        "Takes effect on 2022-09-01; the last day to give notice is 2022-08-01\n"
    )


def test_approve_keeps_the_rights_of_the_file_and_leaves_nothing_beside_it(run, tree):
    tree.draft("2022-09", "2022-09-01", before="2021-09")
    file = tree.root / "changelog/bicycles/2022-09.md"
    file.chmod(0o640)
    assert approve(run).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert sorted(p.name for p in file.parent.iterdir()) == ["2020-09.md", "2021-09.md", "2022-09.md"]


@pytest.mark.parametrize(
    "by", ["Governors: full board", "Board #2", "yes", "2022", '"The Board"', "Zażółć", "- board", "a: b: {"]
)
def test_an_approver_of_any_name_reads_back_the_same(run, tree, by):
    tree.write(
        "school.toml", f"approvers = [{json.dumps(by)}]\n" + (tree.root / "school.toml").read_text("utf-8")
    )
    tree.draft("2022-09", "2022-09-01", before="2021-09")
    result = approve(run, by=by)
    assert result.exit_code == 0, result.output
    assert load(tree.root).version("bicycles", "2022-09").entry.approved_by == by


def test_only_who_the_settings_name_approves(run, tree):
    tree.draft("2022-09", "2022-09-01", before="2021-09")
    result = approve(run, by="The cat")
    assert (
        result.exit_code,
        "expected Board of Governors, as approvers in school.toml says" in result.stderr,
    ) == (
        1,
        True,
    )


def test_unapprove_makes_the_draft_again_byte_for_byte(run, tree):
    tree.draft("2022-09", "2022-09-01", before="2021-09")
    path = tree.root / "changelog/bicycles/2022-09.md"
    before = path.read_bytes()
    approve(run)
    assert run("unapprove", "bicycles", "2022-09").exit_code == 0
    assert path.read_bytes() == before
    assert "is not approved" in run("unapprove", "bicycles", "2022-09").stderr


def test_unapprove_works_where_the_text_was_edited_after_approval(run, tree):
    tree.draft("2022-09", "2022-09-01", before="2021-09")
    approve(run)
    tree.edit_text("Lock your bicycle.", "Lock your bicycles.", "2022-09")
    assert run("check").exit_code == 1
    assert run("unapprove", "bicycles", "2022-09").exit_code == 0
    assert run("check").exit_code == 0


def test_what_has_taken_effect_is_not_unapproved(run):
    result = run("unapprove", "bicycles", "2021-09")
    assert (result.exit_code, "took effect on 2021-09-01" in result.stderr) == (1, True)


def test_approving_something_else_than_before_warns(run, tree):
    """Git knows the seal that was there; approving the same again says nothing."""
    for command in (["init", "-q"], ["config", "user.email", "a@b.example"], ["config", "user.name", "A"]):
        subprocess.run(["git", *command], cwd=tree.root, check=True)
    tree.draft("2022-09", "2022-09-01", before="2021-09")
    approve(run)
    subprocess.run(["git", "add", "."], cwd=tree.root, check=True)
    subprocess.run(["git", "commit", "-qm", "Approve"], cwd=tree.root, check=True)
    run("unapprove", "bicycles", "2022-09")
    assert "Warning" not in approve(run).stderr
    run("unapprove", "bicycles", "2022-09")
    tree.edit_text("Lock your bicycle.", "Lock your bicycles.", "2022-09")
    assert "had been approved before, and something sealed then is changed" in approve(run).stderr


@pytest.mark.parametrize(
    ("change", "day", "is_taken"),
    [
        ("withdrawn", "2021-08-01", True),
        ("clarification", "2021-09-01", True),
        ("clarification", "2021-08-31", False),
        ("material", "2021-09-01", False),
    ],
)
def test_a_withdrawal_may_come_earlier_and_a_clarification_on_the_same_day(run, change, day, is_taken):
    result = run("new", "bicycles", "2022-09", "--effective", day, "--change", change)
    assert (result.exit_code == 0) == is_taken, result.output


def test_approving_a_withdrawal_needs_no_digest(run, tree):
    tree.entry(
        "2022-09", "---\nsupersedes: 2021-09\nchange: withdrawn\neffective_on: 2022-09-01\n---\nGone.\n"
    )
    result = approve(run)
    assert result.exit_code == 0, result.output
    assert "digest:" not in tree.read("changelog/bicycles/2022-09.md")
    assert load(tree.root).version("bicycles", "2022-09").entry.seal.startswith("sha256:")


@pytest.mark.parametrize(
    ("version", "by", "on", "says"),
    [
        (
            "2021-09",
            "Board",
            "2021-07-14",
            "already approved, by Board of Governors on 2021-07-14; to change it, make a new version",
        ),
        (
            "2022-09",
            "Board",
            "2022-07-13",
            "expected Board of Governors, as approvers in school.toml says, found 'Board'",
        ),
        (
            "2022-09",
            "Board of Governors",
            "2022-07-14",
            "expected a day of approval up to today (2022-07-13), found 2022-07-14",
        ),
        ("2022-09", " ", "2022-07-13", "expected who approved it"),
        ("2022-09", "Board\nchange: new", "2022-07-13", "expected who approved it, in one line"),
        ("2023-09", "Board", "2022-07-13", "no version '2023-09'; it has: 2020-09, 2021-09, 2022-09"),
    ],
)
def test_approve_refuses_with_the_reason(run, tree, version, by, on, says):
    tree.draft("2022-09", "2022-09-01", before="2021-09")
    before = tree.read("changelog/bicycles/2022-09.md")
    result = approve(run, version=version, by=by, on=on)
    assert result.exit_code == 1
    assert says in result.stderr
    assert tree.read("changelog/bicycles/2022-09.md") == before


def test_approve_refuses_a_day_after_the_change_takes_effect(run, tree):
    tree.draft("2022-02", "2022-02-01", before="2021-09")
    result = approve(run, version="2022-02", on="2022-02-02")
    assert result.exit_code == 1
    assert "up to the effective date (2022-02-01), found 2022-02-02" in result.stderr


def test_approve_refuses_while_staff_are_told_nothing_or_an_earlier_draft_stands(run, tree):
    assert run("new", "bicycles", "2022-09", "--effective", "2022-09-01").exit_code == 0
    assert "says nothing to staff yet" in approve(run).stderr
    tree.draft("2023-09", "2023-09-01", before="2022-09")
    assert "follows 2022-09, which is not approved" in approve(run, version="2023-09").stderr


def test_approve_refuses_while_any_fault_stands(run, tree):
    tree.draft("2022-09", "2022-09-01", before="2021-09")
    tree.edit_text("owner: Business Manager", "owner: Nobody", "2020-09")
    result = approve(run)
    assert result.exit_code == 1
    assert "owner: expected a role" in result.stderr


def test_redline_marks_what_changed_without_colours(run, tree):
    tree.draft("2022-09", "2022-09-01", before="2021-09")
    tree.edit_text("Lock your bicycle.", "Lock your folding bicycle.", "2022-09")
    result = run("redline", "bicycles", "2021-09", "2022-09")
    assert (result.exit_code, result.stderr) == (0, "")
    assert (
        "Lock your {+folding +}bicycle." in result.stdout or "Lock your{+ folding+} bicycle." in result.stdout
    )
    back = run("redline", "bicycles", "2022-09", "2021-09")
    assert "[-" in back.stdout and "folding" in back.stdout and "\x1b" not in back.stdout


def test_redline_says_when_nothing_changed(run):
    assert run("redline", "bicycles", "2020-09", "2021-09").stdout.endswith(
        "No change from 2020-09 to 2021-09.\n"
    )


def test_redline_refuses_a_withdrawal_and_an_unknown_version(run, tree):
    tree.entry(
        "2022-09", "---\nsupersedes: 2021-09\nchange: withdrawn\neffective_on: 2022-09-01\n---\nGone.\n"
    )
    assert "is a withdrawal and has no text" in run("redline", "bicycles", "2021-09", "2022-09").stderr
    assert "no version '1999-01'" in run("redline", "bicycles", "1999-01", "2021-09").stderr
    assert "no policy 'trams'" in run("redline", "trams", "2020-09", "2021-09").stderr


def test_colours_never_stand_alone_for_readers_without_them():
    spans = [("same", "Lock "), ("added", "new"), ("removed", "old"), ("moved", "there"), ("same", ".\n")]
    assert shown(spans, colour=False) == "Lock {+new+}[-old-]{>there<}.\n"
    assert (
        shown(spans, colour=True)
        == "Lock \x1b[32m\x1b[4mnew\x1b[0m\x1b[31m\x1b[9mold\x1b[0m\x1b[36mthere\x1b[0m.\n"
    )


@pytest.mark.parametrize("command", ["check", "new", "approve", "redline", "build", "stage", "serve"])
def test_every_command_has_help_with_an_example(command):
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0
    assert f"Example: handbook {command}" in result.output


def test_misuse_exits_with_2(run):
    assert run("approve", "bicycles", "2021-09").exit_code == 2
    assert run("new", "bicycles", "2022-09", "--effective", "1/9/2022").exit_code == 2


def test_a_folder_that_is_no_checkout_is_told(tmp_path):
    result = CliRunner().invoke(main, ["check", "--root", str(tmp_path / "none")])
    assert result.exit_code == 1
    assert "school.toml:1: this file is missing" in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is refused to the superuser")
def test_a_folder_that_cannot_be_written_is_told(run, tree):
    tree.draft("2022-09", "2022-09-01", before="2021-09")
    folder = tree.root / "changelog/bicycles"
    folder.chmod(0o555)
    result = approve(run)
    folder.chmod(0o755)
    assert result.exit_code == 1
    assert "Permission denied" in result.stderr


def test_new_writes_nothing_while_a_file_is_in_the_way_of_a_folder(run, tree):
    (tree.root / "changelog/data-protection").write_text("in the way")
    result = run("new", "data-protection", "2022-09", "--effective", "2022-09-01")
    assert result.exit_code == 1
    assert not (tree.root / "handbook/docs/policies/data-protection/2022-09.md").exists()
