"""Everything a person can type, set or meet is documented: commands, settings, variables, fields, e-mails,
addresses."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from ackservice.cli import main as ack
from ackservice.domain.export_rows import COLUMNS
from ackservice.domain.roster import OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from ackservice.domain.status import Status
from handbook.cli import main as handbook
from handbook.policy import changelog, parse, school

ROOT = Path(__file__).parents[1]
REFERENCE = (ROOT / "docs" / "reference.md").read_text("utf-8")
PAGES = {
    path: path.read_text("utf-8") for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
}
EVERYTHING = "\n".join(PAGES.values())


def walk(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for part in command.list_commands(context):
            inner = command.get_command(context, part)
            assert inner is not None, f"{name} {part}"
            yield from walk(inner, f"{name} {part}")
    else:
        yield name, command


COMMANDS = {**dict(walk(ack, "ack")), **dict(walk(handbook, "handbook"))}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_documented_with_an_example(name):
    assert re.search(rf"^\| `{re.escape(name)}( [^`]+)?` \| \S", REFERENCE, re.MULTILINE)


def test_no_command_is_documented_that_is_not_there():
    told = re.findall(r"^\| `((?:ack|handbook) [^`]+)` \|", REFERENCE, re.MULTILINE)
    unknown = [
        line for line in told if not any(line == name or line.startswith(name + " ") for name in COMMANDS)
    ]
    assert unknown == []


def examples() -> list[tuple[str, str]]:
    """(page, command line) of every command in a code span or code block of the documentation."""
    found = []
    for path, text in PAGES.items():
        lines = re.findall(r"`((?:ack|handbook) [^`\n]+)`", text)
        for block in re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL):
            lines += [line.strip().removeprefix("$ ") for line in block.splitlines()]
        found += [(path.name, line) for line in lines if re.match(r"(?:ack|handbook) [a-z]", line)]
    return found


@pytest.mark.parametrize(("page", "line"), examples())
def test_options_in_the_documentation_exist(page, line):
    name = max(
        (name for name in COMMANDS if line == name or line.startswith(name + " ")), key=len, default=None
    )
    if name is None:
        groups = {known.rsplit(" ", 1)[0] for known in COMMANDS}
        assert line in groups, f"{page}: no such command: {line}"
        return
    known = {option for parameter in COMMANDS[name].params for option in parameter.opts} | {"--help", "-h"}
    used = set(re.findall(r"(?<!\S)(--[a-z][a-z-]*)", line))
    assert used <= known, f"{page}: {line}"


def settings(kind: type, prefix: str = "") -> Iterator[str]:
    for field in dataclasses.fields(kind):
        inner = NESTED.get(f"{prefix}{field.name}")
        if inner is None:
            yield f"{prefix}{field.name}"
        else:
            yield from settings(inner, f"{prefix}{field.name}.")


NESTED = {
    "notice": school.NoticeSettings, "reminders": school.ReminderSettings, "closed": school.ClosedSettings,
    "closed.days": school.Closure, "managers": school.Manager, "mail": school.MailSettings,
    "contacts": school.Contact,
}  # fmt: skip


@pytest.mark.parametrize("name", list(settings(school.School)))
def test_each_setting_of_the_school_is_documented(name):
    if name == "contacts.role":
        return  # the key of the table
    shown = name.replace("contacts.", 'contacts."ROLE".')
    assert f"`{shown}`" in REFERENCE


def test_the_schools_own_file_explains_each_setting():
    own = (ROOT / "school.toml").read_text("utf-8")
    for name in settings(school.School):
        if name != "contacts.role":
            assert re.search(rf"(?m)^#?\s*{re.escape(name.rsplit('.', 1)[-1])}\s*=", own), name


def variables() -> set[str]:
    """Names of environment variables in the code."""
    found: set[str] = set()
    for package in ("ackservice", "handbook"):
        for path in (ROOT / package).rglob("*.py"):
            found |= set(
                re.findall(
                    r'(?:environ\.get\(|environ\[|environ\.setdefault\()"([A-Z_]+)"', path.read_text("utf-8")
                )
            )
    return found - {"NO_MKDOCS_2_WARNING", "PYTHONPATH"}  # set by us, for MkDocs and for processes of ours


@pytest.mark.parametrize("name", sorted(variables() | {"ACK_SECRET_KEYS", "ACK_MAIL"}))
def test_each_environment_variable_is_documented(name):
    assert f"`{name}`" in REFERENCE.split("## The environment")[1].split("## ")[0]


@pytest.mark.parametrize("name", parse.FIELDS)
def test_each_field_of_the_front_matter_is_documented(name):
    assert f"`{name}`" in REFERENCE.split("## The text of a version")[1].split("## ")[0]


@pytest.mark.parametrize("name", [*changelog.FIELDS, *changelog.ITEM_FIELDS])
def test_each_field_of_a_change_entry_is_documented(name):
    assert f"`{name}`" in REFERENCE.split("## The change entry")[1].split("## ")[0]


@pytest.mark.parametrize("name", [*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS])
def test_each_column_of_the_roster_is_documented(name):
    assert f"`{name}`" in REFERENCE.split("## The roster")[1].split("## ")[0]


@pytest.mark.parametrize(
    "name", sorted(p.parent.name for p in (ROOT / "ackservice/mail/templates").glob("*/subject.txt"))
)
def test_each_email_is_documented(name):
    assert f"`{name}`" in REFERENCE.split("## E-mails")[1].split("## ")[0]


@pytest.mark.parametrize("status", list(Status))
def test_each_status_is_documented(status):
    assert f"`{status}`" in REFERENCE.split("## Status")[1].split("## ")[0]


def test_columns_named_in_the_reference_are_in_an_export():
    assert {"due_on", "status", "overdue", "ledger_head"} <= set(COLUMNS)


@pytest.mark.parametrize(
    "said",
    [
        "corresponding-date rule",
        "Haywood",
        "deemed_days",
        "legal advice",
        "consent to monitoring",
        "Backups and exports made",
        "sha256sum",
        "one month *before*",
        "one month *after*",
        "not that it was read",
    ],
)
def test_what_the_system_does_not_decide_is_told(said):
    assert said in " ".join(REFERENCE.split())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[path]):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        page = (path.parent / file).resolve() if file else path
        assert page.exists(), target
        if anchor and page.suffix == ".md":
            headings = re.findall(r"(?m)^#+ (.+)$", page.read_text("utf-8"))
            slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, target
