"""Generated pages that went through the theme, kept from one build to the next: drawing them is most of a
build's work.

A page is taken from the cache only while all it is drawn from is the same: its own text, and what `common`
tells. Where a school adds plugins, hooks, Markdown extensions or templates that may know more than that, or
may ask a page for what only drawing it tells, every page is drawn anew.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files

from handbook.site.checked_files import Damaged, read_checked, write_checked
from handbook.site.sources import HERE, digest_of_files, made_with

SEARCH = "material/search"
# Extensions of Markdown that look at nothing but the page and their own settings.
EXTENSIONS = frozenset(
    [
        "abbr",
        "admonition",
        "attr_list",
        "def_list",
        "fenced_code",
        "footnotes",
        "md_in_html",
        "sane_lists",
        "tables",
        "toc",
    ]
)
TEMPLATES = {".html", ".xml"}
SITEMAP = "sitemap.xml"
OTHER_PAGES = re.compile(
    r"\b(?:pages|nav|nav_item|previous_page|next_page|ancestors|parent|children|homepage)\b"
)
TOLD_APART = {"plugins", "hooks", "theme", "extra", "site_dir"}  # settings that are objects, or of no account


@dataclass(frozen=True)
class ThemedPage:
    """A finished page: its HTML, its entries in the search index, its anchors and its inline scripts."""

    html: str
    entries: list[dict]
    anchors: list[str]
    scripts: list[str]


class ThemedPages:
    """The themed pages of one run: those found, and those to keep when the whole build has gone well."""

    def __init__(self, folder: Path | None):
        self.damaged = 0
        self._folder = folder
        self._common: str | None = None
        self._found: dict[str, ThemedPage] = {}
        self._drawn: dict[str, tuple[str, ThemedPage]] = {}
        self._entries: dict[str, list[dict]] = {}
        self._indexed = 0

    @property
    def kept(self) -> int:
        """How many pages this run has from an earlier one."""
        return len(self._found)

    def open(self, common: str | None) -> None:
        """Begin a run whose pages all depend on `common`; with None, nothing is found and nothing kept."""
        self._common = common if self._folder else None

    @property
    def is_open(self) -> bool:
        """Whether pages are found and kept in this run."""
        return self._common is not None

    def find(self, path: str, text: str) -> ThemedPage | None:
        """The page kept for this path, where it was drawn from the same text."""
        kept = self._read(path, self._key(path, text)) if self._common else None
        if kept:
            self._found[path] = kept
        return kept

    def found(self, path: str) -> ThemedPage | None:
        """What `find` gave for this path in this run."""
        return self._found.get(path)

    def index(self, path: str, entries: list[dict]) -> None:
        """Put what is kept of a page into the search index, or else remember what was just put there for
        it."""
        kept = self.found(path)
        if kept:
            entries.extend(kept.entries)
        else:
            self._entries[path] = entries[self._indexed :]
        self._indexed = len(entries)

    def add(self, path: str, text: str, html: str, anchors: Iterable[str], scripts: Iterable[str]) -> None:
        """Take note of a page drawn in this run."""
        if self._common:
            page = ThemedPage(html, self._entries.pop(path, []), sorted(anchors), sorted(scripts))
            self._drawn[path] = (self._key(path, text), page)

    def scripts(self) -> dict[str, set[str]]:
        """The inline scripts of every page found or drawn, by path."""
        drawn = {path: page for path, (_, page) in self._drawn.items()}
        return {path: set(page.scripts) for path, page in (self._found | drawn).items()}

    def keep(self) -> None:
        """Keep the pages drawn. Only for when the build has gone well: what is warned of must be warned of
        again."""
        for path, (key, page) in self._drawn.items():
            rest = json.dumps([key, page.entries, page.anchors, page.scripts])
            write_checked(self._file(path), f"{rest}\n{page.html}".encode())

    def _key(self, path: str, text: str) -> str:
        return hashlib.sha256(f"{self._common}\n{path}\n{text}".encode()).hexdigest()

    def _file(self, path: str) -> str:
        return f"{self._folder}/{hashlib.sha256(path.encode()).hexdigest()}.page"

    def _read(self, path: str, key: str) -> ThemedPage | None:
        try:
            content = read_checked(self._file(path))
        except Damaged:
            self.damaged += 1
            return None
        if content is None:
            return None
        rest, _, html = content.decode("utf-8").partition("\n")
        kept_key, *others = json.loads(rest)
        return ThemedPage(html, *others) if kept_key == key else None


def common(config: MkDocsConfig, files: Files, *facts: object) -> str | None:
    """The digest of all that every page of a site is drawn from; None where that cannot be known.

    It covers `facts`, settings and navigation, theme and overrides, the school's own pages (their titles may
    stand in the navigation), the paths of all files, and what the site is made with.
    """
    overrides = sorted(Path(config.theme.custom_dir or HERE / "overrides").rglob("*"))
    if not _is_known(config) or not _are_known(overrides):
        return None
    own = [Path(file.abs_src_path) for file in files.documentation_pages() if file.abs_src_path]
    told = {
        "facts": facts,
        "settings": {name: value for name, value in config.items() if name not in TOLD_APART},
        "extra": {name: value for name, value in config.extra.items() if name != "handbook_run"},
        "theme": {name: config.theme[name] for name in config.theme},
        "search": dict(config.plugins[SEARCH].config) if SEARCH in config.plugins else None,
        "paths": [file.src_uri for file in files],
        "overrides": [path.as_posix() for path in overrides],
    }
    read = [path for path in [*overrides, *own] if path.is_file()]
    try:
        return digest_of_files(read, json.dumps(told, default=_as_told), made_with())
    except (TypeError, ValueError):  # a key or an object that JSON has no words for
        return None


def _as_told(value: object) -> str:
    """A setting in words; TypeError where they would say no more than its place in memory."""
    words = str(value)
    if " at 0x" in words:
        raise TypeError(f"{words} cannot be told from others of its kind")
    return words


def _is_known(config: MkDocsConfig) -> bool:
    """Whether nothing but the theme, its search, our hooks and plain Markdown extensions make the pages."""
    plugins = set(config.plugins) - set(config.hooks)
    hooks = {Path(hook.__file__) for hook in config.hooks.values()}
    return (
        config.theme.name == "material"
        and plugins <= {SEARCH}
        and hooks == {HERE / "hooks.py"}
        and set(config.markdown_extensions) <= EXTENSIONS
        and config.theme.static_templates <= {"404.html", SITEMAP}
        and not config.extra_templates
    )


def _are_known(overrides: list[Path]) -> bool:
    """Whether templates of the checkout's own look at no page but the one they draw; the sitemap tells
    addresses only."""
    return not any(
        (path.is_symlink() and path.is_dir())  # whose files are not listed
        or (
            path.suffix in TEMPLATES
            and path.name != SITEMAP
            and OTHER_PAGES.search(path.read_text("utf-8", "replace"))
        )
        for path in overrides
    )
