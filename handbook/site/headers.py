"""The security headers of the site, among them a Content-Security-Policy by the hashes of its inline scripts.

They are written to `_headers`, the one file that Netlify and the embedded server both read.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

INLINE_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL | re.IGNORECASE)
DATA_TYPE = re.compile(r"""type\s*=\s*["']?(?:application/(?:ld\+)?json|text/plain)""", re.IGNORECASE)
# Pages get no Cache-Control of their own: hosts join headers of several rules, and Netlify's default is to
# revalidate.
LONG = "public, max-age=31536000, immutable"
FINGERPRINTED = re.compile(r"\.[0-9a-f]{8}\.min\.(?:css|js)$")


def inline_scripts(html: str) -> set[str]:
    """The code of every inline script a browser would run."""
    scripts = INLINE_SCRIPT.finditer(html)
    return {
        m["code"] for m in scripts if " src=" not in m["attributes"] and not DATA_TYPE.search(m["attributes"])
    }


def source_of(code: str) -> str:
    """A script's hash as a source expression of CSP level 2."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode('utf-8')).digest()).decode('ascii')}'"


def policy(scripts: Iterable[str]) -> str:
    """The Content-Security-Policy under which exactly these inline scripts run, and nothing from
    elsewhere."""
    hashes = sorted(map(source_of, scripts))
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src 'self'", *hashes]),
            "worker-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "object-src 'none'",
        ]
    )


def headers_file(site: Path, scripts: Iterable[str]) -> str:
    """The whole `_headers` of a built site, in which exactly these inline scripts run."""
    everywhere = {
        "Content-Security-Policy": policy(scripts),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Strict-Transport-Security": "max-age=31536000",
    }
    blocks = [("/*", everywhere)]
    blocks += [(f"/{path}", {"Cache-Control": LONG}) for path in _fingerprinted(site)]
    blocks += [
        ("/policies/*.md", {"Content-Type": "text/markdown; charset=utf-8", "X-Robots-Tag": "noindex"})
    ]
    blocks += [("/feed.xml", {"Content-Type": "application/atom+xml; charset=utf-8"})]
    return "\n".join(_block(path, headers) for path, headers in blocks)


def write_headers(site: Path, pages: Iterable[Path], known: Iterable[str] = ()) -> None:
    """Write `_headers` for a site in which the scripts of these pages run, and those known already."""
    scripts = (inline_scripts(page.read_text(encoding="utf-8")) for page in pages)
    (site / "_headers").write_text(
        headers_file(site, set(known).union(*scripts)), encoding="utf-8", newline="\n"
    )


def _fingerprinted(site: Path) -> list[str]:
    files = (path for path in (site / "assets").rglob("*") if FINGERPRINTED.search(path.name))
    return sorted(path.relative_to(site).as_posix() for path in files)


def _block(path: str, headers: dict[str, str]) -> str:
    lines = [f"  {name}: {value}" for name, value in headers.items()]
    return "\n".join([path, *lines, ""])
