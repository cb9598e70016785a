"""`ack paper`, `ack letter-given`, `ack excuse`, `ack take-back`: what a manager records about one person."""

from __future__ import annotations

from datetime import date

import click

from ackservice.commands.app import App
from ackservice.errors import NotAllowed
from ackservice.service import questions, records
from ackservice.service.receipts import receipt_label
from ackservice.service.records import Done
from handbook.day_type import DAY

_BY = click.option(
    "--recorded-by", default="", metavar="WHO", help="Who records it; the user of this machine otherwise."
)


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
    recipient = _recipient(app, policy, version, person)
    done = records.slip(app.service, [recipient], signed_on=signed_on, by=recorded_by, now=app.clock.now())
    _refuse_if_left_out(done)
    click.echo(f"Recorded: {person} acknowledged {policy} {version} on paper on {signed_on}.")
    click.echo(f"Receipt {receipt_label(done.first)}.")


@click.command("letter-given")
@click.argument("policy")
@click.argument("version")
@click.argument("person")
@click.option("--on", "given_on", type=DAY, required=True, help="The day the letter was handed over.")
@_BY
@click.pass_obj
def letter_given(app: App, policy: str, version: str, person: str, given_on: date, recorded_by: str) -> None:
    """Record that the letter about POLICY VERSION, and all that it was about, was handed to PERSON.

    The first of letter and e-mail is their day of notice. For a wrong date: ack take-back letter, then anew.

    \b
    Example: ack letter-given social-media 2021-09 P017 --on 2021-07-28
    """
    by, recipient = recorded_by or app.user, _recipient(app, policy, version, person)
    _refuse_if_left_out(
        records.letter_given(app.service, [recipient], given_on=given_on, by=by, now=app.clock.now())
    )
    click.echo(f"Recorded: the letter about {policy} {version} was handed to {person} on {given_on}.")


@click.command()
@click.argument("policy")
@click.argument("version")
@click.argument("person")
@click.option("--reason", required=True, metavar="WHY", help="Why; kept.")
@_BY
@click.pass_obj
def excuse(app: App, policy: str, version: str, person: str, reason: str, recorded_by: str) -> None:
    """Record that PERSON need not acknowledge POLICY VERSION, with the reason.

    \b
    Example: ack excuse social-media 2021-09 P017 --reason "On secondment until Easter"
    """
    by, recipient = recorded_by or app.user, _recipient(app, policy, version, person)
    _refuse_if_left_out(records.excuse(app.service, [recipient], reason=reason, by=by, now=app.clock.now()))
    click.echo(f"Recorded: {person} is excused from acknowledging {policy} {version}.")


@click.command("take-back")
@click.argument("what", type=click.Choice(records.TAKEN_BACK))
@click.argument("policy")
@click.argument("version")
@click.argument("person")
@click.option("--reason", required=True, metavar="WHY", help="Why; kept.")
@_BY
@click.pass_obj
def take_back(
    app: App, what: str, policy: str, version: str, person: str, reason: str, recorded_by: str
) -> None:
    """Take back a letter, slip, excuse or answer recorded for PERSON, or an acknowledgement they disown.

    Both stay in the ledger; what was owed before is owed again.

    \b
    Example: ack take-back letter social-media 2021-09 P017 --reason "Handed over on the 23rd, not the 3rd"
    """
    now, recipient = app.clock.now(), _recipient(app, policy, version, person)
    ids = questions.answered_of(app.service, recipient) if what == "answer" else [recipient]
    done = records.take_back(app.service, what, ids, reason=reason, by=recorded_by or app.user, now=now)
    _refuse_if_left_out(done)
    click.echo(f"Taken back: the {what} of {person} for {policy} {version}.")


def _recipient(app: App, policy: str, version: str, person: str) -> int:
    return records.recipient_of(app.service, policy, version, person, app.clock.now())


def _refuse_if_left_out(done: Done) -> None:
    if not done.people:
        raise NotAllowed(*done.reasons[:1] or ["there is no such record"])
