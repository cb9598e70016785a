"""How fast a notice goes out: ours beside plain Flask-Mail, to a sink on loopback, without delay and with 20
ms each way.

`python -m bench.send [PEOPLE]`. The sink is a process of its own. Pace is off; three connections, as by
default. Flask-Mail sends the same text, first with `send()` for each message, then over one `connect()`.
Wall and processor time of a message, medians of three rounds. Ours also waits until each outcome is on disk.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from flask import Flask
from flask_mail import Mail, Message

from ackservice.clock import SystemClock
from ackservice.config import settings_from
from ackservice.mail.transports import transport_from
from ackservice.service import composing, issuing
from ackservice.service.context import Service
from ackservice.service.roster import import_roster
from ackservice.service.sending import send_due
from ackservice.storage import deliveries
from tests.school_tree import larkspur_row, roster_csv

DELAY = 0.020  # seconds each way
ROUNDS = 3
NOW = datetime(2021, 7, 26, 8, 0, tzinfo=UTC)


class Sink(asyncio.Protocol):
    """Takes every message; each answer comes a whole way there and back later."""

    def __init__(self, delay: float):
        self.delay = delay
        self.buffer = b""
        self.in_data = False

    def connection_made(self, transport):
        self.transport = transport
        self.answer(b"220 sink ESMTP\r\n")

    def data_received(self, data):
        self.buffer += data
        while self.buffer:
            end = b"\r\n.\r\n" if self.in_data else b"\r\n"
            line, found, rest = self.buffer.partition(end)
            if not found:
                return
            self.buffer = rest
            self.answer(self.next_answer(line))

    def next_answer(self, line: bytes) -> bytes:
        if self.in_data:
            self.in_data = False
            return b"250 taken\r\n"
        command = line[:4].upper()
        self.in_data = command == b"DATA"
        return {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}.get(command, b"250 OK\r\n")

    def answer(self, text: bytes) -> None:
        if not self.delay:
            self.transport.write(text)
            return
        asyncio.get_running_loop().call_later(2 * self.delay, self.write_later, text)

    def write_later(self, text: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(text)


def serve(delay: float, port) -> None:
    async def main():
        server = await asyncio.get_running_loop().create_server(lambda: Sink(delay), "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def with_sink(delay: float, work: Callable[[int], None]) -> None:
    ours, theirs = multiprocessing.Pipe()
    sink = multiprocessing.Process(target=serve, args=(delay, theirs), daemon=True)
    sink.start()
    try:
        work(ours.recv())
    finally:
        sink.terminate()
        sink.join()


def queued_school(folder: Path, people: int) -> Service:
    tree = larkspur_row(folder / "school")
    environ = {
        "ACK_HANDBOOK": str(tree.root),
        "ACK_DATABASE": str(folder / "ack.db"),
        "ACK_SECRET_KEYS": "a key of at least thirty-two characters",
    }
    service = Service.open(settings_from(environ))
    service.store.migrate()
    rows = [f"P{n:05},Person {n},p{n}@larkspur-row.example,Employee,," for n in range(people)]
    import_roster(service, roster_csv(*rows), "staff.csv", now=NOW)
    issuing.issue(service, "social-media", "2021-09", now=NOW, issued_by="bench")
    return service


@dataclass(frozen=True)
class Measured:
    """Milliseconds a message: by the clock on the wall, and of the processor."""

    wall_ms: float
    cpu_ms: float

    def __str__(self) -> str:
        return f"{self.wall_ms:.1f} ms (processor {self.cpu_ms:.1f})"


def median(rounds: list[Measured]) -> Measured:
    return Measured(
        statistics.median(one.wall_ms for one in rounds), statistics.median(one.cpu_ms for one in rounds)
    )


def measured(messages: int, work: Callable[[], None]) -> Measured:
    start, busy = time.perf_counter(), time.process_time()
    work()
    return Measured(
        1000 * (time.perf_counter() - start) / messages, 1000 * (time.process_time() - busy) / messages
    )


def measure_ours(service: Service, port: int, people: int) -> Measured:
    transport = transport_from(f"smtp://127.0.0.1:{port}?starttls=no", service.settings.school.mail)

    def work() -> None:
        result = send_due(service, transport, SystemClock(), wait=time.sleep, pace=False)
        assert (result.sent, result.left, result.stopped) == (people, 0, ""), result

    return measured(people, work)


def measure_flask_mail(
    letters: list[tuple[str, str, str, str]], port: int, *, one_connection: bool
) -> Measured:
    app = Flask(__name__)
    app.config.update(
        MAIL_SERVER="127.0.0.1", MAIL_PORT=port, MAIL_DEFAULT_SENDER="notices@larkspur-row.example"
    )
    mail = Mail(app)
    with app.app_context():
        messages = [
            Message(subject, [address], body=text, html=html) for address, subject, text, html in letters
        ]
        return measured(len(messages), lambda: (over_one if one_connection else one_by_one)(mail, messages))


def one_by_one(mail: Mail, messages: list[Message]) -> None:
    for message in messages:
        mail.send(message)


def over_one(mail: Mail, messages: list[Message]) -> None:
    with mail.connect() as connection:
        for message in messages:
            connection.send(message)


def letters_of(service: Service) -> list[tuple[str, str, str, str]]:
    with service.store.read() as connection:
        found = [
            composing.compose(service, connection, d, NOW) for d in deliveries.due(connection, NOW, 1_000_000)
        ]
    return [
        (letter.address, letter.composed.subject, letter.composed.text, letter.composed.html)
        for letter in found
    ]


def bench(delay: float, people: int) -> None:
    """Each of the three in turn, three times over."""
    rounds: list[tuple[Measured, Measured, Measured]] = []

    def work(port: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            service = queued_school(Path(folder), people)
            letters = letters_of(service)
            each = measure_flask_mail(letters, port, one_connection=False)
            connected = measure_flask_mail(letters, port, one_connection=True)
            rounds.append((measure_ours(service, port, people), each, connected))
            service.store.close()

    for _ in range(ROUNDS):
        with_sink(delay, work)
    ours, each, connected = (median(list(column)) for column in zip(*rounds, strict=True))
    print(f"{delay * 1000:.0f} ms each way, {people} people, a message, medians of {ROUNDS}:")
    for name, theirs in (("Flask-Mail send()", each), ("Flask-Mail, one connect()", connected)):
        print(
            f"    ours {ours}, {name} {theirs}: {theirs.wall_ms / ours.wall_ms:.2f} times as fast", flush=True
        )


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    bench(0.0, count * 2)
    bench(DELAY, count)
