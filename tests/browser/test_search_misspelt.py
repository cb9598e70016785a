"""A search that finds nothing says what to try, and a word with a letter amiss is found in one more step."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

RESULT = ".md-search-result__item:first-child .md-search-result__link"


@pytest.mark.parametrize(
    "query", ["facebok", "safegarding", "discplinery", "wikpedia", "safegarding!", "qqqq whatssap"]
)
def test_a_misspelt_word_is_found_through_the_advice(page: Page, site_address: str, query: str) -> None:
    page.goto(f"{site_address}?q={query}")
    page.get_by_role("link", name="Search for words spelt much like these").click()
    page.wait_for_selector(RESULT, state="attached")
    assert page.locator(RESULT).first.evaluate("link => link.pathname") == "/policies/social-media/"
    expect(page.locator(".hb-nothing")).to_be_hidden()


def test_a_search_without_any_result_leads_to_all_policies(phone: Page, site_address: str) -> None:
    phone.goto(f"{site_address}policies/social-media/2020-09/?q=qqqqqqqq~2")
    expect(phone.locator(".hb-alike")).to_be_hidden()  # tried already
    expect(phone.get_by_role("link", name="See all policies")).to_be_visible()
    assert Axe().run(phone).response["violations"] == []
    phone.get_by_role("link", name="See all policies").click()
    expect(phone.locator("#all-policies")).to_be_in_viewport()


def test_no_advice_stands_in_the_way_before_and_after_a_search(page: Page, site_address: str) -> None:
    page.goto(site_address)
    query = page.locator("[data-md-component=search-query]")
    query.focus()
    expect(page.locator(".md-search-result__meta")).to_have_text("Type to start searching")
    expect(page.locator(".hb-nothing")).to_be_hidden()
    page.keyboard.type("qqqqqq")
    expect(page.locator(".hb-nothing")).to_be_visible()
    query.fill("wikipedia")
    page.keyboard.press("End")
    expect(page.locator(RESULT).first).to_be_visible()
    expect(page.locator(".hb-nothing")).to_be_hidden()
