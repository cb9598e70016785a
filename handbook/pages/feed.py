"""Tells of every approved version in an Atom feed (RFC 4287): one entry a version, its id and dates the same
for ever."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from handbook.policy.school import School
from handbook.policy.version import Library, Policy, PolicyVersion
from handbook.policy.wording import long_date

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KINDS = {"new": "new policy", "material": "changed", "clarification": "clarified", "withdrawn": "withdrawn"}


def atom(library: Library, school: School, on: date, base_address: str | None = None) -> str:
    """The feed as it stands on a day, newest approval first.

    Ids are tag URIs (RFC 4151) of the school's domain, the day of approval and the version, whatever address
    the site is shown at. `updated` is midnight UTC of the day of approval, so the same library gives the
    same bytes.
    """
    base = (base_address or school.base_address).rstrip("/")
    approved = [(p, v) for p in library.policies.values() for v in p.versions if v.is_approved(on)]
    approved.sort(key=lambda pair: (pair[1].label, pair[0].id))
    approved.sort(key=lambda pair: pair[1].entry.approved_on, reverse=True)
    feed = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": "en-GB"})
    _add(feed, "id", f"{_tag(school, date(2000, 1, 1))}:changes")
    _add(feed, "title", f"{school.name}: changes to policies")
    _add(feed, "updated", _midnight(approved[0][1].entry.approved_on if approved else on))
    _add(_add(feed, "author"), "name", school.name)
    _add(feed, "link", rel="self", type="application/atom+xml", href=f"{base}/feed.xml")
    _add(feed, "link", rel="alternate", type="text/html", href=f"{base}/changelog/")
    for policy, version in approved:
        _entry(feed, school, policy, version, base)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(feed, encoding="unicode") + "\n"


def _entry(feed: Element, school: School, policy: Policy, version: PolicyVersion, base: str) -> None:
    approved_on = version.entry.approved_on
    assert approved_on is not None  # only approved versions are in the feed
    title = _title(policy, version)
    entry = _add(feed, "entry")
    _add(entry, "id", f"{_tag(school, approved_on)}:policies/{policy.id}/{version.label}")
    _add(
        entry,
        "title",
        f"{title} {version.label}: {_KINDS[version.entry.change]} from {long_date(version.effective_on)}",
    )
    _add(entry, "updated", _midnight(approved_on))
    _add(entry, "published", _midnight(approved_on))
    _add(
        entry, "link", rel="alternate", type="text/html", href=f"{base}/policies/{policy.id}/{version.label}/"
    )
    _add(entry, "category", term=str(version.entry.change))
    paragraphs = [version.entry.summary, *(f"{c.section}, {c.what}: {c.text}" for c in version.entry.changes)]
    _add(entry, "summary", "\n\n".join(paragraphs), type="text")


def _title(policy: Policy, version: PolicyVersion) -> str:
    before = policy.before(version)
    text = version.text or (before.text if before else None)
    return text.title if text else policy.id


def _tag(school: School, day: date) -> str:
    return f"tag:{urlsplit(school.base_address).hostname},{day.isoformat()}"


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _add(parent: Element, name: str, content: str | None = None, **attributes: str) -> Element:
    element = SubElement(parent, name, attributes)
    if content is not None:
        element.text = _NOT_XML.sub("\ufffd", content)
    return element
