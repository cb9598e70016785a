"""The `handbook` command: what writers of policies do. The commands that make the site stand in
`site_cli.py`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Collection
from datetime import date
from pathlib import Path

import click

from handbook.clock import today
from handbook.day_type import DAY
from handbook.policy import library as files
from handbook.policy.changelog import parse_entry
from handbook.policy.drafts import approved_entry, draft_entry, first_text, next_text, unapproved_entry
from handbook.policy.errors import FaultsFound, HandbookError
from handbook.policy.frontmatter import LABEL_EXPECTED
from handbook.policy.notice_period import last_day_of_notice
from handbook.policy.parse import ID_EXPECTED, parse_text
from handbook.policy.school import School
from handbook.policy.version import (
    LABEL,
    POLICY_ID,
    Change,
    ChangeEntry,
    Library,
    Policy,
    PolicyVersion,
    label_key,
)
from handbook.site.commands import register, root_option
from handbook.terminal import shown


class Commands(click.Group):
    """Turns every expected error into a message and exit status 1; nowhere else is that done."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except FaultsFound as error:
            click.echo(str(error), err=True)
            raise click.ClickException(
                f"{_count(len(error.faults), 'fault')} found; mend what is listed above"
            ) from error
        except HandbookError as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or error}") from error


@click.group(cls=Commands)
def main() -> None:
    """A school's staff policies as a handbook: check, write, approve, compare, build.

    \b
    Example: handbook check
    """


register(main)


@main.command()
@root_option
def check(root: Path) -> None:
    """Check every policy, change entry and setting, and list all that is wrong.

    \b
    Example: handbook check --root .
    """
    library = files.load(root)
    versions = sum(len(policy.versions) for policy in library.policies.values())
    policies = _count(len(library.policies), "policy", "policies")
    click.echo(f"{policies}, {_count(versions, 'version')}: no faults")


@main.command()
@click.argument("policy")
@click.argument("version")
@click.option(
    "--effective", "effective_on", type=DAY, required=True, help="The day it takes effect, YYYY-MM-DD."
)
@click.option("--change", type=click.Choice(["material", "clarification", "withdrawn"]), default="material",
              show_default=True, help="Kind of change; a policy's first version is always new.")  # fmt: skip
@root_option
def new(policy: str, version: str, effective_on: date, change: str, root: Path) -> None:
    """Start a new version: its text, copied from the one before, and the draft of its change entry.

    \b
    Example: handbook new social-media 2022-09 --effective 2022-09-01
    """
    school, library = files.load_school(root), files.load(root)
    known = library.policies.get(policy)
    latest = known.versions[-1] if known else None
    _refuse_misplaced(library, policy, version, effective_on, latest, Change(change))
    starts = latest is None or latest.is_withdrawal
    if starts and change == "withdrawn":
        raise HandbookError(f"{policy} has no version to withdraw")
    kind = Change.NEW if starts else Change(change)
    made = {
        files.entry_path(policy, version): draft_entry(kind, latest.label if latest else None, effective_on)
    }
    if kind is not Change.WITHDRAWN:
        made[files.text_path(policy, version)] = _draft_text(root, school, policy, known, effective_on)
    _write_all(root, made)
    for path in sorted(made, reverse=True):
        click.echo(f"Wrote {path}")
    click.echo(f"Edit {'both' if len(made) == 2 else 'it'}, then run: handbook check")


