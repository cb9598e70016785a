"""What the site is made with, so that nothing kept by another release of it is taken for its own."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version as installed
from pathlib import Path

HERE = Path(__file__).parents[1]
PARTS = ("mkdocs", "mkdocs-material", "Markdown", "Jinja2", "MarkupSafe", "lxml", "rapidfuzz")


@cache
def made_with() -> str:
    """The digest of our own source, of the versions of the parts under it, and of Python's."""
    versions = [f"{name}={installed(name)}" for name in PARTS]
    return digest_of_files(sorted(HERE.rglob("*.py")), *versions, sys.version)


def digest_of_files(files: Iterable[Path], *facts: str) -> str:
    """The digest of these files' contents and of some facts."""
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    return hashlib.sha256("\n".join([*digests, *facts]).encode("utf-8")).hexdigest()
