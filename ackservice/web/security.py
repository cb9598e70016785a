"""What protects every answer and every form: headers, and where a POST may come from.

A POST must come from our own page. Browsers say where from in `Origin`, which has to be the base address's
or the host the request was sent to ("null", which sandboxed frames and some redirects send, is refused), and
in `Sec-Fetch-Site`, which has to be `same-origin` or `none`. Without both (browsers before 2020, and
programs that are no browser) a `Referer`, if there is one, has to be ours. A page of another site cannot
leave out all three where a browser is current, and holds no personal link.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request

from ackservice.web.context import web
from ackservice.web.errors import ForeignPost

LARGEST_FORM = 64 * 1024  # bytes; a view that takes a file sets request.max_content_length itself
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = tuple(
    {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Referrer-Policy": "strict-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }.items()
)
ACK_HEADERS = (("Cache-Control", "no-store"), ("X-Robots-Tag", "noindex"))
A_YEAR = "public, max-age=31536000, immutable"


def install(app: Flask) -> None:
    """Check every POST and put the headers on every answer, errors included."""
    app.before_request(refuse_foreign_posts)
    app.after_request(add_headers)


def refuse_foreign_posts() -> None:
    """Raise ForeignPost for a form that was not sent from one of our own pages."""
    if request.method in SAFE_METHODS:
        return
    if not comes_from_us(
        request.headers.get("Origin"),
        request.headers.get("Sec-Fetch-Site"),
        request.headers.get("Referer"),
        own={urlsplit(web().settings.base_url).netloc, request.host},
    ):
        raise ForeignPost


def comes_from_us(origin: str | None, fetch_site: str | None, referrer: str | None, own: set[str]) -> bool:
    """Whether what a browser says of a form's page fits our own hosts; see the top of this file."""
    if fetch_site is not None and fetch_site not in ("same-origin", "none"):
        return False
    if origin is not None:
        return _host(origin) in own
    return referrer is None or _host(referrer) in own


def _host(address: str) -> str:
    """Host and port of an http address; empty for anything else, `null` among it."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.netloc if parts.scheme in ("http", "https") else ""


def add_headers(response: Response) -> Response:
    """Fill in the headers a view has not set itself. Nothing personal is ever kept by a browser or a
    proxy."""
    headers = response.headers
    is_ours = request.path.startswith("/ack/")
    if is_ours:
        headers.remove("Cache-Control")
    present = {name.lower() for name, _ in headers}
    for name, value in (*HEADERS, *(ACK_HEADERS if is_ours else ())):
        if name.lower() not in present:
            headers.add(name, value)
    if web().settings.is_https and "strict-transport-security" not in present:
        headers.add("Strict-Transport-Security", "max-age=31536000")
    if is_ours and _is_fingerprinted(response):
        headers["Cache-Control"] = A_YEAR
    return response


def _is_fingerprinted(response: Response) -> bool:
    return request.endpoint == "static" and response.status_code in (200, 304) and bool(request.args.get("v"))
