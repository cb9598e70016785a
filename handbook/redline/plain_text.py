"""Lays out nodes, or the merged tree of a redline, as plain text: for e-mail and for the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from handbook.redline.html_tree import BLOCKS, HEADINGS, Node, text_of
from handbook.redline.items import Item, Kind, Mark, Pair, Wrapper

_KINDS = {Kind.ADDED: "added", Kind.REMOVED: "removed", Kind.MOVED_TO: "moved", Kind.MOVED_FROM: "moved"}
_CLOSE = frozenset(
    {"tr", "thead", "tbody", "dt", "li"}
)  # one line after the other, without an empty one between
_WORDS_SHOWN_OF_A_MOVE = 8


class Span(NamedTuple):
    """A stretch of text of one kind: same, added, removed or moved. Breaks between blocks are of kind
    same."""

    kind: str
    text: str


def spans(items: Iterable[Item]) -> list[Span]:
    """The items as spans of text; put together they end in one line break, unless there is no text at all."""
    sheet = _Sheet()
    sheet.children(items, "same")
    return [*sheet.spans, Span("same", "\n")] if sheet.spans else []


def plain_text(items: Iterable[Item]) -> str:
    """The items as one text."""
    return "".join(span.text for span in spans(items))


@dataclass
class _Prefix:
    """What goes before the lines of a block: something else before its first one, of the block's kind."""

    kind: str
    first: str
    rest: str

    def taken(self) -> tuple[str, str]:
        """The prefix of the next line, and its kind."""
        taken = self.kind, self.first
        self.kind, self.first = "same", self.rest
        return taken


class _Sheet:
    """A page being written. Prefixes (bullets, indents) are kept in a stack and put before each line."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._breaks: int | None = 0  # line breaks due before the next text; none in the middle of a line
        self._prefixes: list[_Prefix] = []
        self._label = ""  # goes before the next text

    def children(self, items: Iterable[Item], kind: str) -> None:
        for item in items:
            self._item(item, kind)

    def _item(self, item: Item, kind: str) -> None:
        if isinstance(item, str):
            self._add(kind, item)
        elif isinstance(item, Mark):
            self._mark(item)
        elif isinstance(item, Wrapper):
            self._block(item.children, kind)
        elif isinstance(item, Pair):
            self._pair(item, kind)
        else:
            self._element(item, item.children, kind)

    def _add(self, kind: str, text: str) -> None:
        text = self._label + text
        if self._breaks is not None:
            text = text.lstrip(" ")
            if not text:
                return
            self._put("same", "\n" * self._breaks if self.spans else "")
            for prefix in self._prefixes:
                self._put(*prefix.taken())
        self._breaks, self._label = None, ""
        self._put(kind, text.replace("\n", "\n" + "".join(p.rest for p in self._prefixes)))

    def _put(self, kind: str, text: str) -> None:
        if not text:
            return
        if self.spans and self.spans[-1].kind == kind:
            text = self.spans.pop().text + text
        self.spans.append(Span(kind, text))

    def _break(self, lines: int) -> None:
        if self._breaks is None and self.spans:
            kind, text = self.spans.pop()
            self._put(kind, text.rstrip())
        self._breaks = max(self._breaks or 0, lines)

    def _block(
        self, items: Iterable[Item], kind: str, lines: int = 2, first: str = "", rest: str = ""
    ) -> None:
        self._break(lines)
        self._prefixes.append(_Prefix(kind, first, rest))
        self.children(items, kind)
        self._prefixes.pop()
        self._break(lines)

    def _mark(self, mark: Mark) -> None:
        kind = _KINDS[mark.kind]
        if mark.kind is Kind.MOVED_TO:
            self._label = "[moved to here] "
        if mark.kind is not Kind.MOVED_FROM:
            return self.children(mark.content, kind)
        words = " ".join(text_of(c) for c in mark.content).split()
        shown = " ".join(words[:_WORDS_SHOWN_OF_A_MOVE]) + (
            " …" if len(words) > _WORDS_SHOWN_OF_A_MOVE else ""
        )
        first = mark.content[0]
        lines = 1 if isinstance(first, Node) and first.tag in _CLOSE else 2
        self._block((f"[moved from here: {shown}]",), kind, lines)

    def _pair(self, pair: Pair, kind: str) -> None:
        self._element(pair.new, pair.children, kind)
        before, after = pair.old.attributes.get("href", ""), pair.new.attributes.get("href", "")
        if before != after and "footnote" not in pair.new.attributes.get("class", ""):
            self._add("removed", f" [link before: {before}]")
            self._add("added", f" [link now: {after}]")

    def _element(self, node: Node, children: Iterable[Item], kind: str) -> None:
        shape = node.attributes.get("class", "").split()
        if node.tag == "br":
            self._break(1)
        elif node.tag == "img":
            self._add(kind, node.attributes.get("alt", ""))
        elif node.tag == "a":
            self._link(node, children, kind)
        elif node.tag in ("ul", "ol"):
            self._list(node, children, kind)
        elif node.tag in ("td", "th"):
            self._cell(children, kind)
        elif node.tag == "hr":
            self._block(() if "footnote" in shape else ("* * *",), kind)
        elif node.tag in HEADINGS:
            self._block(children, kind, first="#" * int(node.tag[1]) + " ")
        elif node.tag == "dd":
            self._block(children, kind, 1, "    ", "    ")
        elif node.tag == "blockquote" or "admonition" in shape:
            self._block(children, kind, 2, "| ", "| ")
        elif node.tag in BLOCKS:
            self._block(children, kind, 1 if node.tag in _CLOSE else 2)
        else:
            self.children(children, kind)

    def _link(self, node: Node, children: Iterable[Item], kind: str) -> None:
        shape = node.attributes.get("class", "")
        href = node.attributes.get("href", "#")
        if "footnote-backref" in shape:
            return
        if "footnote-ref" in shape:
            return self._add(kind, f"[{text_of(node)}]")
        self.children(children, kind)
        if not href.startswith("#") and href.removeprefix("mailto:") != text_of(node):
            self._add(kind, f" ({href})")

    def _cell(self, children: Iterable[Item], kind: str) -> None:
        if self._breaks is None:
            self._add("same", " | ")
        self.children(children, kind)

    def _list(self, node: Node, children: Iterable[Item], kind: str) -> None:
        number = int(node.attributes.get("start", "1"))
        nested = any(prefix.rest for prefix in self._prefixes)
        self._break(1 if nested else 2)
        for item in children:
            for one in _one_by_one(item):
                bullet = "- " if node.tag == "ul" else f"{number}. "
                own = _KINDS[one.kind] if isinstance(one, Mark) else kind
                self._block((one,), own, 1, bullet, " " * len(bullet))
                number += not isinstance(one, Mark) or one.kind.is_new
        self._break(1 if nested else 2)


def _one_by_one(item: Item) -> list[Item]:
    """The entries of a list that one mark holds, as a mark each; a moved run stays whole where it was."""
    if isinstance(item, Mark) and item.kind is not Kind.MOVED_FROM:
        return [Mark(item.kind, (part,), item.move) for part in item.content]
    return [item]
