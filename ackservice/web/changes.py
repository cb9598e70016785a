"""What changed between two texts, as HTML for a page: the redline, all that stayed the same folded away. Kept by digests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from handbook import render
from handbook.policy.digest import digest_of
from handbook.policy.html_tree import HEADINGS, Child, Node, parse, tidy, walk, write
from handbook.policy.redline import redline

PREFIX = "text-"  # keeps the ids of a policy's headings apart from the page's own


@dataclass(frozen=True)
class Changes:
    """A redline to show: safe HTML, and the ids of its changes in order."""

    html: str
    anchors: tuple[str, ...]


@dataclass(frozen=True)
class _Pair:
    """Two texts, told apart from other pairs by their digests alone."""

    old_digest: str
    new_digest: str
    old: str = field(compare=False, repr=False)
    new: str = field(compare=False, repr=False)


def changes(old: str, new: str) -> Changes | None:
    """The redline of two canonical texts; None where one of them is missing."""
    if not old or not new:
        return None
    return _changes(_Pair(digest_of(old), digest_of(new), old, new))


@lru_cache(maxsize=32)
def _changes(pair: _Pair) -> Changes:
    found = redline(_html(pair.old), _html(pair.new))
    return Changes(folded(found.html), found.anchors)


@lru_cache(maxsize=128)
def summary(markdown: str) -> str:
    """A change entry's summary as safe HTML."""
    return render.body(markdown, id_prefix="summary-")


def folded(html: str) -> str:
    """A redline of which only the changes show, each with its neighbours and its heading; whole sections are folded."""
    nodes = tidy(parse(html))
    shown = _shown(nodes)
    parts: list[Child] = []
    run: list[Child] = []
    for n, node in enumerate(nodes):
        if n not in shown:
            run.append(node)
            continue
        parts += [*_fold(run), node]
        run = []
    return "".join(write([part]) + "\n" for part in (*parts, *_fold(run)))


def _shown(nodes: Sequence[Child]) -> set[int]:
    shown: set[int] = set()
    heading = 0
    for n, node in enumerate(nodes):
        if isinstance(node, Node) and node.tag in HEADINGS:
            heading = n
        if _is_changed(node):
            shown |= {heading, n - 1, n, n + 1}
    return shown


def _is_changed(child: Child) -> bool:
    return any("data-rl" in node.attributes for node in walk([child]))


def _fold(run: list[Child]) -> list[Child]:
    if not run:
        return []
    headings = sum(isinstance(node, Node) and node.tag in HEADINGS for node in run)
    told = f"{headings} unchanged sections" if headings > 1 else "Unchanged text"
    return [Node("details", {"class": "rl-fold"}, (Node("summary", {}, (told,)), *run))]


def _html(canonical: str) -> str:
    """The body of a canonical text; its first line is the title, which the page has already."""
    return render.body(canonical.partition("\n")[2], id_prefix=PREFIX)
