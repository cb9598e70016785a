"""Links from the school's own pages to policies, and from policy texts to other pages, held to what the site
has."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

TO_POLICY = re.compile(
    r"\[(?P<words>[^\]]+)\]\((?P<page>(?:\.\./)*policies/(?P<policy>[a-z0-9-]+)/index\.md)(?P<anchor>#[^)\s]*)?\)"
)
OF_POLICY = re.compile(r"policies/([a-z0-9-]+)(?=/|\Z)")
TARGET = re.compile(r'<(?:a|img)\b[^>]*? (?:href|src)="([^"]+)"')


def held_to_day(
    markdown: str, known: Collection[str], shown: Collection[str], in_force: Collection[str]
) -> str:
    """Markdown of a school's own page, as it can be linked on the day shown.

    A policy that has no page on that day is named and not linked; one without a text in force is linked
    without its section. Links to policies that never existed are left, for the strict build to find.
    """

    def held(link: re.Match[str]) -> str:
        policy = link["policy"]
        if policy not in known or policy in in_force:
            return link[0]
        return f"[{link['words']}]({link['page']})" if policy in shown else link["words"]

    return TO_POLICY.sub(held, markdown)


def broken_links(html: str, address: str, site: Path, moved: Mapping[str, str]) -> Iterator[str]:
    """Relative links of a page's body that lead to no file of the built site; `address` is the page's folder.

    `moved` leads from former ids of policies to their own: an approved text keeps its links, and the host
    redirects them.
    """
    for target in TARGET.findall(html):
        parts = urlsplit(unescape(target))
        if parts.scheme or parts.netloc or not parts.path:
            continue
        path = posixpath.normpath(posixpath.join("/", address, unquote(parts.path))).lstrip("/")
        if (linked := OF_POLICY.match(path)) and linked[1] in moved:
            path = f"policies/{moved[linked[1]]}{path[linked.end() :]}"
        if not ((site / path).is_file() or (site / path / "index.html").is_file()):
            yield unescape(target)
