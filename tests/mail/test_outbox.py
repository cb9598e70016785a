"""The outbox folder: whole files, one a message, the same file for a repeat."""

from __future__ import annotations

import os

import pytest

from ackservice.mail.transports import CannotConnect, TryLater, transport_from


def test_each_message_is_a_file_of_exactly_its_bytes(tmp_path, settings, letter):
    connection = transport_from(f"outbox:{tmp_path}/out", settings).open()
    answers = [connection.send(letter(number=number)) for number in (1, 2)]
    connection.close()
    files = sorted((tmp_path / "out").iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    assert sorted(file.read_bytes() for file in files) == sorted(
        letter(number=number).as_bytes() for number in (1, 2)
    )
    assert all(answer.startswith("250 ") for answer in answers)


def test_a_repeat_replaces_and_never_duplicates(tmp_path, settings, letter):
    connection = transport_from(f"outbox:{tmp_path}", settings).open()
    connection.send(letter(text="first\n"))
    connection.send(letter(text="again\n"))
    (file,) = tmp_path.iterdir()
    assert b"again" in file.read_bytes()


def test_a_message_id_cannot_climb_out_of_the_folder(tmp_path, settings, letter):
    (tmp_path / "out").mkdir()
    connection = transport_from(f"outbox:{tmp_path}/out", settings).open()
    message = letter()
    message.msgId = "<../../x/y@policies.school.example>"
    connection.send(message)
    assert [path.parent for path in tmp_path.rglob("*.eml")] == [tmp_path / "out"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path, settings):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CannotConnect, match="cannot be made"):
        transport_from(f"outbox:{tmp_path}/file/out", settings).open()


def test_a_failed_write_leaves_nothing_half_written(tmp_path, settings, letter):
    connection = transport_from(f"outbox:{tmp_path}/out", settings).open()
    os.rmdir(tmp_path / "out")
    with pytest.raises(TryLater) as caught:
        connection.send(letter())
    assert caught.value.whole_server is True
    assert list(tmp_path.iterdir()) == []
