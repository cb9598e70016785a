"""Sending by SMTP: verified encryption, a time limit on every step, and a new connection after a drop."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from ackservice.mail.address import MailAddress
from ackservice.mail.answers import Stage, certificate_words, clean, connect_words, error_for
from ackservice.mail.errors import (
    CannotConnect,
    CertificateRefused,
    ConnectionLost,
    LoginRefused,
    MailError,
)
from ackservice.mail.logins import Login

if TYPE_CHECKING:
    from ackservice.mail.mailer import SafeMessage

FINAL_ANSWER_FACTOR = (
    4  # servers scan a message before they answer for it; giving up early would mean sending it twice
)
CLOSING = (
    421,
    -1,
)  # codes after which this connection is of no more use: the server closes it, or talks nonsense
_NO_ANSWER = (
    "The connection broke off before the mail server answered for the message; it may have been taken."
)


@dataclass(frozen=True)
class SmtpTransport:
    """A mail server reached by SMTP."""

    address: MailAddress
    timeout_seconds: float
    tls: ssl.SSLContext = field(repr=False)
    security: str = "starttls"  # starttls | immediate | if offered | none
    login: Login | None = None

    def describe(self) -> str:
        how = {"none": "not encrypted", "if offered": "encrypted if the server offers it"}.get(
            self.security, "encrypted"
        )
        who = f", logged in as {self.login.user}" if self.login else ""
        return f"mail server {self.address.where} ({how}{who})"

    def open(self) -> SmtpConnection:
        connection = SmtpConnection(self)
        connection.connect()
        return connection


class SmtpConnection:
    """One connection at a time to a mail server, made anew when it was dropped."""

    def __init__(self, transport: SmtpTransport):
        self._transport = transport
        self._server: smtplib.SMTP | None = None
        self._has_served = False  # whether this connection has carried a message

    def connect(self) -> None:
        """Connect, encrypt and log in; a refused token is renewed once."""
        try:
            self._connect(renew=False)
        except LoginRefused:
            if self._transport.login is None or not self._transport.login.can_renew:
                raise
            self._connect(renew=True)

    def send(self, message: SafeMessage) -> str:
        """The server's answer. A connection that was dead before the message was sent is made anew, once."""
        data = message.as_bytes()
        if self._server is not None:
            with contextlib.suppress(smtplib.SMTPServerDisconnected):
                return self._attempt(message, data)
        self.connect()
        try:
            return self._attempt(message, data)
        except smtplib.SMTPServerDisconnected as error:
            raise ConnectionLost(
                "The mail server dropped the connection before it took the message.", maybe_taken=False
            ) from error

    def close(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()
        server.close()

    @property
    def _smtp(self) -> smtplib.SMTP:
        if self._server is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        return self._server

    def _attempt(self, message: SafeMessage, data: bytes) -> str:
        """Raises SMTPServerDisconnected where the connection was dead before the message was sent."""
        try:
            self._must(Stage.SENDER, self._smtp.mail(message.envelope_from))
            self._must(Stage.RECIPIENT, self._smtp.rcpt(message.address))
        except smtplib.SMTPServerDisconnected as error:
            self._forget()
            if isinstance(error.__context__, TimeoutError):
                raise ConnectionLost(self._too_slow(), maybe_taken=False) from error
            raise
        except smtplib.SMTPResponseException as error:  # a line too long to be an answer
            self._forget()
            raise ConnectionLost("The mail server answers what is no answer.", maybe_taken=False) from error
        return self._hand_over(data)

    def _hand_over(self, data: bytes) -> str:
        smtp = self._smtp
        try:
            self._set_timeout(FINAL_ANSWER_FACTOR)
            code, answer = smtp.data(data)
            self._set_timeout(1)
        except smtplib.SMTPDataError as error:
            self._refused(Stage.DATA, error.smtp_code, error.smtp_error, reset=True)
        except (smtplib.SMTPException, OSError) as error:
            self._forget()
            raise ConnectionLost(_NO_ANSWER, maybe_taken=True) from error
        if not 200 <= code <= 599:
            self._forget()
            raise ConnectionLost(_NO_ANSWER, maybe_taken=True)
        self._has_served = True
        if code != 250:
            self._refused(Stage.DATA, code, answer, reset=False)
        return f"{code} {self._hide(clean(answer))}"

    def _set_timeout(self, factor: int) -> None:
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(factor * self._transport.timeout_seconds)

    def _must(self, stage: Stage, reply: tuple[int, bytes]) -> None:
        if reply[0] not in (250, 251):
            self._refused(stage, *reply, reset=True)

    def _refused(self, stage: Stage, code: int, answer: bytes | str, *, reset: bool) -> NoReturn:
        if code in CLOSING:
            self._forget()
            if self._has_served and reset:  # an old connection is closed on us: no word about this message
                raise smtplib.SMTPServerDisconnected("421")
        elif reset:
            self._reset()
        raise error_for(stage, code, self._hide(clean(answer)))

    def _reset(self) -> None:
        try:
            self._smtp.rset()
        except smtplib.SMTPException:
            self._forget()

    def _forget(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None

    def _connect(self, *, renew: bool) -> None:
        self._forget()
        self._has_served = False
        steps: tuple[Callable[[], None], ...] = (self._dial, self._encrypt, lambda: self._log_in(renew))
        try:
            for step in steps:
                step()
        except MailError:
            self._forget()
            raise
        except ssl.SSLError as error:
            self._forget()
            raise CertificateRefused(certificate_words(self._transport.address.where, error)) from error
        except smtplib.SMTPResponseException as error:
            self._forget()
            raise error_for(Stage.CONNECT, error.smtp_code, self._hide(clean(error.smtp_error))) from error
        except (OSError, smtplib.SMTPException) as error:
            self._forget()
            raise CannotConnect(self._connect_words(error)) from error

    def _dial(self) -> None:
        address, timeout = self._transport.address, self._transport.timeout_seconds
        smtp: smtplib.SMTP
        if self._transport.security == "immediate":
            smtp = smtplib.SMTP_SSL(
                address.host, address.port, "localhost", timeout=timeout, context=self._transport.tls
            )
        else:
            smtp = smtplib.SMTP(address.host, address.port, "localhost", timeout=timeout)
        self._server = smtp
        if smtp.sock is not None:
            smtp.local_hostname = _own_name(smtp.sock)  # looking our own name up may hang
        self._hello()

    def _hello(self) -> None:
        code, answer = self._smtp.ehlo()
        if not 200 <= code <= 299:
            self._refused(Stage.HELLO, code, answer, reset=False)

    def _encrypt(self) -> None:
        if self._transport.security in ("none", "immediate"):
            return
        if not self._smtp.has_extn("starttls"):
            if self._transport.security == "if offered":
                return
            raise CertificateRefused(
                f"{self._transport.address.where} offers no encryption (STARTTLS), so nothing is sent "
                "there: a password would "
                "be readable on the way. Check the port (587 is usual), or use smtps:// with port 465."
            )
        code, answer = self._smtp.starttls(context=self._transport.tls)
        if code != 220:
            self._refused(Stage.HELLO, code, answer, reset=False)
        self._hello()

    def _log_in(self, renew: bool) -> None:
        login = self._transport.login
        if login is None:
            return
        code, answer = login(self._smtp, renew=renew)
        if code != 235:
            raise error_for(Stage.LOGIN, code, self._hide(clean(answer)))

    def _hide(self, text: str) -> str:
        for secret in self._transport.login.secrets if self._transport.login else ():
            text = text.replace(secret, "[hidden]") if secret else text
        return text

    def _too_slow(self) -> str:
        where, limit = self._transport.address.where, self._transport.timeout_seconds
        return f"{where} did not answer within {limit:g} seconds."

    def _connect_words(self, error: Exception) -> str:
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            return f"{self._too_slow()} The port may be blocked by a firewall, or the server is overloaded."
        return connect_words(self._transport.address, error)


def _own_name(sock: socket.socket) -> str:
    ip = sock.getsockname()[0]
    return f"[IPv6:{ip}]" if ":" in ip else f"[{ip}]"
