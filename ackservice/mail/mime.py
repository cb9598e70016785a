"""From a composed e-mail to the bytes that travel: headers, parts, encodings. Pure, and the same bytes for
the same input.

Written out by hand because `email.policy` takes milliseconds a message (`bench/message.py`). The rules are
those of RFC 5322, 2045 to 2047 and 3834: no line over 998 octets, and nearly all within 76.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import textwrap
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import idna

from ackservice.mail.envelope import Envelope
from ackservice.mail.errors import AddressRefused, BadMailSetting

if TYPE_CHECKING:
    from ackservice.mail.messages import Composed

LONGEST_LINE = 998  # octets without CRLF, RFC 5322, 2.1.1
USUAL_LINE = 76

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*\Z")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+\Z")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+\Z")
_NAME_AND_ADDRESS = re.compile(r"(?P<name>[^<>\r\n]*)<(?P<address>[^<>\r\n]+)>\s*\Z")
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>\Z")


def envelope(
    composed: Composed,
    *,
    message_id: str,
    sender: str,
    recipient_name: str,
    recipient_address: str,
    reply_to: str,
    bounce_address: str,
    date: datetime,
    headers: Mapping[str, str],
) -> Envelope:
    """The message as it travels.

    `sender` and `reply_to` are written `Name <address>`; an empty `bounce_address` means the sender's.
    `headers` are added as they are, `X-Handbook-Delivery` among them. Raises AddressRefused for a
    recipient's address that cannot be written to, and BadMailSetting for the school's own.
    """
    if date.tzinfo is None:
        raise ValueError("the date of a message must be aware")
    if not _MESSAGE_ID.match(message_id):
        raise ValueError(f"not a Message-ID: {message_id!r}")
    recipient = safe_address(recipient_address)
    from_header, from_address = _own_mailbox(sender)
    boundary = "=_" + hashlib.sha256(message_id.encode()).hexdigest()[:32]
    lines = [
        f"From: {from_header}",
        f"To: {mailbox(recipient_name, recipient)}",
        *([f"Reply-To: {_own_mailbox(reply_to)[0]}"] if reply_to else []),
        f"Subject: {unstructured(composed.subject)}",
        f"Date: {format_datetime(date)}",
        f"Message-ID: {message_id}",
        *(_extra(name, value) for name, value in headers.items()),
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"',
    ]
    text, html = text_part(composed.text), html_part(composed.html)
    parts = f"\r\n\r\n--{boundary}\r\n".encode() + text + f"\r\n--{boundary}\r\n".encode() + html
    data = "\r\n".join(lines).encode("ascii") + parts + f"\r\n--{boundary}--\r\n".encode()
    return Envelope(
        _own_mailbox(bounce_address)[1] if bounce_address else from_address, recipient, message_id, data
    )


@lru_cache(maxsize=1024)
def safe_address(address: str) -> str:
    """The address in ASCII, its domain in Punycode where needed; raises AddressRefused, saying why."""
    text = address.strip(" ")
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain or any(unicodedata.category(c)[0] in "CZ" for c in text):
        raise AddressRefused(f"{_shown(address)} is not an e-mail address.")
    if not local.isascii():
        raise AddressRefused(
            f"{_shown(address)} has letters before the @ that most mail servers cannot handle; ask for an address without accents."
        )
    if len(local) > 64 or not _LOCAL.match(local):
        raise AddressRefused(f"{_shown(address)} is not an e-mail address that can be written to.")
    return f"{local}@{_ascii_domain(domain, address)}"


def _ascii_domain(domain: str, address: str) -> str:
    try:
        ascii_domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        ascii_domain = ""
    if len(ascii_domain) > 253 or not _DOMAIN.match(ascii_domain):
        raise AddressRefused(f"{_shown(address)} has no possible domain after the @.")
    return ascii_domain


def mailbox(name: str, address: str) -> str:
    """`Name <address>` as a header wants it: quoted or encoded where needed, folded, without control
    characters."""
    tidy = clean(name)
    if not tidy:
        return address
    phrase = _phrase(tidy)
    last = phrase.rpartition("\r\n")[2]
    gap = "\r\n " if len(last) + len(address) + 3 > USUAL_LINE - len("Reply-To: ") else " "
    return f"{phrase}{gap}<{address}>"


@lru_cache(maxsize=1024)
def _phrase(name: str) -> str:
    if len(name) <= 60 and _PLAIN_NAME.match(name) and "=?" not in name:
        return name
    if len(name) <= 60 and name.isascii() and "=?" not in name:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return _encoded(name, "Reply-To")


@lru_cache(maxsize=256)
def unstructured(text: str) -> str:
    """The value of a header that is free text, such as Subject."""
    tidy = clean(text)
    width = USUAL_LINE - len("Subject: ")
    if not tidy.isascii() or "=?" in tidy or any(len(word) > width for word in tidy.split()):
        return _encoded(tidy, "Subject")
    return tidy if len(tidy) <= width else "\r\n ".join(textwrap.wrap(tidy, width, break_on_hyphens=False))


def _encoded(text: str, header_name: str) -> str:
    return Header(text, "utf-8", maxlinelen=USUAL_LINE - 2, header_name=header_name).encode(linesep="\r\n")


def clean(text: str) -> str:
    """Text fit for one header: line breaks, tabs and control characters become single spaces."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(
        "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text).split()
    )


