"""Flask-Mail's face over our transports: its settings, messages and test outbox, none of its way of sending.

Flask-Mail 0.10 itself verifies no certificate, has no time limit, goes on using a dropped connection and
sends over-long lines.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.message import Message as MimeMessage
from email.utils import parseaddr
from typing import Any
from urllib.parse import quote

from flask import Flask, current_app
from flask_mail import BadHeaderError, Connection, Mail, Message, email_dispatched, sanitize_address

from ackservice.mail.envelope import Envelope, Session, Transport
from ackservice.mail.errors import MailError
from ackservice.mail.mime import LONGEST_LINE, quoted_printable, safe_address
from ackservice.mail.transports import transport_from
from handbook.policy.school import MailSettings

__all__ = ["Message", "SafeConnection", "SafeMail", "address_from"]


class SafeMail(Mail):
    """Use it as `flask_mail.Mail`. Without a `transport` of its own it makes one from the MAIL_ settings."""

    def __init__(self, app: Flask | None = None, transport: Transport | None = None):
        self.transport = transport
        super().__init__(app)

    def init_app(self, app: Flask):
        if self.transport is None:
            settings = MailSettings(timeout_seconds=app.config.get("MAIL_TIMEOUT", 30))
            self.transport = transport_from(address_from(app.config), settings)
        return super().init_app(app)

    def connect(self) -> SafeConnection:
        """A connection to send by, for use in a `with` block."""
        app = getattr(self, "app", None) or current_app
        return SafeConnection(app.extensions["mail"], self.transport)


class SafeConnection(Connection):
    """Sends each message to each of its recipients; a refused one does not keep it from the others."""

    def __init__(self, mail: Any, transport: Transport):
        super().__init__(mail)
        self._transport = transport
        self._session: Session | None = None

    def __enter__(self) -> SafeConnection:
        self._session = None if self.mail.suppress else self._transport.open()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._session is not None:
            self._session.close()

    def send(self, message: Message, envelope_from: str | tuple[str, str] | None = None) -> None:
        """Send, then raise the first MailError there was, if any."""
        if not message.send_to or not message.sender:
            raise ValueError("a message needs a recipient and a sender (MAIL_DEFAULT_SENDER)")
        if message.has_bad_headers():
            raise BadHeaderError
        if message.date is None:
            message.date = time.time()
        if self._session is not None:
            self._deliver(message, bare_address(envelope_from or message.sender))
        email_dispatched.send(current_app._get_current_object(), message=message)
        self.num_emails += 1

    def _deliver(self, message: Message, sender: str) -> None:
        data, refused = wire_bytes(message), []
        for recipient in sorted(map(bare_address, message.send_to)):
            try:
                self._session.deliver(Envelope(sender, recipient, message.msgId, data))
            except MailError as error:
                refused.append(error)
        if refused:
            raise refused[0]


def address_from(config: Mapping[str, Any]) -> str:
    """The MAIL_ settings of Flask-Mail, written as ACK_MAIL is."""
    secure = bool(config.get("MAIL_USE_SSL"))
    port = config.get("MAIL_PORT") or (465 if secure else 25)
    user, password = config.get("MAIL_USERNAME") or "", config.get("MAIL_PASSWORD") or ""
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user and password else ""
    rest = "?starttls=yes" if config.get("MAIL_USE_TLS") and not secure else ""
    return f"{'smtps' if secure else 'smtp'}://{login}{config.get('MAIL_SERVER', '127.0.0.1')}:{port}{rest}"


def bare_address(written: str | tuple[str, str]) -> str:
    """The address alone; raises AddressRefused."""
    return safe_address(written[1] if isinstance(written, tuple) else parseaddr(sanitize_address(written))[1])


def wire_bytes(message: Message) -> bytes:
    """The message with text parts that would have 8-bit or over-long lines in quoted-printable."""
    mime = message._message()
    for part in mime.walk():
        if part.get_content_maintype() == "text" and not part.get_filename():
            _encode_where_needed(part)
    return mime.as_bytes()


def _encode_where_needed(part: MimeMessage) -> None:
    data = part.get_payload(decode=True)
    if data.isascii() and max(map(len, data.split(b"\n"))) < LONGEST_LINE:
        return
    charset = part.get_content_charset("utf-8")
    lines = "\r\n".join(data.decode(charset, "replace").splitlines())
    del part["Content-Transfer-Encoding"]
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_param("charset", "utf-8")
    part.set_payload(quoted_printable(lines).decode("ascii").replace("\r\n", "\n"))
