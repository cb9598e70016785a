"""What HTML5 allows where, as far as policies use it: read with a parser that mends errors as browsers do."""

from __future__ import annotations

from collections import Counter

import html5lib

from handbook.redline.html_tree import BLOCKS, Child, Node, joined, walk, write

CHILDREN = {
    "ul": {"li"},
    "ol": {"li"},
    "dl": {"dt", "dd"},
    "table": {"thead", "tbody"},
    "thead": {"tr"},
    "tbody": {"tr"},
    "tr": {"td", "th"},
}
PHRASING_ONLY = {
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
    "summary",
    "a",
    "em",
    "strong",
    "code",
    "sup",
    "span",
}


def problems(html: str) -> list[str]:
    """What a browser would mend in this fragment, and what the content model or the uniqueness of ids
    forbids."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    nodes = _converted(parser.parseFragment(html)).children
    found = [f"parse error: {error}" for error in parser.errors]
    if write(nodes) != html:
        found.append("a browser would build another tree")
    for node in walk(nodes):
        found += _misplaced(node)
    ids = Counter(n.attributes["id"] for n in walk(nodes) if "id" in n.attributes)
    return found + [f"id twice: {name}" for name, times in ids.items() if times > 1]


def _misplaced(node: Node) -> list[str]:
    if node.tag in CHILDREN:
        wrong = [c for c in node.children if not isinstance(c, Node) or c.tag not in CHILDREN[node.tag]]
        return [f"{wrong[0]} in <{node.tag}>"] if wrong else _ragged(node)
    if node.tag in PHRASING_ONLY:
        inner = {n.tag for n in walk(node.children)} & (BLOCKS | ({"a"} if node.tag == "a" else set()))
        return [f"{inner} in <{node.tag}>"] if inner else []
    return []


def _ragged(node: Node) -> list[str]:
    rows = (
        [len(row.children) for row in walk(node.children) if row.tag == "tr"] if node.tag == "table" else []
    )
    return [f"rows of {sorted(set(rows))} cells"] if len(set(rows)) > 1 else []


def _converted(element) -> Node:
    children: list[Child] = [element.text or ""]
    for child in element:
        children += [_converted(child), child.tail or ""]
    return Node(element.tag, dict(element.attrib), tuple(joined(children)))
