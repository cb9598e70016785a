"""What became of each message, recorded in the queue and the ledger and counted for the run."""

from __future__ import annotations

import threading
import zlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ackservice.clock import Clock
from ackservice.mail.errors import MailError
from ackservice.service.composing import Email
from ackservice.service.context import Service
from ackservice.storage import deliveries, queue_state
from ackservice.storage.deliveries import Delivery
from ackservice.storage.store import Transaction

# Minutes before each further try; after the last one a message counts as refused (about three days in all).
PAUSES = (1, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 1440)


@dataclass
class SendResult:
    """What a run of sending did. `stopped` says in plain words why it ended before the queue was empty.

    `busy` says that nothing was tried and nothing new is wrong: another process sends, or a server that
    failed has its pause.
    """

    sent: int = 0
    dropped: int = 0
    refused: int = 0
    postponed: int = 0
    left: int = 0
    busy: bool = False
    stopped: str = ""
    failures: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        return self.sent + self.dropped + self.refused + self.postponed


Progress = Callable[[SendResult], None]


class Outcomes:
    """Records what became of messages, from several connections at once; `result` is the sum so far."""

    def __init__(self, service: Service, clock: Clock, progress: Progress):
        self._service = service
        self._clock = clock
        self._progress = progress
        self._mutex = threading.Lock()  # over the result; held for moments
        self.result = SendResult()

    def stop(self, why: str) -> None:
        """Let every connection finish the message it is at, and send no more in this run."""
        with self._mutex:
            self.result.stopped = self.result.stopped or why

    def end(self, delivery: Delivery, email: Email | None, answer: str = "") -> None:
        """A message was sent, or (without an e-mail) is not needed any more."""
        state = "sent" if email else "dropped"
        kept = (
            b64encode(zlib.compress(email.kept_text().encode())).decode() if email and email.is_kept else ""
        )

        def record(tx: Transaction) -> None:
            deliveries.end(tx, delivery.id, state)
            if email:
                queue_state.server_is_well(tx)
                _record(tx, delivery, email, "sent", answer)
            if kept:
                tx.record(
                    "message.sent",
                    delivery_id=delivery.id,
                    person_id=delivery.person_id,
                    kind=delivery.kind,
                    message_id=delivery.message_id,
                    text=kept,
                )

        self._service.group_commit.run(
            self._clock.now(), record
        )  # connections that finish at once share one wait for the disk
        self._count(state)

    def refused(self, delivery: Delivery, email: Email, why: str) -> None:
        """A message nobody will ever take."""
        with self._service.store.write(self._clock.now()) as tx:
            deliveries.end(tx, delivery.id, "failed", error=why)
            _record(tx, delivery, email, "refused", why)
        with self._mutex:
            self.result.failures.append(f"{email.name} <{email.address}>: {why}")
        self._count("refused")

    def try_again(self, delivery: Delivery, email: Email, error: MailError, *, counted: bool = True) -> None:
        """Put a message back with a growing pause; one that nobody takes for days counts as refused."""
        attempt = delivery.attempts + 1
        if counted and attempt > len(PAUSES):
            self.refused(delivery, email, f"given up after {attempt} tries: {error}")
            return
        asked = getattr(error, "retry_after_seconds", None)
        pause = timedelta(seconds=asked) if asked else timedelta(minutes=_pause(attempt))
        self.hold(delivery, self._clock.now() + pause, str(error), counted=counted)

    def hold(self, delivery: Delivery, until: datetime, why: str, *, counted: bool = False) -> None:
        """Keep a message for later."""
        with self._service.store.write(self._clock.now()) as tx:
            deliveries.put_back(tx, delivery.id, until, why, counted=counted)
        self._count("postponed")

    def server_failed(self, error: MailError) -> None:
        """The server takes nothing: end the run, and pause all sending, longer each time or as long as it
        asked for."""
        now = self._clock.now()
        with self._service.store.write(now) as tx:
            queue_state.server_failed(
                tx, now, str(error), PAUSES, getattr(error, "retry_after_seconds", None)
            )
        self.stop(str(error))

    def _count(self, what: str) -> None:
        with self._mutex:
            setattr(self.result, what, getattr(self.result, what) + 1)
            self._progress(self.result)


def _record(tx: Transaction, delivery: Delivery, email: Email, outcome: str, detail: str) -> None:
    for recipient_id in email.items:
        tx.record(
            "message.outcome",
            delivery_id=delivery.id,
            recipient_id=recipient_id,
            kind=delivery.kind,
            outcome=outcome,
            message_id=delivery.message_id,
            address=email.address,
            detail=detail[:500],
        )


def _pause(attempt: int) -> int:
    return PAUSES[min(attempt, len(PAUSES)) - 1]
