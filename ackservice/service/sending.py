"""Sending: claim, send, record. Nothing is lost when the process dies, and at most one message per open connection repeats.

One process sends at a time: it holds a lock that the operating system frees when it dies, so whatever is still claimed when the
lock is taken was left by a dead process and goes back into the queue, to be sent under its old Message-ID.
"""

from __future__ import annotations

import threading
import zlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ackservice.clock import Clock
from ackservice.mail.envelope import Session, Transport
from ackservice.mail.errors import ConnectionLost, MailError, NothingCanBeSent, RecipientRefused, TryLater
from ackservice.service.composing import Letter, compose, to_envelope
from ackservice.service.context import Service
from ackservice.storage import deliveries, queue_state
from ackservice.storage.deliveries import Delivery
from ackservice.storage.filelock import FileLock
from ackservice.storage.store import Transaction

# Minutes before each further try; after the last one a message counts as refused (about three days in all).
PAUSES = (1, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 1440)
BATCH = 60
LOSSES_IN_A_ROW = 3


@dataclass
class SendResult:
    """What a run of sending did. `stopped` says in plain words why it ended before the queue was empty."""

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


def send_due(
    service: Service,
    transport: Transport,
    clock: Clock,
    *,
    wait: Callable[[float], None],
    pace: bool = True,
    progress: Progress = lambda result: None,
) -> SendResult:
    """Send everything that is due, at the school's pace; `wait` is called with the seconds to wait for it.

    Ends early, saying why, when the daily cap is reached, when another process is sending, or when the server takes nothing.
    """
    lock = FileLock(service.store.path.with_name(service.store.path.name + ".sending"))
    if not lock.acquire(wait=False):
        return SendResult(busy=True, stopped="another process is sending already")
    try:
        return _Run(service, transport, clock, wait, pace, progress).run()
    finally:
        lock.release()


