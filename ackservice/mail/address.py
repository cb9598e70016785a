"""The addresses that mail settings are written as: `smtp://user:password@host:587?ca=FILE`, and their
like."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from ackservice.mail.errors import BadMailSetting


@dataclass(frozen=True)
class MailAddress:
    """The parts of an address, percent-decoded. Its `repr` shows no secret."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    path: str = ""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def where(self) -> str:
        """`host:port`, for messages."""
        return f"{self.host}:{self.port}"


def parse(
    text: str, *, ports: Mapping[str, int], options: frozenset[str], environ: Mapping[str, str]
) -> MailAddress:
    """The parts of `text`, whose scheme must be in `ports` (with its usual port) and whose options in
    `options`.

    An option or password named `…_env` is read from that environment variable. Raises BadMailSetting, which
    never repeats the address itself, since it may hold a password.
    """
    parts = _split(text)
    if parts.scheme not in ports:
        raise BadMailSetting(
            f"{parts.scheme}:// is no way of sending known here; write one of: {', '.join(ports)}."
        )
    host, port = _host(parts), _port(parts)
    given = _options(parts, options, environ)
    return MailAddress(
        scheme=parts.scheme,
        host=host,
        port=port or ports[parts.scheme],
        user=unquote(parts.username or ""),
        password=given.pop("password", "") or unquote(parts.password or ""),
        path=unquote(parts.path.strip("/")),
        options=given,
    )


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise BadMailSetting(
            "The mail address cannot be read. Special characters in it must be percent-encoded."
        ) from None
    if parts.fragment or text.endswith("#"):
        raise BadMailSetting("The mail address holds a # character. In a password write it as %23.")
    return parts


def _host(parts: SplitResult) -> str:
    try:
        host = parts.hostname
    except ValueError:
        host = None
    if not host or any(c in host for c in "/ %") or "@" in parts.path + parts.query:
        raise BadMailSetting(
            "The mail address names no server that can be used. Write "
            f"{parts.scheme}://user:password@server:port, and in user "
            "and password write @ as %40, / as %2F, ? as %3F, : as %3A, % as %25."
        )
    return host


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise BadMailSetting(
            "The port of the mail server must be a number up to 65535. If the password holds / ? # : or "
            "@, percent-encode it."
        ) from None  # the error beneath quotes a part of the password


def _options(parts: SplitResult, known: frozenset[str], environ: Mapping[str, str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        option = name.removesuffix("_env")
        if option not in known:
            raise BadMailSetting(
                f"The mail address has an unknown option {name!r}; known are: {', '.join(sorted(known))}."
            )
        if option in given:
            raise BadMailSetting(f"The mail address gives {option!r} twice.")
        given[option] = _from_environment(option, value, environ) if name.endswith("_env") else value
    return given


def _from_environment(option: str, variable: str, environ: Mapping[str, str]) -> str:
    value = environ.get(variable, "")
    if not value:
        raise BadMailSetting(
            f"The mail address reads {option!r} from the environment variable {variable}, which is not set."
        )
    return value
