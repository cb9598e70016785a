"""The pages across policies: home, what changed, due for review, and the two guides."""

from __future__ import annotations

from collections.abc import Callable

from handbook.pages.book import Handbook
from handbook.pages.policies import policy_address, redline_address, version_address
from handbook.pages.wording import audience_words, fill, relative
from handbook.policy.version import Change, Policy, PolicyVersion, Stage, label_key
from handbook.policy.wording import long_date

RECENT = 6
NEWEST_ENTRIES = 30
SEARCHED_DAYS = (
    366  # changes older than a year are no longer news; the text in force is listed_entries itself
)
KINDS = {
    Change.NEW: "New policy",
    Change.MATERIAL: "Material change, to be acknowledged",
    Change.CLARIFICATION: "Clarification, for information",
    Change.WITHDRAWN: "Withdrawal",
}

Entry = tuple[Policy, PolicyVersion]
Render = Callable[[str], str]


def entries(book: Handbook) -> list[Entry]:
    """Every version shown, the latest effective date first."""
    shown = [(p, v) for p in book.policies() for v in book.shown(p)]
    return sorted(shown, key=lambda e: (e[1].effective_on, label_key(e[1].label), e[0].id), reverse=True)


def home_page(book: Handbook, site_name: str, render: Render) -> str:
    """What is changing, what has changed, every policy with its state, and whom to ask."""
    coming = [e for e in reversed(entries(book)) if book.stage(*e) is Stage.ON_NOTICE]
    past = [e for e in entries(book) if book.stage(*e) not in (Stage.ON_NOTICE, Stage.DRAFT)]
    return fill(
        "home.md",
        site_name=site_name,
        school=book.school,
        soon=[_card(book, *e, render) for e in coming],
        recent=[_recent(book, *e) for e in past[:RECENT]],
        policies=[_state(book, p) for p in book.policies()],
        contacts=list(book.school.contacts.values()),
        days=book.days,
    )


def changelog_pages(book: Handbook, render: Render) -> dict[str, str]:
    """`changelog/`, and a page a year once there are more entries than one page should hold."""
    newest_first = entries(book)
    years = (
        sorted({v.effective_on.year for _, v in newest_first}, reverse=True)
        if len(newest_first) > NEWEST_ENTRIES
        else []
    )
    pages = {
        "changelog/index.md": _changelog(
            book, newest_first[:NEWEST_ENTRIES], render, "changelog/", years=years
        )
    }
    for year in years:
        of_year = [e for e in newest_first if e[1].effective_on.year == year]
        pages[f"changelog/{year}.md"] = _changelog(book, of_year, render, f"changelog/{year}/", year=year)
    return pages


def review_page(book: Handbook) -> str:
    """Policies in force by owner and review date."""
    owners: dict[str, list[dict]] = {}
    for policy in book.policies():
        version = policy.in_force(book.days.as_of)
        if version:
            owners.setdefault(version.text.owner, []).append(_review_row(book, policy, version))
    listed = [
        {"name": name, "anchor": f"owner-{number}", "rows": sorted(rows, key=_due_first)}
        for number, (name, rows) in enumerate(sorted(owners.items()), start=1)
    ]
    return fill("review.md", owners=listed, school=book.school, days=book.days)


def guide_pages(book: Handbook) -> dict[str, str]:
    """How to acknowledge, for everyone; how to change a policy, for those who write."""
    months = book.school.notice.period_months
    role = "Business Manager"
    return {
        "acknowledging.md": fill(
            "acknowledging.md",
            period="one month" if months == 1 else f"{months} months",
            manager={"role": role, "contact": book.school.contacts.get(role)},
        ),
        "changing-a-policy.md": fill("changing.md"),
    }


def _card(book: Handbook, policy: Policy, version: PolicyVersion, render: Render) -> dict:
    before = book.before(policy, version)
    links = [(version_address(version), "Read the new text" if version.text else "Read more")]
    if before and version.text:
        links.insert(0, (redline_address(before, version), "See what changes"))
    return {
        "title": version.text.title if version.text else book.title(policy),
        "policy_href": policy_address(policy),
        "effective_on": version.effective_on,
        "summary": render(version.entry.summary),
        "links": links,
    }


