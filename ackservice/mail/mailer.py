"""The one way mail goes out: messages and `Mail` of Flask-Mail, over a connection of ours.

Flask-Mail's own connection takes any certificate, has no time limit, goes on using a dropped connection and
sends over-long lines.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from email.charset import QP, Charset
from email.mime.base import MIMEBase
from email.mime.text import MIMEText
from email.policy import compat32
from typing import Self

from email_validator import EmailNotValidError, validate_email
from flask import Flask, current_app
from flask_mail import BadHeaderError, Connection, Mail, Message, email_dispatched

from ackservice.mail.errors import AddressRefused, BadMailSetting
from ackservice.mail.messages import Composed
from ackservice.mail.transports import Transport, TransportConnection

LONGEST_LINE = 998  # octets without CRLF, RFC 5322, 2.1.1
LONGEST_HEADER = 250  # characters; one longer word could not be folded

_AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"}  # RFC 3834
_WIRE = compat32.clone(linesep="\r\n", max_line_length=LONGEST_LINE)  # headers are folded already
_NAME_AND_ADDRESS = re.compile(r"(?P<name>[^<>\r\n]*)<(?P<address>[^<>\r\n]+)>\s*\Z")
_QUOTED_PRINTABLE = Charset("utf-8")
_QUOTED_PRINTABLE.body_encoding = QP


class Mailer(Mail):
    """A `flask_mail.Mail` over a transport. Its own small application is there for the sending threads, which
    serve no request."""

    def __init__(self, transport: Transport, app: Flask | None = None):
        self.transport = transport
        self.app: Flask = app or Flask(__name__, static_folder=None)
        super().__init__(self.app)

    def connect(self) -> SafeConnection:
        """A connection to use in a `with` block, in an application context."""
        return SafeConnection(self)


class SafeConnection(Connection):
    """Connects with the first message, and again after `close`."""

    mail: Mailer
    host: TransportConnection | None  # type: ignore[assignment]  # Flask-Mail knows SMTP alone

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def open(self) -> None:
        """Connect and log in, where that is not done; raises NothingCanBeSent, TryLater or ConnectionLost."""
        if self.host is None and not self.mail.suppress:
            self.host = self.mail.transport.open()

    def close(self) -> None:
        """Say goodbye to the server; never raises."""
        host, self.host = self.host, None
        if host is not None:
            host.close()

    def send(self, message: SafeMessage) -> str:  # type: ignore[override]  # answers, where Flask-Mail is silent
        """The server's answer; raises MailError, or BadHeaderError for a line break in a header."""
        if message.has_bad_headers():
            raise BadHeaderError
        self.open()
        answer = self.host.send(message) if self.host else ""
        email_dispatched.send(current_app._get_current_object(), message=message)  # type: ignore[attr-defined]
        self.num_emails += 1
        return answer


class SafeMessage(Message):
    """An e-mail to one address that every server takes: no over-long line, and the same bytes whenever it is
    written out."""

    envelope_from: str  # where failures come back to
    address: str

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        part = super()._mimetext(text, subtype)
        if text and not (text.isascii() and max(map(len, text.splitlines())) <= LONGEST_LINE):
            del part["Content-Transfer-Encoding"]
            part.set_payload(text, _QUOTED_PRINTABLE)
        return part

    def _message(self) -> MIMEBase:
        mime = super()._message()
        mime.policy = _WIRE
        key = hashlib.sha256(self.msgId.encode()).hexdigest()[:32]
        for depth, part in enumerate(part for part in mime.walk() if part.is_multipart()):
            part.set_boundary(f"=_{depth}{key}")
        return mime


def message_to(
    name: str,
    address: str,
    composed: Composed,
    *,
    message_id: str,
    sender: str,
    reply_to: str,
    bounce_address: str,
    date: datetime,
    headers: Mapping[str, str],
) -> SafeMessage:
    """The e-mail as it goes to one person.

    `sender` and `reply_to` are written `Name <address>`; an empty `bounce_address` means the sender's. Raises
    AddressRefused for an address that cannot be written to, and BadMailSetting for one of the school's own.
    """
    recipient, from_ = safe_address(address), _own_mailbox(sender)
    message = SafeMessage(
        header_text(composed.subject),
        [(header_text(name), recipient)],
        composed.text,
        composed.html,
        sender=sender,
        reply_to=_own_mailbox(reply_to) if reply_to else None,
        date=date.timestamp(),
        extra_headers={**_AUTOMATIC, **headers},
    )
    message.sender = from_  # its constructor would join the pair, and a comma in the name would break it
    message.msgId = message_id
    message.envelope_from = _own_mailbox(bounce_address)[1] if bounce_address else from_[1]
    message.address = recipient
    return message


def safe_address(address: str) -> str:
    """The address in ASCII, its domain in Punycode where needed; raises AddressRefused, saying why."""
    text, shown = address.strip(" "), repr(header_text(address)[:100])
    local, at, _ = text.rpartition("@")
    if at and not local.isascii():
        raise AddressRefused(
            f"{shown} has letters before the @ that most mail servers cannot handle; ask for an address "
            "without accents."
        )
    try:
        valid = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as error:
        raise AddressRefused(f"{shown} is not an e-mail address that can be written to.") from error
    return f"{valid.local_part}@{valid.ascii_domain}"


def header_text(text: str) -> str:
    """Text fit for one header: line breaks, tabs and control characters become single spaces."""
    breaks = ("Cc", "Cs", "Zl", "Zp")
    return " ".join(
        "".join(" " if unicodedata.category(c) in breaks else c for c in text[:LONGEST_HEADER]).split()
    )


def _own_mailbox(written: str) -> tuple[str, str]:
    """Name and address of `Name <address>`, as the school's settings hold them."""
    match = _NAME_AND_ADDRESS.match(written)
    name, address = (match["name"].strip().strip('"'), match["address"]) if match else ("", written)
    try:
        return header_text(name), safe_address(address)
    except AddressRefused as error:
        raise BadMailSetting(
            f"The mail settings hold {header_text(written)[:100]!r}, which is not written as Name <address>."
        ) from error
