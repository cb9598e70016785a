"""Whether a typed name may be that of the person a link was made for."""

from __future__ import annotations

import re

from ackservice.domain.status import name_key

_BREAK = re.compile(r"[^\w'’]+|_")
_APOSTROPHE = re.compile(r"['’]")


def is_like(typed: str, *names: str) -> bool:
    """Whether a typed name shares a word with one of these; accents, capitals, order, initials aside."""
    return any(words(typed) & words(name) for name in names)


def words(name: str) -> frozenset[str]:
    """The words of a name to compare by, without initials where it has anything else; the parts of a
    double-barrelled one, and the whole of it as one word."""
    parts: set[str] = set()
    for word in name_key(name).split():
        found = [_APOSTROPHE.sub("", part) for part in _BREAK.split(word)]
        parts.update((*found, "".join(found)))
    parts.discard("")
    return frozenset({part for part in parts if len(part) > 1} or parts)
