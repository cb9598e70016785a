"""`ack migrate`, `ack verify`, `ack backup`: the database and its ledger."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from ackservice.commands.app import App
from ackservice.storage.verify import verify as verify_ledger


@click.command()
@click.pass_obj
def migrate(app: App) -> None:
    """Create the database, or bring it up to this version of the software.

    \b
    Example: ack migrate
    """
    applied = app.service.store.migrate()
    path = app.settings.database
    click.echo(f"{path}: {len(applied)} migrations applied" if applied else f"{path}: up to date")


@click.command()
@click.option(
    "--head",
    default="",
    help="A head from a receipt or an export: also check that the ledger once ended there.",
)
@click.pass_obj
def verify(app: App, head: str) -> None:
    """Check the ledger's chain, every record against its line, and every text against its digest.

    \b
    Example: ack verify --head 3f2a…
    """
    seen_on_screen = sys.stderr.isatty()

    def progress(lines: int) -> None:
        if seen_on_screen and lines % 10_000 == 0:
            click.echo(f"\r{lines} lines checked", nl=False, err=True)

    with app.service.store.read() as connection:
        report = verify_ledger(connection, head=head.strip().lower(), progress=progress)
    for fault in report.faults:
        click.echo(fault, err=True)
    click.echo(
        f"{report.lines} ledger lines, {report.documents} texts, "
        f"{report.erased} records with personal data erased."
    )
    click.echo(f"Head: {report.head}")
    if report.faults:
        raise click.ClickException(f"{len(report.faults)} faults: the records are not as they were written")
    click.echo("Everything is as it was recorded.")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def backup(app: App, file: Path) -> None:
    """Write a complete copy of the database to FILE, while the service runs. It holds names: keep it safe.

    \b
    Example: ack backup /mnt/backup/ack-2021-08-31.db
    """
    app.service.store.backup(file)
    click.echo(f"{file}: {os.path.getsize(file):,} bytes. Keep it somewhere else than this machine.")
