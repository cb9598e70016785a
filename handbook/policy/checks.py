"""What must hold between texts, change entries and the school's settings, beyond what each file says by
itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from handbook.policy.changelog import seal_for
from handbook.policy.errors import Fault
from handbook.policy.frontmatter import Mark
from handbook.policy.parse import Parsed
from handbook.policy.school import School
from handbook.policy.version import POLICY_ID, Change, ChangeEntry, PolicyText, label_key

T = TypeVar("T")


@dataclass(frozen=True)
class Draught:
    """What was found for one version, before it is known to be sound: a text, an entry, or both."""

    policy: str
    label: str
    text: Parsed[PolicyText] | None
    entry: Parsed[ChangeEntry] | None
    text_path: str
    entry_path: str

    @property
    def name(self) -> str:
        return f"{self.policy} {self.label}"


def check_all(draughts: Collection[Draught], school: School | None) -> Iterator[Fault]:
    """Every fault between files. Without a school (its file has faults of its own) nothing is checked
    against it."""
    policies: dict[str, list[Draught]] = {}
    for draught in sorted(draughts, key=lambda d: (d.policy, label_key(d.label))):
        policies.setdefault(draught.policy, []).append(draught)
        yield from _check_pair(draught)
        if school:
            yield from _check_names(draught, school)
    for policy, versions in policies.items():
        names = {policy} | {
            old for d in versions if d.text and d.text.value for old in d.text.value.renamed_from
        }
        for draught in versions:
            yield from _check_approval(draught, names)
        yield from _check_sequence(versions)
        yield from _check_dates(versions)
    yield from _check_ids(policies)


def _check_pair(draught: Draught) -> Iterator[Fault]:
    """A version has a text and an entry; a withdrawal has an entry alone."""
    if draught.entry is None:
        yield Fault(
            draught.text_path, 1, 0, "", f"{draught.name} has no change entry; write {draught.entry_path}"
        )
        return
    entry = draught.entry.value
    withdrawn = entry is not None and entry.change is Change.WITHDRAWN
    if withdrawn and draught.text:
        yield _fault(
            draught.entry,
            draught.entry_path,
            "change",
            f"a withdrawal has no text, found {draught.text_path}; delete the text, or give another "
            f"kind of change",
        )
    if entry and not withdrawn and draught.text is None:
        yield _fault(
            draught.entry,
            draught.entry_path,
            "change",
            f"{draught.name} has no text; write {draught.text_path}, or delete this entry",
        )


def _check_approval(draught: Draught, names: Collection[str]) -> Iterator[Fault]:
    """The digest is that of the text, the seal that of all the approval covers, and approval came before
    effect.

    A seal names the policy as it was called when approved: by one of `names`, its id or a former one.
    """
    entry, text = _value(draught.entry), _value(draught.text)
    if entry is None or not (entry.approved_by and entry.approved_on and entry.seal):
        return
    effective_on = text.effective_on if text else entry.effective_on
    if effective_on and entry.approved_on > effective_on:
        yield _fault(
            draught.entry,
            draught.entry_path,
            "approved_on",
            f"expected a day before the change takes effect ({effective_on}), found {entry.approved_on}; "
            "a change is approved first",
        )
    if text and entry.digest and text.digest != entry.digest:
        yield _fault(
            draught.entry,
            draught.entry_path,
            "digest",
            f"the text in {text.path} is not the one that was approved: expected {entry.digest}, found "
            f"{text.digest}; put the approved text back, or make a new version with `handbook new`",
        )
    is_whole = effective_on and (text or entry.change is Change.WITHDRAWN)
    if is_whole and entry.seal not in {
        seal_for(replace(entry, policy=name), text, entry.digest) for name in names
    }:
        yield _fault(
            draught.entry,
            draught.entry_path,
            "seal",
            "what was approved has been changed since: the effective date, the audience, the kind "
            "of change, the "
            "approval or the digest (the seal cannot tell which); put it back, or make a new version; "
            "if the policy was renamed, name its former id under `renamed_from`",
        )


def _check_sequence(versions: list[Draught]) -> Iterator[Fault]:
    """`supersedes` names the version before, and `change` fits the place in the row."""
    before: Draught | None = None
    for draught in versions:
        entry, earlier = _value(draught.entry), _value(before.entry) if before else None
        if entry:
            restarts = before is None or (earlier is not None and earlier.change is Change.WITHDRAWN)
            yield from _check_supersedes(draught, entry, before, restarts)
            yield from _check_change(draught, entry, before, restarts)
        before = draught


def _check_supersedes(
    draught: Draught, entry: ChangeEntry, before: Draught | None, restarts: bool
) -> Iterator[Fault]:
    found = entry.supersedes
    if before is None and found:
        yield _fault(
            draught.entry,
            draught.entry_path,
            "supersedes",
            f"{draught.label} is the first version here, found {found}; take this line out",
        )
    elif (
        before
        and found != before.label
        and not (restarts and found is None)
        and _wrote(draught.entry, "supersedes", found)
    ):
        yield _fault(
            draught.entry,
            draught.entry_path,
            "supersedes",
            f"expected the version before, {before.label}, found {found or 'nothing'}",
        )


def _wrote(parsed: Parsed[ChangeEntry] | None, name: str, value: object) -> bool:
    """Whether the field is as its writer meant it: a value that could not be read has a fault already."""
    return value is not None or name not in (parsed.marks if parsed else {})


def _check_change(
    draught: Draught, entry: ChangeEntry, before: Draught | None, restarts: bool
) -> Iterator[Fault]:
    if before is None and entry.change in (Change.CLARIFICATION, Change.WITHDRAWN):
        yield _fault(
            draught.entry,
            draught.entry_path,
            "change",
            f"expected new, as {draught.label} is the first version here, found {entry.change}",
        )
    elif before and restarts and entry.change is not Change.NEW:
        yield _fault(
            draught.entry,
            draught.entry_path,
            "change",
            f"expected new, as {before.label} withdrew the policy, found {entry.change}",
        )
    elif not restarts and entry.change is Change.NEW:
        yield _fault(
            draught.entry,
            draught.entry_path,
            "change",
            "expected material, clarification or withdrawn, as there is an earlier version, found new",
        )


def _check_dates(versions: list[Draught]) -> Iterator[Fault]:
    """Effective dates rise with the labels, each later than the one before.

    A withdrawal may come earlier than a version that has not taken effect, and a clarification on the day of
    what it clarifies.
    """
    latest = None
    for draught in versions:
        parsed: Parsed[Any] | None = draught.text or draught.entry
        value: PolicyText | ChangeEntry | None = _value(parsed)
        if value is None or value.effective_on is None:
            continue
        path = draught.text_path if draught.text else draught.entry_path
        day = value.effective_on
        entry = _value(draught.entry)
        change = entry.change if entry else None
        if change is Change.WITHDRAWN or (change is Change.CLARIFICATION and latest and day == latest[0]):
            pass
        elif latest and day == latest[0]:
            yield _fault(
                parsed,
                path,
                "effective_on",
                f"expected a day after {latest[0]}, found that same day, "
                f"on which {latest[1]} takes effect; two versions cannot start on one day",
            )
        elif latest and day < latest[0]:
            yield _fault(
                parsed,
                path,
                "effective_on",
                f"expected a day after {latest[0]}, on which the earlier version "
                f"{latest[1]} takes effect, found {day}; effective dates rise with the labels",
            )
        latest = max(latest, (day, draught.label)) if latest else (day, draught.label)


def _check_names(draught: Draught, school: School) -> Iterator[Fault]:
    """Roles have a contact, and categories are the school's."""
    text = _value(draught.text)
    if text is None:
        return
    for name in ("owner", "questions", "suggestions"):
        role = getattr(text, name)
        if role not in school.contacts and (name == "owner" or role != text.owner):
            yield _fault(
                draught.text,
                draught.text_path,
                name,
                f"expected a role with a contact in school.toml ({', '.join(school.contacts)}), "
                f"found {role!r}",
            )
    for category in text.audience:
        if category not in school.categories:
            yield _fault(
                draught.text,
                draught.text_path,
                "audience",
                "expected all, or categories of school.toml "
                f"({', '.join(school.categories)}), found {category!r}",
            )


