"""What a redline is made of before it is written as HTML or text: unchanged nodes, pairs, wrappers and
marks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from handbook.redline.html_tree import Node, joined


class Kind(StrEnum):
    """What happened to a marked run."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED_TO = "moved-to"
    MOVED_FROM = "moved-from"

    @property
    def is_new(self) -> bool:
        """Whether the run belongs to the new text (and otherwise to the old one)."""
        return self in (Kind.ADDED, Kind.MOVED_TO)


@dataclass(frozen=True, slots=True)
class Mark:
    """A run of one text only. `move` joins the two places of a moved run; `counted` is off for what is part
    of a change told elsewhere, such as the cells of a column below its first."""

    kind: Kind
    content: tuple[Node | str, ...]
    move: int | None = None
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Pair:
    """An element that stands in both texts, with different attributes, tag or content."""

    old: Node
    new: Node
    children: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Wrapper:
    """An element around content of both texts that only one of them has: the paragraph of a list item,
    say."""

    tag: str
    kind: Kind
    children: tuple[Item, ...]


Item = str | Node | Mark | Pair | Wrapper


def settled(items: list[Item]) -> tuple[Item, ...]:
    """The items with neighbouring texts, and neighbouring marks of one kind, made one."""
    result: list[Item] = []
    for sort, group in groupby(items, _sort):
        if sort is str:
            result.append("".join(group))
        elif isinstance(sort, tuple):
            kind, move, counted = sort
            result.append(Mark(kind, tuple(joined(c for mark in group for c in mark.content)), move, counted))
        else:
            result += group
    return tuple(item for item in result if item != "")


def _sort(item: Item) -> object:
    """What neighbours have in common that can be made one."""
    if isinstance(item, Mark):
        return item.kind, item.move, item.counted
    return str if isinstance(item, str) else None
