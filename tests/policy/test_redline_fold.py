"""What of a redline stays in sight, what is folded away, and what a fold says about itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from handbook.pages.render import body
from handbook.policy.library import load
from handbook.redline.compare import accept, folded_redline, normalise, reject
from handbook.redline.html_tree import Node, parse, parse_lines, text_of
from tests.policy.html_rules import problems

SHIPPED = Path(__file__).parents[2]
LONG = "A paragraph of many words: " + "so on and so forth, " * 10 + "and that is all of it."
SECTION = f"{LONG}\n\n{LONG}"


def folds(old: str, new: str) -> list[str]:
    """The blocks in sight in a folded redline of two Markdown texts, by their first words; a fold in
    brackets."""
    before, after = body(old), body(new)
    html = folded_redline(parse_lines(before), parse_lines(after)).html
    assert accept(html) == normalise(after)
    assert reject(html) == normalise(before)
    assert problems(html) == []
    return [_first_words(node) for node in parse(html) if isinstance(node, Node)]


def _first_words(node: Node) -> str:
    if node.attributes.get("data-rl") == "fold":
        return f"[{text_of(node.children[0])}]"
    if node.tag in ("ins", "del"):
        return f"{node.tag}: " + " | ".join(_first_words(c) for c in node.children if not _is_note(c))
    words = " ".join(text_of(c) for c in node.children if not _is_note(c)).split()
    return " ".join(words[:2])


def _is_note(child: Node | str) -> bool:
    return isinstance(child, Node) and child.attributes.get("data-rl") == "note"


def text(*parts: str) -> str:
    """Markdown of these parts; LONG paragraphs stand where a part is a number, that many of them."""
    return "\n\n".join(SECTION if part == ".." else part for part in parts)


def test_a_change_is_shown_with_its_neighbours_and_the_heading_of_its_section():
    old = text(
        "## One",
        "..",
        "## Two",
        "..",
        "Just before.",
        "Staff may post.",
        "Just after.",
        "..",
        "## Three",
        "..",
    )
    assert folds(old, old.replace("may", "must")) == [
        "[1 unchanged section]", "Two", "[2 unchanged paragraphs]", "Just before.", "Staff "
                                                                                    "removed:", "Just after.",
        "[2 unchanged paragraphs and 1 unchanged section]",
    ]  # fmt: skip


def test_sections_without_a_change_are_folded_together():
    old = text(
        "## One",
        "..",
        "## Two",
        "..",
        "## Three",
        "..",
        "## Four",
        "Staff may post.",
        "## Five",
        "..",
        "## Six",
        "..",
    )
    assert folds(old, old.replace("may", "must")) == [
        "[3 unchanged sections]", "Four", "Staff removed:", "[2 unchanged sections]",
    ]  # fmt: skip


def test_headings_above_the_section_of_a_change_stay_in_sight():
    old = text(
        "## One",
        "..",
        "### One A",
        "..",
        "## Two",
        "..",
        "### Two A",
        "..",
        "### Two B",
        "..",
        "#### Deep",
        "Staff may post.",
    )
    assert folds(old, old.replace("may", "must")) == [
        "[1 unchanged section]", "Two", "[2 unchanged paragraphs and 1 unchanged section]", "Two B",
        "[2 unchanged paragraphs]", "Deep", "Staff removed:",
    ]  # fmt: skip


def test_the_section_beside_a_change_is_not_its_neighbour():
    old = text("## One", "..", "## Two", "Staff may post.", "## Three", "..")
    assert folds(old, old.replace("may", "must")) == [
        "[1 unchanged section]",
        "Two",
        "Staff removed:",
        "[1 unchanged section]",
    ]


def test_sections_within_a_folded_section_are_not_counted():
    old = text(
        "Staff may post.",
        "### Early",
        "..",
        "## One",
        "..",
        "### One A",
        "..",
        "#### Deep",
        "..",
        "## Two",
        "..",
    )
    assert folds(old, old.replace("may", "must")) == ["Staff removed:", "[3 unchanged sections]"]


@pytest.mark.parametrize(
    "between, shown",
    [
        (["Short."], ["Short."]),
        ([LONG], ["[1 unchanged paragraph]"]),
        (["Short.", "Short too."], ["[2 unchanged paragraphs]"]),
        (["- one\n- two"], ["one two"]),
        ([], []),
    ],
)
def test_one_short_paragraph_is_not_worth_a_fold(between, shown):
    old = text("Staff may post.", "Just after.", *between, "Just before.", "Heads may post.")
    assert folds(old, old.replace("may", "must")) == [
        "Staff removed:",
        "Just after.",
        *shown,
        "Just before.",
        "Heads removed:",
    ]


def test_a_renamed_heading_shows_what_it_is_now_above():
    old = text("## One", "..", "## Whom it covers", "Everybody.", "..", "## Three", "..")
    assert folds(old, old.replace("Whom", "Who")) == [
        "[1 unchanged section]",
        "removed: Whom",
        "Everybody.",
        "[2 unchanged paragraphs and 1 unchanged section]",
    ]


def test_an_added_section_does_not_unfold_its_neighbours():
    old = text("## One", "..", "### One A", "..", "## Three", "..")
    new = old.replace("## Three", "### One B\n\nQuite new.\n\n## Three")
    assert folds(old, new) == [
        "One",
        "[2 unchanged paragraphs and 1 unchanged section]",
        "ins: One B | Quite new.",
        "[1 unchanged section]",
    ]


def test_what_follows_an_added_heading_stands_under_it():
    old = text("## One", "..", "Staff may post.")
    new = text("## One", LONG, "## Two", LONG, "Staff must post.")
    assert folds(old, new) == ["[1 unchanged section]", "ins: Two", LONG[:11], "Staff removed:"]


def test_what_follows_a_removed_heading_stands_under_the_one_before():
    old = text("## One", "..", "## Two", "Everybody.", LONG)
    assert folds(old, old.replace("## Two\n\n", "")) == [
        "One", "[2 unchanged paragraphs]", "del: Two", "Everybody.", "[1 unchanged paragraph]",
    ]  # fmt: skip


def test_footnotes_are_a_part_of_their_own():
    old = text("## One", LONG + "[^a]", "## Two", "..", "[^a]: It may be so.")
    assert folds(old, old.replace("may", "must"))[:-1] == ["[2 unchanged sections]"]
    assert folds(old, old.replace("## One", "## First"))[-1] == "[2 unchanged sections]"


def test_of_the_change_of_september_2021_a_reader_sees_one_section():
    library = load(SHIPPED)
    old, new = (library.version("social-media", label).text.body for label in ("2020-09", "2021-09"))
    assert folds(old, new) == [
        "[5 unchanged sections]", "Compliance with", "You should", "a) go", "You should",
        "[1 unchanged paragraph and 6 unchanged sections]",
    ]  # fmt: skip


def test_texts_that_are_the_same_are_one_fold():
    assert folds(text("## One", "..", "## Two", ".."), text("## One", "..", "## Two", "..")) == [
        "[2 unchanged sections]"
    ]
