"""Sending: claim, send, record. Nothing is lost when the process dies, and at most one message per open connection repeats.

One process sends at a time: it holds a lock that the operating system frees when it dies, so whatever is still claimed when the
lock is taken was left by a dead process and goes back into the queue, to be sent under its old Message-ID.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import zlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ackservice.clock import Clock
from ackservice.errors import StorageError
from ackservice.mail.envelope import Session, Transport
from ackservice.mail.errors import ConnectionLost, MailError, RecipientRefused, TryLater
from ackservice.service.composing import Letter, compose, to_envelope
from ackservice.service.context import Service
from ackservice.service.reminding import held_until
from ackservice.storage import deliveries, queue_state
from ackservice.storage.deliveries import Delivery
from ackservice.storage.store import Transaction

# Minutes before each further try; after the last one a message counts as refused (about three days in all).
PAUSES = (1, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 1440)
BATCH = 60
LOSSES_IN_A_ROW = 3
CLOSING = "421"  # the server ends this connection only (RFC 5321, 3.8): a new one may do


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
    lock = service.store.sending_lock
    if not lock.acquire(wait=False):
        return SendResult(busy=True, stopped="another process is sending already")
    try:
        return _Run(service, transport, clock, wait, pace, progress).run()
    finally:
        lock.release()


class _Run:
    """One run of sending, holding the sending lock. Each worker has a connection of its own and takes message after message."""

    def __init__(self, service: Service, transport: Transport, clock: Clock, wait, pace: bool, progress: Progress):
        self.service = service
        self.transport = transport
        self.clock = clock
        self.wait = wait
        self.pace = pace
        self.progress = progress
        self.result = SendResult()
        self.mutex = threading.Lock()  # over the result and the counts; held for moments
        self.claiming = threading.Lock()  # over claiming; held while waiting for the pace
        self.waiting: deque[Delivery] = deque()
        self.in_flight = 0
        self.workers = 0

    def run(self) -> SendResult:
        now = self.clock.now()
        with self.service.store.write(now) as tx:
            deliveries.release_orphans(tx)
            paused_until = queue_state.paused_until(tx.connection)
            due = deliveries.due_count(tx.connection, now)
        if due and paused_until and paused_until > now:
            self.result.stopped = f"the mail server failed a short while ago; the next try is due at {paused_until:%H:%M} UTC"
        try:
            if due and not self.result.stopped:
                self._work_together(min(self.service.settings.school.mail.connections, due))
        finally:
            self._put_back_rest()
        with self.service.store.read() as connection:
            self.result.left = deliveries.due_count(connection, self.clock.now())
        return self.result

    def _work_together(self, connections: int) -> None:
        self.workers = connections
        if connections == 1:
            self._work()
            return
        with ThreadPoolExecutor(connections) as pool:
            working = [pool.submit(self._work_in_thread) for _ in range(connections)]
            try:
                for finished in working:
                    finished.result()
            except BaseException as error:  # an interrupt, too, must not leave the others sending
                self._stop(str(error) or "interrupted")
                raise

    def _work_in_thread(self) -> None:
        try:
            self._work()
        finally:
            self.service.store.close()

    def _work(self) -> None:
        worker = _Worker(self)
        try:
            worker.work()
        except Exception as error:  # a bug or a full disk must not leave the run looking finished
            self._stop(str(error) or type(error).__name__)
            raise
        finally:
            worker.close()

    def take(self) -> Delivery | None:
        """The next message to send; waits for the pace where it must. None when there is none, or the run is stopped."""
        with self.claiming:
            while not self.result.stopped and (self.waiting or self._claim_more()):
                with contextlib.suppress(IndexError), self.mutex:
                    delivery = self.waiting.popleft()
                    self.in_flight += 1
                    return delivery
        return None

    def give_back(self, delivery: Delivery) -> None:
        """Let another connection send it, in this run."""
        self.waiting.appendleft(delivery)

    def landed(self) -> None:
        """A message taken is off this worker's hands."""
        with self.mutex:
            self.in_flight -= 1

    def leave(self) -> bool:
        """A worker goes; true when it was the last one."""
        with self.mutex:
            self.workers -= 1
            return self.workers == 0

    def _claim_more(self) -> bool:
        """Claim what may go now; False when nothing is due or nothing more may go."""
        while not self.result.stopped:
            now, in_flight = self.clock.now(), self.in_flight  # read before the database: what lands in between counts twice, not never
            with self.service.store.read() as connection:
                if not deliveries.due_count(connection, now):
                    return bool(self.waiting)
                allowed, seconds = self._allowance(connection, now, in_flight)
            if allowed > 0:
                with self.service.store.write(now) as tx:
                    self.waiting.extend(deliveries.claim(tx, now, min(allowed, BATCH)))
                return bool(self.waiting)
            if seconds is None:
                self._stop(f"the daily cap of {self.service.settings.school.mail.per_day} messages is reached")
                return False
            self.wait(seconds)
        return False

    def _allowance(self, connection: sqlite3.Connection, now: datetime, in_flight: int) -> tuple[int, float | None]:
        """How many messages may go now and, when none may, the seconds until one may; None for not today."""
        if not self.pace:
            return BATCH, 0.0
        mail = self.service.settings.school.mail
        sent_today = deliveries.sent_since(connection, now - timedelta(days=1))
        if sent_today >= mail.per_day:
            return 0, None
        minute_ago = now - timedelta(minutes=1)
        this_minute = deliveries.sent_since(connection, minute_ago)
        allowed = min(mail.per_day - sent_today, mail.per_minute - this_minute) - in_flight
        if allowed > 0 or this_minute < mail.per_minute:  # what is in flight lands in a moment
            return allowed, 0.05
        first = queue_state.first_sent_since(connection, minute_ago)
        return 0, max(0.05, (first + timedelta(minutes=1) - now).total_seconds())

    def _stop(self, why: str) -> None:
        """Let every worker finish the message it is at, and send no more in this run."""
        with self.mutex:
            self.result.stopped = self.result.stopped or why

    def end(self, delivery: Delivery, letter: Letter | None, answer: str = "") -> None:
        """A message was sent, or (without a letter) is not needed any more."""
        state = "sent" if letter else "dropped"
        kept = zlib.compress(letter.kept_text().encode()) if letter and letter.is_kept else None

        def record(tx: Transaction) -> None:
            deliveries.end(tx, delivery.id, state, sent_text=kept)
            if letter:
                queue_state.server_is_well(tx)
                _record(tx, delivery, letter, "sent", answer)

        self.service.together.run(self.clock.now(), record)  # connections that finish at once share one wait for the disk
        self._count(state)

    def refused(self, delivery: Delivery, letter: Letter, why: str) -> None:
        """A message nobody will ever take."""
        with self.service.store.write(self.clock.now()) as tx:
            deliveries.end(tx, delivery.id, "failed", error=why)
            _record(tx, delivery, letter, "refused", why)
        with self.mutex:
            self.result.failures.append(f"{letter.name} <{letter.address}>: {why}")
        self._count("refused")

    def try_again(self, delivery: Delivery, letter: Letter, error: MailError, *, counted: bool = True) -> None:
        """Put a message back with a growing pause; one that nobody takes for days counts as refused."""
        attempt = delivery.attempts + 1
        if counted and attempt > len(PAUSES):
            self.refused(delivery, letter, f"given up after {attempt} tries: {error}")
            return
        asked = getattr(error, "retry_after_seconds", None)
        pause = timedelta(seconds=asked) if asked else timedelta(minutes=_pause(attempt))
        self.hold(delivery, self.clock.now() + pause, str(error), counted=counted)

    def hold(self, delivery: Delivery, until: datetime, why: str, *, counted: bool = False) -> None:
        """Keep a message for later."""
        with self.service.store.write(self.clock.now()) as tx:
            deliveries.put_back(tx, delivery.id, until, why, counted=counted)
        self._count("postponed")

    def server_failed(self, error: MailError) -> None:
        """The server takes nothing: end the run, and pause all sending, longer each time or as long as it asked for."""
        now = self.clock.now()
        with self.service.store.write(now) as tx:
            queue_state.server_failed(tx, now, str(error), PAUSES, getattr(error, "retry_after_seconds", None))
        self._stop(str(error))

    def _put_back_rest(self) -> None:
        """What was claimed and not sent waits again; where it cannot be written, the next run finds it as an orphan."""
        if not self.waiting:
            return
        now = self.clock.now()
        with contextlib.suppress(StorageError), self.service.store.write(now) as tx:
            for delivery in self.waiting:
                deliveries.put_back(tx, delivery.id, now, "", counted=False)
        self.waiting.clear()

    def _count(self, what: str) -> None:
        with self.mutex:
            setattr(self.result, what, getattr(self.result, what) + 1)
            self.progress(self.result)