def _check_ids(policies: Mapping[str, list[Draught]]) -> Iterator[Fault]:
    """Related ids exist, and a former id belongs to one policy alone."""
    texts = [(d, d.text.value) for versions in policies.values() for d in versions if d.text and d.text.value]
    former: dict[str, str] = {}
    for draught, text in texts:
        for old in text.renamed_from:
            if old in policies:
                yield _fault(
                    draught.text,
                    draught.text_path,
                    "renamed_from",
                    f"expected a former id, found {old!r}, which is a policy of this handbook",
                )
            elif former.setdefault(old, draught.policy) != draught.policy:
                yield _fault(
                    draught.text,
                    draught.text_path,
                    "renamed_from",
                    f"{old!r} is already a former id of {former[old]!r}; only one policy can take it over",
                )
    for draught, text in texts:
        for related in text.related:
            if POLICY_ID.match(related) and related not in policies and related not in former:
                yield _fault(
                    draught.text,
                    draught.text_path,
                    "related",
                    f"no policy {related!r} in this handbook (it has "
                    f"{', '.join(policies)}); write an id it has, or the name of a policy kept elsewhere, "
                    "with a capital letter",
                )


def _value(parsed: Parsed[T] | None) -> T | None:
    return parsed.value if parsed else None


def _fault(parsed: Parsed[Any] | None, path: str, name: str, message: str) -> Fault:
    mark = (parsed.marks.get(name) if parsed else None) or Mark(1, 0)
    return Fault(path, mark.line, mark.column, name, message)
