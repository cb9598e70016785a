"""`ack doctor`, `ack person`: seeing to the service, and to what it holds of people."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ackservice.commands.app import App
from ackservice.service import doctor as doctor_service
from ackservice.service import personal
from handbook.policy.library import write_whole


@click.command()
@click.pass_obj
def doctor(app: App) -> None:
    """Look at settings, keys, database, ledger, clock, handbook and mail; exit 1 when something must be
    mended. Sends nothing.

    \b
    Example: ack doctor
    """
    found = doctor_service.examine(app.service, lambda: app.transport, app.clock.now())
    for finding in found:
        click.echo(f"{finding.state:<5} {finding.text}")
    wrong = sum(finding.must_be_mended for finding in found)
    if wrong:
        raise click.ClickException(f"{wrong} thing{'s' if wrong > 1 else ''} to mend, marked `mend` above")
    click.echo("Nothing has to be mended.")


@click.group()
def person() -> None:
    """What is held of one person: export it, or erase it once they have left."""


@person.command("export")
@click.argument("person_id", metavar="PERSON")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write; standard output otherwise.",
)
@click.pass_obj
def export(app: App, person_id: str, output: Path | None) -> None:
    """Write everything recorded about PERSON (a person_id) as JSON.

    \b
    Example: ack person export P017 --output P017.json
    """
    found = personal.export_person(app.service, person_id, app.clock.now())
    text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    write_whole(output, text.encode())
    click.echo(f"{output}: {sum(len(rows) for rows in found['records'].values())} records")


@person.command("erase")
@click.argument("person_id", metavar="PERSON")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def erase(app: App, person_id: str, yes: bool) -> None:
    """Erase the name, addresses and words of PERSON, who has left. It cannot be undone; counts and the
    ledger stay.

    Backups and exports made before still hold them.

    \b
    Example: ack person erase P017
    """
    if not yes:
        click.confirm(f"Erase all personal data of {person_id} for good?", abort=True)
    count = personal.erase_person(app.service, person_id, now=app.clock.now(), erased_by=app.user)
    click.echo(f"Erased from {count} records. Backups and exports made before still hold the data.")