class _Worker:
    """One connection and who uses it."""

    def __init__(self, run: _Run):
        self.run = run
        self.session: Session | None = None
        self.losses = 0  # in a row
        self.is_gone = False

    def work(self) -> None:
        """Send message after message until there are none, the run is stopped, or the server does not want this connection."""
        while not self.is_gone and (delivery := self.run.take()) is not None:
            try:
                self._send(delivery)
            finally:
                self.run.landed()

    def close(self) -> None:
        """Say goodbye to the server."""
        self._hang_up()
        if not self.is_gone:
            self.run.leave()

    def _send(self, delivery: Delivery) -> None:
        service, now = self.run.service, self.run.clock.now()
        if until := held_until(service, delivery, now):
            self.run.hold(delivery, until, "")
            return
        with service.store.read() as connection:
            letter = compose(service, connection, delivery, now)
        if letter is None:
            self.run.end(delivery, None)
            return
        try:
            message = to_envelope(service, delivery, letter, now)
            answer = self._open_session().deliver(message)
        except MailError as error:
            self._failed(delivery, letter, error)
        else:
            self.losses = 0
            self.run.end(delivery, letter, answer)

    def _failed(self, delivery: Delivery, letter: Letter, error: MailError) -> None:
        if isinstance(error, RecipientRefused):
            self.losses = 0
            self.run.refused(delivery, letter, str(error))
        elif isinstance(error, ConnectionLost):
            self._lost(delivery, letter, error)
        elif isinstance(error, TryLater) and not error.whole_server:
            self.losses = 0
            self.run.try_again(delivery, letter, error)
        elif isinstance(error, TryLater) and error.answer.startswith(CLOSING) and self.losses + 1 < LOSSES_IN_A_ROW:
            self.losses += 1
            self._hang_up()
            self.run.give_back(delivery)
        else:
            self._leave(delivery, error)

    def _lost(self, delivery: Delivery, letter: Letter, error: ConnectionLost) -> None:
        self.losses += 1
        self._hang_up()
        self.run.try_again(delivery, letter, error, counted=error.maybe_taken)
        if self.losses >= LOSSES_IN_A_ROW:
            self._leave(None, error)

    def _leave(self, delivery: Delivery | None, error: MailError) -> None:
        """The server does not want this connection; others may go on. With none left, the server takes nothing at all."""
        self._hang_up()
        self.is_gone = True
        if delivery is not None:
            self.run.give_back(delivery)
        if self.run.leave():
            self.run.server_failed(error)

    def _open_session(self) -> Session:
        if self.session is None:
            self.session = self.run.transport.open()
        return self.session

    def _hang_up(self) -> None:
        session, self.session = self.session, None
        if session is not None:
            session.close()


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
