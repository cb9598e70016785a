"""Sending by SMTP: verified encryption, a time limit on every step, and a new connection after a drop."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ackservice.mail.address import MailAddress
from ackservice.mail.answers import Stage, clean, error_for
from ackservice.mail.envelope import Envelope
from ackservice.mail.errors import (
    CannotConnect,
    CertificateRefused,
    ConnectionLost,
    LoginRefused,
    MailError,
)
from ackservice.mail.logins import Login
from ackservice.mail.smtp_commands import NO_MESSAGE, Command, announcing, stuffed
from ackservice.mail.smtp_words import certificate_words, connect_words

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

    def open(self) -> SmtpSession:
        session = SmtpSession(self)
        session.connect()
        return session


class SmtpSession:
    """One connection at a time to a mail server, made anew when it was dropped."""

    def __init__(self, transport: SmtpTransport):
        self._transport = transport
        self._smtp: smtplib.SMTP | None = None
        self._has_served = False  # whether this connection has carried a message

    def connect(self) -> None:
        """Connect, encrypt and log in; a refused token is renewed once."""
        try:
            self._connect(renew=False)
        except LoginRefused:
            if self._transport.login is None or not self._transport.login.can_renew:
                raise
            self._connect(renew=True)

    def deliver(self, envelope: Envelope) -> str:
        """Hand over one message. A connection found dead before the message was sent is made anew, once."""
        if self._smtp is None:
            self.connect()
        elif (answer := self._attempt(envelope)) is not None:
            return answer
        else:
            self.connect()
        answer = self._attempt(envelope)
        if answer is None:
            raise ConnectionLost(
                "The mail server dropped the connection before it took the message.", maybe_taken=False
            )
        return answer

    def close(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        with contextlib.suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        smtp.close()

    def _attempt(self, envelope: Envelope) -> str | None:
        """The server's answer, or None when the connection turned out dead before the message was handed
        over."""
        try:
            self._announce(envelope)
            self._smtp.send(stuffed(envelope.data))
        except smtplib.SMTPServerDisconnected as error:
            self._forget()
            if isinstance(error.__context__, TimeoutError):
                raise ConnectionLost(self._too_slow(), maybe_taken=False) from error
            return None
        except smtplib.SMTPResponseException as error:  # a line too long to be an answer
            self._forget()
            raise ConnectionLost("The mail server answers what is no answer.", maybe_taken=False) from error
        return self._final_answer()

    def _final_answer(self) -> str:
        try:
            self._smtp.sock.settimeout(FINAL_ANSWER_FACTOR * self._transport.timeout_seconds)
            code, answer = self._smtp.getreply()
            if self._smtp.sock is not None:
                self._smtp.sock.settimeout(self._transport.timeout_seconds)
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

    def _announce(self, envelope: Envelope) -> None:
        """Sender, recipient and DATA, each taken by the server; all in one write where it offers that (RFC
        2920)."""
        commands = announcing(envelope)
        groups = [commands] if self._smtp.has_extn("pipelining") else [(command,) for command in commands]
        for group in groups:
            self._smtp.send(b"".join(command.written() for command in group))
            self._hear_all(group)

    def _hear_all(self, group: Sequence[Command]) -> None:
        """The answers to commands written together; the first refusal among them counts."""
        for number, command in enumerate(group, start=1):
            code, answer = self._smtp.getreply()
            if code not in command.accepted:
                if code not in CLOSING:
                    self._pass_over(group[number:])
                self._refused(command.stage, code, answer, reset=True)

    def _pass_over(self, rest: Sequence[Command]) -> None:
        """Hear what was written after a refused command. A server that waits for the message gets the empty
        one (RFC 2920, 3.1)."""
        with contextlib.suppress(smtplib.SMTPException):
            for command in rest:
                code, _ = self._smtp.getreply()
                if code in CLOSING:
                    break
                if command.stage is Stage.DATA and code in command.accepted:
                    self._smtp.send(NO_MESSAGE)
                    self._smtp.getreply()
            else:
                return
        self._forget()

    def _refused(self, stage: Stage, code: int, answer: bytes, *, reset: bool) -> None:
        if code in CLOSING:
            self._forget()
            if self._has_served and reset:  # an old connection is closed on us: no word about this message
                raise smtplib.SMTPServerDisconnected("421")
        elif reset:
            self._reset()
        raise error_for(stage, code, self._hide(clean(answer)))

    def _reset(self) -> None:
        if self._smtp is None:
            return
        try:
            self._smtp.rset()
        except smtplib.SMTPException:
            self._forget()

    def _forget(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None

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
        if self._transport.security == "immediate":
            smtp = smtplib.SMTP_SSL(
                address.host, address.port, "localhost", timeout=timeout, context=self._transport.tls
            )
        else:
            smtp = smtplib.SMTP(address.host, address.port, "localhost", timeout=timeout)
        self._smtp = smtp
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
                f"{self._transport.address.where} offers no encryption (STARTTLS), so nothing is sent there: a password would "
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
