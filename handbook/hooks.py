"""What MkDocs calls: each event hands over to the modules that do the work."""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from handbook.policy.errors import HandbookError
from handbook.site.generator import Run, add_files, finish, finished_page, own_page, prepare, valid

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


@event_priority(-100)
def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Hold the links of the school's own pages to the day shown."""
    return markdown if page.file.generated_by else own_page(_run, markdown)


@event_priority(-100)
def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Finish the page's HTML."""
    return finished_page(_run, output)


def on_post_template(output: str, template_name: str, config: MkDocsConfig) -> str:
    return valid(output)


@event_priority(-100)
def on_post_build(config: MkDocsConfig) -> None:
    """Stamp the frozen pages and write the headers, after every plugin has had its turn."""
    try:
        finish(_run, config)
    except HandbookError as error:
        raise PluginError(str(error)) from error
