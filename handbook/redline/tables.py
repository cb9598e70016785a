"""Merges two tables: their columns are matched first, then their rows, then the cells of matching rows and
columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from handbook.redline.align import Run, align, pair_similar
from handbook.redline.html_tree import Child, Node
from handbook.redline.items import Item, Kind, Mark, Pair

Column = tuple[int | None, int | None]  # its number in the old and in the new table
FILLER = "filler"


class Comparison(Protocol):
    """What tables need of the comparison they are part of."""

    def key(self, child: Child) -> int: ...

    def bag(self, child: Child) -> Counter[str]: ...

    def pair(self, old: Node, new: Node) -> Pair: ...


def rows_of(table: Node) -> list[Node]:
    """The rows of a table, head first."""
    return [
        row
        for part in table.children
        if isinstance(part, Node)
        for row in part.children
        if isinstance(row, Node)
    ]


def is_regular(table: Node) -> bool:
    """Whether a table is what Markdown makes: a head of one row, a body, and as many cells in every row."""
    parts = [part.tag if isinstance(part, Node) else "" for part in table.children]
    if parts != ["thead", "tbody"]:
        return False
    rows = rows_of(table)
    spans = any({"colspan", "rowspan"} & set(cell.attributes) for row in rows for cell in row.children)
    all_rows = all(row.tag == "tr" for row in rows)
    return (
        all_rows
        and not spans
        and len({len(row.children) for row in rows}) == 1
        and len(table.children[0].children) == 1
    )


def merged_table(merge: Comparison, old: Node, new: Node) -> tuple[Item, ...] | None:
    """The merged content of two tables, or nothing where they are too irregular to be matched by column."""
    if not is_regular(old) or not is_regular(new):
        return None
    columns = _columns(merge, rows_of(old), rows_of(new))
    if not any(a is not None and b is not None for a, b in columns):
        columns = _side_by_side(rows_of(old), rows_of(new))
    head, body = zip(old.children, new.children, strict=False)
    top = _row(merge, head[0].children[0], head[1].children[0], columns, first=True)
    return (Pair(*head, (top,)), Pair(*body, tuple(_rows(merge, *(part.children for part in body), columns))))


def _side_by_side(old: list[Node], new: list[Node]) -> list[Column]:
    """Tables without a column in common: column by column as they stand, so that a row keeps its width."""
    widths = len(old[0].children), len(new[0].children)
    return [(n if n < widths[0] else None, n if n < widths[1] else None) for n in range(max(widths))]


def _columns(merge: Comparison, old: list[Node], new: list[Node]) -> list[Column]:
    runs = align([merge.key(c) for c in old[0].children], [merge.key(c) for c in new[0].children])
    columns: list[Column] = []
    i = j = 0
    for run in [*runs, Run(len(old[0].children), len(new[0].children), 0)]:
        columns += _similar_columns(merge, old, new, range(i, run.old), range(j, run.new))
        columns += [(run.old + k, run.new + k) for k in range(run.length)]
        i, j = run.old + run.length, run.new + run.length
    return columns


def _similar_columns(
    merge: Comparison, old: list[Node], new: list[Node], left: range, right: range
) -> list[Column]:
    """Columns whose heading differs are matched by the words below it."""
    bags = [
        [sum((merge.bag(r.children[c]) for r in rows), Counter()) for c in side]
        for rows, side in ((old, left), (new, right))
    ]

    def worth(i: int, j: int, common: int) -> float:
        total = bags[0][i].total() + bags[1][j].total()
        return common if total and 2 * common / total >= 0.4 else 0

    columns: list[Column] = []
    i = j = 0
    for a, b in [*pair_similar(*bags, worth), (len(left), len(right))]:
        columns += [(left[k], None) for k in range(i, a)] + [(None, right[k]) for k in range(j, b)]
        if a < len(left):
            columns.append((left[a], right[b]))
        i, j = a + 1, b + 1
    return columns


def _rows(merge: Comparison, old: Sequence[Node], new: Sequence[Node], columns: list[Column]) -> list[Item]:
    """The rows of two bodies; they are matched by the columns both tables have."""
    shared = [(a, b) for a, b in columns if a is not None and b is not None]
    left = [tuple(merge.key(row.children[a]) for a, _ in shared) for row in old]
    right = [tuple(merge.key(row.children[b]) for _, b in shared) for row in new]
    items: list[Item] = []
    i = j = 0
    for run in [*align(left, right), Run(len(old), len(new), 0)]:
        items += _similar_rows(merge, old[i : run.old], new[j : run.new], columns)
        i, j = run.old + run.length, run.new + run.length
        items += [
            _row(merge, a, b, columns) for a, b in zip(old[run.old : i], new[run.new : j], strict=False)
        ]
    return items


def _similar_rows(
    merge: Comparison, old: Sequence[Node], new: Sequence[Node], columns: list[Column]
) -> list[Item]:
    bags = [merge.bag(row) for row in old], [merge.bag(row) for row in new]

    def worth(i: int, j: int, common: int) -> float:
        total = bags[0][i].total() + bags[1][j].total()
        return common if total and 2 * common / total >= 0.4 else 0

    items: list[Item] = []
    i = j = 0
    for a, b in [*pair_similar(*bags, worth), (len(old), len(new))]:
        items += [Mark(Kind.REMOVED, (_filled(row, [c[0] for c in columns]),)) for row in old[i:a]]
        items += [Mark(Kind.ADDED, (_filled(row, [c[1] for c in columns]),)) for row in new[j:b]]
        if a < len(old):
            items.append(_row(merge, old[a], new[b], columns))
        i, j = a + 1, b + 1
    return items


def _filled(row: Node, numbers: list[int | None]) -> Node:
    """A row of one text only, with an empty cell for each column it never had."""
    cells = [Node("td", {"data-rl": FILLER}) if n is None else row.children[n] for n in numbers]
    return Node(row.tag, row.attributes, tuple(cells))


def _row(merge: Comparison, old: Node, new: Node, columns: list[Column], first: bool = False) -> Item:
    if old == new and all(None not in column for column in columns):
        return new
    cells: list[Item] = []
    for a, b in columns:
        if a is None:
            cells.append(Mark(Kind.ADDED, (new.children[b],), counted=first))
        elif b is None:
            cells.append(Mark(Kind.REMOVED, (old.children[a],), counted=first))
        elif old.children[a] == new.children[b]:
            cells.append(new.children[b])
        else:
            cells.append(merge.pair(old.children[a], new.children[b]))
    return Pair(old, new, tuple(cells))
