"""The rendered bodies of frozen pages: texts and redlines, by digest and renderer, from the cache where they are there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from importlib.metadata import version as installed
from pathlib import Path

from handbook import render, sections
from handbook.body_cache import BodyCache
from handbook.html_in_markdown import one_folder_deeper
from handbook.policy import redline
from handbook.policy.html_tree import parse_lines
from handbook.site import RedlineBody, TextBody

RENDERERS = ("Markdown", "pymdown-extensions", "lxml", "rapidfuzz")


@cache
def renderer_version() -> str:
    """What rendered bodies depend on besides the text: our own source and the libraries under it."""
    files = [Path(render.__file__), Path(sections.__file__), *sorted(Path(redline.__file__).parent.glob("*.py"))]
    sources = b"".join(file.read_bytes() for file in files)
    libraries = " ".join(f"{name}={installed(name)}" for name in RENDERERS)
    return hashlib.sha256(sources + libraries.encode()).hexdigest()


def renderer(kept: BodyCache) -> Callable[[str], str]:
    """`handbook.render.body`, remembering what it has rendered."""
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


def key(kind: str, *texts: str) -> str:
    """The name a body is kept under: its kind, the digests of its texts, and the renderer."""
    digests = [hashlib.sha256(text.encode("utf-8")).hexdigest() for text in texts]
    return hashlib.sha256("\n".join([renderer_version(), kind, *digests]).encode("ascii")).hexdigest()


def _redline_html(old: str, new: str) -> str:
    """The folded redline under a bar of links to its changes."""
    found = redline.folded_redline(parse_lines(old), parse_lines(new))
    if not found.changes:
        return '<p class="hb-quiet">The two texts are the same, word for word.</p>'
    links = "".join(
        f'<a href="#{anchor}"><span class="hb-unseen">Change </span>{number}</a>'
        for number, anchor in enumerate(found.anchors, start=1)
    )
    count = "1 change" if found.changes == 1 else f"{found.changes} changes"
    return f'<nav class="hb-jump" aria-label="Changes"><span>{count}</span>{links}</nav>\n{found.html}'