@main.command()
@click.argument("policy")
@click.argument("version")
@click.option("--by", "approved_by", required=True, help='Who approved it, such as "Board of Governors".')
@click.option("--on", "approved_on", type=DAY, required=True, help="The day it was approved, YYYY-MM-DD.")
@root_option
def approve(policy: str, version: str, approved_by: str, approved_on: date, root: Path) -> None:
    """Record an approval in the change entry, with the digest of the text and the seal over what was
    approved.

    \b
    Example: handbook approve social-media 2022-09 --by "Board of Governors" --on 2022-07-13
    """
    school, library = files.load_school(root), files.load(root)
    draft = library.version(policy, version)
    approved_by = approved_by.strip()
    _refuse_approval(library.policy(policy), draft, approved_by, approved_on, today(), school.approvers)
    source = files.read_source(root, draft.entry.path)
    approved = approved_entry(source, draft, approved_by, approved_on)
    replaced = seals_before(root, draft.entry.path) - set(re.findall(r"^seal: *(\S+)", approved, re.M))
    files.write_whole(root / draft.entry.path, approved.encode("utf-8"))
    if replaced:
        click.echo(
            f"Warning: {draft.policy} {version} had been approved before, and something sealed then is "
            "changed. If notice of it has been given, it was of something else: put it back, postpone or "
            "recall the notice (ack notice postpone, ack notice recall), or mend a typing mistake by a "
            "clarification of its own.",
            err=True,
        )
    click.echo(
        f"Approved {draft.policy} {version}: by {approved_by} on {approved_on}, written to {draft.entry.path}"
    )
    click.echo(f"Digest: {draft.text.digest}" if draft.text else "A withdrawal has no text, so no digest")
    last = last_day_of_notice(draft.effective_on, school.notice.period_months, school.notice.deemed_days)
    click.echo(f"Takes effect on {draft.effective_on}; the last day to give notice is {last}")


@main.command()
@click.argument("policy")
@click.argument("version")
@root_option
def unapprove(policy: str, version: str, root: Path) -> None:
    """Take the approval out of a change entry before the version takes effect, so that it is a draft again.

    \b
    Example: handbook unapprove social-media 2022-09
    """
    path = files.entry_path(policy, version)
    if not (root / path).is_file():
        raise HandbookError(f"{path} is not there, so nothing is approved")
    source = files.read_source(root, path)
    entry = parse_entry(source, path, policy, version).value
    if entry is None or not entry.approved_by:
        raise HandbookError(f"{policy} {version} is not approved")
    effective_on = _effective_on(root, entry)
    if effective_on and effective_on <= today():
        raise HandbookError(f"{policy} {version} took effect on {effective_on}; make a new version instead")
    files.write_whole(root / path, unapproved_entry(source).encode("utf-8"))
    click.echo(f"{policy} {version} is a draft again: {path} has no approval any more")
    click.echo("If notice of it has been given, recall that notice, or postpone it once approved anew")


@main.command()
@click.argument("policy")
@click.argument("old")
@click.argument("new")
@root_option
def redline(policy: str, old: str, new: str, root: Path) -> None:
    """Show what changes from OLD to NEW, in colours, or with [-…-] and {+…+} where there are none.

    \b
    Example: handbook redline social-media 2020-09 2021-09
    """
    from handbook.pages.render import body
    from handbook.redline.compare import redline_text  # lxml and rapidfuzz, which no other command here needs

    known = files.load(root).policy(policy)
    before, after = (_text(known.version(label)) for label in (old, new))
    spans = redline_text(body(before), body(after))
    text = shown(spans, colour=_has_colour())
    click.echo(text, nl=False, color=_has_colour())
    changed = any(kind != "same" for kind, _ in spans)
    click.echo("" if changed else f"No change from {old} to {new}.", nl=not changed)


def _effective_on(root: Path, entry: ChangeEntry) -> date | None:
    """The effective date, where it can be read: an approval is taken back also where the text has faults."""
    if entry.change is Change.WITHDRAWN:
        return entry.effective_on
    path = files.text_path(entry.policy, entry.version)
    if not (root / path).is_file():
        return None
    text = parse_text(files.read_source(root, path), path, entry.policy, entry.version).value
    return text.effective_on if text else None


