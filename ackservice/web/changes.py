"""What changed between two texts, as HTML for a page: the redline, all that stayed the same folded away.
Kept by digests."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from handbook.pages import render
from handbook.policy.digest import digest_of
from handbook.redline.compare import folded_redline
from handbook.redline.html_tree import parse_lines

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
    found = folded_redline(parse_lines(_html(pair.old)), parse_lines(_html(pair.new)))
    return Changes(found.html, found.anchors)


@lru_cache(maxsize=128)
def summary(markdown: str) -> str:
    """A change entry's summary as safe HTML."""
    return render.body(markdown, id_prefix="summary-")


def _html(canonical: str) -> str:
    """The body of a canonical text; its first line is the title, which the page has already."""
    return render.body(canonical.partition("\n")[2], id_prefix=PREFIX)
