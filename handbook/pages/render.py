"""Policy Markdown to HTML that is safe to show, and to plain text: for archive pages, redlines, notices and
evidence.

Raw HTML is shown as the text it is. What comes out is further held to the elements, attributes and link
schemes listed here, whatever an extension may add. No image is fetched from another host.
"""

from __future__ import annotations

import re
import textwrap
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

from handbook.redline.html_tree import Child, Node, joined, parse, text_of, tidy, walk, write
from handbook.redline.plain_text import plain_text

# mkdocs.yml lists the same, so that a text looks and is anchored alike everywhere. Not attr_list or
# md_in_html: they let a text set any attribute, and write raw HTML.
EXTENSIONS: tuple[str, ...] = (
    "abbr",
    "admonition",
    "def_list",
    "fenced_code",
    "footnotes",
    "sane_lists",
    "tables",
    "toc",
    "handbook.pages.render:AlignByClass",
)
EXTENSION_CONFIGS: dict[str, dict[str, object]] = {
    "tables": {
        "use_align_attribute": True
    },  # else style="…", which the site's Content-Security-Policy forbids
    "toc": {"permalink": False, "marker": ""},  # "[TOC]" is text
}

TAGS = frozenset(
    [
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "p",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "blockquote",
        "pre",
        "hr",
        "div",
        "a",
        "abbr",
        "br",
        "code",
        "em",
        "img",
        "span",
        "strong",
        "sub",
        "sup",
    ]
)
ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
}
LINK_SCHEMES = frozenset({"", "http", "https", "mailto", "tel"})
_IGNORED_IN_ADDRESSES = re.compile(r"[\x00-\x20\x7f-\x9f\u200b\u2028\u2029\ufeff]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_INLINE = re.compile(
    r"[\\`*_\[\]!<>&\t]|  \n"
)  # without any of these there is nothing for Markdown to find in a line
_LINE_START = re.compile(r"(?:\| |> |#+ |- |\d+\. | )*")
SECTIONS_REMEMBERED = 512  # a few policies' worth: versions of one policy are rendered one after another
# Definitions (of links, footnotes, abbreviations) reach over a whole text; a fence may hold what looks like
# a heading; and empty lines beyond the first belong to the code above them.
_REACHES_FAR = re.compile(r"\] ?:|```|~~~|\n[ \t]*\n[ \t]*\n")
_BEFORE_HEADING = re.compile(r"\n\n(?=#{1,6} \S)")
_of_thread = threading.local()  # a converter cannot be shared between threads


class AlignByClass(Extension):
    """Writes the alignment of a table's column as a class (`align-right`): the `align` attribute is not
    HTML5."""

    def extendMarkdown(self, md: Markdown) -> None:
        md.treeprocessors.register(_AlignByClass(md), "align_by_class", 0)


class _AlignByClass(Treeprocessor):
    def run(self, root: Element) -> None:
        for cell in root.iter():
            if cell.tag in ("td", "th") and "align" in cell.attrib:
                cell.set("class", f"align-{cell.attrib.pop('align')}")


def body(markdown: str, *, id_prefix: str = "") -> str:
    """The HTML of a policy body, one top-level block a line. `id_prefix` goes before each id and each link
    to one, so that two bodies can stand on one page."""
    text = _CONTROLS.sub("", markdown.replace("\r\n", "\n"))
    parts = [_section(part, id_prefix) for part in sections(text)]
    if len(parts) > 1 and not _are_independent(parts):
        parts = [_section(text, id_prefix)]
    return "".join(part.html for part in parts)


def sections(markdown: str) -> list[str]:
    """The text cut before its headings, or whole where its parts may depend on each other.

    Rendered one by one and put together they are the text rendered whole, so long as no id stands in two of
    them.
    """
    if _REACHES_FAR.search(markdown.strip("\n")):
        return [markdown]
    return _BEFORE_HEADING.split(markdown)


def inline(markdown: str) -> str:
    """The HTML of a sentence or two, without a paragraph around it."""
    parts: list[Child] = []
    for node in _nodes(markdown):
        is_paragraph = isinstance(node, Node) and node.tag == "p"
        parts += [" ", *(node.children if is_paragraph else (text_of(node),))]
    return write(joined(parts[1:]))


