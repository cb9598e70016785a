"""The pages of one policy: the version in force, each version for good, and the redlines between them."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from handbook.pages.book import FrozenPage, Handbook, RedlineBody, TextBody
from handbook.pages.html_in_markdown import as_markdown
from handbook.pages.render import body
from handbook.pages.wording import audience_words, fill, reading_minutes, relative
from handbook.policy.version import Policy, PolicyVersion, Stage
from handbook.policy.wording import long_date


def policy_address(policy: Policy) -> str:
    return f"policies/{policy.id}/"


def version_address(version: PolicyVersion) -> str:
    return f"policies/{version.policy}/{version.label}/"


def redline_address(old: PolicyVersion, new: PolicyVersion) -> str:
    return f"policies/{new.policy}/{old.label}..{new.label}/"


def redline_pairs(book: Handbook, policy: Policy) -> list[tuple[PolicyVersion, PolicyVersion]]:
    """Every neighbouring pair of texts, and the first with the one in force."""
    texts = [v for v in book.shown(policy) if v.text]
    pairs = list(itertools.pairwise(texts))
    current = policy.in_force(book.days.as_of)
    if texts and current and current is not texts[0] and (texts[0], current) not in pairs:
        pairs.append((texts[0], current))
    return pairs


def standing(book: Handbook, policy: Policy, version: PolicyVersion) -> str:
    """Since or from when a version stands as it does."""
    day = long_date(version.effective_on)
    match book.stage(policy, version):
        case Stage.IN_FORCE:
            return f"Version {version.label}, since {day}"
        case Stage.ON_NOTICE:
            return f"Version {version.label}, takes effect on {day}"
        case Stage.DRAFT:
            return f"Version {version.label}, not approved; meant for {day}"
        case stage:
            ended = policy.after(version)
            until = (
                f" until {long_date(ended.effective_on)}" if ended and stage is not Stage.ON_NOTICE else ""
            )
            return f"Version {version.label}, from {day}{until}"


def approval(version: PolicyVersion) -> str:
    entry = version.entry
    if not entry.approved_by or not entry.approved_on:
        return "Not approved yet"
    return f"{entry.approved_by}, {long_date(entry.approved_on)}"


def version_facts(version: PolicyVersion) -> list[tuple[str, str]]:
    """What stands above a text, as name and value."""
    text = version.text
    facts = [("Version", version.label), ("Effective from", long_date(version.effective_on))]
    if text:
        facts += [("Applies to", audience_words(text.audience).capitalize()), ("Owner", text.owner)]
        facts += [("Next review by", long_date(text.review_by) if text.review_by else "No date set")]
    return [*facts, ("Approved by", approval(version))]


def version_rows(book: Handbook, policy: Policy, page: str, here: PolicyVersion | None = None) -> list[dict]:
    """The version list, newest first."""
    rows = []
    for version in reversed(book.shown(policy)):
        before = book.before(policy, version)
        compared = version.text and before
        rows.append(
            {
                "label": version.label,
                "href": relative(page, version_address(version)),
                "effective_on": version.effective_on,
                "stage": book.stage(policy, version),
                "redline": relative(page, redline_address(before, version)) if compared else "",
                "before": before.label if compared else "",
                "change": "Withdrawal" if version.is_withdrawal else "First version",
                "here": version is here,
            }
        )
    return rows


def policy_page(book: Handbook, policy: Policy, render: Callable[[str], str]) -> str:
    """The policy's own page, as Markdown: the text in force, or why there is none."""
    version = book.current(policy)
    text = version.text
    in_force = policy.in_force(book.days.as_of) is version
    page = policy_address(policy)
    return fill(
        "policy.md",
        title=text.title,
        description=_description(book, policy, version),
        keywords=list(text.keywords) if in_force else [],
        robots="" if in_force else "noindex",
        unsearchable=not in_force,
        stage=book.stage(policy, version),
        standing=standing(book, policy, version),
        minutes=reading_minutes(text.body) if in_force else 0,
        notes=_notes_on_policy(book, policy),
        facts=version_facts(version) if in_force else [],
        subject=f"{text.title} ({version.label})",
        questions=_person(book, text.questions or text.owner),
        suggestions=_person(book, text.suggestions or text.owner),
        body=as_markdown(render(text.body)) if in_force else "",
        versions=version_rows(book, policy, page, version if in_force else None),
        related=[_related(book, name, page) for name in text.related],
        days=book.days,
        digest=text.digest if in_force else "",
        label=version.label,
        effective_on=version.effective_on,
    )


