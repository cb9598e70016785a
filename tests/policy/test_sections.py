"""A text rendered section by section is the text rendered whole."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handbook.pages.render import body, sections
from tests.policy.markdown_edits import Maker

WHOLE = "\n\n[never used]: #anywhere\n"  # a definition shows nothing, and has its text rendered whole
BLOCKS = [
    "## Scope",
    "## Scope",
    "### Scope_1",
    "# A | B\n--|--\n1 | 2",
    "## Term\n:   Def",
    "plain",
    "- a\n- b\n\n    - c",
    "1. one",
    "> quoted",
    "    code",
    "Term\n:   Def",
    "!!! note\n    inside",
    "    ## inside",
    "a | b\n--|--\nc | d",
    "***",
    "Title\n=====",
    "#Close",
    "<b>raw</b>",
    "<https://school.example>",
    "[l](u) ![i](a.png)",
    "<p",
    "* ## in a list",
    "`open",
    "&lt; &",
    "\\## not",
]


@settings(max_examples=400, derandomize=True, deadline=None)
@given(
    st.lists(st.sampled_from(BLOCKS) | st.text("ab *_`#-|>[]()!1.:^<&", max_size=9), max_size=12).map(
        "\n\n".join
    )
)
def test_sections_apart_are_the_text_whole(markdown):
    assert body(markdown) == body(markdown + WHOLE)


PLAIN = [block for block in BLOCKS if not set(block) & set("\\`*_[]!<>&")] + [
    "~~~\n# not one\n~~~",
    "3.  x\n\n    y",
    "\ttab",
    "é–“”",
]


@settings(max_examples=400, derandomize=True, deadline=None)
@given(
    st.lists(st.sampled_from(PLAIN) | st.text("ab \t#-|+=1.:^~'\"{}", max_size=9), max_size=12).map(
        "\n\n".join
    )
)
def test_a_text_without_marks_within_its_lines_reads_the_same_beside_one(markdown):
    """Such a text is rendered without looking for them."""
    with_a_mark = body("Before & above\n\n" + markdown)
    assert body("Before\n\n" + markdown) == with_a_mark.replace("Before &amp; above", "Before", 1)


@pytest.mark.parametrize("seed", range(5000, 5060))
def test_generated_policies_by_section_are_the_policies_whole(seed):
    document = Maker(seed).document()
    document.notes.clear()
    assert body(document.markdown()) == body(document.markdown() + WHOLE)


@pytest.mark.parametrize(
    "markdown",
    [
        "See [it][x].\n\n## A\n\n[x]: #y\n",
        "HTML\n\n## A\n\n*[HTML] : words\n",
        "a[^1]\n\n## A\n\n[^1]: note\n",
        "```\na\n\n## no heading\n\n```\n",
        "    code\n\n\n## A\n",
    ],
)
def test_a_text_whose_parts_depend_on_each_other_stays_whole(markdown):
    assert sections(markdown) == [markdown]


def test_headings_that_would_share_an_anchor_are_numbered_across_sections():
    assert 'id="a"' in body("## A\n\n## B\n\n## A\n") and 'id="a_1"' in body("## A\n\n## B\n\n## A\n")


def test_a_text_is_cut_before_each_heading():
    assert sections("a\n\n## B\n\nc\n\n### D\n") == ["a", "## B\n\nc", "### D\n"]
