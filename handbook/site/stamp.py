"""Frozen pages, stamped into one shell page that went through the theme."""

from __future__ import annotations

import re
from html import escape, unescape

from handbook.pages.book import FrozenPage
from handbook.pages.wording import fill
from handbook.policy.errors import HandbookError
from handbook.site.headers import inline_scripts

SHELL_PATH = "policies/_shell/page.md"
SHELL_ADDRESS = "policies/_shell/page/"

BODY = re.compile(r'<h1 id="start">.*?HB-SLOT-BODY</div>', re.DOTALL)
CONTENTS = re.compile(r'<li class="md-nav__item">\s*<a href="#hb-slot-contents".*?</li>', re.DOTALL)
SLOT = re.compile(r"HB-SLOT-(?:TITLE|DESCRIPTION|HEADING|CONTENTS|BODY)|" + re.escape(SHELL_ADDRESS))
HEADING = re.compile(r'<h([23]) id="([^"]+)"[^>]*>(.*?)</h\1>', re.DOTALL)
HEADERLINK = re.compile(r'<a class="headerlink".*?</a>|<del\b.*?</del>', re.DOTALL)
TAG = re.compile(r"<[^>]+>")


class ShellError(HandbookError):
    """The theme did not leave the shell's slots where pages can be stamped in."""


def shell_markdown() -> str:
    """The shell page, to be rendered by the generator like any other."""
    return fill("shell.md")


class Shell:
    """The rendered shell, cut at its slots. `scripts` are the inline scripts of every page: bodies have
    none."""

    def __init__(self, html: str):
        html, slots = BODY.subn("HB-SLOT-BODY", html, count=1)
        if not slots:
            raise ShellError("the rendered shell page has no slot for the body; is content.html overridden?")
        html = CONTENTS.sub("HB-SLOT-CONTENTS", html)
        self._texts = SLOT.split(html)
        self._slots = SLOT.findall(html)
        self.scripts = inline_scripts(html)
        if any(map(SLOT.search, self.scripts)):
            raise ShellError(
                "an inline script of the theme holds a page's title or address; put it into a file of its own"
            )

    def stamp(self, page: FrozenPage, body: str) -> str:
        """The whole HTML of one frozen page."""
        heading = f'<h1 id="start">{escape(page.heading)}</h1>'
        values = {
            "HB-SLOT-TITLE": escape(page.title),
            "HB-SLOT-DESCRIPTION": escape(page.description),
            "HB-SLOT-HEADING": escape(page.heading),
            "HB-SLOT-CONTENTS": contents(body),
            "HB-SLOT-BODY": f'{heading}\n{page.head}\n<div class="hb-body">\n{body}\n</div>\n{page.foot}',
            SHELL_ADDRESS: page.address,
        }
        parts = [self._texts[0]]
        for slot, text in zip(self._slots, self._texts[1:], strict=False):
            parts += (values[slot], text)
        return "".join(parts)


def contents(body: str) -> str:
    """The headings of a body as entries of the theme's table of contents, in its markup."""
    return "\n".join(_entry(anchor, title) for level, anchor, title in HEADING.findall(body) if level == "2")


def _entry(anchor: str, title: str) -> str:
    words = escape(unescape(TAG.sub("", HEADERLINK.sub("", title))).strip())
    return (
        f'<li class="md-nav__item"><a href="#{anchor}" class="md-nav__link">'
        f'<span class="md-ellipsis"><span class="md-typeset">{words}</span></span></a></li>'
    )