def frozen_pages(book: Handbook, policy: Policy) -> list[FrozenPage]:
    """Every permanent page of the policy: versions and redlines."""
    versions = [_version_page(book, policy, v) for v in book.shown(policy)]
    return versions + [_redline_page(old, new) for old, new in redline_pairs(book, policy)]


def _version_page(book: Handbook, policy: Policy, version: PolicyVersion) -> FrozenPage:
    title = version.text.title if version.text else book.title(policy)
    page = version_address(version)
    stage = book.stage(policy, version)
    is_living = bool(version.text) and stage in (Stage.IN_FORCE, Stage.ON_NOTICE, Stage.DRAFT)
    head = fill(
        "version.html",
        stage=stage,
        standing=standing(book, policy, version),
        minutes=reading_minutes(version.text.body) if is_living else 0,
        notes=_notes_on_version(book, policy, version),
        facts=version_facts(version),
        withdrawal=_withdrawal(version, stage) if version.is_withdrawal else None,
        neighbours=_neighbours(book, policy, version),
    )
    foot = fill(
        "version-foot.html",
        digest=version.text.digest if version.text else "",
        label=version.label,
        raw_href=f"../{version.label}.md",
        title=title,
        effective_on=version.effective_on,
        days=book.days,
    )
    return FrozenPage(
        address=page,
        title=f"{title}, version {version.label}",
        heading=title,
        description=f"{title}, version {version.label}: {stage}. {standing(book, policy, version)}.",
        head=head,
        body=TextBody(version) if version.text else None,
        foot=foot,
        living=is_living,
    )


def _withdrawal(version: PolicyVersion, stage: Stage) -> dict:
    """Why a policy ends, in the words of its change entry: there is no text to read instead."""
    heading = {Stage.DRAFT: "Why it would be withdrawn", Stage.ON_NOTICE: "Why it is to be withdrawn"}
    return {
        "heading": heading.get(stage, "Why it was withdrawn"),
        "summary": body(version.entry.summary),
        "changes": version.entry.changes,
    }


def _redline_page(old: PolicyVersion, new: PolicyVersion) -> FrozenPage:
    title = new.text.title
    return FrozenPage(
        address=redline_address(old, new),
        title=f"{title}: what changes from {old.label} to {new.label}",
        heading=f"{title}: what changes from {old.label} to {new.label}",
        description=f"The {title} of {old.label} and of {new.label} compared, with every change marked.",
        head=fill("redline.html", title=title, old=old, new=new),
        body=RedlineBody(old, new),
        foot=fill("redline-foot.html", old=old, new=new),
    )


def _description(book: Handbook, policy: Policy, version: PolicyVersion) -> str:
    stage = book.stage(policy, version)
    if stage is Stage.IN_FORCE:
        return (
            f"{version.text.title} of {book.school.name}, in force since {long_date(version.effective_on)}."
        )
    return f"{version.text.title} of {book.school.name}: {stage}."


def _notes_on_policy(book: Handbook, policy: Policy) -> list[dict]:
    """What a reader must know before the text: what is coming, or why there is no text."""
    page = policy_address(policy)
    notes = [_coming(book, policy, v, page) for v in policy.on_notice(book.days.as_of)]
    latest = policy.latest_in_effect(book.days.as_of)
    if latest is None and not notes:
        notes.append(_note("draft", "No version is in force.", "There is only a draft so far."))
    elif latest is None:
        notes.insert(
            0, _note("notice", "No version is in force yet.", "Until then this policy does not apply.")
        )
    elif latest.is_withdrawal:
        text = (
            f"It has not applied since {long_date(latest.effective_on)}. Earlier versions are listed below."
        )
        notes.insert(0, _note("withdrawn", "This policy is withdrawn.", text, _why(page, latest)))
    if book.drafts:
        drafts = [v for v in book.shown(policy) if book.stage(policy, v) is Stage.DRAFT]
        notes += [_draft(book, policy, v, page) for v in drafts]
    return notes


