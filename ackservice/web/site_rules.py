"""Reads a site's `_headers` and `_redirects`, in the form static hosts read them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from handbook.policy.wording import whole_number

_DEFAULT_STATUS = 301


@dataclass(frozen=True)
class Rules:
    """Headers by address, and redirects; for an address the last header rule and the first redirect that fit
    hold."""

    header_rules: tuple[tuple[re.Pattern[str], tuple[tuple[str, str], ...]], ...] = ()
    redirect_rules: tuple[tuple[re.Pattern[str], str, int], ...] = ()

    def headers(self, path: str) -> list[tuple[str, str]]:
        """The headers for an address, in the order of the file."""
        return [
            header for pattern, headers in self.header_rules if pattern.fullmatch(path) for header in headers
        ]

    def redirect(self, path: str) -> tuple[str, int] | None:
        """Where an address has moved and with which status, or None."""
        for pattern, target, status in self.redirect_rules:
            match = pattern.fullmatch(path)
            if match:
                return _filled(target, match), status
        return None


def rules_of(site: Path) -> Rules:
    """The rules of a built site, read again when it has been built anew."""
    return _read(*(_file_and_age(site / name) for name in ("_headers", "_redirects")))


def _file_and_age(file: Path) -> tuple[Path, int]:
    try:
        return file, file.stat().st_mtime_ns
    except OSError:
        return file, 0


@lru_cache(maxsize=8)
def _read(headers: tuple[Path, int], redirects: tuple[Path, int]) -> Rules:
    return Rules(parse_headers(_text(headers[0])), parse_redirects(_text(redirects[0])))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def parse_headers(text: str) -> tuple[tuple[re.Pattern[str], tuple[tuple[str, str], ...]], ...]:
    """Blocks of a `_headers` file: an address on a line, then its headers, indented."""
    rules: list[tuple[re.Pattern[str], tuple[tuple[str, str], ...]]] = []
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if raw[0] not in " \t":
            rules.append((_pattern(line), ()))
        elif rules and ":" in line:
            name, _, value = line.partition(":")
            pattern, headers = rules[-1]
            rules[-1] = (pattern, (*headers, (name.strip(), value.strip())))
    return tuple(rules)


def parse_redirects(text: str) -> tuple[tuple[re.Pattern[str], str, int], ...]:
    """Lines of a `_redirects` file: from, to, and a status where it is not 301. Rewrites (200) are the
    host's own affair."""
    rules = []
    for line in text.splitlines():
        parts = line.split("#", 1)[0].split() if line.lstrip().startswith("#") else line.split()
        if len(parts) < 2:
            continue
        status = (whole_number(parts[2].rstrip("!")) if len(parts) > 2 else None) or _DEFAULT_STATUS
        if status in (301, 302, 303, 307, 308):
            rules.append((_pattern(parts[0]), parts[1], status))
    return tuple(rules)


def _pattern(address: str) -> re.Pattern[str]:
    """An address with `*` for anything at its end and `:name` for one part of it."""
    pieces = re.split(r"(\*|:[A-Za-z]\w*)", address)
    return re.compile("".join(_piece(piece) for piece in pieces))


def _piece(piece: str) -> str:
    if piece == "*":
        return r"(?P<splat>.*)"
    if re.fullmatch(r":[A-Za-z]\w*", piece):
        return rf"(?P<{piece[1:]}>[^/]+)"
    return re.escape(piece)


def _filled(target: str, match: re.Match[str]) -> str:
    values = match.groupdict()
    filled = re.sub(r":([A-Za-z]\w*)", lambda m: values.get(m[1]) or ("" if m[1] in values else m[0]), target)
    return "/" + filled.lstrip("/\\") if target.startswith("/") else filled
