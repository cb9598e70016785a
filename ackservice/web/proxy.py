"""Requests signed by the proxy in front: once a secret is set, nothing below `/ack/` is reached past the
proxy.

Netlify signs what it proxies with a short JWS in `x-nf-sign`: HS256 over issuer, site, deploy context and an
expiry five minutes on. Health stays open, for whoever watches the service from inside.
"""

from __future__ import annotations

import jwt
from flask import Flask, request

from ackservice.errors import SettingsError
from ackservice.links import SHORTEST_KEY
from ackservice.web.context import Web, web
from ackservice.web.errors import UnsignedRequest

HEADER = "X-Nf-Sign"
ISSUER = "netlify"
OPEN = frozenset({"/ack/health"})


def install(app: Flask) -> None:
    """Check signatures if there is a secret. Raises SettingsError for one too short to protect anything."""
    settings = app.extensions["ack"].settings
    if not settings.proxy_secret:
        return
    if len(settings.proxy_secret) < SHORTEST_KEY:
        raise SettingsError(
            f"ACK_PROXY_SECRET has {len(settings.proxy_secret)} characters, at least {SHORTEST_KEY} are "
            f"needed"
        )
    app.before_request(refuse_unsigned)


def refuse_unsigned() -> None:
    """Raise UnsignedRequest for what did not come through the proxy."""
    if (
        request.path.startswith("/ack/")
        and request.path not in OPEN
        and not is_signed(request.headers.get(HEADER), web())
    ):
        raise UnsignedRequest


def is_signed(signature: str | None, web: Web) -> bool:
    """Whether a signature is the proxy's, for the published site, and not expired."""
    try:
        claims = jwt.decode(
            signature or "",
            web.settings.proxy_secret,
            algorithms=["HS256"],
            issuer=ISSUER,
            options={
                "require": ["exp", "iss"],
                "verify_exp": False,
            },  # checked below, by the clock that was given
        )
        unexpired = float(claims["exp"]) > web.now().timestamp()
    except (jwt.InvalidTokenError, TypeError, ValueError):
        return False
    return unexpired and claims.get("deploy_context", "production") == "production"
