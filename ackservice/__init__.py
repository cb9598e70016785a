"""The acknowledgement service.

Imports go down only: web, cli -> service -> storage, mail, links, ledger -> domain -> handbook.policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from ackservice.clock import Clock
    from ackservice.config import Settings
    from ackservice.demo.replay import Demo
    from ackservice.service.context import Service


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    service: Service | None = None,
    site: Path | None = None,
    demo: Demo | None = None,
) -> Flask:
    """The web application of one school, with the settings of the environment unless given others.

    `site` is the folder of a built handbook, served at `/`. `clock` is the machine's own unless given.
    Raises SettingsError without usable secret keys.
    """
    from ackservice.config import settings_from
    from ackservice.web.app import build

    return build(settings or settings_from(), clock=clock, service=service, site=site, demo=demo)
