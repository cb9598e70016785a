"""HTML as a small tree of nodes: parsed with lxml, freed of insignificant white space, written back as HTML5.

White space is insignificant where browsers drop it: runs count as one space, and none stands at the edges of
a block, beside a block or after a line break. Inside `<pre>` all of it counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape

from lxml import etree

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# Elements whose children are elements of a fixed kind: nothing can be wrapped around one child, and text has
# no place.
STRUCTURES = frozenset({"ul", "ol", "dl", "table", "thead", "tbody", "tfoot", "tr", "colgroup"})
BLOCKS = (
    HEADINGS
    | STRUCTURES
    | frozenset(
        {
            "p",
            "li",
            "dt",
            "dd",
            "td",
            "th",
            "caption",
            "div",
            "blockquote",
            "pre",
            "hr",
            "details",
            "summary",
            "section",
            "article",
            "aside",
            "header",
            "footer",
            "nav",
            "figure",
            "figcaption",
            "address",
            "main",
            "form",
            "fieldset",
        }
    )
)
VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)

_SPACE = re.compile(r"[ \t\n\r\f]+")
_ODD_SPACE = re.compile(r"[\t\n\r\f]|  ")
LINES_REMEMBERED = 2048  # a few policies' worth


@dataclass(frozen=True, slots=True)
class Node:
    """An element: its tag, its attributes, and its children in order (text as plain strings)."""

    tag: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: tuple[Node | str, ...] = ()


Child = Node | str


def parse(html: str) -> tuple[Child, ...]:
    """The nodes of an HTML fragment, white space as it stands; comments and processing instructions are left
    out."""
    # In a <div>, because text that stands directly in <body> would be given a paragraph by the parser.
    root = etree.HTML(f"<html><body><div>{html}</div></body></html>", etree.HTMLParser(huge_tree=True))
    body = root.find("body")
    children: list[Child] = list(_node(body[0]).children)
    for stray in body[1:]:  # a fragment with a closing tag too many ends the <div> early
        children.append(_node(stray))
    return tuple(children)


def parse_lines(html: str) -> tuple[Child, ...]:
    """The tidy nodes of HTML that was written one whole block a line; equal lines give the same nodes.

    HTML with lines of its own within a block, as code has them, is parsed whole.
    """
    if "<pre" in html:
        return tidy(parse(html))
    return tuple(node for line in html.split("\n") for node in _parsed_line(line))


@lru_cache(LINES_REMEMBERED)
def _parsed_line(line: str) -> tuple[Child, ...]:
    return tidy(parse(line))


def _node(element: etree._Element) -> Node:
    children: list[Child] = [element.text] if element.text else []
    for child in element:
        if isinstance(child.tag, str):
            children.append(_node(child))
        if child.tail:
            children.append(child.tail)
    return Node(element.tag, dict(element.attrib), tuple(joined(children)))


def joined(children: Iterable[Child]) -> list[Child]:
    """The children with neighbouring texts made one, and empty texts left out."""
    result: list[Child] = []
    texts: list[str] = []
    for child in children:
        if isinstance(child, str):
            texts.append(child)
            continue
        if text := "".join(texts):
            result.append(text)
        texts.clear()
        result.append(child)
    if text := "".join(texts):
        result.append(text)
    return result


def tidy(children: Iterable[Child], within: str = "div") -> tuple[Child, ...]:
    """The children of an element of that tag without insignificant white space."""
    if within == "pre":
        return tuple(joined(children))
    items = [_spaced(c) if isinstance(c, str) else _tidied(c) for c in joined(children)]
    if within in STRUCTURES:
        return tuple(i for i in items if i != " ")
    last = len(items) - 1
    for at, item in enumerate(items):
        if not isinstance(item, str):
            continue
        at_edge = within in BLOCKS
        if (at == 0 and at_edge) or (at > 0 and _ends_line(items[at - 1])):
            item = item.lstrip(" ")
        if (at == last and at_edge) or (at < last and _ends_line(items[at + 1])):
            item = item.rstrip(" ")
        items[at] = item
    return tuple(joined(items))


def _spaced(text: str) -> str:
    """The text with one space for each run of white space; most texts have no other."""
    return _SPACE.sub(" ", text) if _ODD_SPACE.search(text) else text


def _tidied(node: Node) -> Node:
    return Node(node.tag, node.attributes, tidy(node.children, node.tag))


def _ends_line(item: Child) -> bool:
    return isinstance(item, Node) and (item.tag in BLOCKS or item.tag == "br")


def write(children: Iterable[Child]) -> str:
    """The HTML of these nodes; attributes in alphabetical order, so that equal trees give equal bytes."""
    out: list[str] = []
    _write(children, out)
    return "".join(out)


def _write(children: Iterable[Child], out: list[str]) -> None:
    for child in children:
        if isinstance(child, str):
            out.append(escape(child, quote=False))
            continue
        out.append(f"<{child.tag}{_attributes(child)}>" if child.attributes else f"<{child.tag}>")
        if child.tag not in VOID:
            _write(child.children, out)
            out.append(f"</{child.tag}>")


def _attributes(node: Node) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in sorted(node.attributes.items()))


def walk(children: Iterable[Child]) -> Iterator[Node]:
    """Every element of these trees in document order."""
    for child in children:
        if isinstance(child, Node):
            yield child
            yield from walk(child.children)


def text_of(child: Child) -> str:
    """The text within a node."""
    return child if isinstance(child, str) else "".join(text_of(c) for c in child.children)
