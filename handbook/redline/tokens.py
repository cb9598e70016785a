"""The content of an element as tokens that can be aligned: words, punctuation marks and child elements."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from handbook.redline.align import Run
from handbook.redline.html_tree import Child, Node

# A word keeps its apostrophes, hyphens and inner dots: "school's", "one-to-one", "3.5", "example.org".
_TOKEN = re.compile(r" ?(?:\w+(?:['’.\-]\w+)*|[^\w ])| ")
_TOKEN_OF_PRE = re.compile(r"\w+|[ \t]+|[^\w \t]")
_COMMON = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "for",
        "from",
        "has",
        "have",
        "if",
        "in",
        "is",
        "it",
        "its",
        "no",
        "not",
        "of",
        "on",
        "or",
        "that",
        "the",
        "their",
        "they",
        "this",
        "to",
        "was",
        "will",
        "with",
    ]
)
MOST_WORDS_OF_A_CRUMB = 4


class Token(NamedTuple):
    """A word, a punctuation mark or an element, with the space before it."""

    lead: str
    item: Child


def tokens(children: Sequence[Child], tag: str) -> list[Token]:
    """The tokens of an element's children; put together again they are exactly these children."""
    if tag in ("pre", "code"):
        return _tokens_of_pre(children)
    result: list[Token] = []
    lead = ""
    for child in children:
        if isinstance(child, Node):
            result.append(Token(lead, child))
            lead = ""
            continue
        for match in _TOKEN.findall(child):
            if match == " ":
                lead += match
            else:
                word = match.lstrip(" ")
                result.append(Token(lead + match[: len(match) - len(word)], word))
                lead = ""
    return [*result, Token(lead, "")] if lead else result


def _tokens_of_pre(children: Sequence[Child]) -> list[Token]:
    result: list[Token] = []
    for child in children:
        parts = [child] if isinstance(child, Node) else _TOKEN_OF_PRE.findall(child)
        result += [Token("", part) for part in parts]
    return result


def words(text: str) -> list[str]:
    """The words of a text, punctuation left out."""
    return [w for w in (m.strip(" ") for m in _TOKEN.findall(text)) if w[:1].isalnum()]


def without_crumbs(runs: list[Run], old: Sequence[Token], new: Sequence[Token]) -> list[Run]:
    """The runs without the few small words that two rewritten passages share by chance.

    A sentence put anew reads better struck out and written out whole than with "the" and "of" kept from it.
    """
    kept: list[Run] = []
    at_old = at_new = 0
    for number, run in enumerate(runs):
        following = runs[number + 1] if number + 1 < len(runs) else Run(len(old), len(new), 0)
        before = max(run.old - at_old, run.new - at_new)
        after = max(following.old - run.old - run.length, following.new - run.new - run.length)
        if not _is_crumb([t.item for t in old[run.old : run.old + run.length]], min(before, after)):
            kept.append(run)
            at_old, at_new = run.old + run.length, run.new + run.length
    return kept


def _is_crumb(items: list[Child], changed: int) -> bool:
    if not changed or len(items) > changed or not all(isinstance(item, str) for item in items):
        return False
    content_words = [i for i in items if i[:1].isalnum() and i.lower() not in _COMMON]
    return not content_words or (len(items) * 2 <= changed and len(content_words) <= MOST_WORDS_OF_A_CRUMB)
