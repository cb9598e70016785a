"""Compresses pages and the embedded handbook's text files with gzip, for browsers that ask for it.

Compressing a secret beside text that somebody else chooses lets who sees the length of answers guess the
secret (BREACH). So an answer below `/ack/` is compressed only where it is to a GET without a query string:
what is sent in a form or a search is never shown in a compressed page, and the desk, whose forms carry the
session's key, is left out altogether. A personal link is a secret too, but it is what the request itself
asks for: who can choose the request knows it. Files streamed as they are computed are not held back.
"""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

SMALLEST = 1024  # bytes; less fits into one packet anyway
LEVEL = 6
TEXTS = ("html", "css", "javascript", "markdown")
KINDS = frozenset(
    {*(f"text/{kind}" for kind in TEXTS), "application/json", "application/xml", "image/svg+xml"}
)


def install(app: Flask) -> None:
    """Compress what may be, after every other part has finished the answer."""
    app.after_request(compress)


def compress(response: Response) -> Response:
    """The answer in gzip where its kind, its size and the browser allow; the same bytes each time."""
    if not may_be_compressed(response):
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings.quality("gzip") <= 0:
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < SMALLEST:
        return response
    response.set_data(gzip.compress(body, LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)  # the text is the same, its bytes are not
    return response


def may_be_compressed(response: Response) -> bool:
    """Whether an answer is a whole text that holds no secret beside what its reader sent."""
    if request.method not in ("GET", "HEAD") or response.status_code not in (200, 404):
        return False
    if response.mimetype not in KINDS or "Content-Encoding" in response.headers:
        return False
    if response.is_streamed and not response.direct_passthrough:
        return False
    path = request.path
    if path.startswith("/ack/static/"):
        return True
    return not path.startswith("/ack/") or not (path.startswith("/ack/desk") or request.query_string)
