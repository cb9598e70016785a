"""The Social Media Policy keeps every rule of the policy it restates: each clause has its place in the text.

`clauses.csv` lists the rules, one a row: what each one rules, the anchor of the heading it stands under, and
the words of our text that carry it (several are parted by ` | `, and each must be found within one line).
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import yaml
from markdown.extensions.toc import slugify

from handbook.policy.digest import canonical_text, digest_of, seal_of

ROOT = Path(__file__).parents[2]
VERSIONS = ("2020-09", "2021-09")
ADDED = (
    "- j) fail in the obligations, or break the policies, that we have for Keeping Children Safe in "
    "Education 2021\n"
)
CAPITALISED = {
    "School",
    "School's",
    "Schools",
    "Children's",
    "Centre",
    "Centres",
    "Staff",
    "Board",
    "Governors",
    "Headteacher",
    "Assistant",
    "Business",
    "Manager",
    "IT",
    "Line",
    "Head",
    "Department",
    "Electronic",
    "Communications",
    "Policy",
    "Disciplinary",
    "Procedure",
    "Rules",
    "Anti-harassment",
    "Equal",
    "Data",
    "Social",
    "Media",
    "Keeping",
    "Safe",
    "Children",
    "Education",
    "Facebook",
    "Twitter",
    "LinkedIn",
    "Wikipedia",
}


def parts(path: Path) -> tuple[dict, str]:
    """Front matter and body of a file."""
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(head), body


def policy_text(version: str) -> tuple[dict, str]:
    return parts(ROOT / f"handbook/docs/policies/social-media/{version}.md")


def change_entry(version: str) -> tuple[dict, str]:
    return parts(ROOT / f"changelog/social-media/{version}.md")


def headings(body: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", body, flags=re.MULTILINE)


def sections(body: str) -> dict[str, list[str]]:
    """Lines below each heading up to the next one of any level, by the anchor of the heading."""
    found: dict[str, list[str]] = {}
    for block in re.split(r"^#+ ", body, flags=re.MULTILINE)[1:]:
        heading, _, rest = block.partition("\n")
        found[slugify(heading, "-")] = [fold(line) for line in rest.splitlines() if line.strip()]
    return found


def fold(text: str) -> str:
    return " ".join(text.casefold().split())


def clauses() -> list[dict[str, str]]:
    with (ROOT / "tests/policy/clauses.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def phrases(clause: dict[str, str]) -> list[str]:
    return [fold(phrase) for phrase in clause["carried_by"].split(" | ")]


@pytest.mark.parametrize("clause", clauses(), ids=lambda clause: clause["id"])
def test_each_clause_stands_under_its_heading(clause):
    lines = sections(policy_text("2021-09")[1])[clause["anchor"]]

    # A short list item ("- file") must be the whole line, since other lines could hold its few words by
    # chance.
    whole = [p for p in phrases(clause) if p.startswith("- ") and len(p) < 30]
    within = [p for p in phrases(clause) if p not in whole]

    assert [p for p in whole if p not in lines] == []
    assert [p for p in within if not any(p in line for line in lines)] == []


def test_the_table_is_whole():
    ids = [clause["id"] for clause in clauses()]

    assert len(ids) == 178
    assert len(set(ids)) == 178
    assert all(all(clause.values()) for clause in clauses())


def test_every_line_of_the_text_is_there_for_a_clause():
    body = policy_text("2021-09")[1]
    carried: dict[str, list[str]] = {}
    for clause in clauses():
        carried.setdefault(clause["anchor"], []).extend(phrases(clause))

    unaccounted = [
        (anchor, line)
        for anchor, lines in sections(body).items()
        for line in lines
        if not any(phrase in line for phrase in carried.get(anchor, []))
    ]

    assert unaccounted == []


def test_every_section_is_reached_by_a_clause():
    assert list(sections(policy_text("2021-09")[1])) == list(dict.fromkeys(c["anchor"] for c in clauses()))


def test_2020_lacks_the_addition_of_2021_and_nothing_else():
    old, new = policy_text("2020-09")[1], policy_text("2021-09")[1]

    assert new.count(ADDED) == 1
    assert old == new.replace(ADDED, "")


@pytest.mark.parametrize("version", VERSIONS)
def test_headings_and_their_anchors_are_unique(version):
    anchors = Counter(slugify(heading, "-") for heading in headings(policy_text(version)[1]))

    assert [anchor for anchor, times in anchors.items() if times > 1] == []
    assert "compliance-with-related-policies-and-agreements" in anchors


@pytest.mark.parametrize("version", VERSIONS)
def test_the_body_has_no_title_and_no_html(version):
    body = policy_text(version)[1]

    assert not re.search(r"^# ", body, flags=re.MULTILINE)
    assert not re.search(r"<[a-z/!]", body, flags=re.IGNORECASE)


@pytest.mark.parametrize("version", VERSIONS)
def test_people_are_named_by_role(version):
    """Every capitalised word after the first of a sentence belongs to a role, a policy, a site or a defined
    term."""
    lines = [line for line in policy_text(version)[1].splitlines() if line and not line.startswith("#")]
    sentences = [sentence for line in lines for sentence in line.split(". ")]
    words = {
        word.strip('*().,:;"') for sentence in sentences for word in sentence.removeprefix("- ").split()[1:]
    }

    assert {word for word in words if word[:1].isupper()} - CAPITALISED == set()
    assert not re.search(r"\b(Mr|Mrs|Ms|Miss|Dr)\b", " ".join(lines))


@pytest.mark.parametrize("version", VERSIONS)
def test_all_addresses_are_made_up(version):
    text = policy_text(version)[1] + str(policy_text(version)[0]) + change_entry(version)[1]
    hosts = re.findall(r"@([\w.-]+\w)", text) + re.findall(r"https?://([\w.-]+\w)", text)

    assert hosts, "the text names no address at all"
    assert [host for host in hosts if not host.endswith(".example")] == []


@pytest.mark.parametrize(
    ("version", "effective_on", "review_by", "change", "approved_on"),
    [
        ("2020-09", date(2020, 9, 1), date(2021, 9, 1), "new", date(2020, 7, 15)),
        ("2021-09", date(2021, 9, 1), date(2022, 9, 1), "material", date(2021, 7, 14)),
    ],
)
def test_the_text_is_the_one_approved(version, effective_on, review_by, change, approved_on):
    front, body = policy_text(version)
    entry, _ = change_entry(version)

    assert (front["title"], front["audience"], front["owner"]) == (
        "Social Media Policy",
        "all",
        "Business Manager",
    )
    assert (front["effective_on"], front["review_by"]) == (effective_on, review_by)
    assert (entry["change"], entry["approved_by"], entry["approved_on"]) == (
        change,
        "Board of Governors",
        approved_on,
    )
    assert entry["digest"] == digest_of(canonical_text(front["title"], body))
    assert entry["seal"] == seal_of(
        policy="social-media",
        version=version,
        digest=entry["digest"],
        effective_on=effective_on,
        audience=(),
        change=change,
        approved_by="Board of Governors",
        approved_on=approved_on,
    )


def test_the_entry_of_2021_tells_the_addition():
    entry, summary = change_entry("2021-09")

    assert entry["supersedes"] == "2020-09"
    assert [(item["section"], item["what"]) for item in entry["changes"]] == [
        ("Compliance with related policies and agreements", "added")
    ]
    assert "Keeping Children Safe in Education" in entry["changes"][0]["text"]
    assert "Keeping Children Safe in Education" in summary
    assert entry["changes"][0]["section"] in headings(policy_text("2021-09")[1])
