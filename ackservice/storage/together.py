"""Writes that wait for each other share one transaction, so that many people at once cost few waits for the disk."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from ackservice.storage.store import Store, Transaction

T = TypeVar("T")


class Together:
    """Runs small write jobs of several threads in one transaction. Whoever comes first commits for all who are waiting."""

    def __init__(self, store: Store):
        self._store = store
        self._waiting: deque[_Job] = deque()
        self._lock = threading.Lock()

    def run(self, now: datetime, work: Callable[[Transaction], T]) -> T:
        """What `work` returns, once it is durable. What it raises is raised here, and undoes nothing but its own writes."""
        job = _Job(now, work)
        self._waiting.append(job)
        with self._lock:
            if not job.is_over:
                self._run_all()
        return job.outcome()

    def _run_all(self) -> None:
        jobs = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            with self._store.write(max(job.now for job in jobs)) as tx:
                for job in jobs:
                    job.try_in(tx)
        except BaseException as error:  # nothing was committed, for anybody
            for job in jobs:
                job.error = error
        for job in jobs:
            job.is_over = True


class _Job:
    """One thread's work and what came of it."""

    def __init__(self, now: datetime, work: Callable[[Transaction], object]):
        self.now = now
        self.is_over = False
        self.error: BaseException | None = None
        self._work = work
        self._result: object = None

    def try_in(self, tx: Transaction) -> None:
        try:
            with tx.part():
                self._result = self._work(tx)
        except Exception as error:
            self.error = error

    def outcome(self):
        if self.error is not None:
            raise self.error
        return self._result
