"""The site in MkDocs' terms: what `hooks.py` and `build.py` share."""

from __future__ import annotations

import logging
import os
import shutil
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel

from handbook import pages, stamp
from handbook.bodies import html_of, renderer
from handbook.body_cache import BodyCache
from handbook.clock import today
from handbook.csp import inline_scripts, write_headers
from handbook.links import broken_links, held_to_day
from handbook.policy.library import load, load_school
from handbook.policy.school import School
from handbook.policy_pages import redline_pairs
from handbook.render_ahead import Job, processors, render_ahead
from handbook.set_aside import put_back, set_aside
from handbook.site import Handbook, Site

log = logging.getLogger("mkdocs.handbook")

CACHE = Path(".cache") / "handbook"
POLICIES = "policies/"


@dataclass
class Run:
    """One run of the generator: where from, for which day, and what came of it."""

    root: Path
    as_of: date
    built_on: date
    drafts: bool = False
    base_address: str | None = None
    cache: BodyCache = field(default_factory=lambda: BodyCache(None))
    site: Site | None = None
    school: School | None = None
    kept: dict[str, list[str]] = field(default_factory=dict)  # of each page, the HTML set aside from Markdown

    @property
    def address(self) -> str:
        """The public address of the site, without a slash at its end."""
        return (self.base_address or self.school.base_address).rstrip("/")

    def draw(self, site_name: str) -> None:
        """Load the policies and draw the site from them; raises FaultsFound."""
        library, self.school = load(self.root), load_school(self.root)
        given = (library, self.school, self.as_of, self.built_on)
        settings = {"drafts": self.drafts, "base_address": self.base_address}
        render_ahead(jobs(pages.handbook(*given, **settings)), self.cache, processors())
        self.site = pages.site(*given, **settings, site_name=site_name, render=renderer(self.cache))

    @classmethod
    def of(cls, config: MkDocsConfig) -> Run:
        """The run `handbook build` put into the configuration, or else one for today, as `mkdocs build` needs it."""
        given = config.extra.get("handbook_run")
        if given:
            return given
        root = Path(config.docs_dir).parents[1]
        day = today()
        as_of = date.fromisoformat(os.environ.get("HANDBOOK_AS_OF", day.isoformat()))
        drafts = os.environ.get("HANDBOOK_DRAFTS") == "1"
        return cls(root, as_of, day, drafts, cache=BodyCache(root / CACHE))


def jobs(book: Handbook) -> list[Job]:
    """All the bodies of a handbook, policy by policy."""
    result = []
    for policy in book.policies():
        versions = [v for v in book.shown(policy) if v.text]
        pairs = tuple((versions.index(old), versions.index(new)) for old, new in redline_pairs(book, policy))
        result.append(Job(tuple(v.text.body for v in versions), pairs))
    return result


def prepare(run: Run, config: MkDocsConfig) -> None:
    """Set what follows from the school's settings and the policies; draws the site if that is still to do."""
    if run.site is None:
        run.draw(config.site_name)
    if not _is_served(config):
        config.site_url = f"{run.address}/"
    config.copyright = run.school.name
    config.extra["handbook_drafts"] = run.drafts
    config.nav = navigation(config.nav, run.site, Path(config.docs_dir))


def navigation(nav: list | None, site: Site, docs: Path) -> list | None:
    """The navigation with `policies/` replaced by the policies, and without pages the school does not have."""
    if nav is None:
        return None
    expanded = []
    for entry in nav:
        [(title, target)] = entry.items() if isinstance(entry, dict) else [(None, entry)]
        if target == POLICIES:
            target = [{name: path} for name, path in site.nav]
        elif target == "before-you-post.md" and not (docs / target).exists():
            continue
        if target:
            expanded.append({title: target} if title else target)
    return expanded


def add_files(run: Run, files: Files, config: MkDocsConfig) -> None:
    """Take the policy sources out and put the generated pages in; a page of the school's own comes before ours."""
    for file in list(files):
        if file.src_uri.startswith(POLICIES) and file.is_documentation_page():
            files.remove(file)
    nav = set(_targets(config.nav or []))
    for path, text in run.site.pages.items():
        if files.get_file_from_path(path) is None:
            inclusion = InclusionLevel.INCLUDED if path in nav else InclusionLevel.NOT_IN_NAV
            files.append(File.generated(config, path, content=text, inclusion=inclusion))
    if run.site.frozen:
        shell = stamp.shell_markdown()
        files.append(File.generated(config, stamp.SHELL_PATH, content=shell, inclusion=InclusionLevel.NOT_IN_NAV))


def finish(run: Run, config: MkDocsConfig) -> None:
    """Stamp the frozen pages into the shell, publish the plain files, and write the headers last."""
    out = Path(config.site_dir)
    scripts: dict[str, set[str]] = {}
    if run.site.frozen:
        shell = stamp.Shell((out / stamp.SHELL_ADDRESS / "index.html").read_text(encoding="utf-8"))
        shutil.rmtree(out / stamp.SHELL_ADDRESS.split("/page")[0])
        for page in run.site.frozen:
            html = shell.stamp(page, html_of(page.body, run.cache) if page.body else "")
            stamp.write_page(out, page, html)
            scripts[f"{page.address}index.html"] = inline_scripts(html)
    for path, text in run.site.files.items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    _warn_of_broken_links(run, out)
    write_headers(out, scripts)


def template_cache(run: Run) -> FileSystemBytecodeCache | None:
    """Where compiled templates are kept: Jinja checks each against its source, and compiles anew what does not match."""
    if run.cache.folder is None:
        return None
    folder = run.cache.folder / "templates"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return FileSystemBytecodeCache(str(folder)) if os.access(folder, os.W_OK) else None


def keep_finished(run: Run, page: str, markdown: str) -> str:
    """A generated page as Markdown is to see it: without the HTML that is finished already."""
    marked, run.kept[page] = set_aside(markdown)
    return marked


def restore_finished(run: Run, page: str, html: str) -> str:
    """The rendered page with what was kept from Markdown in its place."""
    return put_back(html, run.kept.pop(page, []))


def valid(html: str) -> str:
    """A page of the theme without the two attributes that HTML does not allow where the theme has them."""
    html = html.replace('type="checkbox" id="__drawer" autocomplete="off"', 'type="checkbox" id="__drawer"')
    html = html.replace('type="checkbox" id="__search" autocomplete="off"', 'type="checkbox" id="__search"')
    return html if 'id="__toc"' in html else html.replace(' for="__toc"', "")


def own_page(run: Run, markdown: str) -> str:
    """A page of the school's own, its links to policies as they can be on the day shown."""
    return held_to_day(markdown, run.site.known, run.site.shown, run.site.in_force)


def _warn_of_broken_links(run: Run, out: Path) -> None:
    """Links in texts that can still be mended: those of drafts, and of versions on notice or in force."""
    for page in run.site.frozen:
        if page.living:
            for target in broken_links(html_of(page.body, run.cache), page.address, out):
                log.warning("%s: links to '%s', which is not on the site", page.body.version.text.path, target)


def _is_served(config: MkDocsConfig) -> bool:
    """Whether `mkdocs serve` has set the address of this machine already."""
    return (config.site_url or "").startswith((f"http://{config.dev_addr}", "http://127.0.0.1", "http://localhost"))


def _targets(nav: list):
    """Every page the navigation names."""
    for entry in nav:
        for target in entry.values() if isinstance(entry, dict) else [entry]:
            if isinstance(target, list):
                yield from _targets(target)
            else:
                yield target
