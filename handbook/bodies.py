"""The rendered bodies of frozen pages: texts and redlines, by digest and renderer, from the cache where they are there."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version as installed
from pathlib import Path

from handbook import render
from handbook.body_cache import BodyCache
from handbook.policy import redline
from handbook.policy.version import PolicyVersion
from handbook.site import RedlineBody, TextBody

RENDERERS = ("Markdown", "pymdown-extensions", "lxml", "rapidfuzz")


@cache
def renderer_version() -> str:
    """What rendered bodies depend on besides the text: our own source and the libraries under it."""
    files = [Path(render.__file__), *sorted(Path(redline.__file__).parent.glob("*.py"))]
    sources = b"".join(file.read_bytes() for file in files)
    libraries = " ".join(f"{name}={installed(name)}" for name in RENDERERS)
    return hashlib.sha256(sources + libraries.encode()).hexdigest()


def key_of(body: TextBody | RedlineBody) -> str:
    """The name a body is kept under."""
    match body:
        case TextBody(version):
            parts = ["text", version.text.digest]
        case RedlineBody(old, new):
            parts = ["redline", old.text.digest, new.text.digest]
    return hashlib.sha256("\n".join([renderer_version(), *parts]).encode()).hexdigest()


def html_of(body: TextBody | RedlineBody, kept: BodyCache) -> str:
    """The HTML of a body."""
    match body:
        case TextBody(version):
            return _text_html(version, kept)
        case RedlineBody(old, new):
            texts = (_text_html(old, kept), _text_html(new, kept))
            return kept.get(key_of(body), lambda: redline.redline(*texts).html)


def _text_html(version: PolicyVersion, kept: BodyCache) -> str:
    return kept.get(key_of(TextBody(version)), lambda: render.body(version.text.body))