def _recent(book: Handbook, policy: Policy, version: PolicyVersion) -> dict:
    before = book.before(policy, version)
    words = {
        Change.NEW: "is new",
        Change.WITHDRAWN: "was withdrawn",
        Change.CLARIFICATION: "was made clearer",
    }
    return {
        "title": version.text.title if version.text else book.title(policy),
        "label": version.label,
        "href": policy_address(policy),
        "effective_on": version.effective_on,
        "words": words.get(version.entry.change, "changed"),
        "redline": redline_address(before, version) if before and version.text else "",
    }


def _state(book: Handbook, policy: Policy) -> dict:
    version = book.current(policy)
    stage = book.stage(policy, version)
    verb = {Stage.IN_FORCE: "since", Stage.ON_NOTICE: "from", Stage.DRAFT: "meant for"}.get(stage, "from")
    coming = policy.on_notice(book.days.as_of)
    words = f"{verb} {long_date(version.effective_on)}"
    if stage is Stage.WITHDRAWN:
        words = f"on {long_date(policy.latest_in_effect(book.days.as_of).effective_on)}"
    if stage is Stage.IN_FORCE and coming:
        words += f", changes on {long_date(coming[0].effective_on)}"
    return {"title": book.title(policy), "href": policy_address(policy), "stage": stage, "words": words}


def _changelog(
    book: Handbook,
    listed_entries: list[Entry],
    render: Render,
    page: str,
    *,
    years: list[int] | None = None,
    year: int = 0,
) -> str:
    lead = "Every change to the policies, the latest effective date first."
    if years:
        lead = f"The {NEWEST_ENTRIES} latest changes to the policies, the latest effective date first."
    if year:
        lead = f"Changes to the policies with an effective date in {year}."
    links = [(f"{y}/", str(y)) for y in years or ()] or ([("../", "The latest changes")] if year else [])
    return fill(
        "changelog.md",
        title=f"What changed in {year}" if year else "What changed",
        unsearchable=bool(year),
        lead=lead,
        years=links,
        entries=[_entry(book, *e, render, page) for e in listed_entries],
        by_policy=[]
        if year
        else [
            (relative(page, policy_address(p)) + "#versions-of-this-policy", book.title(p))
            for p in book.policies()
        ],
        school=book.school,
        days=book.days,
    )


def _entry(book: Handbook, policy: Policy, version: PolicyVersion, render: Render, page: str) -> dict:
    before = book.before(policy, version)
    entry = version.entry
    title = version.text.title if version.text else book.title(policy)
    links = [(relative(page, version_address(version)), f"Version {version.label}")]
    if before and version.text:
        links.insert(0, (relative(page, redline_address(before, version)), "See what changed"))
    approved = (
        f"Approved by {entry.approved_by} on {long_date(entry.approved_on)}." if entry.approved_by else ""
    )
    age = (book.days.as_of - version.effective_on).days
    return {
        "heading": f"{title}, {long_date(version.effective_on)}",
        "anchor": f"{policy.id}-{version.label}".replace(".", "-"),
        "stage": book.stage(policy, version),
        "words": KINDS[entry.change],
        "summary": render(entry.summary),
        "changes": entry.changes,
        "audience": audience_words(version.text.audience if version.text else ()),
        "approval": approved or "Not approved yet.",
        "links": links,
        "searchable": age <= SEARCHED_DAYS,
    }


def _review_row(book: Handbook, policy: Policy, version: PolicyVersion) -> dict:
    due = version.text.review_by
    state = "no date" if due is None else "overdue" if due < book.days.as_of else "to come"
    return {
        "title": version.text.title,
        "href": relative("review/", policy_address(policy)),
        "label": version.label,
        "review_by": due,
        "state": state,
    }


def _due_first(row: dict) -> tuple:
    return (row["review_by"] is None, str(row["review_by"]), row["title"])
