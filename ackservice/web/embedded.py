"""`ack serve`: pages, the built handbook and the due work in one process, for a school without further
machinery."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ackservice import create_app
from ackservice.clock import Clock
from ackservice.config import Settings
from ackservice.links import check_keys
from ackservice.service.due import Loop
from ackservice.web import server
from handbook.policy.errors import HandbookError
from handbook.site.build import build

if TYPE_CHECKING:
    from ackservice.commands.app import App


class Site:
    """The built handbook, in a folder beside the database; built anew when the day has changed.

    A handbook that cannot be built keeps the pages it had: acknowledging goes on.
    """

    def __init__(self, settings: Settings, today: Callable[[], date]):
        self.folder: Path = settings.database.parent / "site"
        self._settings = settings
        self._today = today
        self._built_on: date | None = None
        self._log = logging.getLogger("ackservice.site")

    def follow_the_day(self) -> None:
        """Build unless it was done today, or tried."""
        today = self._today()
        if self._built_on == today:
            return
        self._built_on = today
        try:
            build(self._settings.handbook, self.folder, today, today, base_address=self._settings.base_url)
        except (HandbookError, OSError) as error:
            self._log.warning("the handbook could not be built: %s", error)


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
        site = Site(app.settings, lambda: _today(app))
        click.echo("Building the handbook …")
        site.follow_the_day()
        pages = create_app(app.settings, clock=app.clock, service=service, site=site.folder)
        ready = server.serve(pages, listener=listener)
    except BaseException:
        listener.close()
        raise
    click.echo(
        f"Listening on http://{host}:{listener.getsockname()[1]}/ for {app.settings.base_url}; mail goes by {transport.describe()}."
    )
    server.run_server(
        ready, Loop(service, transport, app.clock, before=site.follow_the_day, environ=app.environ)
    )


def _open_database(app: App) -> None:
    if app.service.make_database_if_missing():
        click.echo(f"{app.settings.database}: a new database")


def _today(app: App) -> date:
    clock: Clock = app.clock
    return app.service.today(clock.now())
