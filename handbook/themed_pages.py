"""Generated pages that went through the theme, kept from one build to the next: drawing them is most of a build's work.

A page is taken from the cache only while all it is drawn from is the same: its own text, and what `common` tells.
Where a school adds plugins, hooks or Markdown extensions that may know more than that, every page is drawn anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files

from handbook.checked_files import Damaged, read_checked, write_checked
from handbook.sources import HERE, digest_of_files, made_with

SEARCH = "material/search"
# Extensions of Markdown that look at nothing but the page and their own settings.
EXTENSIONS = frozenset("abbr admonition attr_list def_list fenced_code footnotes md_in_html sane_lists tables toc".split())
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
        """Put what is kept of a page into the search index, or else remember what was just put there for it."""
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
        """Keep the pages drawn. Only for when the build has gone well: what is warned of must be warned of again."""
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

    It covers `facts`, settings and navigation, theme and overrides, the school's own pages (their titles may stand in
    the navigation), the paths of all files, and what the site is made with.
    """
    if not _is_known(config):
        return None
    overrides = sorted(Path(config.theme.custom_dir or HERE / "overrides").rglob("*"))
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
    return digest_of_files(read, json.dumps(told, default=str, sort_keys=True), made_with())


def _is_known(config: MkDocsConfig) -> bool:
    """Whether nothing but the theme, its search, our hooks and plain Markdown extensions make the pages."""
    plugins = set(config.plugins) - set(config.hooks)
    hooks = {Path(hook.__file__) for hook in config.hooks.values()}
    return (
        config.theme.name == "material"
        and plugins <= {SEARCH}
        and hooks == {HERE / "hooks.py"}
        and set(config.markdown_extensions) <= EXTENSIONS
    )
