"""A small school's checkout in a folder, for tests to break one thing at a time."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from handbook.policy.digest import canonical_text, digest_of, seal_of
from handbook.policy.errors import FaultsFound
from handbook.policy.library import load

SCHOOL = """name = "Larkspur Row School"
base_address = "https://policies.larkspur-row.example"
categories = ["Teacher", "Governor"]

[contacts."Headteacher"]
email = "head@larkspur-row.example"

[contacts."Business Manager"]
email = "office@larkspur-row.example"
"""

TEXT = """---
title: Bicycle Policy
owner: Business Manager
audience: all
effective_on: 2020-09-01
---
## Sheds

Lock your bicycle.
"""

ENTRY = """---
change: new
---
This policy is new.
"""


class Tree:
    """The files of a school; starts with `school.toml` alone."""

    def __init__(self, root: Path):
        self.root = root
        self.write("school.toml", SCHOOL)

    def write(self, path: str, content: str | bytes) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)

    def read(self, path: str) -> str:
        return (self.root / path).read_bytes().decode("utf-8")

    def text(self, label: str = "2020-09", content: str = TEXT, policy: str = "bicycles") -> None:
        self.write(f"handbook/docs/policies/{policy}/{label}.md", content)

    def entry(self, label: str = "2020-09", content: str = ENTRY, policy: str = "bicycles") -> None:
        self.write(f"changelog/{policy}/{label}.md", content)

    def draft(
        self, label: str, effective_on: str, before: str | None = None, policy: str = "bicycles"
    ) -> None:
        """A version with a text and an entry, and no approval."""
        self.text(label, TEXT.replace("2020-09-01", effective_on), policy)
        head = f"supersedes: {before}\nchange: material" if before else "change: new"
        self.entry(label, f"---\n{head}\n---\nThis is what changed.\n", policy)

    def approved(self, label: str, effective_on: str, approved_on: str, before: str | None = None,
                 policy: str = "bicycles") -> None:  # fmt: skip
        """A version approved by the Board of Governors, its digest and seal computed here."""
        self.draft(label, effective_on, before, policy)
        digest = digest_of(canonical_text("Bicycle Policy", "## Sheds\n\nLock your bicycle."))
        seal = seal_of(policy=policy, version=label, digest=digest,
                       effective_on=date.fromisoformat(effective_on),
                       audience=(), change="material" if before else "new", approved_by="Board of Governors",
                       approved_on=date.fromisoformat(approved_on))  # fmt: skip
        approval = (
            f"approved_by: Board of Governors\napproved_on: {approved_on}\ndigest: {digest}\n"
            f"seal: {seal}\n---\nT"
        )
        path = f"changelog/{policy}/{label}.md"
        self.write(path, self.read(path).replace("---\nT", approval))

    def edit(self, path: str, old: str, new: str) -> None:
        content = self.read(path)
        assert content.count(old) == 1, (old, content)
        self.write(path, content.replace(old, new))

    def edit_text(self, old: str, new: str, label: str = "2020-09") -> None:
        self.edit(f"handbook/docs/policies/bicycles/{label}.md", old, new)

    def edit_entry(self, old: str, new: str, label: str = "2020-09") -> None:
        self.edit(f"changelog/bicycles/{label}.md", old, new)

    def faults(self) -> list[str]:
        """Every fault of the tree as one line each."""
        try:
            load(self.root)
        except FaultsFound as found:
            return [str(fault) for fault in found.faults]
        return []
