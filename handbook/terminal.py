"""A redline for the terminal: colours where there are any, marks where there are none."""

from __future__ import annotations

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


def _styled(kind: str, text: str, colour: bool) -> str:
    if kind not in _MARKS or not text.strip():
        return text
    if colour:
        return click.style(text, **_STYLES[kind])
    opening, closing = _MARKS[kind]
    return f"{opening}{text}{closing}"
