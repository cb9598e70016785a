"""`ack serve`: pages, the built handbook and the due work in one process, for a school without further
machinery."""

from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING

import click

from ackservice import create_app
from ackservice.clock import Clock
from ackservice.links import check_keys
from ackservice.service.building import Site
from ackservice.service.due import Loop
from ackservice.web import server

if TYPE_CHECKING:
    from ackservice.commands.app import App


def serve_all(app: App, *, host: str, port: int) -> None:
    """Serve until interrupted. Makes a new database where there is none; one of an older version has to be
    migrated first.

    Raises SettingsError when the port is taken or a setting is wrong, and StorageError for a database that
    cannot be used.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    service, transport = app.service, app.transport
    check_keys(app.settings.secret_keys)
    _open_database(app)
    listener = server.listen(host, port)
    try:
        site = Site(app.settings)
        click.echo("Building the handbook …")
        site.follow(_today(app))
        pages = create_app(app.settings, clock=app.clock, service=service, site=site.folder)
        ready = server.serve(pages, listener=listener)
    except BaseException:
        listener.close()
        raise
    click.echo(
        f"Listening on http://{host}:{listener.getsockname()[1]}/ for {app.settings.base_url}; mail goes "
        f"by {transport.describe()}."
    )
    server.run_server(
        ready, Loop(service, transport, app.clock, before=lambda: _follow(site, app), environ=app.environ)
    )


def _open_database(app: App) -> None:
    if app.service.make_database_if_missing():
        click.echo(f"{app.settings.database}: a new database")


def _follow(site: Site, app: App) -> None:
    """Keep the pages up with the day and the texts."""
    site.follow(_today(app))


def _today(app: App) -> date:
    clock: Clock = app.clock
    return app.service.today(clock.now())
