"""Finds among the marks of a redline the blocks that were removed in one place and added in another:
moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from handbook.redline.html_tree import BLOCKS, Node
from handbook.redline.items import Item, Kind, Mark, Pair, Wrapper
from handbook.redline.merge import LEAST_WORDS_OF_A_MOVE, Merge

MOST_PLACES_TRIED = 8  # for text that was removed in many places alike
Place = tuple[int, int]  # the number of a mark, and of a node in it


@dataclass(frozen=True, slots=True)
class _Move:
    removed: Place
    added: Place
    length: int


def with_moves(items: tuple[Item, ...], merge: Merge) -> tuple[Item, ...]:
    """The items with removed blocks that are added elsewhere marked as moved, and so are their new places."""
    marks = list(_marks(items))
    places_by_mark: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for number, move in enumerate(_moves(marks, merge)):
        for mark, start in (move.removed, move.added):
            places_by_mark[mark].append((start, start + move.length, number))
    parts = {id(marks[n]): list(_cut(marks[n], sorted(places))) for n, places in places_by_mark.items()}
    return _replaced(items, parts) if parts else items


def _marks(items: Iterable[Item]) -> Iterator[Mark]:
    for item in items:
        if isinstance(item, Mark):
            yield item
        elif isinstance(item, (Pair, Wrapper)):
            yield from _marks(item.children)


def _moves(marks: list[Mark], merge: Merge) -> Iterator[_Move]:
    keys = [
        [merge.key(c) if isinstance(c, Node) and c.tag in BLOCKS else None for c in m.content] for m in marks
    ]
    removed: dict[int, list[Place]] = defaultdict(list)
    for n, mark in enumerate(marks):
        if mark.kind is Kind.REMOVED:
            for k, key in enumerate(keys[n]):
                if key is not None:
                    removed[key].append((n, k))
    taken: set[Place] = set()
    for n, mark in enumerate(marks):
        at = 0
        while mark.kind is Kind.ADDED and at < len(keys[n]):
            places = removed.get(keys[n][at], [])[:MOST_PLACES_TRIED]
            length, place = max(((_shared(keys, (n, at), p, taken), p) for p in places), default=(0, (0, 0)))
            moved = mark.content[at : at + length]
            if sum(merge.bag(c).total() for c in moved) >= LEAST_WORDS_OF_A_MOVE:
                taken.update((place[0], place[1] + k) for k in range(length))
                yield _Move(place, (n, at), length)
            at += max(length, 1)


def _shared(keys: list[list[int | None]], added: Place, removed: Place, taken: set[Place]) -> int:
    """How many blocks in a row are the same in both places."""
    left, right = keys[removed[0]], keys[added[0]]
    most = min(len(left) - removed[1], len(right) - added[1])
    for length in range(most):
        key = left[removed[1] + length]
        if key is None or key != right[added[1] + length] or (removed[0], removed[1] + length) in taken:
            return length
    return most


def _cut(mark: Mark, places: list[tuple[int, int, int]]) -> Iterator[Mark]:
    kind = Kind.MOVED_TO if mark.kind is Kind.ADDED else Kind.MOVED_FROM
    at = 0
    for start, end, number in places:
        if at < start:
            yield Mark(mark.kind, mark.content[at:start], counted=mark.counted)
        yield Mark(kind, mark.content[start:end], move=number)
        at = end
    if at < len(mark.content):
        yield Mark(mark.kind, mark.content[at:], counted=mark.counted)


def _replaced(items: tuple[Item, ...], parts: dict[int, list[Mark]]) -> tuple[Item, ...]:
    result: list[Item] = []
    for item in items:
        if isinstance(item, Mark):
            result += parts.get(id(item), [item])
        elif isinstance(item, Pair):
            result.append(Pair(item.old, item.new, _replaced(item.children, parts)))
        elif isinstance(item, Wrapper):
            result.append(Wrapper(item.tag, item.kind, _replaced(item.children, parts)))
        else:
            result.append(item)
    return tuple(result)
