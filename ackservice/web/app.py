"""The application: its parts put together, and nothing else."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask
from jinja2 import StrictUndefined

from ackservice.clock import Clock, SystemClock
from ackservice.config import Settings
from ackservice.mail.messages import count, day, moment
from ackservice.service.context import Service
from ackservice.service.receipts import receipt_label
from ackservice.web import acknowledge, ask, compression, desk, errors, health, logs, proxy, security
from ackservice.web import site as handbook
from ackservice.web.context import Web

if TYPE_CHECKING:
    from ackservice.demo.replay import Demo


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    service: Service | None = None,
    site: Path | None = None,
    demo: Demo | None = None,
) -> Flask:
    """The application of one school. Raises SettingsError without usable secret keys."""
    service = service or Service.open(settings)
    service.links  # noqa: B018 (the keys are checked before anyone is served)
    app = Flask("ackservice.web", static_folder="static", static_url_path="/ack/static")
    app.config.update(
        MAX_CONTENT_LENGTH=security.LARGEST_FORM,
        MAX_FORM_MEMORY_SIZE=security.LARGEST_FORM,
        MAX_FORM_PARTS=100,
    )
    app.extensions["ack"] = Web(service, clock or SystemClock(), site, demo)
    _prepare_templates(app)
    for part in (logs, compression, proxy, security, errors):
        part.install(app)
    app.register_blueprint(acknowledge.pages)
    app.register_blueprint(ask.pages)
    app.register_blueprint(health.pages)
    desk.install(app)
    _register_demo(app, demo)
    app.register_blueprint(handbook.pages)  # last: it takes every address that nothing else has taken
    return app


def _prepare_templates(app: Flask) -> None:
    web: Web = app.extensions["ack"]
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(day=day, moment=moment, count=count, receipt_label=receipt_label)
    app.jinja_env.globals.update(
        school=web.settings.school.name,
        contact=web.settings.contact,
        time_zone=web.service.zone,
        demo=web.demo,
    )
    folder = Path(app.static_folder)

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, object]) -> None:
        """An address of a static file changes with its content, so that it can be kept for a year."""
        if endpoint == "static":
            values["v"] = version_of(folder / str(values["filename"]))


@lru_cache
def version_of(file: Path) -> str:
    """Eight characters that change with the file's content."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:8]


def _register_demo(app: Flask, demo: Demo | None) -> None:
    if demo is None:
        return
    from ackservice.web.demo import pages

    app.register_blueprint(pages)
