"""Everything that is due now: what cron, a timer or the embedded loop calls, any number of times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ackservice.clock import Clock
from ackservice.mail.envelope import Transport
from ackservice.service.context import Service
from ackservice.service.sending import Progress, SendResult, send_due


@dataclass(frozen=True)
class DueResult:
    """What one run did."""

    sending: SendResult


def run_due(
    service: Service,
    transport: Transport,
    clock: Clock,
    *,
    wait: Callable[[float], None],
    pace: bool = True,
    progress: Progress = lambda result: None,
) -> DueResult:
    """Do all that is due now; doing it again does nothing more."""
    return DueResult(sending=send_due(service, transport, clock, wait=wait, pace=pace, progress=progress))
