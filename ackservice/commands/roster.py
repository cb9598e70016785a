"""`ack roster`: import the roster and list it."""

from __future__ import annotations

from pathlib import Path

import click

from ackservice.commands.app import App
from ackservice.domain.status import has_left
from ackservice.service import roster as service


@click.group()
def roster() -> None:
    """Who works here: import the spreadsheet's CSV, list people."""


@roster.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say who would join, change and leave.")
@click.pass_obj
def import_(app: App, file: Path, dry_run: bool) -> None:
    """Take a roster FILE in: CSV in UTF-8 with person_id,name,email,category,joined_on,left_on.

    All faults are reported together, and then nothing is taken. Someone missing from the file has not left:
    only left_on says so.

    \b
    Example: ack roster import staff.csv --dry-run
    """
    now = app.clock.now()
    plan = service.import_roster(app.service, file.read_bytes(), file.name, now=now, dry_run=dry_run)
    click.echo(plan.summary())
    if dry_run:
        click.echo("Nothing was changed (dry run).")


@roster.command("list")
@click.option("--all", "everyone", is_flag=True, help="Leavers too.")
@click.pass_obj
def list_(app: App, everyone: bool) -> None:
    """List who is on the roster today.

    \b
    Example: ack roster list
    """
    now = app.clock.now()
    today = app.service.today(now)
    people = service.people(app.service, now).values()
    shown = [person for person in people if everyone or not has_left(person.left_on, today)]
    for person in shown:
        address = person.email or "(no e-mail: on paper)"
        gone = f", left {person.left_on}" if has_left(person.left_on, today) else ""
        click.echo(f"{person.person_id}  {person.name}  {address}  {person.category}{gone}")
    click.echo(f"{len(shown)} people", err=True)
