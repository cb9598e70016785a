"""`ack mail test`: send one message, and say in plain words what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ackservice.mail.errors import (
    AddressRefused,
    BadMailSetting,
    CannotConnect,
    CertificateRefused,
    ConnectionLost,
    LoginRefused,
    MailError,
    RecipientRefused,
    SenderRefused,
    TryLater,
)
from ackservice.mail.mailer import Mailer, message_to
from ackservice.mail.messages import TrialFacts, compose
from ackservice.mail.transports import Transport
from handbook.policy.school import Contact

_NEXT: tuple[tuple[type[MailError], str], ...] = (
    (AddressRefused, "Try another address."),
    (BadMailSetting, "Correct the mail settings in school.toml."),
    (
        CertificateRefused,
        "Nothing can be sent until the connection is encrypted and the certificate is right. Do not look "
        "for a way round it.",
    ),
    (LoginRefused, "Nothing can be sent until the login works."),
    (SenderRefused, "Nothing can be sent until the sender is allowed."),
    (
        CannotConnect,
        "Nothing can be sent until there is a connection. Some networks block mail ports: try from "
        "another network.",
    ),
    (RecipientRefused, "Connection and login work. Check the address, or try another one."),
    (
        TryLater,
        "Connection and settings look right. Try again in a few minutes; mail that is due is tried again "
        "by itself.",
    ),
    (ConnectionLost, "Try again. If it happens again, ask whoever runs the mail server to look at its log."),
)


@dataclass(frozen=True)
class Diagnosis:
    """Whether a server took the message, and what to tell, a line each."""

    sent: bool
    lines: tuple[str, ...]


def diagnose(
    transport: Transport,
    sender: str,
    address: str,
    *,
    school: str,
    reply: Contact,
    message_id: str,
    now: datetime,
    time_zone: str,
    bounce_address: str = "",
) -> Diagnosis:
    """Sends one test message to `address`; never raises MailError."""
    lines = [f"Sending by {transport.describe()}, from {sender}, to {address}."]
    facts = TrialFacts(
        school=school, transport=transport.describe(), sent_at=now, time_zone=time_zone, reply=reply
    )
    mailer = Mailer(transport)
    try:
        message = message_to(
            "",
            address,
            compose(facts),
            message_id=message_id,
            sender=sender,
            reply_to=f"{reply.role} <{reply.email}>",
            bounce_address=bounce_address,
            date=now,
            headers={},
        )
        with mailer.app.app_context(), mailer.connect() as connection:
            connection.open()
            lines.append("Connected, and logged in where that is asked for.")
            answer = connection.send(message)
    except MailError as error:
        return Diagnosis(False, (*lines, f"Not sent. {error}", *_next_step(error)))
    lines.append(f"The mail server took the message ({answer}).")
    lines.append("Now look whether it arrives, and not among junk mail.")
    return Diagnosis(True, tuple(lines))


def _next_step(error: MailError) -> tuple[str, ...]:
    return tuple(step for kind, step in _NEXT if isinstance(error, kind))[:1]
