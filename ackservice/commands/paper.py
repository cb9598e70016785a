"""`ack paper`, `ack letter-given`: what happens on paper."""

from __future__ import annotations

from datetime import date

import click

from ackservice.commands.app import App
from ackservice.service import acknowledging
from handbook.day_type import DAY


@click.command()
@click.argument("policy")
@click.argument("version")
@click.argument("person")
@click.option("--on", "signed_on", type=DAY, required=True, help="The date on the signed slip.")
@click.option("--recorded-by", required=True, metavar="WHO", help="Who records it; kept.")
@click.pass_obj
def paper(app: App, policy: str, version: str, person: str, signed_on: date, recorded_by: str) -> None:
    """Record that PERSON (a person_id) acknowledged POLICY VERSION on a signed slip.

    \b
    Example: ack paper social-media 2021-09 P017 --on 2021-08-12 --recorded-by "B. Manager"
    """
    number = acknowledging.record_paper(
        app.service,
        policy,
        version,
        person,
        signed_on=signed_on,
        recorded_by=recorded_by,
        now=app.clock.now(),
    )
    click.echo(f"Recorded: {person} acknowledged {policy} {version} on paper on {signed_on}.")
    click.echo(f"Receipt {acknowledging.receipt_label(number)}.")


@click.command("letter-given")
@click.argument("policy")
@click.argument("version")
@click.argument("person")
@click.option("--on", "given_on", type=DAY, required=True, help="The day the letter was handed over.")
@click.option(
    "--recorded-by", default="", metavar="WHO", help="Who records it; the user of this machine otherwise."
)
@click.pass_obj
def letter_given(app: App, policy: str, version: str, person: str, given_on: date, recorded_by: str) -> None:
    """Record that the letter about POLICY VERSION was handed to PERSON: their day of notice.

    \b
    Example: ack letter-given social-media 2021-09 P017 --on 2021-07-28
    """
    acknowledging.record_letter(
        app.service,
        policy,
        version,
        person,
        given_on=given_on,
        recorded_by=recorded_by or app.user,
        now=app.clock.now(),
    )
    click.echo(f"Recorded: the letter about {policy} {version} was handed to {person} on {given_on}.")
