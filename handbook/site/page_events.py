"""What becomes of each page on its way through MkDocs."""

from __future__ import annotations

from jinja2 import BaseLoader, ChoiceLoader, DictLoader
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.pages import Page

from handbook.site.generator import Run
from handbook.site.headers import inline_scripts
from handbook.site.links import held_to_day
from handbook.site.set_aside import put_back, set_aside
from handbook.site.themed_pages import SEARCH

KEPT = "hb-kept.html"  # the template of pages that need none


def own_page(run: Run, markdown: str) -> str:
    """A page of the school's own, its links to policies as they can be on the day shown."""
    return held_to_day(markdown, run.site.known, run.site.shown, run.site.in_force)


def generated_page(run: Run, page: Page, markdown: str) -> str:
    """A generated page as Markdown is to see it: without the HTML that is finished already, and nothing of a
    kept one."""
    path = page.file.dest_uri
    if run.themed.find(path, page.file.content_string):
        return ""
    marked, run.kept[path] = set_aside(markdown)
    return marked


def page_content(run: Run, page: Page, html: str) -> str:
    """The rendered page with what was kept from Markdown in its place."""
    path = page.file.dest_uri
    kept = run.themed.found(path)
    if not kept:
        return put_back(html, run.kept.pop(path, []))
    page.present_anchor_ids = set(kept.anchors)
    page.meta = {**page.meta, "template": KEPT, "search": {"exclude": True}}
    return ""


def index_page(run: Run, page: Page, config: MkDocsConfig) -> None:
    """The same entries in the search index whether the page was drawn or kept."""
    if SEARCH in config.plugins:
        run.themed.index(page.file.dest_uri, config.plugins[SEARCH].search_index.entries)


def finished_page(run: Run, page: Page, html: str) -> str:
    """The page as it is published."""
    path = page.file.dest_uri
    run.finished += 1
    run.progress("Drawing pages", min(run.finished, len(run.site.pages)), len(run.site.pages))
    kept = run.themed.found(path)
    if kept:
        return kept.html
    html = valid(html)
    if page.file.generated_by and set(page.links_to_anchors or ()) <= {
        page.file
    }:  # else another page can break its links
        anchors = page.present_anchor_ids or ()
        run.themed.add(path, page.file.content_string, html, anchors, inline_scripts(html))
    return html


def with_kept_template(loader: BaseLoader) -> BaseLoader:
    """The theme's templates, and an empty one for pages that are taken as they are."""
    return ChoiceLoader([loader, DictLoader({KEPT: ""})])


def valid(html: str) -> str:
    """A page of the theme without the two attributes that HTML does not allow where the theme has them."""
    html = html.replace('type="checkbox" id="__drawer" autocomplete="off"', 'type="checkbox" id="__drawer"')
    html = html.replace('type="checkbox" id="__search" autocomplete="off"', 'type="checkbox" id="__search"')
    return html if 'id="__toc"' in html else html.replace(' for="__toc"', "")
