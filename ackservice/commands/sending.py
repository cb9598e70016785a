"""`ack send`, `ack remind`, `ack due`, `ack bounces`, `ack mail test`: what goes out, and what comes back."""

from __future__ import annotations

import secrets
import sys
from typing import Any

import click

from ackservice.commands.app import App
from ackservice.service import bouncing, preview, reminding
from ackservice.service import due as due_service
from ackservice.service.outcomes import Progress, SendResult
from ackservice.service.sending import send_due


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be sent.")
@click.pass_obj
def send(app: App, dry_run: bool) -> None:
    """Send the messages that are due, at the pace set in school.toml.

    \b
    Example: ack send --dry-run
    """
    if dry_run:
        waiting = preview.waiting_messages(app.service, app.clock.now())
        for line in waiting:
            click.echo(line)
        click.echo(f"{len(waiting)} messages would be sent through {app.transport.describe()} (dry run).")
        return
    send_with_bar(app)


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say who would be reminded.")
@click.pass_obj
def remind(app: App, dry_run: bool) -> None:
    """Remind everyone whose reminder is due by the days set in school.toml, and send what is due.

    One e-mail a person and day, of all they have outstanding; nobody who has acknowledged. On a day the
    school is closed only where the last day to acknowledge would pass before the next open one.

    \b
    Example: ack remind --dry-run
    """
    if dry_run:
        people = reminding.to_remind(app.service, app.clock.now())
        for line in people:
            click.echo(line)
        click.echo(f"{len(people)} people would be reminded (dry run).")
        return
    reminded = reminding.queue_reminders(app.service, app.clock.now())
    click.echo(f"{reminded} reminder{'s' if reminded != 1 else ''} queued.")
    send_with_bar(app)


@click.command()
@click.pass_obj
def due(app: App) -> None:
    """Do everything that is due now, and nothing twice: for cron or a timer.

    Joiners, returned mail, reminders, lists to owners, review reminders, the weekly summary, and sending.
    Once a day it also says what is wrong between the handbook and the notices given.

    \b
    Example, every ten minutes in a crontab: */10 * * * * cd /srv/handbook && ack due
    """
    with SendingBar(app) as progress:
        result = due_service.run_due(
            app.service, app.transport, app.clock, wait=app.wait, progress=progress, environ=app.environ
        )
    for line in result.in_words():
        click.echo(line)
    for urgent in result.urgent:
        click.echo(f"urgent: {urgent}", err=True)
    for problem in result.problems:
        click.echo(f"problem: {problem}", err=True)
    say(result.sending)
    if result.problems:
        raise click.ClickException("not everything could be done; see the problems above")


@click.command()
@click.argument("source")
@click.pass_obj
def bounces(app: App, source: str) -> None:
    """Read returned mail from SOURCE and mark who could not be reached.

    SOURCE is a Maildir, an mbox file, an .eml file or a folder of them, or a mailbox:
    imaps://user@host/INBOX?password_env=NAME. Reading the same mailbox again changes nothing.

    \b
    Example: ack bounces ~/Maildir
    """
    result = bouncing.read_bounces(app.service, source, app.clock.now(), environ=app.environ)
    click.echo(result.in_words())


@click.group()
def mail() -> None:
    """How e-mail goes out."""


@mail.command("test")
@click.argument("address")
@click.pass_obj
def mail_test(app: App, address: str) -> None:
    """Send one message to ADDRESS, and say in plain words what happened.

    \b
    Example: ack mail test office@school.example
    """
    from ackservice.mail.diagnose import diagnose

    school, manager = app.settings.school, app.settings.contact("Business Manager")
    found = diagnose(
        app.transport,
        school.mail.sender or f"{school.name} <{manager.email}>",
        address,
        school=school.name,
        reply=manager,
        message_id=f"<test-{secrets.token_hex(10)}@{app.settings.mail_host}>",
        now=app.clock.now(),
        time_zone=app.service.zone,
        bounce_address=school.mail.bounce_address,
    )
    for line in found.lines:
        click.echo(line)
    if not found.sent:
        raise click.exceptions.Exit(1)


class SendingBar:
    """A progress bar over the messages that are due, in a terminal only, however many are added."""

    def __init__(self, app: App):
        self._bar = click.progressbar(
            length=preview.waiting_count(app.service, app.clock.now()),
            label="Sending",
            show_eta=True,
            hidden=not sys.stderr.isatty(),
            file=sys.stderr,
        )

    def __enter__(self) -> Progress:
        bar = self._bar.__enter__()

        def progress(result: SendResult) -> None:
            bar.length = max(bar.length or 0, result.done)
            bar.update(result.done - bar.pos)

        return progress

    def __exit__(self, *error: Any) -> None:
        self._bar.__exit__(*error)


def send_with_bar(app: App) -> None:
    """Send what is due, and say what was done."""
    with SendingBar(app) as progress:
        result = send_due(app.service, app.transport, app.clock, wait=app.wait, progress=progress)
    say(result)


def say(result: SendResult) -> None:
    """What a run of sending did; exit 1 when it had to stop."""
    for failure in result.failures:
        click.echo(f"refused: {failure}", err=True)
    click.echo(
        f"{result.sent} sent, {result.dropped} no longer needed, {result.refused} refused, "
        f"{result.postponed} to be tried again, {result.left} still waiting."
    )
    if result.busy:
        click.echo(f"Nothing done: {result.stopped}.")
    elif result.stopped:
        raise click.ClickException(f"stopped early: {result.stopped}")
