"""Group commit: writers that wait for the lock at the same time share one transaction, and one wait for the
disk."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from ackservice.storage.store import Store, Transaction

T = TypeVar("T")


class GroupCommit:
    """Runs small write jobs of several threads in one transaction. Whoever comes first commits for all who
    are waiting."""

    def __init__(self, store: Store):
        self._store = store
        self._waiting: deque[_Job] = deque()
        self._lock = threading.Lock()

    def run(self, now: datetime, work: Callable[[Transaction], T]) -> T:
        """What `work` returns, once it is durable. What it raises is raised here, and undoes nothing but its
        own writes.

        `work` may be called a second time after everything of the first is undone, so it changes nothing but
        the database.
        """
        job = _Job(now, work)
        self._waiting.append(job)
        with self._lock:
            if not job.is_over:
                self._run([self._waiting.popleft() for _ in range(len(self._waiting))])
        return job.outcome()

    def _run(self, jobs: list[_Job]) -> None:
        try:
            with self._store.write(max(job.now for job in jobs)) as tx:
                results = [job.work(tx) for job in jobs]
        except BaseException as error:  # nothing was committed, for anybody
            if len(jobs) == 1:
                jobs[0].end(error=error)
            else:
                for job in jobs:  # each for itself: nobody pays for another's error
                    self._run([job])
            return
        for job, result in zip(jobs, results, strict=True):
            job.end(result)


class _Job:
    """One thread's work and what came of it."""

    def __init__(self, now: datetime, work: Callable[[Transaction], object]):
        self.now = now
        self.work = work
        self.is_over = False
        self._result: object = None
        self._error: BaseException | None = None

    def end(self, result: object = None, error: BaseException | None = None) -> None:
        self._result, self._error = result, error
        self.is_over = True

    def outcome(self):
        if self._error is not None:
            raise self._error
        return self._result
