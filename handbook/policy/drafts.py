"""Makes the files that commands write: the draft of a new version, and a change entry with its approval.
Text in, text out."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date

import yaml

from handbook.policy import frontmatter
from handbook.policy.changelog import parse_entry, seal_for
from handbook.policy.errors import FaultsFound, HandbookError
from handbook.policy.notice_period import add_months
from handbook.policy.version import Change, ChangeEntry, PolicyText, PolicyVersion

APPROVAL = ("approved_by", "approved_on", "digest", "seal")
_VALUE = re.compile(
    r"(?P<name>effective_on|review_by)(?P<colon>\s*:\s*)(?P<quote>[\"']?)\d{4}-\d{2}-\d{2}(?P=quote)"
)


def next_text(source: str, effective_on: date) -> str:
    """The text of an earlier version as the draft of the next: a year until its review, everything else as
    it was."""
    end = _front_matter(source).end_line
    days = {"effective_on": effective_on, "review_by": add_months(effective_on, 12)}
    lines = source.removeprefix("\ufeff").splitlines(keepends=True)
    for index, line in enumerate(lines[:end]):
        value = _VALUE.match(line)
        if value:
            lines[index] = f"{value['name']}{value['colon']}{days[value['name']]}{line[value.end() :]}"
    return "".join(lines)


def first_text(policy: str, effective_on: date, owner: str) -> str:
    """The draft of a policy's first version."""
    title = policy.replace("-", " ").capitalize()
    return f"""---
title: {_scalar(title if title.endswith("policy") else title + " policy")}
owner: {_scalar(owner)}
audience: all
effective_on: {effective_on}
review_by: {add_months(effective_on, 12)}
---
## Purpose

What this policy is for.

## Who it is for

Everyone who works here.
"""


def draft_entry(change: Change, supersedes: str | None, effective_on: date) -> str:
    """The change entry of a draft, for its writer to fill in."""
    lines = ["---"]
    lines += [f"supersedes: {supersedes}"] if supersedes else []
    lines += [f"change: {change}"]
    lines += [f"effective_on: {effective_on}"] if change is Change.WITHDRAWN else []
    lines += [
        "# One item for each change. what: added, removed, reworded or moved.",
        "# changes:",
        "#   - section: The heading it stands under",
        "#     what: added",
        "#     text: One sentence of what is new.",
        "# Below the next line, two or three sentences to staff: what changed, who it concerns, what to do.",
        "---",
    ]
    return "\n".join(lines) + "\n"


def approved_entry(source: str, version: PolicyVersion, approved_by: str, approved_on: date) -> str:
    """A change entry with the approval, digest and seal written after its `change`; every other byte as it
    was.

    Raises FaultsFound where the approval makes a fault, and HandbookError where it cannot be written.
    """
    entry = version.entry
    digest = version.text.digest if version.text else None
    sealed = _sealed(entry, version.text, approved_by, approved_on, digest)
    names = (
        ["approved_by", "approved_on", "digest", "seal"] if digest else ["approved_by", "approved_on", "seal"]
    )
    values = {
        "approved_by": _scalar(approved_by),
        "approved_on": approved_on,
        "digest": digest,
        "seal": sealed,
    }
    result = _insert(source, [f"{name}: {values[name]}" for name in names])
    _verify(result, entry, values | {"approved_by": approved_by})
    return result


def unapproved_entry(source: str) -> str:
    """A change entry without its approval, digest and seal: a draft again; every other line as it was."""
    node = yaml.compose(_front_matter(source).yaml)
    assert node is not None  # an entry with an approval has fields
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", source)
    for key, value in reversed(node.value):
        if key.value in APPROVAL:
            del lines[key.start_mark.line + 1 : value.end_mark.line + 2]  # after the opening ---
    return "".join(lines)


def _sealed(entry: ChangeEntry, text: PolicyText | None, by: str, on: date, digest: str | None) -> str:
    return seal_for(replace(entry, approved_by=by, approved_on=on), text, digest)


def _front_matter(source: str) -> frontmatter.Parts:
    parts = frontmatter.split(source, "")
    assert isinstance(parts, frontmatter.Parts)  # a library with a file that has none is not loaded
    return parts


def _insert(source: str, new: list[str]) -> str:
    """Puts lines after the value of `change`, with its indentation and line ends."""
    node = yaml.compose(_front_matter(source).yaml)
    assert node is not None  # a library with an empty front matter is not loaded
    key, value = next((k, v) for k, v in node.value if k.value == "change")
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", source)
    at = value.end_mark.line + 2  # the opening --- is not part of the YAML
    ending = "\r\n" if lines[at - 1].endswith("\r\n") else lines[at - 1][-1]
    indent = " " * key.start_mark.column
    return "".join([*lines[:at], *(f"{indent}{line}{ending}" for line in new), *lines[at:]])


def _verify(result: str, entry: ChangeEntry, values: dict[str, object]) -> None:
    """Reads what is about to be written: it must say the approval, and otherwise what it said before."""
    parsed = parse_entry(result, entry.path, entry.policy, entry.version)
    if parsed.faults:
        raise FaultsFound(parsed.faults)
    after = parsed.value
    written = all(getattr(after, name) == value for name, value in values.items())
    kept = all(
        getattr(after, name) == getattr(entry, name)
        for name in ("change", "supersedes", "changes", "summary")
    )
    if not (written and kept):
        raise HandbookError(
            f"{entry.path}: the approval cannot be written into this front matter; write one field a line"
        )


def _scalar(value: str) -> str:
    """A text as YAML reads it back: plain where that is safe, in double quotes otherwise."""
    try:
        mapping = yaml.compose(f"field: {value}\n")
        assert mapping is not None  # there is a field
        node = mapping.value[0][1]
        if (
            node.value == value
            and node.tag.endswith(":str")
            and isinstance(node, yaml.ScalarNode)
            and not node.style
        ):
            return value
    except (yaml.YAMLError, AttributeError, IndexError, ValueError):
        pass
    return json.dumps(value, ensure_ascii=False)
