"""Readers who set their browser's text to twice its size see everything, and nothing scrolls sideways but
wide tables and code."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect

from handbook.site.build import build
from tests.school_tree import SchoolTree

PAGES = {
    "home": "",
    "policy": "policies/trips/",
    "withdrawn policy": "policies/visitors/",
    "withdrawal": "policies/visitors/2020-09/",
    "old version": "policies/trips/2020-03/",
    "redline": "policies/trips/2020-03..2020-09/",
    "changelog": "changelog/",
    "review": "review/",
    "changing": "changing-a-policy/",
    "not found": "no-such-page/",
}
WIDE = (
    "## Who\n\nAveryveryverylongwordthatfitsintonowindowofatelephoneatall\n\n"
    "| A | B | C | D | E | F |\n|---|---|---|---|---|---|\n"
    + "| quite some words |"
    + " quite some words |" * 5
    + "\n"
    "\n```\na line of code that is as long as it is, and longer than any telephone is wide\n```\n"
)
MAY_SCROLL = ".md-typeset__scrollwrap, pre > code, .hb-jump"
# What is wider than its box, where the box cuts it off or scrolls; not counted is what only screen readers
# are to meet.
CUT_OFF = f"""() => Array.from(document.querySelectorAll("article, article *")).filter(one =>
  one.clientWidth > 2 && one.scrollWidth > one.clientWidth + 1
  && getComputedStyle(one).overflowX !== "visible" && getComputedStyle(one).display !== "inline"
  && !one.matches("{MAY_SCROLL}")).map(one => one.outerHTML.slice(0, 160))"""


@pytest.fixture(scope="module")
def address(serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A site of two policies, one of them withdrawn, the other with all that is wide."""
    root = tmp_path_factory.mktemp("large")
    tree = SchoolTree(root)
    title = "Educational visits, trips and journeys policy"
    tree.version("trips", "2020-03", "2020-03-01", approved_on="2020-02-01", title=title, body=WIDE)
    tree.version(
        "trips",
        "2020-09",
        "2020-09-01",
        approved_on="2020-07-01",
        title=title,
        body=WIDE.replace("longer", "wider"),
    )
    tree.version(
        "trips", "2021-01", "2021-01-01", approved_on="2020-09-10", title=title, body="## Who\n\nNobody."
    )
    tree.version("visitors", "2020-03", "2020-03-01", approved_on="2020-02-01")
    tree.version("visitors", "2020-09", "2020-09-01", approved_on="2020-07-01", change="withdrawn")
    build(root, root / "site", date(2020, 10, 1), date(2020, 10, 1), cache=root / "cache")
    return serve(root / "site")


@pytest.fixture(scope="module")
def large(browser: Browser) -> Iterator[Browser]:
    """A browser whose text is twice as large: 32 pixels by default, media queries included."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    sizes = "--blink-settings=defaultFontSize=32,defaultFixedFontSize=26"
    running = browser.browser_type.launch(
        executable_path=found, args=["--disable-quic", "--no-first-run", sizes, *as_root]
    )
    yield running
    running.close()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_nothing_is_cut_off_with_text_of_twice_the_size(
    large: Browser, address: str, path: str, width: int
) -> None:
    with large.new_context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        page.goto(address + path)
        assert (
            page.evaluate("getComputedStyle(document.documentElement).fontSize") == "40px"
        )  # 125 % is the theme's own base
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT_OFF) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_only_wide_tables_and_code_scroll(watched, address: str, width: int, scheme: str) -> None:
    page: Page = watched(viewport={"width": width, "height": 800}, color_scheme=scheme)
    for path in PAGES.values():
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(CUT_OFF) == [], path


def test_rows_of_a_version_list_keep_their_columns_for_screen_readers(watched, address: str) -> None:
    page: Page = watched(viewport={"width": 320, "height": 800})
    page.goto(address + PAGES["policy"])
    expect(page.get_by_role("row").last).to_be_visible()
    expect(page.get_by_role("columnheader", name="What changed")).to_have_count(1)
    expect(page.get_by_role("rowheader", name="2020-09")).to_have_count(1)
    expect(page.get_by_role("cell", name="1 September 2020")).to_have_count(1)


def test_what_is_typed_into_the_search_lies_beside_its_buttons(large: Browser, address: str) -> None:
    with large.new_context(viewport={"width": 320, "height": 800}) as context:
        page = context.new_page()
        page.goto(f"{address}?q=telephone")
        page.wait_for_function(  # once it has slid open
            """() => {
              const typed = document.querySelector(".md-search__input");
              const lefts = Array.from(document.querySelectorAll(".md-search__options .md-icon"))
                .map(one => one.getBoundingClientRect()).filter(one => one.width).map(one => one.left);
              const right = typed.getBoundingClientRect().right;
              const end = right - parseFloat(getComputedStyle(typed).paddingRight);
              return right === 320 && lefts.length && end <= Math.min(...lefts);
            }""",
            timeout=10_000,
        )
