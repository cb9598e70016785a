"""Finished HTML in generated Markdown, kept from the generator's Markdown, which would take long to pass it
through unchanged."""

from __future__ import annotations

import re

_BLOCK = (
    r"<(?P<{0}>p|ul|ol|dl|div|table|blockquote|h[1-6])\b[^\n]*</(?P={0})>"  # on one line
    r"|<(?P<{1}>header|ul|article|section)\b[^>\n]*>\n(?:(?!</(?P={1})>|<(?P={1})\b|\n).*\n)*</(?P={1})>"  # of many lines
)
_FIRST, _NEXT = _BLOCK.format("a", "b"), _BLOCK.format("c", "d")
RUN = re.compile(rf"^(?:{_FIRST})$(?:\n\n(?:{_NEXT})$)*", re.MULTILINE)
KEPT = re.compile(
    r"(?:<p>)?hb-kept-(\d+)-hb(?:</p>)?"
)  # a paragraph to Markdown, or bare within a block of HTML


def set_aside(markdown: str) -> tuple[str, list[str]]:
    """The text with a short mark in the place of each run of finished blocks, and these runs."""
    kept: list[str] = []

    def mark(run: re.Match[str]) -> str:
        kept.append(run[0].replace("\n\n", "\n"))  # as Markdown puts blocks together
        return f"hb-kept-{len(kept) - 1}-hb"

    return RUN.sub(mark, markdown), kept


def put_back(html: str, kept: list[str]) -> str:
    """The rendered page with the runs where their marks are."""
    return KEPT.sub(lambda mark: kept[int(mark[1])], html) if kept else html
