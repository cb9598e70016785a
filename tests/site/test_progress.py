"""A build tells how far it is, to whoever looks on."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

STEPS = ["Reading the policies", "Drawing pages", "Writing versions and comparisons"]


def test_every_step_is_told_and_none_goes_beyond_its_end(trips) -> None:
    told: list[tuple[str, int, int]] = []
    trips.build("2020-10-01", progress=lambda *step: told.append(step))
    assert list(dict.fromkeys(what for what, _, _ in told)) == STEPS
    assert [step for step in told if step[1] > step[2]] == []
    assert told[-1] == (STEPS[-1], 3, 3)


@pytest.mark.parametrize("in_terminal", [True, False])
def test_the_command_shows_it_in_a_terminal_only(trips, in_terminal: bool) -> None:
    command = [
        sys.executable,
        "-c",
        "from handbook.cli import main; main()",
        "build",
        "--as-of",
        "2020-10-01",
        "--output",
        "site",
    ]
    screen, end = pty.openpty()
    with os.fdopen(screen, "rb", buffering=0) as shown:
        done = subprocess.run(
            command, cwd=trips.path, stdout=subprocess.PIPE, stderr=end if in_terminal else subprocess.PIPE,
            check=True, text=True
        )  # fmt: skip
        os.close(end)
        seen = _all_of(shown) if in_terminal else done.stderr
    assert done.stdout.startswith("Built 10 pages in ")
    assert [step in seen for step in STEPS] == [in_terminal] * 3
    assert seen.endswith("\r\x1b[K") if in_terminal else seen == ""


def _all_of(screen) -> str:
    """What stands on a terminal whose other end is closed; reading beyond that is an error on Linux, and the
    end elsewhere."""
    parts = []
    try:
        while part := screen.read(4096):
            parts.append(part)
    except OSError:
        pass
    return b"".join(parts).decode()
