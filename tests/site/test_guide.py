"""The page "How to change a policy", followed to the letter in a copy of this checkout."""

from __future__ import annotations

import re
import shlex
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from handbook.cli import main
from handbook.site.build import build

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "handbook/templates/changing.md").read_text(encoding="utf-8")
COMMANDS = list(re.findall(r"`(handbook [^`]+)`", GUIDE.split("## ")[0]))
TEXT = "handbook/docs/policies/social-media/2022-09.md"
ENTRY = "changelog/social-media/2022-09.md"
DAY = date(2022, 7, 26)  # after the approval, before the effective date


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The policy of this checkout with its two versions, and the school's settings."""
    folders = ("changelog/social-media", "handbook/docs/policies/social-media")
    texts = [f"{folder}/{version}.md" for folder in folders for version in ("2020-09", "2021-09")]
    for path in ("school.toml", *texts):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


def run(copy: Path, command: str) -> str:
    words = shlex.split(command)
    done = CliRunner().invoke(main, [*words[1:], "--root", str(copy)], prog_name=words[0])
    assert done.exit_code == 0, (command, done.output)
    return done.output


def site(copy: Path, **settings: object) -> Path:
    build(copy, copy / "site", DAY, DAY, cache=copy / "cache", **settings)
    return copy / "site"


def write(copy: Path) -> None:
    """What the guide asks a writer to do by hand: change the text, and tell staff."""
    text = (copy / TEXT).read_text(encoding="utf-8")
    (copy / TEXT).write_text(
        f"{text.rstrip()}\n\nWrite to pupils from school accounts only.\n", encoding="utf-8"
    )
    entry = (copy / ENTRY).read_text(encoding="utf-8")
    changes = (
        "changes:\n  - section: Review of this policy\n    what: added\n"
        "    text: Pupils hear from school accounts only.\n"
    )
    head, end = entry.rstrip().removesuffix("---"), "---\n"
    (copy / ENTRY).write_text(
        f"{head}{changes}{end}Pupils hear from school accounts only. This concerns everyone.\n",
        encoding="utf-8",
    )


def test_the_guide_names_each_command_once_and_in_this_order() -> None:
    assert [command.split()[1] for command in COMMANDS] == ["new", "check", "redline", "serve", "approve"]


def test_every_step_works_as_the_guide_says(copy: Path) -> None:
    new, check, redline, _, approve = COMMANDS
    said = run(copy, new)
    assert TEXT in said and TEXT in GUIDE
    assert ENTRY in said and ENTRY in GUIDE
    write(copy)
    assert run(copy, check) == "1 policy, 3 versions: no faults\n"
    assert re.findall(r"\[-.*?-\]|\{\+.*?\+\}", run(copy, redline)) == [
        "{+Write to pupils from school accounts only.+}"
    ]

    assert not (site(copy) / "policies/social-media/2022-09").exists()
    draft = (site(copy, drafts=True) / "policies/social-media/2022-09/index.html").read_text(encoding="utf-8")
    assert "This is a draft." in draft and "Write to pupils from school accounts only." in draft

    assert "the last day to give notice is 2022-08-01" in run(copy, approve)
    published = site(copy)
    policy = (published / "policies/social-media/index.html").read_text(encoding="utf-8")
    assert "Changes on 1 September 2022." in policy and 'href="2021-09..2022-09/"' in policy
    assert "This version takes effect on 1 September 2022." in (
        (published / "policies/social-media/2022-09/index.html").read_text(encoding="utf-8")
    )
    changelog = (published / "changelog/index.html").read_text(encoding="utf-8")
    assert "Pupils hear from school accounts only. This concerns everyone." in changelog


def test_an_edit_after_the_approval_stops_everything(copy: Path) -> None:
    new, check, _, _, approve = COMMANDS
    run(copy, new)
    write(copy)
    run(copy, approve)
    with (copy / TEXT).open("a", encoding="utf-8") as file:
        file.write("\nOne word more.\n")
    done = CliRunner().invoke(main, ["check", "--root", str(copy)])
    assert done.exit_code == 1
    assert f"the text in {TEXT} is not the one that was approved" in done.output
    assert check in GUIDE


def test_a_policy_ends_as_the_guide_says(copy: Path) -> None:
    [ending] = re.findall(r"`(handbook new [^`]+withdrawn)`", GUIDE)
    said = run(copy, ending.replace(" trips ", " social-media "))
    assert said == "Wrote changelog/social-media/2022-10.md\nEdit it, then run: handbook check\n"
    assert run(copy, "handbook check") == "1 policy, 3 versions: no faults\n"


def test_a_policy_is_renamed_as_the_guide_says(copy: Path) -> None:
    [field] = re.findall(r"`(renamed_from: \[former-name\])`", GUIDE)
    for folder in ("handbook/docs/policies", "changelog"):
        assert f"`{folder}/`" in GUIDE
        (copy / folder / "social-media").rename(copy / folder / "online-conduct")
    latest = copy / "handbook/docs/policies/online-conduct/2021-09.md"
    text = latest.read_text(encoding="utf-8").replace(
        "renamed_from: []", field.replace("former-name", "social-media")
    )
    latest.write_text(text, encoding="utf-8")
    assert run(copy, "handbook check") == "1 policy, 2 versions: no faults\n"


@pytest.mark.parametrize("day", ["1/9/2022", "2022-02-30", "tomorrow", "2022-9-1x"])
def test_a_day_that_is_none_is_refused_in_plain_words(copy: Path, day: str) -> None:
    done = CliRunner().invoke(
        main, ["new", "social-media", "2022-09", "--effective", day, "--root", str(copy)]
    )
    assert done.exit_code == 2
    assert f"expected a day of the calendar, year-month-day such as 2021-09-01, found '{day}'" in done.output
