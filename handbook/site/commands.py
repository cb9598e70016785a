"""The commands that make the site: build, stage, serve."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from handbook.clock import today
from handbook.day_type import DAY
from handbook.terminal import ProgressLine

root_option = click.option(
    "--root", type=click.Path(file_okay=False, path_type=Path), default=".", show_default="this folder",
    help="The checkout with school.toml, handbook/ and changelog/.",
)  # fmt: skip
as_of_option = click.option(
    "--as-of", type=DAY, help="Show how things stand on this day, YYYY-MM-DD (default: today)."
)
drafts_option = click.option(
    "--drafts", is_flag=True, help="Show drafts too, with a banner and kept from search engines."
)
base_option = click.option(
    "--base-address", help="Public address of the site (default: that of school.toml)."
)


def register(group: click.Group) -> None:
    """Add the commands to the `handbook` group."""
    for command in (build, stage, serve):
        group.add_command(command)


@click.command()
@root_option
@as_of_option
@click.option(
    "--output", type=click.Path(path_type=Path), default="site", show_default=True, help="Folder of the site."
)
@drafts_option
@base_option
def build(root: Path, as_of: date | None, output: Path, drafts: bool, base_address: str | None) -> None:
    """Build the site.

    The old site stays until the new one is whole. SOURCE_DATE_EPOCH sets the build day.

    \b
    Example: handbook build --as-of 2021-07-26 --output site
    """
    from handbook.site.build import build as build_site

    built_on = today()
    line = ProgressLine()
    try:
        built = build_site(
            root, output, as_of or built_on, built_on, drafts, base_address, progress=line.tell
        )
    finally:
        line.clear()
    click.echo(
        f"Built {built.pages} pages in {built.output}: "
        f"{built.bodies_rendered} texts and comparisons rendered."
    )
    if built.damaged:
        click.echo(
            f"The cache held {built.damaged} damaged files; what they had held was made anew.", err=True
        )


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@root_option
@as_of_option
@drafts_option
@base_option
@click.option("--finish", "built", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Instead: add the exact texts and the headers to the site that a generator built "
                   "from FOLDER.")  # fmt: skip
def stage(
    folder: Path, root: Path, as_of: date | None, drafts: bool, base_address: str | None, built: Path | None
) -> None:
    """Write the same site to FOLDER as plain Markdown with a plain mkdocs.yml, for any generator.

    \b
    Example: handbook stage staged && zensical build -f staged/mkdocs.yml && handbook stage staged --finish
    staged/site
    """
    from handbook.site.stage import finish
    from handbook.site.stage import stage as stage_site

    if built:
        finish(folder, built)
        click.echo(f"Added the exact texts and the headers to {built}.")
        return

    built_on = today()
    written = stage_site(root, folder, as_of or built_on, built_on, drafts, base_address)
    click.echo(f"Staged {written} files in {folder}.")


@click.command()
@root_option
@as_of_option
@drafts_option
@click.option("--port", type=int, default=8000, show_default=True, help="Port on this machine.")
def serve(root: Path, as_of: date | None, drafts: bool, port: int) -> None:
    """Show the site on this machine and build it anew whenever a file changes; while one is wrong, pages say
    what.

    \b
    Example: handbook serve --drafts --port 8000
    """
    from handbook.site.serve import serve as serve_site

    serve_site(root, port, as_of, drafts, today, click.echo)
