"""From the policy library to the files of a site: a pure function of the library, the school and two days."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from html import escape

from handbook.pages.book import Days, FrozenPage, Handbook, Site
from handbook.pages.feed import atom
from handbook.pages.manifest import manifest
from handbook.pages.overviews import changelog_pages, guide_pages, home_page, review_page
from handbook.pages.policies import frozen_pages, policy_address, policy_page
from handbook.pages.render import body
from handbook.pages.wording import fill
from handbook.policy.school import School
from handbook.policy.version import Library, Policy

NO_SERVICE = (
    "/ack/* /404.html 404!\n"  # a preview must not reach the service; these rules come before netlify.toml's
)


def site(
    library: Library,
    school: School,
    as_of: date,
    built_on: date,
    *,
    drafts: bool = False,
    base_address: str | None = None,
    site_name: str | None = None,
    render: Callable[[str], str] = body,
) -> Site:
    """The whole handbook as it stands on `as_of`, for any generator to publish.

    `render` turns policy Markdown into HTML; give one that remembers where time matters.
    """
    book = handbook(library, school, as_of, built_on, drafts=drafts, base_address=base_address)
    policies = book.policies()
    moved = {old: p.id for p in policies for old in former_ids(book, p)}
    pages = {
        "index.md": home_page(book, site_name or f"{school.name} staff handbook", render),
        **changelog_pages(book, render),
        "review/index.md": review_page(book),
        **guide_pages(book),
        **{f"{policy_address(p)}index.md": policy_page(book, p, render) for p in policies},
        **{
            f"policies/{old}/index.md": _moved(book, library.policies[new], old) for old, new in moved.items()
        },
    }
    frozen = [page for policy in policies for page in frozen_pages(book, policy)]
    nav = [p for p in policies if p.in_force(as_of) or p.on_notice(as_of)]
    return Site(
        pages=pages,
        frozen=tuple(frozen),
        files=_files(book, policies, moved),
        nav=tuple((escape(book.title(p), quote=False), f"{policy_address(p)}index.md") for p in nav),
        known=frozenset(library.policies),
        shown=frozenset(p.id for p in policies),
        in_force=frozenset(p.id for p in policies if p.in_force(as_of)),
        moved=moved,
    )


def handbook(
    library: Library,
    school: School,
    as_of: date,
    built_on: date,
    *,
    drafts: bool = False,
    base_address: str | None = None,
) -> Handbook:
    """What pages are drawn from; `base_address` is the school's unless given."""
    base = (base_address or school.base_address).rstrip("/")
    return Handbook(library, school, Days(as_of, built_on), base, drafts)


def former_ids(book: Handbook, policy: Policy) -> list[str]:
    """Ids the policy had before, as its shown versions name them."""
    former = {old for v in book.shown(policy) if v.text for old in v.text.renamed_from}
    return sorted(former - set(book.library.policies))


def staged_markdown(page: FrozenPage, body: str, base_address: str) -> str:
    """A frozen page as Markdown, for a generator that renders every page through its theme.

    Generators take a relative link to `<version>.md` for a link to a page, so that one is absolute.
    """
    folder = f"{base_address}/{page.address.rstrip('/').rpartition('/')[0]}/"
    foot = re.sub(r'href="\.\./(?=[^"/]+\.md")', f'href="{folder}', page.foot)
    return fill("frozen.md", page=page, body=body, foot=foot)


def _files(book: Handbook, policies: list[Policy], moved: Mapping[str, str]) -> dict[str, str]:
    """What is published as it stands: feed, manifest, redirects and the bytes each digest is of."""
    files = {
        f"policies/{p.id}/{v.label}.md": v.text.canonical for p in policies for v in book.shown(p) if v.text
    }
    days = book.days
    files["policies.json"] = manifest(
        book.library,
        book.school,
        days.as_of,
        days.built_on,
        drafts=book.drafts,
        base_address=book.base_address,
    )
    files["feed.xml"] = atom(book.library, book.school, days.as_of, base_address=book.base_address)
    rules = [NO_SERVICE] if book.drafts else []
    rules += [f"/policies/{old}/* /policies/{new}/:splat 301!\n" for old, new in moved.items()]
    if rules:
        files["_redirects"] = "".join(rules)
    return files


def _moved(book: Handbook, policy: Policy, old: str) -> str:
    return fill("moved.md", title=book.title(policy), href=f"../{policy.id}/", old=old)
