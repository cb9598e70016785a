"""Reading the bounce mailbox without changing it."""

from __future__ import annotations

import mailbox
import traceback

import pytest

from ackservice.mail.inboxes import messages_in
from ackservice.mail.transports import BadMailSetting, CannotConnect, CertificateRefused, LoginRefused
from tests.mail.imap_server import ImapServer, imap_server
from tests.mail.reports import EXCHANGE, POSTFIX
from tests.mail.servers import scripted_server, token_endpoint, web_server

PASSWORD = "p@ss wörd"


def read(source, **options):
    return [message.data for message in messages_in(str(source), **options)]


def snapshot(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def unix(data):
    return data.replace(b"\r\n", b"\n")


def test_a_maildir_is_read_new_and_old_and_left_as_it_is(tmp_path):
    box = mailbox.Maildir(tmp_path / "box")
    box.add(unix(POSTFIX))
    seen = mailbox.MaildirMessage(unix(EXCHANGE))
    seen.set_subdir("cur")
    box.add(seen)
    before = snapshot(tmp_path)
    assert [unix(data) for data in read(tmp_path / "box")] == [unix(POSTFIX), unix(EXCHANGE)]
    assert snapshot(tmp_path) == before


def test_an_mbox_is_read_and_left_as_it_is(tmp_path):
    box = mailbox.mbox(tmp_path / "box")
    for data in (POSTFIX, EXCHANGE):
        box.add(unix(data))
    box.close()
    before = snapshot(tmp_path)
    assert [unix(data).strip() for data in read(tmp_path / "box")] == [
        unix(POSTFIX).strip(),
        unix(EXCHANGE).strip(),
    ]
    assert snapshot(tmp_path) == before


def test_eml_files_one_or_a_folder(tmp_path):
    (tmp_path / "b.eml").write_bytes(POSTFIX)
    (tmp_path / "a.eml").write_bytes(EXCHANGE)
    (tmp_path / "notes.txt").write_bytes(b"not mail")
    assert read(tmp_path) == [EXCHANGE, POSTFIX]
    assert read(tmp_path / "b.eml") == [POSTFIX]


def test_a_missing_mailbox_is_told(tmp_path):
    with pytest.raises(BadMailSetting, match="There is no mailbox"):
        read(tmp_path / "nowhere")


@pytest.fixture
def imap(authority):
    server = ImapServer(
        {"INBOX": {3: POSTFIX, 5: EXCHANGE}, "Old bounces": {1: POSTFIX}},
        lambda mechanism, sent: (
            sent
            in (
                f"\0bounces@school.example\0{PASSWORD}",
                "user=bounces@school.example\x01auth=Bearer token-2\x01\x01",
            )
        ),
    )
    with imap_server(server, authority.server_context()):
        yield server


def source(imap, authority, rest="", user="bounces%40school.example"):
    return f"imaps://{user}@127.0.0.1:{imap.port}{rest}?ca={authority.ca_file}"


def test_imap_is_read_by_uid_and_left_as_it_is(imap, authority):
    found = list(messages_in(source(imap, authority) + "&password_env=PW", environ={"PW": PASSWORD}))
    assert [(message.key, message.data) for message in found] == [("7:3", POSTFIX), ("7:5", EXCHANGE)]
    words = {command.split()[0].upper() for command in imap.commands}
    assert words == {"CAPABILITY", "AUTHENTICATE", "EXAMINE", "UID", "LOGOUT"}
    assert all("PEEK" in command for command in imap.commands if "FETCH" in command)


@pytest.mark.parametrize(
    ("after", "keys"), [("7:3", ["7:5"]), ("7:5", []), ("6:5", ["7:3", "7:5"]), ("", ["7:3", "7:5"])]
)
def test_imap_goes_on_after_the_last_message_read(imap, authority, after, keys):
    found = messages_in(source(imap, authority) + "&password_env=PW", after=after, environ={"PW": PASSWORD})
    assert [message.key for message in found] == keys


def test_another_mailbox_of_the_account(imap, authority):
    assert read(source(imap, authority, "/Old%20bounces") + "&password_env=PW", environ={"PW": PASSWORD}) == [
        POSTFIX
    ]
    with pytest.raises(BadMailSetting, match="INBOX is the usual one"):
        read(source(imap, authority, "/Nowhere") + "&password_env=PW", environ={"PW": PASSWORD})


def test_a_wrong_password_is_told_without_showing_it(imap, authority):
    with pytest.raises(LoginRefused) as caught:
        read(source(imap, authority) + "&password_env=PW", environ={"PW": "".join(("hun", "ter2"))})
    assert "hunter" not in "".join(traceback.format_exception(caught.value))


def test_xoauth2_with_one_renewal(imap, authority):
    with web_server(token_endpoint(), authority.server_context()) as tokens:
        options = f"&tenant=school&client=app-1&secret_env=S&authority={tokens.base}"
        assert read(source(imap, authority) + options, environ={"S": "x"}) == [POSTFIX, EXCHANGE]


def test_an_unknown_certificate_gets_no_password(imap, other_authority):
    with pytest.raises(CertificateRefused):
        read(source(imap, other_authority) + "&password_env=PW", environ={"PW": PASSWORD})
    assert imap.commands == []


def test_a_mailbox_that_hangs(authority):
    with scripted_server(lambda line, _: line.hang()) as port, pytest.raises(CannotConnect):
        read(f"imaps://b%40x.example:pw@127.0.0.1:{port}", timeout_seconds=0.2)


def test_a_mailbox_without_password_is_a_bad_setting(imap, authority):
    with pytest.raises(BadMailSetting, match="password_env"):
        read(source(imap, authority))
