"""`handbook serve` as a writer meets it: a process of its own, real files, real requests."""

from __future__ import annotations

import queue
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest

PATIENCE = 20  # seconds a line may take on a busy machine
TRIES = 3
TEXT = "handbook/docs/policies/trips/2020-09.md"


class Served:
    """A running `handbook serve`, its lines as they come, and its pages."""

    def __init__(self, root, *options: str):
        self.root = root
        self.port = free_port()
        command = [
            sys.executable,
            "-c",
            "from handbook.cli import main; main()",
            "serve",
            "--port",
            str(self.port),
            *options,
        ]
        self.process = subprocess.Popen(
            [*command, "--root", str(root.path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(
            target=lambda: [self._lines.put(line) for line in self.process.stdout]
        )
        self._reader.start()

    def wait_for(self, words: str) -> str:
        """Everything said up to the line with those words."""
        said = ""
        while words not in said:
            said += self._lines.get(timeout=PATIENCE)
        return said

    def change(self, edit: Callable[[], None], words: str) -> str:
        """Make a change until it is noticed: one that comes before the watching has begun is not."""
        for _ in range(TRIES):
            edit()
            try:
                return self.wait_for(words)
            except queue.Empty:
                continue
        raise AssertionError(f"never said {words!r}")

    def page(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode("utf-8")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode("utf-8")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self._reader.join()
            self.process.stdout.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def served(root) -> Iterator[Served]:
    """A draft of September 2020 over a version of March, served with drafts."""
    root.version("trips", "2020-03")
    root.version("trips", "2020-09", "## Scope\n\nTake a map.\n", approved_on=None)
    running = Served(root, "--drafts")
    running.wait_for("Serving on")
    assert running.page("")[0] == 200  # answers come once files are watched
    yield running
    running.stop()


def write(served: Served, body: str) -> Callable[[], None]:
    path = served.root.path / TEXT
    head = path.read_text(encoding="utf-8").split("## Scope")[0]
    return lambda: path.write_text(f"{head}## Scope\n\n{body}\n", encoding="utf-8")


def test_a_saved_change_shows_in_the_page(served: Served) -> None:
    assert "Take a map." in served.page("policies/trips/2020-09/")[1]
    served.change(write(served, "Take a compass."), "Built")
    status, page = served.page("policies/trips/2020-09/")
    assert status == 200
    assert "Take a compass." in page
    assert "/livereload/" in page  # the script that reloads it in a browser


def test_a_fault_is_said_and_shown_and_goes_when_it_is_mended(served: Served) -> None:
    said = served.change(write(served, "Take <b>two</b>."), "Not built")
    assert f"{TEXT}:10:6: body: expected Markdown without HTML, found '<b>'" in said
    status, page = served.page("policies/trips/")
    assert status == 500
    assert "expected Markdown without HTML, found &#x27;&lt;b&gt;&#x27;" in page
    served.change(write(served, "Take two."), "Built")
    assert "Take two." in served.page("policies/trips/2020-09/")[1]
    assert served.page("")[0] == 200


def test_a_broken_link_and_a_broken_setting_are_survived(served: Served) -> None:
    assert "links to" in served.change(write(served, "[Map](../maps/2019-01.md)"), "Not built")
    served.change(write(served, "Take a map."), "Built")
    settings = served.root.path / "school.toml"
    good = settings.read_text(encoding="utf-8")
    said = served.change(lambda: settings.write_text("name =\n" + good, encoding="utf-8"), "Not built")
    assert "school.toml:1:" in said
    served.change(
        lambda: settings.write_text(good.replace("Hill School", "Dale School"), encoding="utf-8"), "Built"
    )
    assert "Dale School" in served.page("")[1]


def test_a_page_that_is_not_there_is_told_and_stops_no_build(served: Served) -> None:
    status, page = served.page("nowhere/")
    assert status == 404
    assert "There is no page at this address." in page
    served.change(write(served, "Take a compass."), "Built")


def test_it_stops_when_interrupted(served: Served) -> None:
    assert served.stop() == 0


def test_a_port_in_use_is_told(served: Served, root) -> None:
    second = [
        sys.executable,
        "-c",
        "from handbook.cli import main; main()",
        "serve",
        "--root",
        str(root.path),
    ]
    done = subprocess.run(
        [*second, "--port", str(served.port)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr == f"Error: port {served.port} is in use already; name another with --port\n"


def test_a_folder_without_a_school_and_one_with_faults_are_refused_at_once(root, tmp_path) -> None:
    for folder, says in (
        (tmp_path, "school.toml:1: this file is missing"),
        (root.path, "expected the text of the policy"),
    ):
        root.version("trips", "2020-03", "", approved_on=None)
        running = Served(type("There", (), {"path": folder})())
        running.wait_for(says)
        assert running.process.wait(PATIENCE) == 1
        running.stop()
