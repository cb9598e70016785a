"""What acknowledging costs, beside bare Flask views that do one durable SQLite insert: one without a lock and
one under the lock between processes that every write of the service takes.

`python -m bench.acknowledge [--rounds 5] [--requests 2000] [--connections 16]`. The same server (waitress, as
`ack serve` runs it), each view in a process of its own, in turns. Threads of one more process ask; it shares
the machine. Throughput is bound by it and by the disk, so the server's processor time of a request is given
too. Medians of the rounds, after one that warms up.
"""

from __future__ import annotations

import argparse
import multiprocessing
import socket
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).parents[1]
KEY = "a key for measuring, never used elsewhere"
NAME = "Amira Example"
FORM = urlencode({"read": "yes", "name": NAME}).encode()
MORNING = datetime(2021, 7, 26, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Round:
    """One view, asked so many times. Times in seconds; processor time is the server's, of a request."""

    rate: float
    p99: float
    processor: float
    client_processor: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=2000, help="in each round, for each view")
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        paths = iter(make_school(Path(name), (options.rounds + 1) * options.requests))
        report(measure(Path(name), paths, options))


def measure(folder: Path, paths: Iterator[str], options: argparse.Namespace) -> dict[str, list[Round]]:
    views = {"bare": serve_bare, "locked": serve_locked, "ours": serve_ours}
    rounds: dict[str, list[Round]] = {name: [] for name in views}
    with ExitStack() as stack:
        servers = {name: stack.enter_context(Server(view, folder)) for name, view in views.items()}
        for number in range(options.rounds + 1):
            for name, server in servers.items():
                targets = [next(paths) if name == "ours" else "/bare" for _ in range(options.requests)]
                one = ask(server, targets, options.connections)
                if number:  # the first round warms up
                    rounds[name].append(one)
                    print(
                        f"round {number} {name:6} {one.rate:6.0f}/s  p99 {one.p99 * 1000:6.1f} ms", flush=True
                    )
    return rounds


def report(rounds: dict[str, list[Round]]) -> None:
    middle = {name: middle_of(some) for name, some in rounds.items()}
    for name, one in middle.items():
        print(
            f"{name:6} {one.rate:6.0f} requests/s, p99 {one.p99 * 1000:.1f} ms, processor time of a request "
            f"{one.processor * 1000:.2f} ms and {one.client_processor * 1000:.2f} ms of who asks"
        )
    ours = middle["ours"]
    for name in ("bare", "locked"):
        other = middle[name]
        print(
            f"beside {name}: {ours.rate / other.rate:.2f} of its throughput, {ours.p99 / other.p99:.2f} of "
            f"its p99, "
            f"{ours.processor / other.processor:.1f} times its processor time"
        )


def middle_of(rounds: list[Round]) -> Round:
    return Round(*(statistics.median(values) for values in zip(*map(figures, rounds), strict=True)))


def figures(one: Round) -> tuple[float, ...]:
    return one.rate, one.p99, one.processor, one.client_processor


def ask(server: Server, targets: list[str], connections: int) -> Round:
    ours, began = server.processor_time(), time.process_time()
    seconds, times = load(server.port, targets, connections)
    count = len(targets)
    return Round(
        count / seconds,
        sorted(times)[int(count * 0.99)],
        (server.processor_time() - ours) / count,
        (time.process_time() - began) / count,
    )


def make_school(folder: Path, people: int) -> list[str]:
    """A database with a notice for so many people; the path of each one's link."""
    from ackservice.service import issuing, statuses
    from ackservice.service.context import Service
    from ackservice.service.roster import import_roster
    from ackservice.storage import recipients

    service = Service.open(settings(folder))
    service.store.migrate()
    rows = "".join(f"P{n},{NAME},p{n}@school.example,Employee,,\n" for n in range(people))
    roster = f"person_id,name,email,category,joined_on,left_on\n{rows}".encode()
    import_roster(service, roster, "bench.csv", now=MORNING, by="bench", confirmed=True)
    issuing.issue(
        service, [("social-media", "2021-09")], now=MORNING, issued_by="bench",
        short_reason="Measuring.", unpublished_reason="Measuring.",
    )  # fmt: skip
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, MORNING)
        book = statuses.book_at(service, connection, as_of)
        _, rows_of_all = statuses.of_version(service, connection, book, "social-media", "2021-09", as_of)
        links = [
            service.acknowledge_link(
                row.recipient.key, recipients.person_keys(connection, row.recipient.person_id)[0]
            )
            for row in rows_of_all
        ]
    service.store.close()
    return [link.removeprefix(service.settings.base_url) for link in links]


