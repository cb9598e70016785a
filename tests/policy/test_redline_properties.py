"""What every redline must hold, over generated policies and generated edits of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handbook.pages.render import body
from handbook.redline.compare import accept, folded_redline, normalise, redline, redline_text, reject
from handbook.redline.html_tree import Child, Node, parse, parse_lines, tidy, walk, write
from tests.policy.html_rules import problems
from tests.policy.markdown_edits import Maker

LINES = [
    "- a b c d",
    "    - b",
    "1. x",
    "* y",
    "a | b",
    "--|--",
    "c | d",
    "> q",
    "    code",
    "```",
    "# H",
    "## H",
    "x[^1]",
    "[^1]: n n n n",
    "!!! note",
    "    in note",
    "Term",
    ":   Def",
    "",
    "",
    "",
    "***a** b*",
    "[l](u)",
    "![i](a.png)",
    "<b>",
]
MARKDOWN = st.lists(st.sampled_from(LINES) | st.text("ab *_`#-|>[]()!1.:^<&", max_size=9), max_size=10).map(
    "\n".join
)


def pair(seed: int) -> tuple[str, str]:
    """A generated policy and an edit of it, rendered."""
    maker = Maker(seed)
    document = maker.document()
    return body(document.markdown()), body(maker.edited(document).markdown())


def faults(old: str, new: str) -> list[str]:
    """Which of the promises of a redline are broken for these two texts."""
    html, folded = redline(old, new).html, folded_html(old, new)
    promises = {
        "accepting gives the new text": accept(html) == normalise(new),
        "rejecting gives the old text": reject(html) == normalise(old),
        "so does accepting when folded": accept(folded) == normalise(new),
        "so does rejecting when folded": reject(folded) == normalise(old),
        "unfolding gives the redline": write(tidy(_unfolded(parse(folded)))) == normalise(html),
        "no mark is folded away": not [
            f for f in _folds(folded) if re.search('data-rl="(added|removed|moved)', write([f]))
        ],
        "no fold holds nothing": all(len(f.children) > 1 for f in _folds(folded)),
        "a text differs from itself nowhere": not re.search("<(ins|del)|data-rl", redline(new, new).html),
        "every mark names a change": bool(re.search("<(ins|del)", html)) <= (redline(old, new).changes > 0),
        "as plain text it has the new words in order": _new_words(redline_text(old, new))
        == _new_words(redline_text(new, new)),
    }
    return [promise for promise, kept in promises.items() if not kept]


def folded_html(old: str, new: str) -> str:
    """The redline of two bodies as the site makes it, with their lines parsed one by one."""
    return folded_redline(parse_lines(old), parse_lines(new)).html


def _folds(html: str) -> list[Node]:
    return [node for node in walk(parse(html)) if node.attributes.get("data-rl") == "fold"]


def _unfolded(nodes: tuple[Child, ...]) -> list[Child]:
    return [
        child
        for node in nodes
        for child in (
            node.children[1:]
            if isinstance(node, Node) and node.attributes.get("data-rl") == "fold"
            else [node]
        )
    ]


def _new_words(spans: list[tuple[str, str]]) -> list[str]:
    kept = "".join(text for kind, text in spans if kind != "removed")
    return re.findall(
        r"\w+",
        re.sub(r"(?:\d+\. )?\[moved from here: [^]]*\]|\[moved to here\]|\[link now: [^]]*\]", "", kept),
    )


@pytest.mark.parametrize("seeds", [range(n, n + 50) for n in range(0, 300, 50)], ids=str)
def test_generated_edits_can_be_accepted_and_rejected(seeds):
    assert {seed: found for seed in seeds if (found := faults(*pair(seed)))} == {}


@pytest.mark.parametrize("seeds", [range(n, n + 40) for n in range(3000, 3080, 40)], ids=str)
def test_redlines_of_generated_edits_are_valid_html(seeds):
    for seed in seeds:
        old, new = pair(seed)
        assert (seed, problems(redline(old, new).html), problems(folded_html(old, new))) == (seed, [], [])


@settings(max_examples=300, derandomize=True, deadline=None)
@given(MARKDOWN)
def test_the_lines_of_a_body_are_the_body(markdown):
    assert parse_lines(body(markdown)) == tidy(parse(body(markdown)))


@settings(max_examples=100, derandomize=True, deadline=None)
@given(MARKDOWN, MARKDOWN)
def test_any_two_texts_can_be_compared(old, new):
    for html in (redline(body(old), body(new)).html, folded_html(body(old), body(new))):
        assert accept(html) == normalise(body(new))
        assert reject(html) == normalise(body(old))
        assert problems(html) == []


@pytest.mark.soak
@pytest.mark.parametrize("seeds", [range(n, n + 100) for n in range(10_000, 12_000, 100)], ids=str)
def test_two_thousand_generated_edits_without_a_failure(seeds):
    failed = {}
    for seed in seeds:
        old, new = pair(seed)
        found = faults(old, new) + problems(redline(old, new).html) + problems(folded_html(old, new))
        if found:
            failed[seed] = found
    assert failed == {}
