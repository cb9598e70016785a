"""`ack manager-link`: a way in for a manager before mail works."""

from __future__ import annotations

import click

from ackservice.commands.app import App
from ackservice.service import signing_in


@click.command("manager-link")
@click.argument("address")
@click.pass_obj
def manager_link(app: App, address: str) -> None:
    """Print a link with which the manager of that ADDRESS signs in at the desk, once, within 15 minutes.

    \b
    Example: ack manager-link business.manager@school.example
    """
    click.echo(signing_in.make_link(app.service, address, app.clock.now()))
