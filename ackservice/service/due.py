"""Everything that is due now: what cron, a timer or the embedded loop calls, any number of times and by
several at once."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from ackservice.clock import Clock
from ackservice.errors import AckError
from ackservice.mail.transports import Transport
from ackservice.service import (
    bouncing,
    joiners,
    nightly,
    owner_lists,
    reminding,
    roster_upload,
    signing_in,
    summaries,
)
from ackservice.service.bouncing import BounceResult
from ackservice.service.context import Service
from ackservice.service.outcomes import Progress, SendResult
from ackservice.service.sending import send_due
from handbook.policy.errors import HandbookError

SECONDS_BETWEEN_RUNS = 60
SECONDS_BETWEEN_LOOKS = 2  # whether a manager waits for a link to sign in


@dataclass
class DueResult:
    """What one run did. `problems` are whole sentences; each stopped one piece of work and no other. `urgent`
    is what somebody has to see to, found once a day."""

    sending: SendResult = field(default_factory=SendResult)
    inducted: int = 0
    reminded: int = 0
    owner_lists: int = 0
    review_reminders: int = 0
    summary: bool = False
    build_asked: bool = False
    bounces: BounceResult | None = None
    problems: list[str] = field(default_factory=list)
    urgent: list[str] = field(default_factory=list)

    def in_words(self) -> list[str]:
        """What was done besides sending, a line each."""
        counted = (
            (self.inducted, "person who joined was given notice", "people who joined were given notice"),
            (self.reminded, "reminder queued", "reminders queued"),
            (self.owner_lists, "list of overdue people queued", "lists of overdue people queued"),
            (self.review_reminders, "review reminder queued", "review reminders queued"),
        )
        lines = [f"{number} {one if number == 1 else many}." for number, one, many in counted if number]
        lines += ["Weekly summary queued."] if self.summary else []
        lines += ["The static host was asked to build the handbook."] if self.build_asked else []
        lines += (
            [f"Returned mail: {self.bounces.in_words()}"] if self.bounces and self.bounces.recorded else []
        )
        return lines


def run_due(
    service: Service,
    transport: Transport,
    clock: Clock,
    *,
    wait: Callable[[float], None],
    pace: bool = True,
    progress: Progress = lambda result: None,
    environ: Mapping[str, str] = os.environ,
) -> DueResult:
    """Do all that is due now; doing it again does nothing more.

    A piece of work that fails, for whatever reason, is reported and the others are done; sending comes last.
    """
    result = DueResult()
    now = clock.now()
    with _kept_apart(result):
        result.inducted = joiners.follow_waiting(service, now)
    with _kept_apart(result):
        result.bounces = bouncing.poll_bounces(service, now, environ)
    with _kept_apart(result):
        result.review_reminders = nightly.queue_review_reminders(service, now)
    with _kept_apart(result):
        result.reminded = reminding.queue_reminders(service, now)
    with _kept_apart(result):
        result.owner_lists = owner_lists.queue_lists(service, now)
    with _kept_apart(result):
        result.summary = summaries.queue_summary(service, transport, now)
    with _kept_apart(result):
        result.build_asked = nightly.call_build_hook(service, now, environ)
    with _kept_apart(result):
        result.urgent = nightly.urgent_today(service, now)
    result.sending = send_due(service, transport, clock, wait=wait, pace=pace, progress=progress)
    with _kept_apart(result):
        signing_in.forget_if_due(service, clock.now())
        roster_upload.forget_if_due(service, clock.now())
    return result


class Loop:
    """The due work of a process that stays: one run a minute until stopped."""

    def __init__(
        self,
        service: Service,
        transport: Transport,
        clock: Clock,
        *,
        before: Callable[[], None] = lambda: None,
        environ: Mapping[str, str] = os.environ,
    ):
        self._service = service
        self._transport = transport
        self._clock = clock
        self._before = (
            before  # further work of the process, such as building the handbook anew after midnight
        )
        self._environ = environ
        self._log = logging.getLogger("ackservice.due")

    def __call__(self, stop: threading.Event) -> None:
        """Run until `stop` is set. A fault is logged and tried again in the next run."""
        try:
            while not stop.is_set():
                began = self._clock.now()
                self._once(stop)
                self._rest(stop, began)
        finally:
            self._service.store.close()

    def _rest(self, stop: threading.Event, began: datetime) -> None:
        """Until the next run, or until somebody asks for a link to sign in, which is wanted within
        seconds."""
        for _ in range(SECONDS_BETWEEN_RUNS // SECONDS_BETWEEN_LOOKS):
            if stop.wait(SECONDS_BETWEEN_LOOKS) or self._is_waited_for(began):
                return

    def _is_waited_for(self, began: datetime) -> bool:
        try:
            return signing_in.is_waited_for(self._service, began)
        except AckError:
            return False  # the next run meets the same fault, and says so

    def _once(self, stop: threading.Event) -> None:
        try:
            self._before()
            result = run_due(
                self._service,
                self._transport,
                self._clock,
                wait=lambda seconds: _wait(stop, seconds),
                environ=self._environ,
            )
        except Stopped:
            return
        except Exception:
            self._log.exception("the due work failed; it is tried again in a minute")
            return
        for line in result.in_words():
            self._log.info(line)
        for problem in [
            *result.problems,
            *result.urgent,
            *([result.sending.stopped] if result.sending.stopped else []),
        ]:
            self._log.warning(problem)


class Stopped(Exception):
    """The process is to end."""


def _wait(stop: threading.Event, seconds: float) -> None:
    if stop.wait(seconds):
        raise Stopped


@contextmanager
def _kept_apart(result: DueResult) -> Iterator[None]:
    try:
        yield
    except (AckError, HandbookError, OSError) as error:
        result.problems.append(str(error))
    except Exception as error:
        logging.getLogger("ackservice.due").exception("a piece of the due work failed")
        result.problems.append(f"A piece of the due work failed: {type(error).__name__}: {error}")
