"""The site in MkDocs' terms: what `hooks.py` and `build.py` share."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from html import escape
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel

from handbook.clock import today
from handbook.pages import assemble
from handbook.pages.book import Site
from handbook.policy.library import load, load_school
from handbook.policy.school import School
from handbook.policy.wording import long_date
from handbook.site import stamp
from handbook.site.bodies import Bodies
from handbook.site.headers import write_headers
from handbook.site.links import broken_links, held_to_day

log = logging.getLogger("mkdocs.handbook")

CACHE = Path(".cache") / "handbook"
POLICIES = "policies/"


Progress = Callable[[str, int, int], None]
"""Told what is being done, how many of it are done, and of how many."""


@dataclass
class Run:
    """One run of the generator: where from, for which day, and what came of it."""

    root: Path
    as_of: date
    built_on: date
    drafts: bool = False
    base_address: str | None = None
    bodies: Bodies = field(default_factory=lambda: Bodies(None))
    site: Site | None = None
    school: School | None = None
    drawn: int = 0  # pages that have been through the theme
    pages: int = 0  # in the finished site
    progress: Progress = lambda what, done, of: None

    @property
    def address(self) -> str:
        """The public address of the site, without a slash at its end."""
        return (self.base_address or self.school.base_address).rstrip("/")

    @property
    def footer(self) -> str:
        """What stands at the end of every page: whose site it is, and the day it knew of."""
        return f"{escape(self.school.name, quote=False)}. Drawn up on {long_date(self.built_on)}."

    def draw(self, site_name: str) -> None:
        """Load the policies and draw the site from them; raises FaultsFound."""
        self.progress("Reading the policies", 0, 1)
        library, self.school = load(self.root), load_school(self.root)
        self.site = assemble.site(
            library,
            self.school,
            self.as_of,
            self.built_on,
            drafts=self.drafts,
            base_address=self.base_address,
            site_name=site_name,
            render=self.bodies.text,
        )

    @classmethod
    def of(cls, config: MkDocsConfig) -> Run:
        """The run `handbook build` put into the configuration, or else one for today, as `mkdocs build`
        needs it."""
        given = config.extra.get("handbook_run")
        if given:
            return given
        root = Path(config.docs_dir).parents[1]
        day = today()
        as_of = date.fromisoformat(os.environ.get("HANDBOOK_AS_OF", day.isoformat()))
        drafts = os.environ.get("HANDBOOK_DRAFTS") == "1"
        return cls(root, as_of, day, drafts, bodies=Bodies(root / CACHE))


def prepare(run: Run, config: MkDocsConfig) -> None:
    """Set what follows from the school's settings and the policies; draws the site if that is still to do."""
    if run.site is None:
        run.draw(config.site_name)
    if not _is_served(config):
        config.site_url = f"{run.address}/"
    config.copyright = run.footer
    config.extra["handbook_drafts"] = run.drafts
    config.nav = navigation(config.nav, run.site, Path(config.docs_dir))


def navigation(nav: list | None, site: Site, docs: Path) -> list | None:
    """The navigation with `policies/` replaced by the policies, and without pages the school does not
    have."""
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
    """Take the policy sources out and put the generated pages in; a page of the school's own comes before
    ours."""
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
        files.append(
            File.generated(config, stamp.SHELL_PATH, content=shell, inclusion=InclusionLevel.NOT_IN_NAV)
        )


def own_page(run: Run, markdown: str) -> str:
    """A page of the school's own, its links to policies as they can be on the day shown."""
    return held_to_day(markdown, run.site.known, run.site.shown, run.site.in_force)


def finished_page(run: Run, html: str) -> str:
    """A page as it is published, and note of how far the build is."""
    run.drawn += 1
    run.progress("Drawing pages", min(run.drawn, len(run.site.pages)), len(run.site.pages))
    return valid(html)


def valid(html: str) -> str:
    """A page of the theme without the two attributes that HTML does not allow where the theme has them."""
    html = html.replace('type="checkbox" id="__drawer" autocomplete="off"', 'type="checkbox" id="__drawer"')
    html = html.replace('type="checkbox" id="__search" autocomplete="off"', 'type="checkbox" id="__search"')
    return html if 'id="__toc"' in html else html.replace(' for="__toc"', "")


def finish(run: Run, config: MkDocsConfig) -> None:
    """Stamp the frozen pages into the shell, publish the plain files, and write the headers last."""
    out = Path(config.site_dir)
    themed = [path for path in out.rglob("*.html") if stamp.SHELL_ADDRESS not in path.as_posix()]
    scripts: set[str] = set()
    if run.site.frozen:
        shell = stamp.Shell((out / stamp.SHELL_ADDRESS / "index.html").read_text(encoding="utf-8"))
        shutil.rmtree(out / stamp.SHELL_ADDRESS.split("/page")[0])
        scripts = shell.scripts
        for number, page in enumerate(run.site.frozen, start=1):
            run.progress("Writing versions and comparisons", number, len(run.site.frozen))
            body = run.bodies.html_of(page.body) if page.body else ""
            _publish(out / page.address / "index.html", shell.stamp(page, body))
    for path, text in run.site.files.items():
        _publish(out / path, text)
    _warn_of_broken_links(run, out)
    run.pages = len(themed) + len(run.site.frozen)
    write_headers(out, themed, scripts)


def _publish(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _warn_of_broken_links(run: Run, out: Path) -> None:
    """Links in texts that can still be mended: those of drafts, and of versions on notice or in force."""
    for page in run.site.frozen:
        if page.living:
            for target in broken_links(run.bodies.html_of(page.body), page.address, out, run.site.moved):
                log.warning(
                    "%s: links to '%s', which is not on the site", page.body.version.text.path, target
                )


def _is_served(config: MkDocsConfig) -> bool:
    """Whether `mkdocs serve` has set the address of this machine already."""
    return (config.site_url or "").startswith(
        (f"http://{config.dev_addr}", "http://127.0.0.1", "http://localhost")
    )


def _targets(nav: list):
    """Every page the navigation names."""
    for entry in nav:
        for target in entry.values() if isinstance(entry, dict) else [entry]:
            if isinstance(target, list):
                yield from _targets(target)
            else:
                yield target
