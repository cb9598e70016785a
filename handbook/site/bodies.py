"""A build's one cache: rendered bodies of texts and redlines, kept by digest."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.metadata import version as installed
from pathlib import Path

from handbook.pages import render
from handbook.pages.book import RedlineBody, TextBody
from handbook.pages.html_in_markdown import one_folder_deeper
from handbook.policy.library import write_whole
from handbook.redline.compare import folded_redline
from handbook.redline.html_tree import parse_lines

SOURCE = Path(__file__).parents[1]
PARTS = ("Markdown", "lxml", "rapidfuzz")  # what bodies are rendered with, beside our own source


class Bodies:
    """Bodies in a folder, one file each, the first line being the SHA-256 of the rest.

    Losing the folder, or any file in it, costs time and nothing else: a damaged file is rendered anew and
    counted. Without a folder nothing is kept.
    """

    def __init__(self, folder: Path | None):
        self.folder = folder
        self.damaged = 0
        self._rendered: set[str] = set()

    @property
    def rendered(self) -> int:
        """How many bodies this run has rendered."""
        return len(self._rendered)

    def text(self, markdown: str) -> str:
        """The HTML of a policy's Markdown, as `handbook.pages.render.body` gives it."""
        return self._get(_key("text", markdown), lambda: render.body(markdown))

    def redline(self, old: str, new: str) -> str:
        """The folded redline between two texts in Markdown, links as they stand in them."""
        return self._get(_key("redline", old, new), lambda: _redline_html(self.text(old), self.text(new)))

    def html_of(self, body: TextBody | RedlineBody) -> str:
        """The HTML of a frozen page's body, links as seen from that page."""
        match body:
            case TextBody(version):
                return one_folder_deeper(self.text(version.text.body))
            case RedlineBody(old, new):
                return one_folder_deeper(self.redline(old.text.body, new.text.body))

    def _get(self, key: str, render_it: Callable[[], str]) -> str:
        if self.folder is None:
            return render_it()
        path = self.folder / key[:2] / f"{key[2:]}.html"
        kept = self._read(path)
        if kept is None:
            self._rendered.add(key)
            kept = render_it()
            _write(path, kept)
        return kept

    def _read(self, path: Path) -> str | None:
        try:
            checksum, _, content = path.read_bytes().partition(b"\n")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            checksum, content = b"", b""
        if checksum.decode("ascii", "replace") == hashlib.sha256(content).hexdigest():
            return content.decode("utf-8")
        self.damaged += 1
        return None


def _write(path: Path, body: str) -> None:
    """A cache that cannot be written is no reason to fail."""
    content = body.encode("utf-8")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, f"{hashlib.sha256(content).hexdigest()}\n".encode() + content, sync=False)
    except OSError:
        pass


def _key(kind: str, *texts: str) -> str:
    """The name a body is kept under: its kind, the digests of its texts, and what it is made with."""
    return hashlib.sha256("\n".join([_made_with(), kind, *map(_digest, texts)]).encode("ascii")).hexdigest()


@lru_cache(10_000)  # a text is asked for by its own page and by two redlines
def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@cache
def _made_with() -> str:
    """The digest of our own source, and of the versions of what is under it."""
    sources = [_digest(path.read_text("utf-8")) for path in sorted(SOURCE.rglob("*.py"))]
    return _digest("\n".join([*sources, *(f"{name}={installed(name)}" for name in PARTS), sys.version]))


_tree = lru_cache(4)(parse_lines)  # a text stands in the redlines to both its neighbours


def _redline_html(old: str, new: str) -> str:
    """The folded redline under a bar of links to its changes."""
    redline = folded_redline(_tree(old), _tree(new))
    if not redline.changes:
        return '<p class="hb-quiet">The two texts are the same, word for word.</p>'
    links = "".join(
        f'<a href="#{anchor}"><span class="hb-unseen">Change </span>{number}</a>'
        for number, anchor in enumerate(redline.anchors, start=1)
    )
    count = "1 change" if redline.changes == 1 else f"{redline.changes} changes"
    return f'<nav class="hb-jump" aria-label="Changes"><span>{count}</span>{links}</nav>\n{redline.html}'
