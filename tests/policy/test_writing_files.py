"""Rules of writing a file: whole or not at all, and what is no ordinary file stays what it is."""

from __future__ import annotations

import os
import threading

import pytest

from handbook.policy.library import write_whole, writing_whole


def test_a_file_is_whole_or_not_there(tmp_path):
    with pytest.raises(OSError, match="full"), writing_whole(tmp_path / "status.csv") as file:
        file.write(b"half")
        raise OSError("the disk is full")

    assert os.listdir(tmp_path) == []


def test_a_link_to_a_file_stays_a_link(tmp_path):
    (tmp_path / "real.csv").write_bytes(b"old")
    (tmp_path / "link.csv").symlink_to("real.csv")

    write_whole(tmp_path / "link.csv", b"new")

    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == b"new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX systems")
def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()

    write_whole(pipe, b"ab")
    reader.join(timeout=10)

    assert read == [b"ab"]
    assert pipe.is_fifo()
