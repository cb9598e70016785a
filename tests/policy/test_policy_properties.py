"""What holds for any text, any history and any day."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from handbook.policy.changelog import parse_entry
from handbook.policy.digest import canonical_text, digest_of
from handbook.policy.drafts import approved_entry, draft_entry, next_text
from handbook.policy.library import load
from handbook.policy.parse import parse_text
from handbook.policy.version import Change, ChangeEntry, Policy, PolicyText, PolicyVersion, Stage
from tests.policy.policy_tree import Tree

TITLES = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1).map(str.strip).filter(bool)
BODIES = st.text(st.characters(exclude_categories=["Cs"]))
DAYS = st.dates(date(2020, 1, 1), date(2024, 12, 31))


@st.composite
def histories(draw) -> Policy:
    """A policy of up to six versions; some are drafts, and the last may be a withdrawal."""
    days = sorted(draw(st.sets(DAYS, min_size=1, max_size=6)))
    versions = []
    for number, day in enumerate(days):
        withdrawn = 0 < number == len(days) - 1 and draw(st.booleans())
        approved_on = draw(st.none() | st.dates(day - timedelta(days=90), day))
        entry = ChangeEntry("p", f"{2000 + number}-01", Change.WITHDRAWN if withdrawn else Change.MATERIAL,
                            "Told.",
                            approved_by="Board" if approved_on else None, approved_on=approved_on,
                            effective_on=day if withdrawn else None)  # fmt: skip
        text = None if withdrawn else PolicyText("p", entry.version, "Title", "Owner", day, "Body\n")
        versions.append(PolicyVersion(entry, text))
    return Policy("p", tuple(versions))


@given(histories(), DAYS)
def test_at_most_one_version_is_in_force_on_any_day(policy, on):
    stages = [policy.stage(v, on) for v in policy.versions]
    in_force = [v for v, stage in zip(policy.versions, stages, strict=True) if stage is Stage.IN_FORCE]
    assert in_force == ([policy.in_force(on)] if policy.in_force(on) else [])
    assert [v for v, s in zip(policy.versions, stages, strict=True) if s is Stage.ON_NOTICE] == list(
        policy.on_notice(on)
    )


@given(histories(), DAYS)
def test_a_version_never_goes_back_to_an_earlier_stage(policy, on):
    order = [Stage.DRAFT, Stage.ON_NOTICE, Stage.IN_FORCE, Stage.SUPERSEDED, Stage.WITHDRAWN]
    for version in policy.versions:
        now, tomorrow = policy.stage(version, on), policy.stage(version, on + timedelta(days=1))
        if {now, tomorrow} != {Stage.SUPERSEDED, Stage.WITHDRAWN}:
            assert order.index(now) <= order.index(tomorrow)


@given(histories(), DAYS)
def test_what_is_in_force_is_approved_effective_and_the_latest_such(policy, on):
    version = policy.in_force(on)
    effective = [v for v in policy.versions if v.is_approved(on) and v.effective_on <= on]
    if version is None:
        assert not effective or effective[-1].is_withdrawal
    else:
        assert version is max(effective, key=lambda v: v.effective_on)


@given(TITLES, BODIES)
def test_the_canonical_text_of_a_canonical_text_is_itself(title, body):
    text = canonical_text(title, body)
    head, _, rest = text.removeprefix("# ").partition("\n")
    assert canonical_text(head, rest) == text
    assert text.endswith("\n") and not text.endswith("\n\n")


@given(TITLES, st.lists(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])), max_size=8))
def test_the_digest_does_not_depend_on_line_ends_or_trailing_spaces(title, lines):
    plain = digest_of(canonical_text(title, "\n".join(lines)))
    assert digest_of(canonical_text(title, "\r\n".join(lines))) == plain
    assert digest_of(canonical_text(title, "\r".join(lines))) == plain
    assert digest_of(canonical_text(title, "  \n".join(lines) + "\n\n")) == plain


def _yaml(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@given(title=TITLES, by=TITLES.filter(str.isprintable), keywords=st.lists(TITLES, unique=True, max_size=4),
       lines=st.lists(st.from_regex(r"[A-Za-z *_|#.-]{0,20}", fullmatch=True), max_size=6),
       crlf=st.booleans())  # fmt: skip
def test_what_is_approved_reads_back_as_it_was_written(title, by, keywords, lines, crlf):
    body = "Start.\n" + "\n".join(lines)
    end = "\r\n" if crlf else "\n"
    fields = [f"title: {_yaml(title)}", "owner: Business Manager", "audience: all",
              "effective_on: 2020-09-01",
              f"keywords: [{', '.join(map(_yaml, keywords))}]"]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(Path(folder))
        tree.text(content=("---\n" + "\n".join(fields) + "\n---\n" + body).replace("\n", end))
        tree.entry()
        draft = load(tree.root).version("bicycles", "2020-09")
        path = "changelog/bicycles/2020-09.md"
        tree.write(path, approved_entry(tree.read(path), draft, by, date(2020, 7, 15)))
        approved = load(tree.root).version("bicycles", "2020-09")
    assert approved.text == draft.text
    assert (approved.text.title, approved.text.keywords) == (title, tuple(keywords))
    assert approved.entry.approved_by == by
    assert replace(approved.entry, approved_by=None, approved_on=None, digest=None, seal=None) == draft.entry


@given(DAYS)
def test_a_draft_made_by_command_reads_back_with_its_day(day):
    source = (
        "---\ntitle: T\nowner: O\naudience: all\neffective_on: '2019-01-01'\n"
        "review_by: 2020-01-01 # soon\n---\nText\n"
    )
    parsed = parse_text(next_text(source, day), "f.md", "p", "2020-01")
    assert (parsed.faults, parsed.value.effective_on) == ((), day)
    assert parsed.value.review_by > day
    entry = parse_entry(draft_entry(Change.WITHDRAWN, "2019-01", day), "c.md", "p", "2020-01")
    assert (entry.faults, entry.value.effective_on, entry.value.supersedes) == ((), day, "2019-01")
