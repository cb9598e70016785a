"""The redline of two rendered texts: words added, removed and moved, in the new text's own headings, lists
and tables.

`accept(redline(a, b).html) == normalise(b)` and `reject(redline(a, b).html) == normalise(a)`, always.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handbook.redline.fold import fold
from handbook.redline.html_tree import BLOCKS, Child, Node, parse, tidy, write
from handbook.redline.items import Item
from handbook.redline.merge import Merge
from handbook.redline.moves import with_moves
from handbook.redline.plain_text import Span, spans
from handbook.redline.writer import MARK, Writer, resolved


@dataclass(frozen=True)
class Redline:
    """A redline: its HTML, how many changes it shows, and the ids of these changes in order."""

    html: str
    changes: int
    anchors: tuple[str, ...] = ()


def redline(old_html: str, new_html: str) -> Redline:
    """The redline of two HTML fragments. Each change has an id, `change-1` and so on."""
    nodes, anchors = _written(tidy(parse(old_html)), tidy(parse(new_html)))
    return Redline(_lines(nodes), len(anchors), anchors)


def folded_redline(old: Sequence[Child], new: Sequence[Child]) -> Redline:
    """The redline of two tidy trees, its unchanged parts folded away."""
    nodes, anchors = _written(old, new)
    return Redline(_lines(fold(nodes)), len(anchors), anchors)


def redline_text(old_html: str, new_html: str) -> list[Span]:
    """The redline as plain text in spans of one kind each; their texts put together read as a page of
    text."""
    return spans(_merged(tidy(parse(old_html)), tidy(parse(new_html))))


def accept(html: str) -> str:
    """The new text of a redline, folded or not."""
    return write(tidy(resolved(parse(html), new=True)))


def reject(html: str) -> str:
    """The old text of a redline, folded or not."""
    return write(tidy(resolved(parse(html), new=False)))


def normalise(html: str) -> str:
    """An HTML fragment without insignificant white space and comments, its attributes in alphabetical
    order."""
    return write(tidy(parse(html)))


def _written(old: Sequence[Child], new: Sequence[Child]) -> tuple[tuple[Child, ...], tuple[str, ...]]:
    """The nodes of a redline, and the ids of its changes."""
    items = _merged(old, new)
    writer = Writer(items)
    return writer.children(items, "div"), tuple(writer.anchors)


def _merged(old: Sequence[Child], new: Sequence[Child]) -> tuple[Item, ...]:
    merge = Merge(old, new)
    return with_moves(merge.items(), merge)


def _lines(nodes: Sequence[Child]) -> str:
    """The HTML of these nodes, each on its own line where that adds no white space to a text."""
    if all(isinstance(n, Node) and (n.tag in BLOCKS or _holds_blocks(n)) for n in nodes):
        return "".join(write([n]) + "\n" for n in nodes)
    return write(nodes)


def _holds_blocks(node: Node) -> bool:
    inner = [c for c in node.children if not (isinstance(c, Node) and c.attributes.get(MARK) == "note")]
    return all(isinstance(c, Node) and c.tag in BLOCKS for c in inner)
