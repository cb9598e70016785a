"""Fixtures every folder may use: a school's checkout, its service over a real database, a clock to set, and
`ack`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ackservice.cli import main
from ackservice.clock import SettableClock
from ackservice.commands.app import App
from ackservice.config import settings_from
from ackservice.service.context import Service
from ackservice.service.roster import import_roster
from tests.school_tree import SchoolTree, larkspur_row, roster_csv

KEY = "a key of at least thirty-two characters"
MONDAY = datetime(2021, 7, 26, 8, 0, tzinfo=UTC)  # six days before the last day of notice for 1 September


@pytest.fixture
def school(tmp_path: Path) -> SchoolTree:
    """The checkout of Larkspur Row School: two policies, all versions approved and sealed."""
    return larkspur_row(tmp_path / "school")


@pytest.fixture
def environ(school: SchoolTree) -> dict[str, str]:
    """The environment of the service: everything within the school's folder."""
    return {
        "ACK_HANDBOOK": str(school.root),
        "ACK_DATABASE": str(school.root / "var" / "ack.db"),
        "ACK_MAIL": f"outbox:{school.root / 'var' / 'outbox'}",
        "ACK_SECRET_KEYS": KEY,
    }


@pytest.fixture
def clock() -> SettableClock:
    """Stands at Monday 26 July 2021, 9:00 in London, until it is moved."""
    return SettableClock(MONDAY)


@pytest.fixture
def service(environ: dict[str, str]) -> Iterator[Service]:
    """The service over a fresh database file, with nobody on the roster yet."""
    service = Service.open(settings_from(environ))
    service.store.migrate()
    yield service
    service.store.close()


@pytest.fixture
def staffed(service: Service) -> Service:
    """The service with six people: two employees, a governor, one on paper, one leaver, one who joins in
    September."""
    import_roster(service, roster_csv(), "staff.csv", now=MONDAY)
    return service


@pytest.fixture
def run_ack(environ: dict[str, str], clock: SettableClock) -> Callable[..., Result]:
    """Runs `ack` with those arguments at the clock's time; fails on anything but a plain exit."""

    def run(*arguments: object, input: str | None = None) -> Result:
        app = App(environ, clock, lambda seconds: clock.advance(timedelta(seconds=seconds)))
        result = CliRunner().invoke(main, [str(a) for a in arguments], obj=app, input=input, prog_name="ack")
        if "service" in vars(app):
            app.service.store.close()
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run
