"""What every redline must hold, over generated policies and generated edits of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handbook.policy.html_tree import parse, parse_lines, tidy
from handbook.policy.redline import accept, fold, folded_redline, normalise, redline, redline_text, reject
from handbook.render import body
from tests.policy.html_rules import problems
from tests.policy.markdown_edits import Maker

LINES = [
    "- a b c d", "    - b", "1. x", "* y", "a | b", "--|--", "c | d", "> q", "    code", "```", "# H", "## H", "x[^1]",
    "[^1]: n n n n", "!!! note", "    in note", "Term", ":   Def", "", "", "", "***a** b*", "[l](u)", "![i](a.png)", "<b>",
]
MARKDOWN = st.lists(st.sampled_from(LINES) | st.text("ab *_`#-|>[]()!1.:^<&", max_size=9), max_size=10).map("\n".join)


def pair(seed: int) -> tuple[str, str]:
    """A generated policy and an edit of it, rendered."""
    maker = Maker(seed)
    document = maker.document()
    return body(document.markdown()), body(maker.edited(document).markdown())


def faults(old: str, new: str) -> list[str]:
    """Which of the promises of a redline are broken for these two texts."""
    html = redline(old, new).html
    promises = {
        "accepting gives the new text": accept(html) == normalise(new),
        "rejecting gives the old text": reject(html) == normalise(old),
        "so does accepting when folded": accept(fold(html, 1)) == normalise(new),
        "so does rejecting when folded": reject(fold(html, 1)) == normalise(old),
        "folding at once is folding afterwards": normalise(folded_html(old, new)) == normalise(fold(html)),
        "a text differs from itself nowhere": not re.search("<(ins|del)|data-rl", redline(new, new).html),
        "every mark names a change": bool(re.search("<(ins|del)", html)) <= (redline(old, new).changes > 0),
        "as plain text it has the new words in order": _new_words(redline_text(old, new)) == _new_words(redline_text(new, new)),
    }
    return [promise for promise, kept in promises.items() if not kept]


def folded_html(old: str, new: str) -> str:
    """The redline of two bodies as the site makes it, with their lines parsed one by one."""
    return folded_redline(parse_lines(old), parse_lines(new)).html


def _new_words(spans: list[tuple[str, str]]) -> list[str]:
    kept = "".join(text for kind, text in spans if kind != "removed")
    return re.findall(r"\w+", re.sub(r"(?:\d+\. )?\[moved from here: [^]]*\]|\[moved to here\]|\[link now: [^]]*\]", "", kept))


@pytest.mark.parametrize("seeds", [range(n, n + 50) for n in range(0, 300, 50)], ids=str)
def test_generated_edits_can_be_accepted_and_rejected(seeds):
    assert {seed: found for seed in seeds if (found := faults(*pair(seed)))} == {}


@pytest.mark.parametrize("seeds", [range(n, n + 40) for n in range(3000, 3080, 40)], ids=str)
def test_redlines_of_generated_edits_are_valid_html(seeds):
    for seed in seeds:
        html = redline(*pair(seed)).html
        assert (seed, problems(html), problems(fold(html, 0))) == (seed, [], [])


@settings(max_examples=300, derandomize=True, deadline=None)
@given(MARKDOWN)
def test_the_lines_of_a_body_are_the_body(markdown):
    assert parse_lines(body(markdown)) == tidy(parse(body(markdown)))


@settings(max_examples=100, derandomize=True, deadline=None)
@given(MARKDOWN, MARKDOWN)
def test_any_two_texts_can_be_compared(old, new):
    html = redline(body(old), body(new)).html
    assert accept(html) == normalise(body(new))
    assert reject(html) == normalise(body(old))
    assert problems(html) == []


@pytest.mark.soak
@pytest.mark.parametrize("seeds", [range(n, n + 100) for n in range(10_000, 12_000, 100)], ids=str)
def test_two_thousand_generated_edits_without_a_failure(seeds):
    failed = {}
    for seed in seeds:
        found = faults(*pair(seed)) + problems(redline(*pair(seed)).html)
        if found:
            failed[seed] = found
    assert failed == {}
