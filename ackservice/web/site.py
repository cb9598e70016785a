"""The built handbook at `/`: its files, with the headers and redirects its own `_headers` and `_redirects`
ask for.

What a static host does with the same folder, so that the embedded server and the host show one site.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path

from flask import Blueprint, Response, abort, make_response, redirect, request, send_file
from werkzeug.security import safe_join

from ackservice.web.context import web
from ackservice.web.site_rules import Rules, rules_of

pages = Blueprint("site", __name__)

_TYPES = {
    ".md": "text/markdown; charset=utf-8",
    ".xml": "application/xml",
    ".webmanifest": "application/manifest+json",
}


@pages.get("/")
@pages.get("/<path:path>")
def file(path: str = "") -> Response:
    """A file of the site, its index for a folder, a redirect, or the site's own page for what is not
    there."""
    folder = web().site
    if folder is None or path == "ack" or path.startswith("ack/"):
        abort(404)
    rules = rules_of(folder)
    found = find(folder, path)
    if found is None:
        return _elsewhere(folder, rules, path)
    if (
        found.name == "index.html"
        and path
        and not path.endswith(("/", "/index.html"))
        and path != "index.html"
    ):
        return _moved("/" + path.strip("/") + "/", 301)
    return _answer(found, rules)


def find(folder: Path, path: str) -> Path | None:
    """The file an address stands for; never one outside the folder, a hidden one, or the host's own rules."""
    parts = path.split("/")
    if (
        any(part.startswith(".") for part in parts)
        or path in ("_headers", "_redirects")
        or "\\" in path
        or "\0" in path
    ):
        return None
    joined = safe_join(str(folder), path.rstrip("/") or ".")
    if joined is None:
        return None
    try:
        target = Path(joined).resolve()
        if target.is_dir():
            target = target / "index.html"
        elif path.endswith("/"):
            return None
        is_inside = target.resolve().is_relative_to(folder.resolve())
        return target if is_inside and target.is_file() else None
    except OSError:  # a name too long for the file system
        return None


def _elsewhere(folder: Path, rules: Rules, path: str) -> Response:
    moved = rules.redirect("/" + path)
    if moved is not None:
        return _moved(*moved)
    page = folder.resolve() / "404.html"
    if not page.is_file():
        abort(404)
    response = _answer(page, rules)
    response.status_code = 404
    return response


def _moved(target: str, status: int) -> Response:
    query = request.query_string.decode("ascii", "ignore")
    return make_response(redirect(f"{target}?{query}" if query and "?" not in target else target, status))


def _answer(file: Path, rules: Rules) -> Response:
    kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    response = make_response(
        send_file(file, mimetype=kind.partition(";")[0], conditional=file.name != "404.html")
    )
    if kind.startswith("text/"):
        response.headers["Content-Type"] = f"{kind.partition(';')[0]}; charset=utf-8"
    for name, value in rules.headers(request.path):
        response.headers[name] = value
    return response
