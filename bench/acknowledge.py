"""Measures the acknowledging POST against a bare Flask view that does one durable SQLite insert.

Same machine, same server (waitress, as `ack serve` runs it), each in a process of its own, in turns within
one run:

    python bench/acknowledge.py [--rounds 5] [--requests 2000] [--connections 16]

Prints requests a second and p99 of each, and their ratios. Aim: 0.7 or more of the bare view's throughput,
p99 under twice its.
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
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).parents[1]
KEY = "a key for measuring, never used elsewhere"
FORM = urlencode({"read": "yes", "name": "Amira Example"}).encode()
MORNING = datetime(2021, 7, 26, 8, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=2000, help="in each round, for each of the two")
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    total = (options.rounds + 1) * options.requests
    with tempfile.TemporaryDirectory() as folder:
        paths = make_school(Path(folder), total)
        measure(Path(folder), iter(paths), options)


def measure(folder: Path, paths: Iterator[str], options: argparse.Namespace) -> None:
    with Running(serve_bare, folder) as bare_port, Running(serve_ours, folder) as our_port:
        figures: dict[str, list[list[float]]] = {"bare": [], "ours": []}
        rates: dict[str, list[float]] = {"bare": [], "ours": []}
        for number in range(options.rounds + 1):
            for name, port in (("bare", bare_port), ("ours", our_port)):
                targets = [next(paths) if name == "ours" else "/bare" for _ in range(options.requests)]
                seconds, times = load(port, targets, options.connections)
                if number:  # the first round warms both up
                    figures[name].append(times)
                    rates[name].append(len(targets) / seconds)
                    print(
                        f"round {number} {name}: {rates[name][-1]:7.0f}/s  p99 {p99(times) * 1000:6.1f} ms",
                        flush=True,
                    )
    report(figures, rates)


def report(figures: dict[str, list[list[float]]], rates: dict[str, list[float]]) -> None:
    middle = {name: statistics.median(values) for name, values in rates.items()}
    slow = {name: statistics.median(map(p99, rounds)) for name, rounds in figures.items()}
    for name in ("bare", "ours"):
        print(
            f"{name}: {middle[name]:.0f} requests/s, p99 {slow[name] * 1000:.1f} ms (medians of the rounds)"
        )
    print(f"throughput ratio {middle['ours'] / middle['bare']:.2f} (aim: 0.70 or more)")
    print(f"p99 ratio {slow['ours'] / slow['bare']:.2f} (aim: under 2)")


def p99(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


def make_school(folder: Path, people: int) -> list[str]:
    """A database with a notice for so many people; the path of each one's link."""
    from ackservice.service import issuing
    from ackservice.service.context import Service
    from ackservice.service.roster import import_roster

    service = Service.open(settings(folder))
    service.store.migrate()
    rows = "".join(f"P{n},Person {n},p{n}@school.example,Employee,,\n" for n in range(people))
    import_roster(
        service, f"person_id,name,email,category,joined_on,left_on\n{rows}".encode(), "bench.csv", now=MORNING
    )
    issuing.issue(service, "social-media", "2021-09", now=MORNING, issued_by="bench")
    base = service.settings.base_url
    with service.store.read() as connection:
        return [
            service.acknowledge_link(row[0]).removeprefix(base)
            for row in connection.execute("SELECT id FROM recipient")
        ]


def settings(folder: Path):
    from ackservice.config import settings_from

    found = settings_from({"ACK_HANDBOOK": str(ROOT), "ACK_DATABASE": str(folder / "ack.db")})
    return replace(found, secret_keys=(KEY,))


def serve_ours(folder: Path, port) -> None:
    from ackservice import create_app
    from ackservice.clock import SettableClock

    serve(create_app(settings(folder), clock=SettableClock(MORNING)), port)


def serve_bare(folder: Path, port) -> None:
    from flask import Flask, redirect, request

    app = Flask("bare")
    kept = threading.local()

    def connection() -> sqlite3.Connection:
        if not hasattr(kept, "connection"):
            kept.connection = sqlite3.connect(folder / "bare.db", isolation_level=None, timeout=30)
            kept.connection.execute("PRAGMA journal_mode = WAL")
            kept.connection.execute("PRAGMA synchronous = FULL")
        return kept.connection

    connection().execute("CREATE TABLE IF NOT EXISTS acknowledgement (id INTEGER PRIMARY KEY, name TEXT)")

    @app.post("/bare")
    def post():
        connection().execute("INSERT INTO acknowledgement (name) VALUES (?)", (request.form["name"],))
        return redirect("/done", 303)

    serve(app, port)


def serve(app, port) -> None:
    from ackservice.web.server import serve as server_of

    server = server_of(app, port=0)
    port.value = int(server.effective_port)
    server.run()


class Running:
    """A server in a process of its own; gives its port."""

    def __init__(self, target, folder: Path):
        method = multiprocessing.get_context("spawn")
        self.port = method.Value("i", 0)
        self.process = method.Process(target=target, args=(folder, self.port), daemon=True)

    def __enter__(self) -> int:
        self.process.start()
        while not self.port.value:
            if not self.process.is_alive():
                raise SystemExit("a server did not start")
            time.sleep(0.05)
        return self.port.value

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.join()


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
        f"POST {target} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Origin: http://127.0.0.1:{port}", "Sec-Fetch-Site: same-origin",
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
