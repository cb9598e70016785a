"""Writes a merged tree as HTML, and takes the changes in such HTML on or off again.

Every mark carries `data-rl`. On `<ins>` and `<del>` it names the kind of mark. Where the content model has
no room for those (list items, rows, cells), it stands on the element, and `<ins>` or `<del>` within holds
the content. `data-rl="note"` is text of ours, `filler` an empty cell that keeps a row as wide as its table,
`fold` a folded part. `data-rl-only` is on an element only one text has around what both have. `data-rl-was`
holds, as JSON, the old values of attributes (null: none) and under "" the old tag.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from handbook.redline.html_tree import BLOCKS, STRUCTURES, Child, Node, joined, walk
from handbook.redline.items import Item, Kind, Mark, Pair, Wrapper
from handbook.redline.merge import is_footnote_number

WAS, ONLY, MARK = "data-rl-was", "data-rl-only", "data-rl"
NUMBER = "#text"  # in `data-rl-was`: the old number of a footnote
_KINDS = frozenset(Kind)
_SPOKEN = {
    Kind.ADDED: ("added: ", " end of addition "),
    Kind.REMOVED: ("removed: ", " end of removal "),
    Kind.MOVED_TO: ("", " end of moved text "),
    Kind.MOVED_FROM: ("", " end of moved text "),
}
_MOVED = {
    Kind.MOVED_TO: "Moved to here (see where it was)",
    Kind.MOVED_FROM: "Moved from here (see where it is now)",
}


class Writer:
    """Writes one redline; it numbers the changes as it goes and keeps every id unique."""

    def __init__(self, items: Sequence[Item]):
        self.anchors: list[str] = []
        self._moves: dict[int, str] = {}
        self._new_ids: set[str] = set()
        self._places: dict[str, str] = {}  # where what had an id in the old text is found in the redline
        removed: list[str] = []
        self._collect(items, removed)
        for old in removed:
            self._places[old] = self._unused(f"was-{old}")
        self._prefix = "change"
        while any(i.startswith(f"{self._prefix}-") for i in {*self._new_ids, *self._places.values()}):
            self._prefix += "-mark"

    def _collect(self, items: Iterable[Item], removed: list[str]) -> None:
        for item in items:
            if isinstance(item, Node):
                ids = [n.attributes["id"] for n in walk([item]) if "id" in n.attributes]
                self._new_ids.update(ids)
                self._places.update(zip(ids, ids, strict=False))
            elif isinstance(item, Mark):
                ids = [n.attributes["id"] for n in walk(item.content) if "id" in n.attributes]
                self._new_ids.update(ids) if item.kind.is_new else removed.extend(ids)
            elif not isinstance(item, str):
                if isinstance(item, Pair) and "id" in item.new.attributes:
                    self._new_ids.add(item.new.attributes["id"])
                    self._places[item.old.attributes.get("id", "")] = item.new.attributes["id"]
                self._collect(item.children, removed)

    def _unused(self, wanted: str) -> str:
        while wanted in self._new_ids or wanted in self._places.values():
            wanted += "-"
        return wanted

    def children(self, items: Iterable[Item], tag: str) -> tuple[Child, ...]:
        """The HTML of an element's merged content."""
        result: list[Child] = []
        in_change = False  # marks that touch are one change
        for item in items:
            if isinstance(item, Mark):
                result += self._mark(item, tag, in_change)
                in_change = item.move is None
                continue
            in_change = False
            if isinstance(item, Pair):
                result += self._pair(item)
            elif isinstance(item, Wrapper):
                kind = Kind.ADDED if item.kind.is_new else Kind.REMOVED
                result.append(Node(item.tag, {ONLY: kind}, self.children(item.children, item.tag)))
            else:
                result.append(item)
        return tuple(joined(result))

    def _anchor(self) -> str:
        self.anchors.append(f"{self._prefix}-{len(self.anchors) + 1}")
        return self.anchors[-1]

    def _mark(self, mark: Mark, tag: str, in_change: bool) -> list[Child]:
        before, after = _SPOKEN[mark.kind]
        anchor, start = "", _spoken(before)
        if mark.move is not None:
            first = mark.move not in self._moves
            change = self._moves.setdefault(mark.move, self._anchor() if first else "")
            here, there = (change, f"{change}-other") if first else (f"{change}-other", change)
            label = {"class": "rl-label", MARK: "note", "href": f"#{there}"}
            anchor, start = here, (Node("a", label, (_MOVED[mark.kind],)), " ")
            start = (Node("span", {MARK: "note"}, start),)
        elif mark.counted and not in_change:
            anchor = self._anchor()
        content = mark.content if mark.kind.is_new else tuple(self._removed(c) for c in mark.content)
        if tag not in STRUCTURES:
            return [_wrapped(mark.kind, content, anchor, start, _spoken(after))]
        result = []
        for n, node in enumerate(content):
            opening = start if n == 0 or mark.move is None else ()
            result.append(_within(mark.kind, node, anchor if n == 0 else "", opening, _spoken(after)))
        return result

    def _removed(self, child: Child) -> Child:
        """A node of the old text with ids and links that fit beside the new one."""
        if isinstance(child, str):
            return child
        shown = dict(child.attributes)
        if "id" in shown:
            shown["id"] = self._places[shown["id"]]
        if shown.get("href", "").startswith("#") and shown["href"][1:] in self._places:
            shown["href"] = "#" + self._places[shown["href"][1:]]
        was = {name: value for name, value in child.attributes.items() if shown[name] != value}
        return Node(child.tag, shown | _was(was), tuple(self._removed(c) for c in child.children))

    def _pair(self, pair: Pair) -> list[Child]:
        old, new = pair.old, pair.new
        names = {*old.attributes, *new.attributes}
        was = {n: old.attributes.get(n) for n in names if old.attributes.get(n) != new.attributes.get(n)}
        if old.tag != new.tag:
            was[""] = old.tag
        if is_footnote_number(new) and old.children != new.children:
            was[NUMBER] = "".join(c for c in old.children if isinstance(c, str))
        children = self.children(pair.children, new.tag)
        if old.tag != new.tag:
            note = self._label(f" [heading level {old.tag[1:]} before, now {new.tag[1:]}]")
            return [_node(new, (*children, note), was)]
        if new.tag == "a" and "footnote-backref" not in new.attributes.get("class", ""):
            for name, what in (("href", "link"), ("title", "title of the link")):
                if name in was:
                    before = f"before: {was[name]}" if was[name] else "none before"
                    return [_node(new, children, was), self._label(f" [{what} changed, {before}]")]
        return [_node(new, children, was)]

    def _label(self, text: str) -> Node:
        return Node("span", {"class": "rl-label", MARK: "note", "id": self._anchor()}, (text,))


