"""`ack evidence`, `ack letters`: what is taken away as a file or printed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from ackservice.commands.app import App
from ackservice.service import evidence_pack, statuses
from ackservice.service import letters as service
from handbook.day_type import DAY
from handbook.policy.library import write_whole, writing_whole


@click.command()
@click.argument("policy")
@click.argument("version")
@click.option("--as-of", type=DAY, help="As at the end of that day, from what had been recorded by then.")
@click.option("--round", "round_", default="", help="One round by its name; all of them otherwise.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write; a telling name otherwise.",
)
@click.pass_obj
def evidence(
    app: App, policy: str, version: str, as_of: date | None, round_: str, output: Path | None
) -> None:
    """Write the evidence pack of POLICY VERSION: one ZIP that can be checked by hand. The same past day
    gives the same bytes.

    \b
    Example: ack evidence social-media 2021-09 --as-of 2021-08-31 --output pack.zip
    """
    now = app.clock.now()
    target = output or Path(evidence_pack.name_of(policy, version, as_of or app.service.today(now)) + ".zip")
    with writing_whole(target) as stream:
        report = evidence_pack.write(app.service, stream, policy, version, on=as_of, now=now, round_=round_)
    people = len(report.recipients)
    click.echo(f"{target}: {people} recipients, as at {report.as_of.on}, ledger head {report.as_of.head}")
    if report.as_of.on == app.service.today(now):
        click.echo("The day is not over: what is still recorded today is not in it.", err=True)


@click.command()
@click.argument("policy")
@click.argument("version")
@click.option(
    "--person",
    "people",
    multiple=True,
    metavar="PERSON",
    help="A person_id; again for more. Default: all who need a letter.",
)
@click.option("--round", "round_", default="", help="A round by its name; the last one otherwise.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where to write."
)
@click.pass_obj
def letters(app: App, policy: str, version: str, people: tuple[str, ...], round_: str, output: Path) -> None:
    """Write the letters about POLICY VERSION as a page to print from a browser: one A4 page for each person
    without e-mail.

    Each letter holds the person's own link: print it, hand it over, delete the file. Record it with: ack
    letter-given

    \b
    Example: ack letters social-media 2021-09 --output letters.html
    """
    notice = statuses.notice_now(app.service, policy, version, round_, app.clock.now())
    page, number = service.write(app.service, notice.id, now=app.clock.now(), people=people)
    write_whole(output, page.encode())
    click.echo(f"{output}: {number} {'letter' if number == 1 else 'letters'}, to print from a browser.")