def text_part(text: str) -> bytes:
    """The text part with its headers: as it is when plain ASCII in short lines, else quoted-printable."""
    body = _crlf(text)
    kind = "Content-Type: text/plain; charset=utf-8\r\n"
    if body.isascii() and _longest(body) <= LONGEST_LINE:
        return f"{kind}Content-Transfer-Encoding: 7bit\r\n\r\n{body}".encode("ascii")
    if _has_long_link(body):
        return f"{kind}Content-Transfer-Encoding: base64\r\n\r\n".encode() + _base64(body)
    return f"{kind}Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode() + quoted_printable(body)


def _has_long_link(body: str) -> bool:
    """Whether quoted-printable would break a link over two lines, as it has to beyond 76 characters."""
    return any("://" in line and len(line) > USUAL_LINE - 1 for line in body.split("\r\n"))


def _base64(body: str) -> bytes:
    return base64.encodebytes(body.encode("utf-8")).replace(b"\n", b"\r\n").rstrip()


def html_part(html: str) -> bytes:
    """The HTML part with its headers: other letters as character references, long lines broken at spaces, so
    nearly always 7bit."""
    body = _crlf(html).encode("ascii", "xmlcharrefreplace").decode("ascii")
    if _longest(body) > USUAL_LINE:
        body = "\r\n".join(piece for line in body.split("\r\n") for piece in _broken(line))
    kind = "Content-Type: text/html; charset=utf-8\r\n"
    if _longest(body) <= LONGEST_LINE:
        return f"{kind}Content-Transfer-Encoding: 7bit\r\n\r\n{body}".encode("ascii")
    return f"{kind}Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode() + quoted_printable(body)


def quoted_printable(text: str) -> bytes:
    """RFC 2045 quoted-printable of text with CRLF line ends. A line of up to 72 ASCII characters without `=`
    is left as it is."""
    return b"\r\n".join(
        binascii.b2a_qp(line.encode("utf-8"), istext=True).replace(b"=\n", b"=\r\n")
        for line in text.split("\r\n")
    )


@lru_cache(maxsize=2048)
def _broken(line: str) -> tuple[str, ...]:
    done: list[str] = []
    while len(line) > USUAL_LINE:
        cut = line.rfind(" ", 0, USUAL_LINE + 1)
        if cut <= 0:
            cut = line.find(" ", USUAL_LINE)
        if cut <= 0:
            break
        done.append(line[:cut])
        line = line[cut + 1 :]
    return (*done, line)


def _crlf(text: str) -> str:
    return "\r\n".join(re.split(r"\r\n|\r|\n", text.replace("\0", "")))


def _longest(body: str) -> int:
    return max(map(len, body.split("\r\n")))


def _extra(name: str, value: str) -> str:
    if not _HEADER_NAME.match(name):
        raise ValueError(f"not a header's name: {name!r}")
    return f"{name}: {unstructured(value)}"


@lru_cache(maxsize=64)
def _own_mailbox(written: str) -> tuple[str, str]:
    """Header and bare address of `Name <address>`, as the school's settings hold them."""
    found = _NAME_AND_ADDRESS.match(written)
    name, address = (found["name"].strip().strip('"'), found["address"]) if found else ("", written)
    try:
        safe = safe_address(address)
    except AddressRefused as error:
        raise BadMailSetting(
            f"The mail settings hold {_shown(written)}, which is not written as Name <address>."
        ) from error
    return mailbox(name, safe), safe


def _shown(address: str) -> str:
    return repr(clean(address)[:100])