class _Run:
    """One run of sending, holding the sending lock."""

    def __init__(self, service: Service, transport: Transport, clock: Clock, wait, pace: bool, progress: Progress):
        self.service = service
        self.transport = transport
        self.clock = clock
        self.wait = wait
        self.pace = pace
        self.progress = progress
        self.result = SendResult()
        self.mutex = threading.Lock()
        self.waiting: deque[Delivery] = deque()
        self.sessions: dict[int, Session] = {}  # one for each worker

    def run(self) -> SendResult:
        now = self.clock.now()
        with self.service.store.write(now) as tx:
            deliveries.release_orphans(tx)
            paused_until = queue_state.paused_until(tx.connection)
        if paused_until and paused_until > now:
            self.result.stopped = f"the mail server failed a short while ago; the next try is due at {paused_until:%H:%M} UTC"
        try:
            while not self.result.stopped and self._next_batch():
                self._send_batch()
        finally:
            self._put_back_rest()
            for session in self.sessions.values():
                session.close()
        with self.service.store.read() as connection:
            self.result.left = deliveries.due_count(connection, self.clock.now())
        return self.result

    def _next_batch(self) -> bool:
        """Claim what may go now, waiting for the pace where it must; False when nothing is due or nothing more may go."""
        while True:
            now = self.clock.now()
            with self.service.store.read() as connection:
                if not deliveries.due_count(connection, now):
                    return False
                allowed, seconds = self._allowance(connection, now)
            if allowed > 0:
                with self.service.store.write(now) as tx:
                    self.waiting.extend(deliveries.claim(tx, now, min(allowed, BATCH)))
                return bool(self.waiting)
            if seconds is None:
                self.result.stopped = f"the daily cap of {self.service.settings.school.mail.per_day} messages is reached"
                return False
            self.wait(seconds)

    def _allowance(self, connection, now: datetime) -> tuple[int, float | None]:
        """How many messages may go now and, when none may, the seconds until one may; None for not today."""
        if not self.pace:
            return BATCH, 0.0
        mail = self.service.settings.school.mail
        today = mail.per_day - deliveries.sent_since(connection, now - timedelta(days=1))
        if today <= 0:
            return 0, None
        minute_ago = now - timedelta(minutes=1)
        this_minute = mail.per_minute - deliveries.sent_since(connection, minute_ago)
        if this_minute > 0:
            return min(today, this_minute), 0.0
        first = queue_state.first_sent_since(connection, minute_ago)
        return 0, max(0.05, (first + timedelta(minutes=1) - now).total_seconds())

    def _send_batch(self) -> None:
        connections = min(self.service.settings.school.mail.connections, len(self.waiting))
        if connections <= 1:
            self._work(0)
            return
        with ThreadPoolExecutor(connections) as pool:
            for finished in [pool.submit(self._work_in_thread, number) for number in range(connections)]:
                finished.result()

    def _work_in_thread(self, number: int) -> None:
        try:
            self._work(number)
        finally:
            self.service.store.close()

    def _work(self, number: int) -> None:
        """Send claimed messages over one connection until there are none, or the run is stopped."""
        losses = 0
        try:
            while (delivery := self._take()) is not None:
                try:
                    self._send_one(number, delivery)
                    losses = 0
                except ConnectionLost as error:
                    losses += 1
                    self._drop_session(number)
                    self._try_again(delivery, error, counted=error.maybe_taken)
                    if losses >= LOSSES_IN_A_ROW:
                        self._stop(str(error))
                except NothingCanBeSent as error:
                    self._try_again(delivery, error, counted=False, at_once=True)
                    self._stop(str(error))
        except Exception as error:  # a bug or a full disk must not leave the run looking finished
            self._stop(str(error))
            raise

    def _send_one(self, number: int, delivery: Delivery) -> None:
        now = self.clock.now()
        with self.service.store.read() as connection:
            letter = compose(self.service, connection, delivery, now)
        if letter is None:
            self._end(delivery, "dropped")
            return
        try:
            message = to_envelope(self.service, delivery, letter, now)
            answer = self._session(number).deliver(message)
        except RecipientRefused as error:
            self._refused(delivery, letter, str(error))
        except TryLater as error:
            self._try_again(delivery, error, letter=letter)
            if error.whole_server:
                self._stop(str(error))
        else:
            self._end(delivery, "sent", letter, answer)

    def _session(self, number: int) -> Session:
        if number not in self.sessions:
            self.sessions[number] = self.transport.open()
        return self.sessions[number]

    def _drop_session(self, number: int) -> None:
        session = self.sessions.pop(number, None)
        if session is not None:
            session.close()

    def _take(self) -> Delivery | None:
        with self.mutex:
            return self.waiting.popleft() if self.waiting and not self.result.stopped else None

    def _stop(self, why: str) -> None:
        """Let every worker finish the message it is at, and send no more in this run."""
        with self.mutex:
            self.result.stopped = self.result.stopped or why

    def _end(self, delivery: Delivery, state: str, letter: Letter | None = None, answer: str = "") -> None:
        with self.service.store.write(self.clock.now()) as tx:
            kept = zlib.compress(letter.kept_text().encode()) if letter else None
            deliveries.end(tx, delivery.id, state, sent_text=kept)
            if letter:
                queue_state.server_is_well(tx)
                _record(tx, delivery, letter, "sent", answer)
        self._count("sent" if state == "sent" else "dropped")

    def _refused(self, delivery: Delivery, letter: Letter, why: str) -> None:
        with self.service.store.write(self.clock.now()) as tx:
            deliveries.end(tx, delivery.id, "failed", error=why)
            _record(tx, delivery, letter, "refused", why)
        self.result.failures.append(f"{letter.name} <{letter.address}>: {why}")
        self._count("refused")

    def _try_again(
        self, delivery: Delivery, error: MailError, *, letter: Letter | None = None, counted: bool = True, at_once: bool = False
    ) -> None:
        """Put a message back with a growing pause; a message nobody takes for days counts as refused."""
        attempt = delivery.attempts + 1
        if letter and attempt > len(PAUSES):
            self._refused(delivery, letter, f"given up after {attempt} tries: {error}")
            return
        asked = getattr(error, "retry_after_seconds", None)
        pause = timedelta(0) if at_once else timedelta(seconds=asked) if asked else timedelta(minutes=_pause(attempt))
        now = self.clock.now()
        with self.service.store.write(now) as tx:
            deliveries.put_back(tx, delivery.id, now + pause, str(error), counted=counted)
            if isinstance(error, NothingCanBeSent) or getattr(error, "whole_server", False):
                queue_state.server_failed(tx, now, str(error), PAUSES, asked)
        self._count("postponed")

    def _put_back_rest(self) -> None:
        if not self.waiting:
            return
        now = self.clock.now()
        with self.service.store.write(now) as tx:
            for delivery in self.waiting:
                deliveries.put_back(tx, delivery.id, now, "", counted=False)
        self.waiting.clear()

    def _count(self, what: str) -> None:
        with self.mutex:
            setattr(self.result, what, getattr(self.result, what) + 1)
            self.progress(self.result)


def _record(tx: Transaction, delivery: Delivery, letter: Letter, outcome: str, detail: str) -> None:
    for recipient_id in letter.items:
        tx.record(
            "message.outcome",
            delivery_id=delivery.id,
            recipient_id=recipient_id,
            kind=delivery.kind,
            outcome=outcome,
            message_id=delivery.message_id,
            address=letter.address,
            detail=detail[:500],
        )


def _pause(attempt: int) -> int:
    return PAUSES[min(attempt, len(PAUSES)) - 1]
