"""A made-up school's checkout in a folder: settings, policies with sealed versions, and rosters to import."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from handbook.policy.digest import canonical_text, digest_of, seal_of

BASE = "https://policies.larkspur-row.example"  # 37 characters

SETTINGS = f"""name = "Larkspur Row School"
base_address = "{BASE}"
categories = ["Governor", "Employee", "Contractor", "Volunteer"]

[contacts."Headteacher"]
email = "head@larkspur-row.example"

[contacts."Business Manager"]
email = "office@larkspur-row.example"
name = "Bea Manager"

[closed]
bank_holidays = ""

[[managers]]
address = "office@larkspur-row.example"
role = "manager"
name = "Bea Manager"

[[managers]]
address = "head@larkspur-row.example"
role = "reader"
"""

HEADING = "person_id,name,email,category,joined_on,left_on"

ADA = "P001,Ada Lovelace,ada@larkspur-row.example,Employee,2015-09-01,"
BEN = "P002,Ben Okri,ben@larkspur-row.example,Employee,2016-09-01,"
GIA = "P003,Gia Rossi,gia@larkspur-row.example,Governor,,"
PAT = "P004,Pat Paper,,Volunteer,,"
LEE = "P005,Lee Leaver,lee@larkspur-row.example,Employee,2010-09-01,2021-07-20"
NEW = "P006,Nia Novak,nia@larkspur-row.example,Employee,2021-09-06,"
EVERYONE = (ADA, BEN, GIA, PAT, LEE, NEW)


def roster_csv(*rows: str) -> bytes:
    """A roster file of those rows; of everyone when none is named."""
    return "\r\n".join([HEADING, *(rows or EVERYONE), ""]).encode("utf-8")


class SchoolTree:
    """A checkout that grows a version at a time; digests and seals are computed here."""

    def __init__(self, root: Path):
        self.root = root
        self._labels: dict[str, list[str]] = {}
        self.write("school.toml", SETTINGS)

    def write(self, path: str, content: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode("utf-8"))
        return target

    def read(self, path: str) -> str:
        return (self.root / path).read_bytes().decode("utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        content = self.read(path)
        assert content.count(old) == 1, (old, content)
        self.write(path, content.replace(old, new))

    def text_path(self, policy: str, label: str) -> str:
        return f"handbook/docs/policies/{policy}/{label}.md"

    def entry_path(self, policy: str, label: str) -> str:
        return f"changelog/{policy}/{label}.md"

    def rename(self, old: str, new: str) -> None:
        """Give a policy another id, as the guide says: both folders, and the former id at the top of its
        latest text."""
        for folder in ("handbook/docs/policies", "changelog"):
            (self.root / folder / old).rename(self.root / folder / new)
        self._labels[new] = self._labels.pop(old)
        latest = max((self.root / "handbook/docs/policies" / new).iterdir()).name
        text = f"handbook/docs/policies/{new}/{latest}"
        if "\nrenamed_from: [" in self.read(text):
            self.edit(text, "\nrenamed_from: [", f"\nrenamed_from: [{old}, ")
        else:
            self.edit(text, "\nquestions:", f"\nrenamed_from: [{old}]\nquestions:")

    def version(
        self,
        policy: str,
        label: str,
        effective_on: str,
        *,
        approved_on: str | None = None,
        change: str | None = None,
        audience: Sequence[str] = (),
        body: str = "Think before you post.",
        title: str = "",
        approved_by: str = "Board of Governors",
    ) -> None:
        """Add a version, or write it anew; without `approved_on` it is a draft. The first one is new, later
        ones are material."""
        labels = self._labels.setdefault(policy, [])
        if label not in labels:
            labels.append(label)
        before = labels[labels.index(label) - 1] if labels[0] != label else None
        change = change or ("material" if before else "new")
        title = title or policy.replace("-", " ").capitalize() + " policy"
        digest = None if change == "withdrawn" else digest_of(canonical_text(title, body))
        if digest:
            named = "all" if not audience else "[" + ", ".join(audience) + "]"
            self.write(
                self.text_path(policy, label),
                f"---\ntitle: {title}\nowner: Business Manager\naudience: {named}\n"
                f"effective_on: {effective_on}\n"
                f"questions: Headteacher\n---\n{body}\n",
            )
        lines = [f"change: {change}"]
        if before:
            lines.append(f"supersedes: {before}")
        if change == "withdrawn":
            lines.append(f"effective_on: {effective_on}")
        if approved_on:
            seal = seal_of(
                policy=policy, version=label, digest=digest, effective_on=date.fromisoformat(effective_on),
                audience=audience, change=change, approved_by=approved_by,
                approved_on=date.fromisoformat(approved_on),
            )  # fmt: skip
            lines += [f"approved_by: {approved_by}", f"approved_on: {approved_on}", f"seal: {seal}"]
            lines += [f"digest: {digest}"] if digest else []
        lines += ["changes:", "  - section: Posting", "    what: added", f"    text: What is new in {label}."]
        self.write(
            self.entry_path(policy, label), "---\n" + "\n".join(lines) + f"\n---\nWhat changed in {label}.\n"
        )


def larkspur_row(root: Path) -> SchoolTree:
    """Two policies: social-media, whose 2021-09 is about to be announced, and visitors, for employees
    only."""
    tree = SchoolTree(root)
    tree.version(
        "social-media", "2020-09", "2020-09-01", approved_on="2020-07-15", body="Think before you post."
    )
    tree.version(
        "social-media", "2021-09", "2021-09-01", approved_on="2021-07-14", body="Think twice before you post."
    )
    tree.version(
        "visitors",
        "2021-01",
        "2021-01-04",
        approved_on="2020-12-01",
        audience=("Employee",),
        body="Sign visitors in.",
    )
    return tree
