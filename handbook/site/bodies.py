"""The rendered bodies of frozen pages: texts and redlines, by digest and renderer, from the cache where they
are there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache

from handbook.pages import render
from handbook.pages.book import RedlineBody, TextBody
from handbook.pages.html_in_markdown import one_folder_deeper
from handbook.redline.compare import folded_redline
from handbook.redline.html_tree import parse_lines
from handbook.site.body_cache import BodyCache
from handbook.site.sources import made_with


def renderer(kept: BodyCache) -> Callable[[str], str]:
    """`handbook.pages.render.body`, remembering what it has rendered."""
    return lambda markdown: kept.get(key("text", markdown), lambda: render.body(markdown))


def redline_of(old: str, new: str, kept: BodyCache) -> str:
    """The folded redline between two texts, links as they stand in them."""
    return kept.get(key("redline", old, new), lambda: _redline_html(*map(renderer(kept), (old, new))))


def html_of(body: TextBody | RedlineBody, kept: BodyCache) -> str:
    """The HTML of a frozen page's body, links as seen from that page."""
    match body:
        case TextBody(version):
            return one_folder_deeper(renderer(kept)(version.text.body))
        case RedlineBody(old, new):
            return one_folder_deeper(redline_of(old.text.body, new.text.body, kept))


def key_of(body: TextBody | RedlineBody) -> str:
    """What a frozen page's body is kept under."""
    match body:
        case TextBody(version):
            return key("text", version.text.body)
        case RedlineBody(old, new):
            return key("redline", old.text.body, new.text.body)


def key(kind: str, *texts: str) -> str:
    """The name a body is kept under: its kind, the digests of its texts, and what it is made with."""
    return hashlib.sha256("\n".join([made_with(), kind, *map(_digest, texts)]).encode("ascii")).hexdigest()


@lru_cache(10_000)  # a text is asked for by its own page and by two redlines
def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


_tree = lru_cache(4)(parse_lines)  # a text stands in the redlines to both its neighbours


def _redline_html(old: str, new: str) -> str:
    """The folded redline under a bar of links to its changes."""
    found = folded_redline(_tree(old), _tree(new))
    if not found.changes:
        return '<p class="hb-quiet">The two texts are the same, word for word.</p>'
    links = "".join(
        f'<a href="#{anchor}"><span class="hb-unseen">Change </span>{number}</a>'
        for number, anchor in enumerate(found.anchors, start=1)
    )
    count = "1 change" if found.changes == 1 else f"{found.changes} changes"
    return f'<nav class="hb-jump" aria-label="Changes"><span>{count}</span>{links}</nav>\n{found.html}'
