"""Folds away what a redline leaves unchanged: in sight stay its changes, what stands beside them, and their
headings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from handbook.redline.html_tree import HEADINGS, Child, Node, text_of, walk
from handbook.redline.items import Kind
from handbook.redline.writer import MARK

LONG_ENOUGH_TO_FOLD = 40  # words, of a single block
_REMOVED = {Kind.REMOVED, Kind.MOVED_FROM}
_TOP, _LOWEST = 1, 7  # levels: of what is a part of its own without a heading, and of what starts no section


def fold(nodes: Sequence[Child]) -> list[Child]:
    """The blocks of a redline, every run of them that may go out of sight in a `<details>` of its own.

    Taking the changes on or off gives the same text as before, since `data-rl` marks the fold and its
    summary as ours.
    """
    shown = _in_sight(nodes)
    result: list[Child] = []
    for is_shown, places in groupby(range(len(nodes)), key=shown.__contains__):
        run = [nodes[at] for at in places]
        result += run if is_shown or _is_short(run) else [_folded(run)]
    return result


def _in_sight(nodes: Sequence[Child]) -> set[int]:
    """The places of the changes, of the blocks beside them in the same section, and of the headings above
    all these."""
    levels = [_level(node) for node in nodes]
    seen: set[int] = set()
    for at, node in enumerate(nodes):
        if _is_changed(node):
            seen |= {at, *_beside(levels, at)}
    return seen.union(*_headings_above(nodes, levels, seen))


def _beside(levels: Sequence[int], at: int) -> Iterator[int]:
    if at > 0 and levels[at] == _LOWEST:
        yield at - 1
    if at + 1 < len(levels) and levels[at + 1] == _LOWEST:
        yield at + 1


def _headings_above(nodes: Sequence[Child], levels: Sequence[int], seen: set[int]) -> Iterator[set[int]]:
    """For each block in sight the places of the headings of the new text it stands under, the nearest of
    each level."""
    path: list[tuple[int, int]] = []
    for at, (node, own) in enumerate(zip(nodes, levels, strict=False)):
        if at in seen:
            yield {place for level, place in path if level < own}
        if (own == _LOWEST and not _is_mark(node)) or _is_removed(node):
            continue
        for level in map(_level, _parts(node)):
            if level < _LOWEST:
                path = [step for step in path if step[0] < level] + [(level, at)]


def _level(child: Child) -> int:
    """The level of the section a block starts. Footnotes belong to no section; they are one of their own."""
    first = next(iter(_parts(child)), child)
    if not isinstance(first, Node):
        return _LOWEST
    if first.tag in HEADINGS:
        return int(first.tag[1:])
    return _TOP if "footnote" in first.attributes.get("class", "").split() else _LOWEST


def _parts(child: Child) -> Sequence[Child]:
    """The blocks of the text in a block of a redline, which is one mark around several where they came or
    went together."""
    if _is_mark(child):
        return [c for c in child.children if isinstance(c, Node) and c.attributes.get(MARK) != "note"]
    return [child]


def _is_mark(child: Child) -> bool:
    return isinstance(child, Node) and child.tag in ("ins", "del")


def _is_removed(child: Child) -> bool:
    return isinstance(child, Node) and child.attributes.get(MARK) in _REMOVED


def _is_changed(child: Child) -> bool:
    return any(MARK in node.attributes for node in walk([child]))


def _is_short(run: Sequence[Child]) -> bool:
    return len(run) == 1 and len(text_of(run[0]).split()) < LONG_ENOUGH_TO_FOLD


def _folded(run: Sequence[Child]) -> Node:
    summary = Node("summary", {MARK: "note"}, (_summary(run),))
    return Node("details", {MARK: "fold", "class": "rl-fold"}, (summary, *run))


def _summary(run: Sequence[Child]) -> str:
    """What is folded here: the sections that are here whole, those within them not counted, and what stands
    before them."""
    levels = [_level(child) for child in run]
    paragraphs = next((n for n, level in enumerate(levels) if level < _LOWEST), len(run))
    counted = [(paragraphs, "paragraph"), (_sections(levels), "section")]
    return " and ".join(f"{n} unchanged {what}{'s' if n > 1 else ''}" for n, what in counted if n)


def _sections(levels: Iterable[int]) -> int:
    count, outer = 0, _LOWEST - 1
    for level in levels:
        if level <= outer:
            count, outer = count + 1, level
    return count
