"""What the commands work with: the environment, the clock, and what is opened from the settings when first
asked for."""

from __future__ import annotations

import getpass
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ackservice.clock import Clock, SystemClock

if TYPE_CHECKING:
    from ackservice.config import Settings
    from ackservice.mail.transports import Transport
    from ackservice.service.context import Service


@dataclass
class App:
    """The environment, the clock, and how to wait."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    clock: Clock = field(default_factory=SystemClock)
    wait: Callable[[float], None] = time.sleep

    @cached_property
    def settings(self) -> Settings:
        from ackservice.config import settings_from

        return settings_from(self.environ)

    @cached_property
    def service(self) -> Service:
        from ackservice.service.context import Service

        return Service.open(self.settings)

    @cached_property
    def transport(self) -> Transport:
        from ackservice.mail.transports import transport_from

        return transport_from(self.settings.mail, self.settings.school.mail, self.environ)

    @property
    def user(self) -> str:
        """Who is at the keyboard, as the ledger keeps it."""
        try:
            return f"{getpass.getuser()} (command line)"
        except (KeyError, OSError):
            return "command line"