def _coming(book: Handbook, policy: Policy, version: PolicyVersion, page: str) -> dict:
    before = book.before(policy, version)
    day = long_date(version.effective_on)
    if version.is_withdrawal:
        return _note(
            "notice", f"Ends on {day}.", "This policy is to be withdrawn.", _why(page, version, "Why it ends")
        )
    links = [(relative(page, version_address(version)), f"Read version {version.label}")]
    if before is None:
        return _note("notice", f"Takes effect on {day}.", f"Version {version.label} is on notice.", links)
    links.insert(0, (relative(page, redline_address(before, version)), "See what changes"))
    return _note("notice", f"Changes on {day}.", f"Version {version.label} is on notice.", links)


def _draft(book: Handbook, policy: Policy, version: PolicyVersion, page: str) -> dict:
    before = book.before(policy, version)
    if version.is_withdrawal:
        return _note("draft", f"Draft {version.label}.", "It would withdraw this policy; it is not approved.",
                     _why(page, version, "Why it would end"))  # fmt: skip
    links = [(relative(page, version_address(version)), f"Read draft {version.label}")]
    if before and version.text:
        links.insert(0, (relative(page, redline_address(before, version)), "See what it would change"))
    return _note("draft", f"Draft {version.label}.", "It is not approved and binds nobody.", links)


def _why(page: str, withdrawal: PolicyVersion, words: str = "Why it was withdrawn") -> list[tuple[str, str]]:
    """The link to what a withdrawal says."""
    return [(relative(page, version_address(withdrawal)), words)]


def _notes_on_version(book: Handbook, policy: Policy, version: PolicyVersion) -> list[dict]:
    """The plain mark of where a version stands, and what is in force instead."""
    page = version_address(version)
    current, latest = policy.in_force(book.days.as_of), policy.latest_in_effect(book.days.as_of)
    instead = (
        [(relative(page, policy_address(policy)), f"Version {current.label}, in force")] if current else []
    )
    match book.stage(policy, version):
        case Stage.IN_FORCE:
            return [
                _note("in-force", "This is the version in force.", "This address stays as it is for good.")
            ]
        case Stage.SUPERSEDED:
            words = "A newer version is in force." if current else "The policy has been withdrawn since."
            lead = "This withdrawal is over." if version.is_withdrawal else "This version no longer applies."
            return [_note("superseded", lead, words, instead or _why(page, latest))]
        case Stage.WITHDRAWN:
            words = f"It has not applied since {long_date(latest.effective_on)}, and nothing has replaced it."
            why = [] if version.is_withdrawal else _why(page, latest)
            return [_note("withdrawn", "This policy is withdrawn.", words, why)]
        case Stage.DRAFT:
            return [_note("draft", "This is a draft.", "It is not approved and binds nobody.", instead)]
    if version.is_withdrawal:
        words = f"It ends on {long_date(version.effective_on)}."
        return [_note("notice", "This policy is to be withdrawn.", words, instead)]
    until = "Until then the version before it applies." if current else "Until then no version applies."
    return [
        _note("notice", f"This version takes effect on {long_date(version.effective_on)}.", until, instead)
    ]


def _neighbours(book: Handbook, policy: Policy, version: PolicyVersion) -> list[tuple[str, str]]:
    shown = book.shown(policy)
    place = next(n for n, v in enumerate(shown) if v is version)
    before = book.before(policy, version)
    links = [("../", "The policy")]
    if place > 0:
        links.append((f"../{shown[place - 1].label}/", f"Before: {shown[place - 1].label}"))
    if place + 1 < len(shown):
        links.append((f"../{shown[place + 1].label}/", f"After: {shown[place + 1].label}"))
    if before and version.text:
        links.append((f"../{before.label}..{version.label}/", f"What changed from {before.label}"))
    return links


def _note(kind: str, lead: str, text: str, links: list[tuple[str, str]] | None = None) -> dict:
    return {"kind": kind, "label": lead.rstrip("."), "lead": lead, "text": text, "links": links or []}


def _person(book: Handbook, role: str) -> dict:
    return {"role": role, "contact": book.school.contacts.get(role)}


def _related(book: Handbook, name: str, page: str) -> dict:
    """A related policy, by id or title: linked where the handbook holds it and named where it does not."""
    policy = book.held.get(name) or book.held.get(name.casefold())
    if policy is None:
        return {"name": name, "href": ""}
    return {"name": book.title(policy), "href": relative(page, policy_address(policy))}
