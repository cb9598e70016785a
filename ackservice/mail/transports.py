"""Which way mail goes out: from the address in the settings to a Transport.

A new way of sending is a class with `describe` and `open`, and a line in `transport_from`. The errors are
named here too. The web libraries of OAuth and Graph are imported where they are used.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ackservice.mail.address import MailAddress, parse
from ackservice.mail.errors import (
    AddressRefused,
    BadMailSetting,
    CannotConnect,
    CertificateRefused,
    ConnectionLost,
    LoginRefused,
    MailError,
    NothingCanBeSent,
    RecipientRefused,
    SenderRefused,
    TryLater,
)
from ackservice.mail.logins import Login, PasswordLogin, TokenLogin
from ackservice.mail.outbox import Outbox
from ackservice.mail.smtp import SmtpTransport
from handbook.policy.school import MailSettings

if TYPE_CHECKING:
    from ackservice.mail.graph import GraphTransport
    from ackservice.mail.mailer import SafeMessage
    from ackservice.mail.tokens import TokenSource

__all__ = [
    "AddressRefused",
    "BadMailSetting",
    "CannotConnect",
    "CertificateRefused",
    "ConnectionLost",
    "LoginRefused",
    "MailError",
    "NothingCanBeSent",
    "RecipientRefused",
    "SenderRefused",
    "Transport",
    "TransportConnection",
    "TryLater",
    "secret_expires_on",
    "tokens_from",
    "transport_from",
    "verified_tls",
]

PORTS = {"smtp": 587, "smtps": 465, "smtp+xoauth2": 587, "graph": 443}
TOKEN_OPTIONS = frozenset(
    {"tenant", "client", "secret", "secret_expires", "authority", "scope", "google_key"}
)
OPTIONS = TOKEN_OPTIONS | {"starttls", "ca", "password"}
MICROSOFT_LOGIN = "https://login.microsoftonline.com"
OUTLOOK_SCOPE = "https://outlook.office365.com/.default"


class TransportConnection(Protocol):
    """An open road to a mail server, for one thread. It mends a dropped connection by itself before the next
    message."""

    def send(self, message: SafeMessage) -> str:
        """Hand over one message and return the server's answer; raises MailError."""

    def close(self) -> None:
        """Say goodbye; never raises."""


class Transport(Protocol):
    """A way of sending, safe to share between threads."""

    def open(self) -> TransportConnection:
        """Connect and log in; raises NothingCanBeSent, TryLater or ConnectionLost."""

    def describe(self) -> str:
        """The name of this transport for people, without secrets."""


def transport_from(
    address: str, settings: MailSettings, environ: Mapping[str, str] = os.environ
) -> Transport:
    """The transport that `address` (the setting ACK_MAIL) names; raises BadMailSetting, never showing a
    secret."""
    if not address.strip():
        raise BadMailSetting(
            "No way of sending is set. Write outbox:FOLDER, smtp://…, smtp+xoauth2://… or graph://… in "
            "ACK_MAIL."
        )
    if address.startswith("outbox:"):
        return _outbox(address.removeprefix("outbox:"))
    if "://" not in address:
        raise BadMailSetting(
            "ACK_MAIL must begin with outbox:, smtp://, smtps://, smtp+xoauth2:// or graph://."
        )
    parts = parse(address.strip(), ports=PORTS, options=OPTIONS, environ=environ)
    if parts.scheme == "graph":
        return _graph(parts, settings)
    return _smtp(parts, settings)


def secret_expires_on(transport: Transport) -> date | None:
    """The day the transport's client secret expires, where the settings name it."""
    tokens = getattr(transport, "tokens", None) or getattr(getattr(transport, "login", None), "tokens", None)
    return tokens.secret_expires_on if tokens else None


def verified_tls(ca: str = "") -> ssl.SSLContext:
    """A context that verifies certificates and names, against the system's authorities or those in the file
    `ca`."""
    try:
        return ssl.create_default_context(cafile=ca or None)
    except (OSError, ssl.SSLError) as error:
        raise BadMailSetting(f"The file of certificates {ca} cannot be read.") from error


def tokens_from(address: MailAddress, timeout_seconds: float, scope: str) -> TokenSource:
    """The token source that the options of an address describe; raises BadMailSetting."""
    from ackservice.mail.https import SafeSession
    from ackservice.mail.tokens import GoogleTokens, MicrosoftTokens, google_key

    options = address.options
    if not address.user:
        raise BadMailSetting(
            f"{address.scheme}:// needs the mailbox to send from before the server's name: "
            "notices%40school.example@…"
        )
    session = SafeSession(timeout_seconds, options.get("ca", ""))
    if "google_key" in options:
        return GoogleTokens(key=google_key(options["google_key"]), mailbox=address.user, session=session)
    missing = [name for name in ("tenant", "client", "secret") if not options.get(name)]
    if missing:
        raise BadMailSetting(
            f"{address.scheme}:// needs {', '.join(missing)}: write ?tenant=…&client=…&secret_env=NAME "
            "(Microsoft), or "
            "?google_key=FILE (Google)."
        )
    return MicrosoftTokens(
        authority=f"{options.get('authority', MICROSOFT_LOGIN).rstrip('/')}/{options['tenant']}",
        client=options["client"],
        secret=options["secret"],
        scope=options.get("scope", scope),
        session=session,
        secret_expires_on=_expiry(options.get("secret_expires", "")),
    )


def _expiry(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadMailSetting(f"secret_expires must be a date such as 2027-06-30, not {text!r}.") from error


def _outbox(folder: str) -> Outbox:
    if not folder.strip():
        raise BadMailSetting("outbox: needs a folder, such as outbox:var/outbox.")
    return Outbox(Path(folder))


def _graph(address: MailAddress, settings: MailSettings) -> GraphTransport:
    from ackservice.mail.graph import GraphTransport

    host = address.host if address.port == 443 else f"{address.host}:{address.port}"
    tokens = tokens_from(address, settings.timeout_seconds, f"https://{host}/.default")
    return GraphTransport(
        base=f"https://{host}/v1.0",
        mailbox=address.user,
        tokens=tokens,
        timeout_seconds=settings.timeout_seconds,
        ca=address.options.get("ca", ""),
    )


def _smtp(address: MailAddress, settings: MailSettings) -> SmtpTransport:
    login = _login(address, settings)
    return SmtpTransport(
        address=address,
        timeout_seconds=settings.timeout_seconds,
        tls=verified_tls(address.options.get("ca", "")),
        security=_security(address, has_login=login is not None),
        login=login,
    )


def _login(address: MailAddress, settings: MailSettings) -> Login | None:
    if address.scheme == "smtp+xoauth2":
        return TokenLogin(address.user, tokens_from(address, settings.timeout_seconds, OUTLOOK_SCOPE))
    if bool(address.user) != bool(address.password):
        raise BadMailSetting(
            f"{address.scheme}:// needs both a user and a password before the server's name, or neither."
        )
    return PasswordLogin(address.user, address.password) if address.user else None


def _security(address: MailAddress, *, has_login: bool) -> str:
    if address.scheme == "smtps" or address.port == 465:
        return "immediate"
    wish = address.options.get("starttls", "")
    if wish not in ("", "yes", "no"):
        raise BadMailSetting("starttls= must be yes or no.")
    if wish == "no" and not address.is_loopback:
        raise BadMailSetting(
            "starttls=no is for a server on this same machine only: anything else would be readable on "
            "the way."
        )
    if wish == "no":
        return "none"
    return "starttls" if wish == "yes" or has_login or address.port == 587 else "if offered"
