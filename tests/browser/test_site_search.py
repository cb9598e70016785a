"""What staff type into the search finds what they mean, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.site.conftest import Root

FIRST_RESULT = ".md-search-result__item:first-child .md-search-result__link"
POLICY = "policies/social-media/"

QUERIES_FOR_THE_POLICY = [
    "facebook", "photos of children", "personal phone", "Wikipedia", "safeguarding", "whatsapp", "tiktok",
    "photograph", "parents permission", "work email", "linkedin", "defame", "monitoring", "privacy",
    "trademarks", "copyright", "references", "recruitment", "who do i report misuse to", "bullying",
    "disciplinary",
    "photographs of children on a phone", "reply to a parent on facebook", "taking pictures on a school trip",
    "do volunteers have to follow this", "is it ok to add parents as friends", "who can see what I post",
]  # fmt: skip
QUERIES_AMONG_OTHERS = {
    "photos of children": "social-media", "reply to a parent on facebook": "social-media",
    "facebook": "social-media",
    "who has to tell the office": "attendance", "what if I am ill": "attendance",
    "an attendance form": "attendance",
    "what to take on a trip": "offsite-visits", "is it a bully": "anti-bullying",
}  # fmt: skip


def results(page: Page, address: str, query: str) -> list[str]:
    """Addresses of the results shown for a query, the best first."""
    page.goto(f"{address}?q={query}")
    page.wait_for_selector(FIRST_RESULT, state="attached")
    links = page.eval_on_selector_all(".md-search-result__link", "links => links.map(link => link.pathname)")
    return list(dict.fromkeys(link.lstrip("/") for link in links))


@pytest.mark.parametrize("query", QUERIES_FOR_THE_POLICY)
def test_the_policy_comes_first(page: Page, site_address: str, query: str) -> None:
    assert results(page, site_address, query)[0] == POLICY


@pytest.fixture(scope="module")
def address_among_others(serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a site with other policies, whose titles begin like the small words people type."""
    folder = tmp_path_factory.mktemp("others")
    root = Root(folder / "checkout")
    for policy, title, body in (
        (
            "social-media",
            "Social Media Policy",
            "Nobody puts photos of children or a reply to parents on Facebook.\n",
        ),
        ("attendance", "Attendance Policy", "Tell the office about an illness on the form.\n"),
        ("offsite-visits", "Offsite Visits Policy", "On a trip, take water.\n"),
        ("anti-bullying", "Anti-bullying Policy", "Bullies are reported.\n"),
    ):
        root.version(policy, "2020-09", f"## Rules\n\n{body}", title=title)
    return serve(root.build("2020-10-01", cache=folder / "cache"))


@pytest.mark.parametrize(("query", "policy"), QUERIES_AMONG_OTHERS.items())
def test_small_words_find_no_titles(page: Page, address_among_others: str, query: str, policy: str) -> None:
    assert results(page, address_among_others, query)[0] == f"policies/{policy}/"


def test_a_guide_is_found_by_its_name(page: Page, site_address: str) -> None:
    assert results(page, site_address, "how do i acknowledge")[0] == "acknowledging/"
    assert results(page, site_address, "before you post")[0] == "before-you-post/"


def test_a_text_on_notice_is_found_through_the_changelog(page: Page, site_address: str) -> None:
    assert "changelog/" in results(page, site_address, "Keeping Children Safe in Education")
    assert results(page, site_address, "KCSIE") == ["changelog/"]


def test_superseded_and_coming_texts_are_not_searched(page: Page, site_address: str) -> None:
    found = results(page, site_address, "social media")
    assert not [link for link in found if link.startswith("policies/") and link != POLICY]


def test_keywords_are_found_but_not_shown(page: Page, site_address: str) -> None:
    results(page, site_address, "safeguarding")
    assert not page.locator(".md-search-result .md-tag:visible").count()
    page.goto(site_address + POLICY)
    assert "safeguarding" not in page.locator("article").inner_text().lower()


def test_words_found_are_marked_on_the_page(page: Page, site_address: str) -> None:
    results(page, site_address, "Wikipedia")
    page.goto(page.locator(".md-search-result__link[href*=purpose]").evaluate("link => link.href"))
    expect(page.locator("article mark").first).to_have_text("Wikipedia")


def test_a_search_can_be_shared(page: Page, site_address: str) -> None:
    results(page, site_address, "wikipedia")
    page.locator("[data-md-component=search-query]").wait_for()
    shared = page.locator("[data-md-component=search-share]").get_attribute("href")
    assert shared.endswith("?q=wikipedia")


def test_search_suggests_how_a_word_of_a_heading_goes_on(page: Page, site_address: str) -> None:
    page.goto(site_address)
    page.locator("[data-md-component=search-query]").focus()
    page.keyboard.type("responsi")
    expect(page.locator("[data-md-component=search-suggest]")).to_contain_text("responsib")