def seals_before(root: Path, path: str) -> set[str]:
    """Every seal that git has seen in a change entry; none outside of a repository."""
    try:
        log = subprocess.run(
            ["git", "log", "-p", "--format=", "--", path],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return set()
    return set(re.findall(r"^[-+]seal: *(\S+)", log.stdout, re.M))


def _refuse_misplaced(
    library: Library,
    policy: str,
    version: str,
    effective_on: date,
    latest: PolicyVersion | None,
    change: Change,
) -> None:
    if not POLICY_ID.match(policy):
        raise HandbookError(f"{ID_EXPECTED}, found {policy!r}")
    if not LABEL.match(version):
        raise HandbookError(f"{LABEL_EXPECTED}, found {version!r}")
    taken = next((p.id for p in library.policies.values() if policy in p.former_ids), None)
    if latest is None and taken:
        raise HandbookError(f"{policy!r} is a former id of {taken!r}; start the new version there")
    if latest and version in [v.label for v in library.policy(policy).versions]:
        raise HandbookError(f"{policy} {version} is there already; nothing was overwritten")
    if latest and label_key(version) < label_key(latest.label):
        raise HandbookError(f"expected a label after {latest.label}, the latest version, found {version}")
    may_share = latest and change is Change.CLARIFICATION and effective_on == latest.effective_on
    if latest and change is not Change.WITHDRAWN and effective_on <= latest.effective_on and not may_share:
        raise HandbookError(
            f"expected a day after {latest.effective_on}, on which {latest.label} takes effect, "
            f"found {effective_on}"
        )


def _draft_text(root: Path, school: School, policy: str, known: Policy | None, effective_on: date) -> str:
    texts = [v.text for v in known.versions if v.text] if known else []
    if texts:
        return next_text(files.read_source(root, texts[-1].path), effective_on)
    return first_text(policy, effective_on, owner=next(iter(school.contacts)))


def _write_all(root: Path, made: dict[str, str]) -> None:
    """Writes all the files or none."""
    there = [path for path in made if (root / path).exists()]
    if there:
        raise HandbookError(f"{' and '.join(there)} there already; nothing was overwritten")
    written: list[str] = []
    try:
        for path, content in made.items():
            files.write_new(root, path, content)
            written.append(path)
    except (OSError, HandbookError):
        for path in written:
            (root / path).unlink()
        raise


def _refuse_approval(
    policy: Policy,
    version: PolicyVersion,
    approved_by: str,
    day: date,
    now: date,
    approvers: Collection[str],
) -> None:
    name = f"{version.policy} {version.label}"
    entry = version.entry
    if entry.approved_by:
        raise HandbookError(f"{name} is already approved, by {entry.approved_by} on {entry.approved_on}; "
                            "to change it, make a new version with `handbook new`")  # fmt: skip
    if not approved_by or not approved_by.isprintable():
        raise HandbookError(f"expected who approved it, in one line, found {approved_by!r}")
    if approved_by not in approvers:
        raise HandbookError(
            f"expected {' or '.join(approvers)}, as approvers in school.toml says, found {approved_by!r}"
        )
    if day > now:
        raise HandbookError(f"expected a day of approval up to today ({now}), found {day}")
    if day > version.effective_on:
        raise HandbookError(f"expected a day of approval up to the effective date "
                            f"({version.effective_on}), found {day}; "
                            "a change is approved before it takes effect")  # fmt: skip
    if not entry.summary:
        raise HandbookError(f"{entry.path} says nothing to staff yet; below its front matter, tell "
                            f"in two or three "
                            "sentences what changed, who it concerns and what to do")  # fmt: skip
    earlier = [
        v.label
        for v in policy.versions
        if label_key(v.label) < label_key(version.label) and not v.entry.approved_by
    ]
    if earlier:
        raise HandbookError(
            f"{name} follows {earlier[-1]}, which is not approved; approve or delete that first"
        )


def _text(version: PolicyVersion) -> str:
    if version.text is None:
        raise HandbookError(f"{version.policy} {version.label} is a withdrawal and has no text")
    return version.text.body


def _has_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
