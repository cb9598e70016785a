"""Sending: claim, send, record. Nothing is lost when the process dies, and at most one message per open
connection repeats.

One process sends at a time: it holds a lock that the operating system frees when it dies, so whatever is
still claimed when the lock is taken was left by a dead process and goes back into the queue, to be sent
under its old Message-ID.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ackservice.clock import Clock
from ackservice.errors import StorageError
from ackservice.mail.transports import Transport
from ackservice.service.context import Service
from ackservice.service.outcomes import Outcomes, Progress, SendResult
from ackservice.service.pace import allowance
from ackservice.service.sending_worker import Worker
from ackservice.storage import deliveries, queue_state
from ackservice.storage.deliveries import Delivery

BATCH = 60


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

    Ends early, saying why, when the daily cap is reached, when another process is sending, or when the
    server takes nothing.
    """
    lock = service.store.sending_lock
    if not lock.acquire(wait=False):
        return SendResult(busy=True, stopped="another process is sending already")
    try:
        return _Run(service, transport, clock, wait, pace, progress).run()
    finally:
        lock.release()


class _Run:
    """One run of sending, holding the sending lock. Each worker has a connection of its own and takes
    message after message."""

    def __init__(
        self,
        service: Service,
        transport: Transport,
        clock: Clock,
        wait: Callable[[float], None],
        pace: bool,
        progress: Progress,
    ):
        self.service = service
        self.transport = transport
        self.clock = clock
        self.wait = wait
        self.pace = pace
        self.outcomes = Outcomes(service, clock, progress)
        self.result = self.outcomes.result
        self.mutex = threading.Lock()  # over the counts; held for moments
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
            self.result.busy = True
            self.result.stopped = (
                f"the mail server failed a short while ago; the next try is due at {paused_until:%H:%M} UTC"
            )
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
                self.outcomes.stop(str(error) or "interrupted")
                raise

    def _work_in_thread(self) -> None:
        try:
            self._work()
        finally:
            self.service.store.close()

    def _work(self) -> None:
        from ackservice.mail.mailer import Mailer

        worker = Worker(self.service, Mailer(self.transport), self.clock, self, self.outcomes)
        try:
            worker.work()
        except Exception as error:  # a bug or a full disk must not leave the run looking finished
            self.outcomes.stop(str(error) or type(error).__name__)
            raise
        finally:
            worker.close()

    def take(self) -> Delivery | None:
        """The next message to send; waits for the pace where it must. None when there is none, or the run is
        stopped."""
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
        mail = self.service.settings.school.mail
        while not self.result.stopped:
            now, in_flight = (
                self.clock.now(),
                self.in_flight,
            )  # read before the database: what lands in between counts twice, not never
            with self.service.store.read() as connection:
                if not deliveries.due_count(connection, now):
                    return bool(self.waiting)
                allowed, seconds = allowance(mail, connection, now, in_flight) if self.pace else (BATCH, 0.0)
            if allowed > 0:
                with self.service.store.write(now) as tx:
                    self.waiting.extend(deliveries.claim(tx, now, min(allowed, BATCH)))
                return bool(self.waiting)
            if seconds is None:
                self.outcomes.stop(f"the daily cap of {mail.per_day} messages is reached")
                return False
            self.wait(seconds)
        return False

    def _put_back_rest(self) -> None:
        """What was claimed and not sent waits again; where it cannot be written, the next run finds it as an
        orphan."""
        if not self.waiting:
            return
        now = self.clock.now()
        with contextlib.suppress(StorageError), self.service.store.write(now) as tx:
            for delivery in self.waiting:
                deliveries.put_back(tx, delivery.id, now, "", counted=False)
        self.waiting.clear()
