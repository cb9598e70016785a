"""A Markdown text cut where its parts can be rendered apart, so that what two versions share is rendered
once."""

from __future__ import annotations

import re

# Definitions (of links, footnotes, abbreviations) reach over a whole text; a fence may hold what looks like
# a heading; and empty lines beyond the first belong to the code above them.
_REACHES_FAR = re.compile(r"\] ?:|```|~~~|\n[ \t]*\n[ \t]*\n")
_BEFORE_HEADING = re.compile(r"\n\n(?=#{1,6} \S)")


def sections(markdown: str) -> list[str]:
    """The text cut before its headings, or whole where its parts may depend on each other.

    Rendered one by one and put together they are the text rendered whole, so long as no id stands in two of
    them.
    """
    if _REACHES_FAR.search(markdown.strip("\n")):
        return [markdown]
    return _BEFORE_HEADING.split(markdown)
