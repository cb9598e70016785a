"""Reading the bounce mailbox, wherever it is: Maildir, mbox, `.eml` files, or IMAP. Reading changes nothing
there."""

from __future__ import annotations

import imaplib
import mailbox
import os
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ackservice.mail.address import MailAddress, parse
from ackservice.mail.answers import certificate_words, clean, connect_words
from ackservice.mail.errors import BadMailSetting, CannotConnect, CertificateRefused, LoginRefused
from ackservice.mail.logins import xoauth2
from ackservice.mail.transports import OUTLOOK_SCOPE, TOKEN_OPTIONS, tokens_from, verified_tls

PORTS = {"imaps": 993, "imaps+xoauth2": 993}
OPTIONS = TOKEN_OPTIONS | {"password", "ca"}
LARGEST = 262_144  # octets read of a message; a report comes first, what it returns after it


@dataclass(frozen=True)
class Incoming:
    """One message of a mailbox; `key` names it there, and sorts a mailbox of IMAP (`UIDVALIDITY:UID`)."""

    key: str
    data: bytes = field(repr=False)


def messages_in(
    source: str, *, after: str = "", timeout_seconds: float = 30, environ: Mapping[str, str] = os.environ
) -> Iterator[Incoming]:
    """Every message of `source`: a path, or `imaps://user@host/MAILBOX?password_env=NAME` (or the options of
    OAuth).

    `after` is the key of the last message read of an IMAP mailbox; older ones are then left out. Raises
    BadMailSetting and NothingCanBeSent's kin.
    """
    if "://" in source:
        yield from _imap(parse(source, ports=PORTS, options=OPTIONS, environ=environ), after, timeout_seconds)
        return
    path = Path(source)
    if (path / "new").is_dir() and (path / "cur").is_dir():
        yield from _files([*sorted((path / "new").iterdir()), *sorted((path / "cur").iterdir())])
    elif path.is_dir():
        yield from _files(sorted(path.glob("*.eml")))
    elif path.is_file():
        yield from _mbox(path) if _starts_with_from(path) else _files([path])
    else:
        raise BadMailSetting(
            f"There is no mailbox at {source}: give a Maildir, an mbox file, .eml files, or imaps://…"
        )


def _files(paths: list[Path]) -> Iterator[Incoming]:
    for path in paths:
        if path.is_file():
            yield Incoming(path.name, path.read_bytes())


def _starts_with_from(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(5) == b"From "


def _mbox(path: Path) -> Iterator[Incoming]:
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            yield Incoming(str(key), box.get_bytes(key))
    finally:
        box.close()


def _imap(address: MailAddress, after: str, timeout_seconds: float) -> Iterator[Incoming]:
    if not _uses_tokens(address) and not (address.user and address.password):
        raise BadMailSetting(
            "The bounce mailbox needs a user and a password (?password_env=NAME), or the options of OAuth."
        )
    server = _connected(address, timeout_seconds)
    try:
        _log_in(server, address, timeout_seconds)
        validity = _examine(server, address.path or "INBOX")
        last = int(after.partition(":")[2]) if after.startswith(f"{validity}:") else 0
        for uid in _uids(server, last):
            data = _fetch(server, uid)
            if data is not None:
                yield Incoming(f"{validity}:{uid}", data)
    except (imaplib.IMAP4.error, OSError) as error:
        raise CannotConnect(
            f"Reading the mailbox at {address.where} broke off ({clean(_said(error))})."
        ) from error
    finally:
        _leave(server)


def _uses_tokens(address: MailAddress) -> bool:
    return bool(address.options.keys() & (TOKEN_OPTIONS - {"scope"}))


def _connected(address: MailAddress, timeout_seconds: float) -> imaplib.IMAP4_SSL:
    tls = verified_tls(address.options.get("ca", ""))
    try:
        return imaplib.IMAP4_SSL(address.host, address.port, ssl_context=tls, timeout=timeout_seconds)
    except ssl.SSLError as error:
        raise CertificateRefused(certificate_words(address.where, error)) from error
    except (OSError, imaplib.IMAP4.error) as error:
        raise CannotConnect(connect_words(address, error)) from error


def _log_in(server: imaplib.IMAP4_SSL, address: MailAddress, timeout_seconds: float) -> None:
    if _uses_tokens(address):
        tokens = tokens_from(address, timeout_seconds, OUTLOOK_SCOPE)
        try:
            return _authenticate(server, "XOAUTH2", xoauth2(address.user, tokens.token()))
        except imaplib.IMAP4.error:
            return _try_login(server, "XOAUTH2", xoauth2(address.user, tokens.token(renew=True)))
    return _try_login(server, "PLAIN", f"\0{address.user}\0{address.password}")


def _try_login(server: imaplib.IMAP4_SSL, mechanism: str, secret: str) -> None:
    try:
        _authenticate(server, mechanism, secret)
    except imaplib.IMAP4.error:  # its text may quote what we sent
        raise LoginRefused("The bounce mailbox does not take our user name and password or token.") from None


def _authenticate(server: imaplib.IMAP4_SSL, mechanism: str, secret: str) -> None:
    first = [secret.encode()]
    server.authenticate(mechanism, lambda _challenge: first.pop() if first else b"")


def _examine(server: imaplib.IMAP4_SSL, name: str) -> str:
    quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if not name.isascii() or not name.isprintable():
        raise BadMailSetting("The name of the bounce mailbox must be plain letters, such as INBOX.")
    answer, _ = server.select(quoted, readonly=True)
    if answer != "OK":
        raise BadMailSetting(f"There is no mailbox {name!r} on the server; INBOX is the usual one.")
    return (server.response("UIDVALIDITY")[1][0] or b"0").decode()


def _uids(server: imaplib.IMAP4_SSL, last: int) -> list[int]:
    _, answer = server.uid("SEARCH", f"UID {last + 1}:*")
    found = sorted(int(uid) for uid in (answer[0] or b"").split())
    return [uid for uid in found if uid > last]  # n:* names the last message even where it is older than n


def _fetch(server: imaplib.IMAP4_SSL, uid: int) -> bytes | None:
    _, answer = server.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{LARGEST}>)")
    return next((part[1] for part in answer if isinstance(part, tuple)), None)


def _leave(server: imaplib.IMAP4_SSL) -> None:
    try:
        server.logout()
    except (imaplib.IMAP4.error, OSError):
        server.shutdown()


def _said(error: Exception) -> str:
    return re.sub(r"^b'|'$", "", str(error))