def settings(folder: Path):
    from ackservice.config import settings_from

    found = settings_from({"ACK_HANDBOOK": str(ROOT), "ACK_DATABASE": str(folder / "ack.db")})
    return replace(found, secret_keys=(KEY,))


def serve_ours(folder: Path, pipe) -> None:
    from ackservice import create_app
    from ackservice.clock import SettableClock

    serve(create_app(settings(folder), clock=SettableClock(MORNING)), pipe)


def serve_bare(folder: Path, pipe) -> None:
    serve(insert_view(folder / "bare.db", nullcontext), pipe)


def serve_locked(folder: Path, pipe) -> None:
    from ackservice.storage.filelock import FileLock

    lock = FileLock(folder / "locked.lock")
    serve(insert_view(folder / "locked.db", lambda: lock), pipe)


def insert_view(database: Path, lock: Callable):
    """A Flask application whose one view does one durable insert, under a lock."""
    from flask import Flask, redirect, request

    app = Flask("bare")
    kept = threading.local()

    def connection() -> sqlite3.Connection:
        if not hasattr(kept, "connection"):
            kept.connection = sqlite3.connect(database, isolation_level=None, timeout=30)
            kept.connection.execute("PRAGMA journal_mode = WAL")
            kept.connection.execute("PRAGMA synchronous = FULL")
        return kept.connection

    connection().execute("CREATE TABLE acknowledgement (id INTEGER PRIMARY KEY, name TEXT)")

    @app.post("/bare")
    def post():
        with lock():
            connection().execute("INSERT INTO acknowledgement (name) VALUES (?)", (request.form["name"],))
        return redirect("/done", 303)

    return app


def serve(app, pipe) -> None:
    from ackservice.web.server import serve as server_of

    server = server_of(app, port=0)
    pipe.send(int(server.effective_port))
    threading.Thread(target=say_processor_time, args=(pipe,), daemon=True).start()
    server.run()


def say_processor_time(pipe) -> None:
    while pipe.recv():
        pipe.send(time.process_time())


class Server:
    """A server in a process of its own."""

    def __init__(self, target: Callable, folder: Path):
        method = multiprocessing.get_context("spawn")
        self._pipe, theirs = method.Pipe()
        self._process = method.Process(target=target, args=(folder, theirs), daemon=True)
        self.port = 0

    def __enter__(self) -> Server:
        self._process.start()
        if not self._pipe.poll(60):
            raise SystemExit("a server did not start")
        self.port = self._pipe.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()

    def processor_time(self) -> float:
        """Seconds it has used so far."""
        self._pipe.send(True)
        return self._pipe.recv()


def load(port: int, targets: list[str], connections: int) -> tuple[float, list[float]]:
    """Send a POST to each target over so many connections at once: seconds in all, and of each."""
    waiting, times = iter(targets), []
    lock = threading.Lock()

    def work() -> None:
        with socket.create_connection(("127.0.0.1", port)) as link, link.makefile("rb") as answers:
            while True:
                with lock:
                    target = next(waiting, None)
                if target is None:
                    return
                began = time.perf_counter()
                link.sendall(head(target, port) + FORM)
                status = read_answer(answers)
                times.append(time.perf_counter() - began)
                if status != b"303":
                    raise SystemExit(f"{target}: {status.decode()}")

    workers = [threading.Thread(target=work) for _ in range(connections)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - began
    if len(times) != len(targets):
        raise SystemExit("a request failed")
    return seconds, times


def head(target: str, port: int) -> bytes:
    lines = (
        f"POST {target} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Origin: http://127.0.0.1:{port}",
        "Sec-Fetch-Site: same-origin",
        "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(FORM)}", "", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode()


def read_answer(answers) -> bytes:
    """Read one answer to its end; its status."""
    status = answers.readline().split(b" ", 2)[1]
    length = 0
    while (line := answers.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    answers.read(length)
    return status


if __name__ == "__main__":
    main()
