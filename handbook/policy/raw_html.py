"""What policy Markdown may not hold: raw HTML, and code fences left open.

Code spans on one line, closed fences and automatic links (`<https://…>`, `<name@school.example>`) are exempt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_FENCE = re.compile(r"\s*(?:[-*+>]\s+|\d+\.\s+)*(`{3,}|~{3,})(.*)\Z")
_CODE = re.compile(r"(?<![\\`])(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_AUTOLINK = re.compile(r"<(?:(?:https?|mailto|tel):[^\s<>\"]+|[^\s<>@:/\"]+@[\w.-]+)>", re.IGNORECASE)
_HTML = re.compile(r"<(?:/?[A-Za-z][^>\s]*|!--|!\[CDATA|![A-Za-z]+|\?\w*)[^>]{0,30}>?")


def raw_html(body: str) -> Iterator[tuple[int, int, str]]:
    """Every piece of raw HTML in a body: its line and column, both from 1, and how it starts."""
    if "<" not in body:
        return
    lines = _without_fences(body.split("\n"))
    for number, line in enumerate(lines, start=1):
        if "<" not in line:
            continue
        bare = _AUTOLINK.sub(_blank, _CODE.sub(_blank, line))
        for tag in _HTML.finditer(bare):
            yield number, tag.start() + 1, tag.group()


def open_fence(body: str) -> int | None:
    """The line of a code fence that is never closed, if there is one."""
    if "`" not in body and "~" not in body:
        return None
    return _fences(body.split("\n"))[1]


def _without_fences(lines: list[str]) -> list[str]:
    fenced, _ = _fences(lines)
    return ["" if number in fenced else line for number, line in enumerate(lines, start=1)]


def _fences(lines: list[str]) -> tuple[set[int], int | None]:
    """The lines inside closed fences, and where an unclosed one starts."""
    fenced: set[int] = set()
    opened, mark = 0, ""
    for number, line in enumerate(lines, start=1):
        fence = _FENCE.match(line)
        if opened and line.strip() and set(line.strip()) == {mark[0]} and len(line.strip()) >= len(mark):
            fenced.update(range(opened + 1, number))
            opened = 0
        elif not opened and fence and not (fence[1][0] == "`" and "`" in fence[2]):
            opened, mark = number, fence[1]
    return fenced, opened or None


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())
