"""Reads one change entry: why a version exists, who approved it, and the digest and seal of what was
approved."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handbook.policy import frontmatter
from handbook.policy.digest import seal_of
from handbook.policy.errors import Fault
from handbook.policy.frontmatter import Fields
from handbook.policy.parse import Parsed
from handbook.policy.version import Change, ChangeEntry, ChangeItem, PolicyText

FIELDS = ("supersedes", "change", "effective_on", "approved_by", "approved_on", "digest", "seal", "changes")
ITEM_FIELDS = ("section", "what", "text")
WHAT = ("added", "removed", "reworded", "moved")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
_DIGEST_EXPECTED = "sha256: and 64 hexadecimal digits, as `handbook approve` writes them"


def parse_entry(source: str, path: str, policy: str, version: str) -> Parsed[ChangeEntry]:
    """The change entry of a version. `path` is kept, and told in faults."""
    parts = frontmatter.split(source, path)
    if isinstance(parts, Fault):
        return Parsed(None, (parts,))
    fields = frontmatter.read(parts, path)
    if fields.faults and not fields.marks:
        return Parsed(None, tuple(fields.faults))
    entry = _read(fields, parts.body.strip(), policy, version)
    if entry and entry.approved_by and not entry.summary:
        fields.faults.append(Fault(path, parts.end_line, 0, "summary",
                                   "expected two or three sentences to staff after "
                                   "the front matter of an approved change, found nothing"))  # fmt: skip
    return Parsed(entry, tuple(fields.faults), fields.marks)


def seal_for(entry: ChangeEntry, text: PolicyText | None, digest: str | None) -> str:
    """The seal an approved entry must carry, over the digest given."""
    effective_on = text.effective_on if text else entry.effective_on
    assert effective_on and entry.approved_by and entry.approved_on
    return seal_of(policy=entry.policy, version=entry.version, digest=digest, effective_on=effective_on,
                   audience=text.audience if text else (), change=entry.change,
                   approved_by=entry.approved_by, approved_on=entry.approved_on)  # fmt: skip


def _read(fields: Fields, summary: str, policy: str, version: str) -> ChangeEntry | None:
    fields.only(FIELDS)
    change = fields.choice("change", [str(c) for c in Change], required=True)
    supersedes = fields.label("supersedes")
    approved_by, approved_on = fields.text("approved_by") or None, fields.day("approved_on")
    digest = fields.matching("digest", _DIGEST, _DIGEST_EXPECTED)
    seal = fields.matching("seal", _DIGEST, _DIGEST_EXPECTED)
    changes = tuple(_items(fields))
    effective_on = fields.day("effective_on", required=change == Change.WITHDRAWN)
    if not change:
        return None
    _check_approval(fields, withdrawn=change == Change.WITHDRAWN)
    if change != Change.WITHDRAWN and "effective_on" in fields:
        fields.fault("effective_on", "only a withdrawal has an effective date here; "
                     "that of other changes stands in the policy text, so take this line out")  # fmt: skip
    return ChangeEntry(
        policy,
        version,
        Change(change),
        summary,
        supersedes=supersedes,
        approved_by=approved_by,
        approved_on=approved_on,
        digest=digest,
        seal=seal,
        changes=changes,
        effective_on=effective_on,
        path=fields.file,
    )


def _items(fields: Fields) -> Iterator[ChangeItem]:
    for item in fields.mappings("changes"):
        item.only(ITEM_FIELDS)
        section = item.text("section", required=True)
        what = item.choice("what", WHAT, required=True)
        text = " ".join(item.block("text").split())
        if not text and not ("text" in item and item.faults):
            item.fault("text", "expected a sentence that tells this change, found nothing",
                       item.marks.get("text") or item.marks[""])  # fmt: skip
        if section and what and text:
            yield ChangeItem(section, what, text)


def _check_approval(fields: Fields, withdrawn: bool) -> None:
    """An approval is whole or absent: by whom, on what day, seal, and the digest where there is a text."""
    parts = ["approved_by", "approved_on", "seal"] + ([] if withdrawn else ["digest"])
    present = [name for name in (*parts, "digest") if name in fields]
    if withdrawn and "digest" in fields:
        fields.fault("digest", "a withdrawal has no text to take a digest of; take this line out")
    missing = [name for name in parts if name not in fields]
    if present and missing:
        fields.fault(present[0], f"half an approval: {', '.join(missing)} missing; take out "
                     f"{', '.join(dict.fromkeys(present))} and let `handbook approve` write all of "
                     f"them")  # fmt: skip