def plain(markdown: str, width: int | None = None) -> str:
    """A Markdown text as plain text for an e-mail, its lines no longer than `width` where that is given."""
    text = plain_text(_nodes(markdown))
    if width is None:
        return text
    return "".join(_wrapped(line, width) + "\n" for line in text.splitlines())


@dataclass(frozen=True, slots=True)
class _Section:
    html: str
    ids: frozenset[str]
    is_blocks: bool


@lru_cache(SECTIONS_REMEMBERED)
def _section(markdown: str, id_prefix: str) -> _Section:
    nodes = _nodes(markdown, id_prefix)
    html = "".join(write([node]) + "\n" for node in nodes)
    ids = frozenset(node.attributes["id"] for node in walk(nodes) if "id" in node.attributes)
    return _Section(html, ids, all(isinstance(node, Node) for node in nodes))


def _are_independent(parts: list[_Section]) -> bool:
    """Whether no heading's id would have to give way to one in another part, and no text runs from one into
    the next."""
    ids = sum(len(part.ids) for part in parts)
    return ids == len(frozenset().union(*(part.ids for part in parts))) and all(
        part.is_blocks for part in parts
    )


def _wrapped(line: str, width: int) -> str:
    start = _LINE_START.match(line).group()
    indent = "".join(c if c in "|>" else " " for c in start)
    return textwrap.fill(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _nodes(markdown: str, id_prefix: str = "") -> tuple[Child, ...]:
    text = _CONTROLS.sub("", markdown.replace("\r\n", "\n"))
    kind = "inline" if _INLINE.search(text) else "plain"
    try:
        html = _converter(kind).reset().convert(text)
    except BaseException:
        delattr(_of_thread, kind)  # resetting does not clear what a conversion left half done
        raise
    return tidy(_safe(parse(html), id_prefix))


def _converter(kind: str) -> Markdown:
    """This thread's converter; making one costs as much as a short text."""
    if not hasattr(_of_thread, kind):
        converter = Markdown(extensions=list(EXTENSIONS), extension_configs=EXTENSION_CONFIGS)
        converter.preprocessors.deregister("html_block")
        converter.inlinePatterns.deregister("html")
        if kind == "plain":
            converter.treeprocessors.deregister("inline")
        setattr(_of_thread, kind, converter)
    return getattr(_of_thread, kind)


def _safe(children: Iterable[Child], id_prefix: str) -> list[Child]:
    """The nodes held to what is allowed; the text of what is not stays."""
    result: list[Child] = []
    for child in children:
        if isinstance(child, str):
            result.append(child)
            continue
        inner = _safe(child.children, id_prefix)
        if child.tag == "img" and not _is_local(child.attributes.get("src", "")):
            result.append(child.attributes.get("alt", ""))
        elif child.tag not in TAGS or (
            child.tag == "a" and not _may_be_linked(child.attributes.get("href", ""))
        ):
            result += inner
        else:
            result.append(Node(child.tag, _safe_attributes(child, id_prefix), tuple(joined(inner))))
    return joined(result)


def _safe_attributes(node: Node, id_prefix: str) -> dict[str, str]:
    allowed = {"id", "class"} | ATTRIBUTES.get(node.tag, set())
    attributes = {name: value for name, value in node.attributes.items() if name in allowed}
    if "id" in attributes:
        attributes["id"] = id_prefix + attributes["id"]
    if attributes.get("href", "").startswith("#"):
        attributes["href"] = "#" + id_prefix + attributes["href"][1:]
    return attributes


def _scheme(address: str) -> str | None:
    """The scheme of an address as a browser reads it (white space and control characters aside), None for no
    address."""
    try:
        return urlsplit(_IGNORED_IN_ADDRESSES.sub("", address)).scheme.lower()
    except ValueError:
        return None


def _may_be_linked(address: str) -> bool:
    scheme = _scheme(address)
    # A colon in the first part of a path that is no scheme by the book may still be one to a browser.
    first = re.split(r"[/?#]", _IGNORED_IN_ADDRESSES.sub("", address), maxsplit=1)[0]
    return scheme in LINK_SCHEMES and (scheme != "" or ":" not in first)


def _is_local(address: str) -> bool:
    bare = _IGNORED_IN_ADDRESSES.sub("", address).replace("\\", "/")
    return bool(bare) and _scheme(bare) == "" and not bare.startswith("//") and ":" not in bare.split("/")[0]
