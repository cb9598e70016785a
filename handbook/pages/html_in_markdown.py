"""Rendered HTML as Markdown that every generator turns back into the same HTML, with its headings known to
it."""

from __future__ import annotations

import re
from html import unescape

from handbook.pages.wording import plain_markdown

HEADING = re.compile(r'<h([1-6]) id="([^"]+)">(.*)</h\1>')
TAG = re.compile(r"(</?[a-z][^>]*>)")
RELATIVE = re.compile(r'(?P<start><(?:a|img)\b[^>]*? (?:href|src)=")(?![a-zA-Z][a-zA-Z0-9+.-]*:|[/#"])')


def as_markdown(html: str) -> str:
    """The HTML of `render.body`, one block a line: headings become Markdown, everything else stays HTML."""
    return (
        "\n\n".join(_heading(line) for line in html.rstrip("\n").split("\n"))
        if "<pre" not in html
        else _careful(html)
    )


def one_folder_deeper(html: str) -> str:
    """The HTML with its relative links and images as seen from a folder below."""
    return RELATIVE.sub(r"\g<start>../", html)


def _careful(html: str) -> str:
    """As above, where code blocks hold lines of their own."""
    parts = re.split(r"(<pre\b.*?</pre>)", html, flags=re.DOTALL)
    kept = {f"hb-kept-{n}-hb": part for n, part in enumerate(parts) if n % 2}
    marked = "".join(f"hb-kept-{n}-hb" if n % 2 else part for n, part in enumerate(parts))
    text = "\n\n".join(_heading(line) for line in marked.rstrip("\n").split("\n"))
    for mark, part in kept.items():
        text = text.replace(mark, part)
    return text


def _heading(line: str) -> str:
    heading = HEADING.fullmatch(line)
    if not heading:
        return line
    level, anchor, inner = heading.groups()
    words = "".join(
        part if TAG.fullmatch(part) else plain_markdown(unescape(part)) for part in TAG.split(inner)
    )
    return f"{'#' * int(level)} {words} {{: #{anchor} }}"
