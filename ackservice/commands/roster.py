"""`ack roster`: import the roster, undo the last import, list people."""

from __future__ import annotations

from pathlib import Path

import click

from ackservice.commands.app import App
from ackservice.domain.roster import has_left
from ackservice.service import roster as service


@click.group()
def roster() -> None:
    """Who works here: import the spreadsheet's CSV, list people."""


@roster.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say who would join, change and leave, and be given what.")
@click.option("--yes", is_flag=True, help="Answer every question with yes: for scripts.")
@click.pass_obj
def import_(app: App, file: Path, dry_run: bool, yes: bool) -> None:
    """Take a roster FILE in: CSV in UTF-8 with person_id,name,email,category,joined_on,left_on.

    All faults are reported together, and then nothing is taken. Someone missing from the file has not left:
    only left_on says so. Counts come first and are confirmed; an import can be undone within the hour.

    \b
    Example: ack roster import staff.csv --dry-run
    """
    data, now = file.read_bytes(), app.clock.now()
    found = service.import_roster(app.service, data, file.name, now=now, dry_run=True)
    click.echo(found.summary())
    if dry_run:
        for question in found.questions:
            click.echo(f"Will be asked: {question}")
        click.echo("Nothing was changed (dry run).")
        return
    if not yes:
        _confirm(found)
    service.import_roster(app.service, data, file.name, now=now, by=app.user, confirmed=True)


def _confirm(found: service.Import) -> None:
    """Ask what has to be asked. Aborts on anything but a plain yes, or the right number."""
    for question in found.questions:
        click.confirm(question, abort=True)
    if found.must_type:
        text = (
            f"This takes away {found.plan.takes_away} and inducts {found.inducted} people, more than a "
            "fifth of the "
            f"school. Type {found.must_type} to go ahead"
        )
        if click.prompt(text, type=int) != found.must_type:
            raise click.Abort
    elif found.inducted or found.plan.takes_away:
        click.confirm("Go ahead?", abort=True)


@roster.command()
@click.option("--reason", default="", help="Why; kept.")
@click.pass_obj
def undo(app: App, reason: str) -> None:
    """Undo the last import, within an hour of it and while nothing of it has been sent.

    \b
    Example: ack roster undo
    """
    entries = service.undo_last(app.service, by=app.user, now=app.clock.now(), reason=reason)
    people = "1 person is" if entries == 1 else f"{entries} people are"
    click.echo(f"The last import is undone: {people} as before it.")


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
