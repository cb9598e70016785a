"""Renders the bodies of many policies on all processors, into the cache the build then takes them from.

The other processes run this module and are given texts only. Whatever they do not deliver the build renders
itself, so that their failing costs time and nothing else, and the site is the same with and without them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from handbook.site.bodies import key, redline_of, renderer
from handbook.site.body_cache import BodyCache

WORTHWHILE = 400  # bodies; rendering fewer takes no longer than starting another Python
PACKAGES = Path(__file__).parents[2]


@dataclass(frozen=True)
class Job:
    """The bodies of one policy: its texts, oldest first, and the pairs of them to compare."""

    texts: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]

    def keys(self) -> list[str]:
        """The names its bodies are kept under."""
        redlines = [key("redline", self.texts[old], self.texts[new]) for old, new in self.pairs]
        return [key("text", text) for text in self.texts] + redlines


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def render_ahead(
    jobs: Sequence[Job],
    kept: BodyCache,
    workers: int,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> None:
    """Render what the cache does not hold, in `workers` processes, this one among them; nothing where that
    is little."""
    missing = {job: len(kept.missing(job.keys())) for job in jobs} if kept.folder and workers > 1 else {}
    todo = [job for job, count in missing.items() if count]
    if sum(missing.values()) < WORTHWHILE or not sys.executable:
        return
    shares = [todo[n::workers] for n in range(workers)]
    with ExitStack() as stack:
        running = []
        with suppress(OSError):  # no room for another process, or for its order
            running += (stack.enter_context(_worker(share, kept.folder)) for share in shares[1:] if share)
        for done, job in enumerate(shares[0]):
            progress("Rendering texts and comparisons", done, len(shares[0]))
            _render([job], kept)
        for process in running:
            process.wait()
    kept.count_rendered(k for share in shares[1:] for job in share for k in job.keys())


def _worker(share: list[Job], folder: Path) -> subprocess.Popen:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as order:
        json.dump([[job.texts, job.pairs] for job in share], order)
        order.seek(0)
        path = os.pathsep.join(filter(None, [str(PACKAGES), os.environ.get("PYTHONPATH")]))
        return subprocess.Popen(
            [sys.executable, "-m", "handbook.site.render_ahead", str(folder)],
            stdin=order, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip


def _render(jobs: Sequence[Job], kept: BodyCache) -> None:
    for job in jobs:
        for text in job.texts:
            renderer(kept)(text)
        for old, new in job.pairs:
            redline_of(job.texts[old], job.texts[new], kept)


def _ordered() -> Iterator[Job]:
    """The jobs this process was given."""
    for texts, pairs in json.loads(sys.stdin.buffer.read()):
        yield Job(tuple(texts), tuple(map(tuple, pairs)))


if __name__ == "__main__":
    _render(list(_ordered()), BodyCache(Path(sys.argv[1])))
