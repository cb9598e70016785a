"""Ways of logging in at a mail server: a password, or a token by XOAUTH2."""

from __future__ import annotations

import base64
import smtplib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ackservice.mail.errors import LoginRefused

if TYPE_CHECKING:
    from ackservice.mail.tokens import TokenSource


@dataclass(frozen=True)
class PasswordLogin:
    """User name and password, by PLAIN or LOGIN; both may hold any characters."""

    user: str
    password: str = field(repr=False)
    can_renew: bool = field(default=False, init=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.password, _b64(self.password), _b64(f"\0{self.user}\0{self.password}"))

    def __call__(self, smtp: smtplib.SMTP, *, renew: bool) -> tuple[int, bytes]:
        offered = smtp.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in offered:
            return smtp.docmd("AUTH", "PLAIN " + _b64(f"\0{self.user}\0{self.password}"))
        if "LOGIN" in offered:
            return self._login(smtp)
        raise LoginRefused(_no_password_login(offered))

    def _login(self, smtp: smtplib.SMTP) -> tuple[int, bytes]:
        for step in ("AUTH LOGIN", _b64(self.user)):
            code, answer = smtp.docmd(step)
            if code != 334:
                return code, answer
        return smtp.docmd(_b64(self.password))


@dataclass(frozen=True)
class TokenLogin:
    """XOAUTH2: a user name and a short-lived token (Microsoft 365, Google)."""

    user: str
    tokens: TokenSource
    can_renew: bool = field(default=True, init=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        return self.tokens.secrets

    def __call__(self, smtp: smtplib.SMTP, *, renew: bool) -> tuple[int, bytes]:
        offered = smtp.esmtp_features.get("auth", "").upper().split()
        if "XOAUTH2" not in offered:
            raise LoginRefused(
                f"The mail server offers no login by OAuth; it offers: {', '.join(offered) or 'none'}."
            )
        code, answer = smtp.docmd(
            "AUTH", "XOAUTH2 " + _b64(xoauth2(self.user, self.tokens.token(renew=renew)))
        )
        if code == 334:  # the refusal comes as a challenge that has to be answered with an empty line
            code, answer = smtp.docmd("")
        return code, answer


Login = PasswordLogin | TokenLogin


def xoauth2(user: str, token: str) -> str:
    """The answer of the XOAUTH2 mechanism before it is base64-encoded."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def _no_password_login(offered: list[str]) -> str:
    return (
        f"The mail server takes no password login here; it offers: {', '.join(offered) or 'none'}. With "
        "XOAUTH2 among them, "
        "write smtp+xoauth2://, as docs/mail.md shows."
    )


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
