"""A lock between threads and processes that the operating system lets go of when its holder dies."""

from __future__ import annotations

import os
import threading
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt


class FileLock:
    """Held by one thread of one process at a time; the same thread may not take it twice."""

    def __init__(self, path: Path):
        self._path = path
        self._thread_lock = threading.Lock()
        self._handle = -1

    def acquire(self, *, wait: bool = True) -> bool:
        """Take the lock; False when it is held elsewhere and `wait` is off."""
        if not self._thread_lock.acquire(blocking=wait):
            return False
        try:
            if self._handle < 0:
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            _lock(self._handle, wait)
        except BlockingIOError:
            self._thread_lock.release()
            return False
        except BaseException:
            self._thread_lock.release()
            raise
        return True

    def release(self) -> None:
        """Let go."""
        _unlock(self._handle)
        self._thread_lock.release()

    def __enter__(self) -> FileLock:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


if fcntl is not None:

    def _lock(handle: int, wait: bool) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)

else:

    def _lock(handle: int, wait: bool) -> None:
        while True:
            try:
                msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
                return
            except OSError as error:
                if not wait:
                    raise BlockingIOError from error

    def _unlock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
