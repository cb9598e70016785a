"""`ack send`, `ack due`: what goes out."""

from __future__ import annotations

import click

from ackservice.cli import progress_bar
from ackservice.service import due as due_service
from ackservice.service import preview
from ackservice.service.sending import SendResult, send_due


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be sent.")
@click.pass_obj
def send(app, dry_run: bool) -> None:
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
    with sending_bar(app) as progress:
        result = send_due(app.service, app.transport, app.clock, wait=app.wait, progress=progress)
    say(result)


@click.command()
@click.pass_obj
def due(app) -> None:
    """Do everything that is due now, and nothing twice: for cron or a timer.

    \b
    Example, every ten minutes in a crontab: */10 * * * * cd /srv/handbook && ack due
    """
    with sending_bar(app) as progress:
        result = due_service.run_due(app.service, app.transport, app.clock, wait=app.wait, progress=progress)
    say(result.sending)


class sending_bar:
    """A progress bar over the messages that are due."""

    def __init__(self, app):
        self._bar = progress_bar(preview.waiting_count(app.service, app.clock.now()))

    def __enter__(self):
        bar = self._bar.__enter__()
        return lambda result: bar.update(result.done - bar.pos)

    def __exit__(self, *error: object) -> None:
        self._bar.__exit__(*error)


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


def register(main: click.Group) -> None:
    main.add_command(send)
    main.add_command(due)