def _was(was: dict[str, str | None]) -> dict[str, str]:
    return {WAS: json.dumps(was, sort_keys=True, ensure_ascii=False)} if was else {}


def _node(new: Node, children: tuple[Child, ...], was: dict[str, str | None]) -> Node:
    return Node(new.tag, {**new.attributes, **_was(was)}, children)


def _spoken(text: str) -> tuple[Child, ...]:
    return (Node("span", {"class": "rl-sr", MARK: "note"}, (text,)),) if text else ()


def _wrapped(
    kind: Kind, content: Sequence[Child], anchor: str, start: Sequence[Child], end: Sequence[Child]
) -> Node:
    attributes = {MARK: kind.value} | ({"id": anchor} if anchor else {})
    if any(isinstance(c, Node) and c.tag in BLOCKS for c in content):
        attributes["class"] = "rl-block"
    return Node("ins" if kind.is_new else "del", attributes, (*start, *content, *end))


def _within(kind: Kind, node: Node, anchor: str, start: Sequence[Child], end: Sequence[Child]) -> Node:
    """A list item, row or cell of one text only, with its content marked."""
    marked = {**node.attributes, MARK: kind.value}
    if node.tag != "tr":
        return Node(node.tag, marked, (_wrapped(kind, node.children, anchor, start, end),))
    cells: list[Child] = []
    last = len(node.children) - 1
    for n, cell in enumerate(node.children):
        opening, closing = (start if n == 0 else ()), (end if n == last else ())
        content = _wrapped(kind, cell.children, anchor if n == 0 else "", opening, closing)
        is_filler = cell.attributes.get(MARK) == "filler"
        cells.append(Node(cell.tag, cell.attributes, (content,) if not is_filler or n in (0, last) else ()))
    return Node(node.tag, marked, tuple(cells))


def resolved(children: Iterable[Child], new: bool) -> list[Child]:
    """The nodes of a redline with all changes taken on (`new`), or all taken off."""
    result: list[Child] = []
    for child in children:
        if isinstance(child, str):
            result.append(child)
            continue
        mark = child.attributes.get(MARK)
        if mark in ("note", "filler"):
            continue
        if mark in _KINDS and Kind(mark).is_new is not new:
            continue
        inner = resolved(child.children, new)
        only = child.attributes.get(ONLY)
        is_ours = mark == "fold" or (mark in _KINDS and child.tag in ("ins", "del"))
        if is_ours or (only and Kind(only).is_new is not new):
            result += inner
        else:
            result.append(_restored(child, inner, new))
    return joined(result)


def _restored(node: Node, inner: list[Child], new: bool) -> Node:
    attributes = {name: value for name, value in node.attributes.items() if name not in (MARK, ONLY, WAS)}
    tag = node.tag
    if not new and WAS in node.attributes:
        was = json.loads(node.attributes[WAS])
        tag = was.pop("", tag)
        if NUMBER in was:
            inner = [was.pop(NUMBER)]
        attributes = {name: value for name, value in (attributes | was).items() if value is not None}
    return Node(tag, attributes, tuple(inner))
