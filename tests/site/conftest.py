"""Small made-up libraries to build sites from."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from handbook.policy.digest import canonical_text, digest_of, seal_of
from handbook.site.build import Built, build

SCHOOL = """
name = "Hill School"
base_address = "https://policies.hill.example"
categories = ["Teacher", "Governor"]
[contacts."Headteacher"]
email = "head@hill.example"
[contacts."Business Manager"]
email = "office@hill.example"
"""


class Root:
    """A checkout with a school and whatever versions a test gives it."""

    def __init__(self, path: Path):
        self.path = path
        self._before: dict[str, str] = {}
        path.mkdir(exist_ok=True)
        (path / "school.toml").write_text(SCHOOL, encoding="utf-8")
        (path / "handbook" / "docs").mkdir(parents=True)

    def version(
        self,
        policy: str,
        label: str,
        body: str = "## Scope\n\nIt applies to everyone.\n",
        *,
        title: str = "Trips Policy",
        approved_on: str | None = "2020-01-10",
        change: str = "",
        more: str = "",
    ) -> None:
        """Write a version that takes effect on the first day of its label's month."""
        effective_on = f"{label[:7]}-01"
        text = self.path / "handbook/docs/policies" / policy / f"{label}.md"
        if change != "withdrawn":
            text.parent.mkdir(parents=True, exist_ok=True)
            front = (
                f"title: {json.dumps(title, ensure_ascii=False)}\nowner: Business Manager\n"
                f"audience: all\neffective_on: {effective_on}\n{more}"
            )
            text.write_text(f"---\n{front}---\n\n{body}", encoding="utf-8")
        self._entry(policy, label, effective_on, approved_on, change, digest_of(canonical_text(title, body)))

    def _entry(
        self, policy: str, label: str, effective_on: str, approved_on: str | None, change: str, digest: str
    ) -> None:
        before = self._before.get(policy)
        change = change or ("material" if before else "new")
        lines = [f"supersedes: {before}"] if before else []
        lines.append(f"change: {change}")
        if change == "withdrawn":
            lines.append(f"effective_on: {effective_on}")
        if approved_on:
            sealed = None if change == "withdrawn" else digest
            seal = seal_of(
                policy=policy, version=label, digest=sealed, effective_on=date.fromisoformat(effective_on),
                audience=(),
                change=change, approved_by="Board of Governors", approved_on=date.fromisoformat(approved_on),
            )  # fmt: skip
            lines += ["approved_by: Board of Governors", f"approved_on: {approved_on}", f"seal: {seal}"]
            lines += [f"digest: {sealed}"] if sealed else []
        entry = self.path / "changelog" / policy / f"{label}.md"
        entry.parent.mkdir(parents=True, exist_ok=True)
        entry.write_text("---\n" + "\n".join(lines) + "\n---\n\nThis is what changed.\n", encoding="utf-8")
        self._before[policy] = label

    def build(self, as_of: str, output: str = "site", **settings: object) -> Path:
        self.built = self.built_with(as_of, output, **settings)
        return self.path / output

    def built_with(self, as_of: str, output: str, **settings: object) -> Built:
        day = date.fromisoformat(as_of)
        return build(self.path, self.path / output, day, settings.pop("built_on", day), **settings)


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path / "checkout")


@pytest.fixture
def trips(root: Root) -> Root:
    """One policy in two versions: of March 2020 and of September 2020, the latter approved on 1 July 2020."""
    root.version("trips", "2020-03", "## Scope\n\nEveryone takes a phone.\n\n## Buses\n\nBook them early.\n")
    root.version(
        "trips", "2020-09", "## Scope\n\nEveryone takes a phone and a map.\n\n## Buses\n\nBook them early.\n",
        approved_on="2020-07-01",
    )  # fmt: skip
    return root


@pytest.fixture
def read() -> Callable[[Path], str]:
    return lambda path: path.read_text(encoding="utf-8")
