"""What the terminal shows: a redline, in colours where there are any and marks where there are none; how far
a build is."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

_MARKS = {"added": ("{+", "+}"), "removed": ("[-", "-]"), "moved": ("{>", "<}")}
_STYLES = {
    "added": {"fg": "green", "underline": True},
    "removed": {"fg": "red", "strikethrough": True},
    "moved": {"fg": "cyan"},
}


def shown(spans: Iterable[tuple[str, str]], colour: bool) -> str:
    """Spans of (kind, text) as one text; kinds are same, added, removed and moved."""
    return "".join(_styled(kind, text, colour) for kind, text in spans)


class ProgressLine:
    """One line that tells how far something is, in a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()
        self._shown_line = ""

    def tell(self, what: str, done: int, of: int) -> None:
        """Show that `done` of `of` are done, in hundredths."""
        line = f"{what} … {100 * done // of} %" if done else f"{what} …"
        if self._is_shown and line != self._shown_line:
            click.echo(f"\r\x1b[K{line}", nl=False, err=True)
            self._shown_line = line

    def clear(self) -> None:
        """Leave the line empty for what comes next."""
        if self._shown_line:
            click.echo("\r\x1b[K", nl=False, err=True)


def _styled(kind: str, text: str, colour: bool) -> str:
    if kind not in _MARKS or not text.strip():
        return text
    if colour:
        return click.style(text, **_STYLES[kind])
    opening, closing = _MARKS[kind]
    return f"{opening}{text}{closing}"
