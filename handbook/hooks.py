"""What MkDocs calls: each event hands over to the modules that do the work."""

from __future__ import annotations

from jinja2 import Environment
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

from handbook.policy.errors import HandbookError
from handbook.site.generator import Run, add_files, finish, prepare
from handbook.site.page_events import (
    finished_page,
    generated_page,
    index_page,
    own_page,
    page_content,
    valid,
    with_kept_template,
)  # fmt: skip

_run: Run | None = None


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Draw the pages from the policies, and put them into the navigation."""
    global _run
    _run = Run.of(config)
    try:
        prepare(_run, config)
    except HandbookError as error:
        raise PluginError(str(error)) from error
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put the generated pages in the place of the policy sources."""
    add_files(_run, files, config)
    return files


def on_env(env: Environment, config: MkDocsConfig, files: Files) -> Environment:
    """Keep the theme's compiled templates from one build to the next; not where a plugin's filters may be
    part of them."""
    env.bytecode_cache = _run.templates if _run.themed.is_open else None
    env.loader = with_kept_template(env.loader)
    return env


@event_priority(-100)
def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Hold the links of the school's own pages to the day shown; keep from Markdown what is rendered
    already."""
    return generated_page(_run, page, markdown) if page.file.generated_by else own_page(_run, markdown)


@event_priority(100)
def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put back what was kept from Markdown, before any plugin looks at the page."""
    return page_content(_run, page, html)


@event_priority(-100)
def on_page_context(context: dict, page: Page, config: MkDocsConfig, nav: Navigation) -> dict:
    """Complete the search index, after the search plugin has looked at the page."""
    index_page(_run, page, config)
    return context


@event_priority(-100)
def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Finish the page's HTML."""
    return finished_page(_run, page, output)


def on_post_template(output: str, template_name: str, config: MkDocsConfig) -> str:
    return valid(output)


@event_priority(-100)
def on_post_build(config: MkDocsConfig) -> None:
    """Stamp the frozen pages and write the headers, after every plugin has had its turn."""
    try:
        finish(_run, config)
    except HandbookError as error:
        raise PluginError(str(error)) from error
