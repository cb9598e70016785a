"""How policy Markdown is rendered: safely, with the anchors the site gives, and as text."""

from __future__ import annotations

import pytest
from markdown import Markdown

from handbook.pages.render import EXTENSION_CONFIGS, EXTENSIONS, body, inline, plain
from handbook.redline.html_tree import parse, walk
from tests.policy.html_rules import problems
from tests.policy.markdown_edits import Maker


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "a <b onclick=x>b</b>",
        "<!-- c -->",
        "<img src=x onerror=y>",
        "<style>p{}</style>",
        "```\n<script>\n```",
        "`<script>`",
        "- <iframe src=x>",
        "| <u> |\n|---|\n| <s> |",
        "## <i>x</i>",
        "x[^1]\n\n[^1]: <b>",
    ],
)
def test_raw_html_is_shown_as_text(markdown):
    tags = {node.tag for node in walk(parse(body(markdown)))}
    assert tags <= {
        "p",
        "pre",
        "code",
        "ul",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "h2",
        "sup",
        "a",
        "div",
        "hr",
        "ol",
    }
    assert "&lt;" in body(markdown)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java&#10;script:alert(1)",
        "javascript&colon;alert(1)",
        "&#1;javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "1javascript:x",
        "java_script:x",
    ],
)
def test_links_of_other_schemes_are_taken_off(address):
    assert body(f"[text](<{address}>) and [text][a]\n\n[a]: {address}") == "<p>text and text</p>\n"


@pytest.mark.parametrize(
    "address", ["https://example.org/", "mailto:a@b.example", "tel:+441", "../other/", "#scope", "a/b:c"]
)
def test_ordinary_links_stay(address):
    assert body(f"[text]({address})") == f'<p><a href="{address}">text</a></p>\n'


@pytest.mark.parametrize(
    "address",
    ["https://example.org/x.png", "//example.org/x.png", "\\\\\\\\example.org/x", "data:image/png,x"],
)
def test_no_image_is_fetched_from_elsewhere(address):
    assert body(f"![A map]({address})") == "<p>A map</p>\n"
    assert body("![A map](map.png)") == '<p><img alt="A map" src="map.png"></p>\n'


def test_attributes_cannot_be_set_from_markdown():
    assert "onclick=" not in body("## Scope {: onclick=alert(1) }").replace("{: onclick=alert(1) }", "")


def test_headings_have_the_anchors_of_the_site_and_keep_them_unique():
    text = "## Scope\n\n### Who & what\n\n## Scope\n\n## Café “rules”\n"
    site = Markdown(extensions=["toc"])
    site.convert(text)
    ids = [node.attributes["id"] for node in walk(parse(body(text)))]
    assert ids == ["scope", "who-what", "scope_1", "cafe-rules"]
    assert [token["id"] for token in site.toc_tokens[0]["children"]] == ["who-what"]
    assert [token["id"] for token in site.toc_tokens] == ["scope", "scope_1", "cafe-rules"]


def test_two_bodies_can_stand_on_one_page():
    text = "## Scope\n\nText[^1] and [up](#scope).\n\n[^1]: Note."
    assert problems(body(text).replace("\n", "") + body(text, id_prefix="old-").replace("\n", "")) == []
    assert 'href="#old-scope"' in body(text, id_prefix="old-")
    assert 'id="old-fn:1"' in body(text, id_prefix="old-")


def test_columns_are_aligned_by_class_not_by_style():
    html = body("| a | b |\n|:-:|--:|\n| 1 | 2 |")
    assert '<th class="align-center">a</th><th class="align-right">b</th>' in html
    assert "style=" not in html and "align=" not in html


def test_mkdocs_can_load_the_same_extensions():
    site = Markdown(extensions=list(EXTENSIONS), extension_configs=EXTENSION_CONFIGS)
    assert '<td class="align-right">1</td>' in site.convert("| a |\n|--:|\n| 1 |")


@pytest.mark.parametrize("seed", range(60))
def test_generated_texts_are_rendered_as_valid_html(seed):
    html = body(Maker(seed).document().markdown())
    assert problems(html) == []
    assert html == body(Maker(seed).document().markdown())


def test_a_sentence_is_rendered_without_a_paragraph():
    assert (
        inline("Report *it* to the [office](../office/).")
        == 'Report <em>it</em> to the <a href="../office/">office</a>.'
    )
    assert inline("One.\n\nTwo <b>.") == "One. Two &lt;b&gt;."


def test_plain_text_reads_well():
    text = (
        "## Scope\n\nWho *must* read [this](https://example.org)[^1]?\n\n1. staff\n2. governors\n   "
        " - all of them\n\n"
        '| Who | When |\n|---|---|\n| staff | now |\n\n!!! note "Mind"\n    Ask `first`.\n\n[^1]: Or that.'
    )
    assert plain(text) == (
        "## Scope\n\nWho must read this (https://example.org)[1]?\n\n1. staff\n2. governors\n   - "
        "all of them\n\n"
        "Who | When\nstaff | now\n\n| Mind\n\n| Ask first.\n\n* * *\n\n1. Or that.\n"
    )


def test_plain_text_is_wrapped_with_its_indents():
    assert plain("- one two three four five\n- six", width=12) == "- one two\n  three four\n  five\n- six\n"


def test_an_empty_text_renders_as_nothing():
    assert (body(""), inline(""), plain("")) == ("", "", "")


def test_a_tab_counts_as_the_spaces_it_stands_for():
    assert body("a  \nb") == body("a\t\nb") == "<p>a<br>b</p>\n"
