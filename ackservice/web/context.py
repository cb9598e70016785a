"""What every view needs: the service, the clock, and the handbook's folder, kept with the application."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app

from ackservice.clock import Clock
from ackservice.config import Settings
from ackservice.service.context import Service

if TYPE_CHECKING:
    from ackservice.demo.replay import Demo


@dataclass(frozen=True)
class Web:
    """What the application works with. `site` is the folder of the built handbook, `demo` is set in the demo
    only."""

    service: Service
    clock: Clock
    site: Path | None = None
    demo: Demo | None = None

    @property
    def settings(self) -> Settings:
        return self.service.settings

    def now(self) -> datetime:
        return self.clock.now()


def web() -> Web:
    """The Web of the application that answers the current request."""
    return current_app.extensions["ack"]
