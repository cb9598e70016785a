"""What a mail server's answer means for us, or that it gives none: which error it is, and for whom. Pure.

Codes are those of RFC 5321 and the enhanced ones of RFC 3463; the Microsoft and Google ones are named in
their manuals.
"""

from __future__ import annotations

import re
import socket
import ssl
from enum import StrEnum

from ackservice.mail.address import MailAddress
from ackservice.mail.errors import LoginRefused, MailError, RecipientRefused, SenderRefused, TryLater

LONGEST = 300  # characters of an answer that are kept

_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_SENDER_CODES = ("5.7.60", "5.2.252", "5.1.8", "5.7.54", "5.7.64", "5.7.501", "5.7.502", "5.7.503", "5.7.708")
_SENDER_WORDS = re.compile(
    r"SendAsDenied|relay(ing)? (access )?denied|unable to relay|not permitted to relay|relaying not", re.I
)
_SERVER_CODES = (421, 432, 454)  # closing, too many connections, login broken for now
_BUSY = re.compile(r"4\.3\.\d+|4\.7\.[56]\d\d")  # the whole mail system, and Microsoft's "server busy"
_DAILY_LIMIT = re.compile(
    r"5\.4\.5\b|5\.1\.90\b|5\.2\.1 .*rate"
)  # Google's and Microsoft's sending limits come as 5xx


class Stage(StrEnum):
    """How far we had come when the answer was given."""

    CONNECT = "connect"
    HELLO = "hello"
    LOGIN = "login"
    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"


def clean(answer: bytes | str) -> str:
    """A server's answer as one line for people, not longer than LONGEST."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return "".join(c for c in " ".join(text.split()) if c.isprintable())[:LONGEST]


def error_for(stage: Stage, code: int, answer: str) -> MailError:
    """The error that a refusing answer stands for."""
    if stage is Stage.LOGIN and code >= 500:
        return LoginRefused(_login_advice(answer), answer)
    if code in (530, 535, 538):
        return LoginRefused(f"The mail server wants us to log in before it takes mail ({answer}).", answer)
    if 400 <= code < 500:
        return TryLater(f"{code} {answer}", whole_server=_concerns_server(stage, code, answer))
    if _DAILY_LIMIT.search(answer):
        return TryLater(f"{code} {answer}", whole_server=True)
    if (
        code < 500
        or stage in (Stage.CONNECT, Stage.HELLO)
        or (code in (500, 501, 502, 503) and stage is Stage.SENDER)
    ):
        return TryLater(f"{code} {answer}", whole_server=True)
    if stage is Stage.SENDER or _is_about_us(answer):
        return SenderRefused(_sender_advice(answer), answer)
    return RecipientRefused(code, answer)


def _concerns_server(stage: Stage, code: int, answer: str) -> bool:
    if code in _SERVER_CODES or stage in (Stage.CONNECT, Stage.HELLO, Stage.LOGIN, Stage.SENDER):
        return True
    return bool(_BUSY.search(answer))


def _is_about_us(answer: str) -> bool:
    found = _ENHANCED.search(answer)
    return bool(found and found[1] in _SENDER_CODES) or bool(_SENDER_WORDS.search(answer))


def _sender_advice(answer: str) -> str:
    return (
        f"The mail server does not let us send from this address ({answer}). The account we log in with "
        "needs the right to "
        "send as the sender set in school.toml, or the server must be told to take mail from this machine."
    )


def _login_advice(answer: str) -> str:
    if "5.7.139" in answer or "SmtpClientAuthentication" in answer:
        return (
            f"Microsoft 365 does not take this password login ({answer}). Sending with a password is "
            "switched off there: use "
            "smtp+xoauth2:// or graph://, as docs/mail.md shows."
        )
    if "5.7.9" in answer or "application-specific" in answer.lower():
        return (
            f"Google wants an app password or OAuth, not the account's own password ({answer}). "
            "See docs/mail.md."
        )
    return (
        f"The mail server does not take our user name and password or token ({answer}). "
        "Check both in ACK_MAIL."
    )


def connect_words(address: MailAddress, error: Exception) -> str:
    """Why there is no connection, in plain words."""
    if isinstance(error, socket.gaierror):
        return (
            f"There is no server of the name {address.host} (DNS: {error.strerror}). "
            "Check the spelling, and the network."
        )
    if isinstance(error, ConnectionRefusedError):
        return (
            f"{address.where} refuses connections. Check the port (587 is usual), "
            "and that no firewall blocks it."
        )
    if isinstance(error, OSError) and error.strerror:
        return f"No connection to {address.where}: {error.strerror}."
    return f"{address.where} dropped the connection while we were saying hello."


def certificate_words(where: str, error: Exception) -> str:
    """Why encryption failed, in plain words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"The certificate of {where} is not to be trusted ({error.verify_message}). Nothing was "
            "sent. Check the server's "
            "name; for a certificate of the school's own authority, add ?ca=FILE to ACK_MAIL."
        )
    return (
        f"No encrypted connection to {where} ({getattr(error, 'reason', None) or error}). Check port and "
        "scheme: 587 goes "
        "with smtp://, 465 with smtps://."
    )
