"""Finished HTML stays out of Markdown's way and comes back as it was."""

from __future__ import annotations

import pytest

from handbook.site.set_aside import put_back, set_aside


def test_blocks_in_a_row_share_one_mark() -> None:
    marked, kept = set_aside("# A\n\n<p>b</p>\n\n<ul><li>c</li></ul>\n\n## D\n\n<p>e</p>\n")
    assert marked == "# A\n\nhb-kept-0-hb\n\n## D\n\nhb-kept-1-hb\n"
    assert kept == ["<p>b</p>\n<ul><li>c</li></ul>", "<p>e</p>"]


def test_a_block_of_many_lines_is_kept_whole() -> None:
    header = '<header class="a">\n<p>b</p>\n<dl>\n<div>c</div>\n</dl>\n</header>'
    assert set_aside(f"x\n\n{header}\n\ny") == ("x\n\nhb-kept-0-hb\n\ny", [header])


@pytest.mark.parametrize(
    "markdown", ["text <p>b</p>", "<header>\n\n## In it\n\n</header>", "<pre>a\n\nb</pre>", "<p>open"]
)
def test_what_is_not_finished_is_left_to_markdown(markdown: str) -> None:
    assert set_aside(markdown) == (markdown, [])


def test_what_was_kept_comes_back_with_or_without_a_paragraph_around_its_mark() -> None:
    assert (
        put_back("<p>hb-kept-0-hb</p>\n<div>hb-kept-1-hb</div>", ["<p>a</p>", "<p>b</p>"])
        == "<p>a</p>\n<div><p>b</p></div>"
    )
