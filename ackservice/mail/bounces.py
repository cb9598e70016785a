"""Telling delivery failures from all the rest that lands in the bounce mailbox. Pure.

A message counts only when it is a report of a mail system (RFC 3464, or one of the older forms that
flufl.bounce knows) and holds the Message-ID or the own header of a message it returns. Whether that message
is one of ours is for `find` to say.
"""

from __future__ import annotations

import email
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from typing import TypeVar

from flufl.bounce import all_failures

from ackservice.mail.answers import clean

OWN_HEADER = "X-Handbook-Delivery"

_MESSAGE_ID = re.compile(r"<[^<>\s]+@[^<>\s]+>")
_INLINE_ID = re.compile(r"^[> \t]*Message-ID:\s*(<[^<>\s]+@[^<>\s]+>)", re.I | re.M)
_INLINE_OWN = re.compile(rf"^[> \t]*{OWN_HEADER}:\s*(\S+)", re.I | re.M)
_SYSTEM = re.compile(r"\b(mailer-daemon|postmaster|microsoftexchange[0-9a-f]{8,})\b", re.I)
_AUTOMATIC_SUBJECT = re.compile(
    r"^(automatic reply|auto(matic)?[- ]?re(ply|sponse)|out of (the )?office)\b", re.I
)

Delivery = TypeVar("Delivery")


@dataclass(frozen=True)
class Bounce:
    """A mail system's word that a message has not arrived. `permanent` means that nobody tries any longer."""

    message_id: str | None
    delivery_id: str | None
    recipient: str | None
    permanent: bool
    diagnostic: str


@dataclass(frozen=True)
class Ignored:
    """A message that tells of no failure we could believe, and why."""

    reason: str


def recognise(data: bytes) -> Bounce | Ignored:
    """What one message of the bounce mailbox tells."""
    message = email.message_from_bytes(data)
    if not _is_report(message):
        return _not_a_report(message)
    failed = _failures(message)
    if failed is None:
        return Ignored("a report that cannot be read")
    temporary, permanent = failed
    if not temporary and not permanent:
        return Ignored("a report, but not of a failure")
    message_id, delivery_id = _reference(message)
    if not message_id and not delivery_id:
        return Ignored("a report that does not say which message it is about")
    return Bounce(
        message_id, delivery_id, _one(permanent or temporary), bool(permanent), _diagnostic(message)
    )


def matched(data: bytes, find: Callable[[Bounce], Delivery | None]) -> tuple[Bounce, Delivery] | Ignored:
    """A recognised failure with the delivery `find` knows for it; a failure of an unknown message is
    ignored."""
    report = recognise(data)
    if isinstance(report, Ignored):
        return report
    delivery = find(report)
    return Ignored("a failure of a message that is not ours") if delivery is None else (report, delivery)


def _is_report(message: Message) -> bool:
    if message.get_content_type() == "multipart/report":
        return str(message.get_param("report-type", "")).lower() == "delivery-status"
    if _is_automatic_reply(message):
        return False
    return _text(message, "Return-Path") == "<>" or bool(_SYSTEM.search(_text(message, "From")))


def _not_a_report(message: Message) -> Ignored:
    if str(message.get_param("report-type", "")).lower() == "disposition-notification":
        return Ignored("a read receipt")
    return Ignored("an automatic reply" if _is_automatic_reply(message) else "not a report of a mail system")


def _is_automatic_reply(message: Message) -> bool:
    """RFC 3834, and what senders do who do not know it."""
    return (
        _text(message, "Auto-Submitted").lower().startswith("auto-replied")
        or _text(message, "X-Autoreply").lower() == "yes"
        or _text(message, "Precedence").lower() == "auto_reply"
        or bool(_AUTOMATIC_SUBJECT.match(_text(message, "Subject")))
    )


def _failures(message: Message) -> tuple[frozenset[bytes], frozenset[bytes]] | None:
    try:
        return all_failures(message)
    except Exception:
        return None


def _one(addresses: frozenset[bytes]) -> str | None:
    return min(addresses).decode("ascii", "replace") if len(addresses) == 1 else None


def _reference(message: Message) -> tuple[str | None, str | None]:
    """Message-ID and own header of the returned message: attached, inline in the text, or named in the
    report's own headers."""
    for returned in _returned(message):
        found = _ids(_text(returned, "Message-ID"), _text(returned, OWN_HEADER))
        if any(found):
            return found
    for part in message.walk():
        if part.get_content_maintype() == "text":
            text = _content(part)
            own, written = _INLINE_OWN.search(text), _INLINE_ID.search(text)
            if own or written:
                return _ids(written[1] if written else "", own[1] if own else "")
    return _ids(_text(message, "In-Reply-To") or _text(message, "References"), "")


def _returned(message: Message) -> Iterator[Message]:
    for part in message.walk():
        if part.get_content_type() == "text/rfc822-headers":
            yield email.message_from_string(_content(part))
        elif part.get_content_type() in ("message/rfc822", "message/global"):
            yield from (
                (inner for inner in part.get_payload() if isinstance(inner, Message))
                if part.is_multipart()
                else ()
            )


def _ids(message_id: str, own: str) -> tuple[str | None, str | None]:
    written = _MESSAGE_ID.search(message_id)
    return written[0] if written else None, own.strip()[:200] or None


def _diagnostic(message: Message) -> str:
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            for block in part.walk():
                said = _text(block, "Diagnostic-Code").partition(";")[2] or _text(block, "Status")
                if said:
                    return clean(said)
    first = next((part for part in message.walk() if part.get_content_type() == "text/plain"), None)
    return clean(_content(first)) if first else ""


def _text(message: Message, header: str) -> str:
    return " ".join(str(message.get(header, "")).split())


def _content(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
