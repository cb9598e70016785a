"""Sending by Microsoft Graph: `POST /users/{mailbox}/sendMail` with the whole message in base64."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import requests

from ackservice.mail.answers import clean
from ackservice.mail.errors import (
    CannotConnect,
    CertificateRefused,
    ConnectionLost,
    LoginRefused,
    RecipientRefused,
    SenderRefused,
    TryLater,
)
from ackservice.mail.https import SafeSession
from ackservice.mail.tokens import TokenSource
from handbook.policy.wording import whole_number

if TYPE_CHECKING:
    from ackservice.mail.mailer import SafeMessage


@dataclass(frozen=True)
class GraphTransport:
    """A mailbox of Microsoft 365 that an application sends from. Failures come back to that mailbox."""

    base: str
    mailbox: str
    tokens: TokenSource = field(repr=False)
    timeout_seconds: float = 30
    ca: str = ""

    def describe(self) -> str:
        return f"Microsoft Graph at {self.base}, sending from {self.mailbox}"

    def open(self) -> GraphConnection:
        """Fetches a token, so that a wrong secret is found before the first message."""
        self.tokens.token()
        return GraphConnection(self, SafeSession(self.timeout_seconds, self.ca))


@dataclass(frozen=True)
class GraphConnection:
    """Sends one message a request."""

    transport: GraphTransport
    web: SafeSession = field(repr=False)

    def send(self, message: SafeMessage) -> str:
        data = base64.b64encode(message.as_bytes())
        answer = self._post(data, renew=False)
        if answer.status_code == 401:
            answer = self._post(data, renew=True)
        if answer.status_code == 202:
            return f"202 accepted {answer.headers.get('request-id', '')}".strip()
        raise self._error(answer)

    def close(self) -> None:
        self.web.close()

    def _post(self, data: bytes, *, renew: bool) -> requests.Response:
        token = self.transport.tokens.token(renew=renew)
        try:
            return self.web.post(
                f"{self.transport.base}/users/{quote(self.transport.mailbox)}/sendMail",
                data=data,
                headers={"Authorization": f"Bearer {token}", "Content-Type": "text/plain"},
            )
        except requests.RequestException as error:
            raise self._network_error(error) from error

    def _network_error(self, error: requests.RequestException) -> Exception:
        where = self.transport.base
        if isinstance(error, requests.exceptions.SSLError):
            return CertificateRefused(f"The certificate of {where} is not to be trusted. Nothing was sent.")
        if isinstance(error, requests.ConnectTimeout) or _never_connected(error):
            return CannotConnect(
                f"No connection to {where}. Check the network, and that no firewall blocks port 443."
            )
        return ConnectionLost(
            f"{where} did not answer for the message; it may have been taken.", maybe_taken=True
        )

    def _error(self, answer: requests.Response) -> Exception:
        code = answer.status_code
        said = _said(answer)
        if code == 429 or code in (500, 502, 503):
            return TryLater(f"{code} {said}", retry_after(answer.headers), whole_server=True)
        if code == 504:
            return ConnectionLost(
                f"Microsoft Graph gave up waiting ({said}); the message may have been taken.",
                maybe_taken=True,
            )
        if code == 401:
            return LoginRefused(f"Microsoft Graph does not take our token ({said}).", said)
        if code in (403, 404):
            return SenderRefused(_mailbox_words(self.transport.mailbox, said), said)
        if code < 400:
            return CannotConnect(
                f"Microsoft Graph answers {code}, which is no answer to sending; is "
                f"{self.transport.base} right?"
            )
        return RecipientRefused(code, said)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from Retry-After in seconds or as a date; the date counts from the server's own
    clock."""
    value = headers.get("Retry-After", "").strip()
    if (seconds := whole_number(value)) is not None:
        return float(seconds)
    try:
        pause: timedelta = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, pause.total_seconds())


def _never_connected(error: requests.RequestException) -> bool:
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in (
        "NewConnectionError",
        "NameResolutionError",
        "ConnectTimeoutError",
        "ProxyError",
    )


def _said(answer: requests.Response) -> str:
    try:
        error = answer.json()["error"]
        return clean(f"{error['code']}: {error.get('message', '')}")
    except (ValueError, KeyError, TypeError):
        return clean(answer.reason or "no reason given")


def _mailbox_words(mailbox: str, said: str) -> str:
    return (
        f"Microsoft 365 does not let our application send from {mailbox} ({said}). It needs the "
        "application permission Mail.Send "
        "with an administrator's consent, and no access policy may leave this mailbox out."
    )
