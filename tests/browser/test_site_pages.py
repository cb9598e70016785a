"""Every kind of page, as people meet it: on a phone and at a desk, in light and dark, without scripts, on
paper."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from handbook.site.build import build
from tests.school_tree import SchoolTree

PAGES = {
    "home": "",
    "policy": "policies/social-media/",
    "version on notice": "policies/social-media/2021-09/",
    "version in force": "policies/social-media/2020-09/",
    "redline": "policies/social-media/2020-09..2021-09/",
    "changelog": "changelog/",
    "review": "review/",
    "acknowledging": "acknowledging/",
    "changing": "changing-a-policy/",
    "before you post": "before-you-post/",
    "not found": "no-such-page/",
}
SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
every_page = pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_on_any_page(watched, site_address: str, size: str, scheme: str) -> None:
    page = watched(viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce")
    found = {}
    for name, path in PAGES.items():
        page.goto(site_address + path)
        violations = Axe().run(page).response["violations"]
        if violations:
            found[name] = [(v["id"], [node["html"][:160] for node in v["nodes"][:3]]) for v in violations]
    assert found == {}


def test_axe_finds_nothing_with_menu_and_search_open(watched, site_address: str) -> None:
    page = watched(viewport=SIZES["phone"], reduced_motion="reduce")
    page.goto(f"{site_address}?q=facebook")
    page.wait_for_selector(".md-search-result__item", state="attached")
    assert Axe().run(page).response["violations"] == []


@every_page
def test_nothing_is_cut_off_at_320_pixels(watched, site_address: str, path: str) -> None:
    page = watched(viewport={"width": 320, "height": 640})
    page.goto(site_address + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@every_page
def test_nothing_is_cut_off_with_text_at_200_percent(watched, site_address: str, path: str) -> None:
    page = watched(viewport={"width": 640, "height": 900})
    page.goto(site_address + path)
    page.evaluate(
        "document.documentElement.style.setProperty('font-size', '250%')"
    )  # the theme's own base is 125 %
    assert page.evaluate("document.documentElement.scrollWidth") <= 640


@every_page
def test_a_page_reads_whole_without_scripts(watched, site_address: str, path: str) -> None:
    page = watched(java_script_enabled=False)
    page.goto(site_address + path)
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("article")).not_to_contain_text("HB-SLOT")


def test_the_policy_says_what_is_in_force_and_what_is_coming(page: Page, site_address: str) -> None:
    page.goto(site_address + PAGES["policy"])
    expect(page.locator(".hb-state")).to_contain_text("Version 2020-09, since 1 September 2020")
    expect(page.locator(".hb-note")).to_contain_text("Changes on 1 September 2021")
    expect(page.locator(".hb-built")).to_contain_text("26 July 2021")
    page.get_by_role("link", name="See what changes").click()
    expect(page.locator("article ins").last).to_contain_text("Keeping Children Safe in Education 2021")


def test_the_redline_shows_exactly_the_added_item(page: Page, site_address: str) -> None:
    page.goto(site_address + PAGES["redline"])
    expect(page.locator(".hb-body ins")).to_have_count(1)
    expect(page.locator(".hb-body del")).to_have_count(0)
    expect(page.locator(".hb-jump a")).to_have_count(1)


@pytest.mark.parametrize("scripts", [True, False])
def test_the_contents_of_a_redline_lead_into_what_is_folded(
    watched, site_address: str, scripts: bool
) -> None:
    page = watched(viewport=SIZES["desk"], java_script_enabled=scripts)
    page.goto(site_address + PAGES["redline"])
    heading = page.get_by_role("heading", name="Monitoring")
    expect(heading).to_be_hidden()
    page.locator(".md-nav--secondary:visible").get_by_role("link", name="Monitoring").click()
    expect(heading).to_be_in_viewport()
    bar = page.locator(".hb-jump").bounding_box()
    assert heading.bounding_box()["y"] >= bar["y"] + bar["height"]


def test_a_phone_shows_the_first_change_after_one_fold(phone: Page, site_address: str) -> None:
    phone.goto(site_address + PAGES["redline"])
    seen = phone.locator(".hb-body > :is(h2, h3, h4, details):visible").all_inner_texts()
    assert [text.strip() for text in seen] == [
        "5 unchanged sections", "Compliance with related policies and agreements",
        "1 unchanged paragraph and 6 unchanged sections",
    ]  # fmt: skip


def test_questions_and_suggestions_go_to_the_right_person(page: Page, site_address: str) -> None:
    page.goto(site_address + PAGES["policy"])
    question = page.get_by_role("link", name="Ask a question").get_attribute("href")
    suggestion = page.get_by_role("link", name="Suggest a change").get_attribute("href")
    assert question.startswith(
        "mailto:headteacher@larkspur-row.example?subject=Question%20about%20the%20Social%20Media"
    )
    assert suggestion.startswith(
        "mailto:business.manager@larkspur-row.example?subject=Suggestion%20for%20the%20Social"
    )


def test_the_first_tab_stop_skips_to_the_text(page: Page, site_address: str) -> None:
    page.goto(site_address + PAGES["policy"])
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    expect(skip).to_have_class(re.compile(r"\bmd-skip\b"))
    assert skip.get_attribute("href").endswith("#start")


def test_menu_and_search_open_from_the_keyboard_on_a_phone(phone: Page, site_address: str) -> None:
    phone.goto(site_address)
    for label in ("__drawer", "__search"):
        phone.locator(f"label.md-header__button[for={label}] button").focus()
        phone.keyboard.press("Enter")
        expect(phone.locator(f"#{label}")).to_be_checked()
        phone.keyboard.press("Escape")
        phone.reload()


def test_what_is_pressed_on_a_phone_is_large_enough(phone: Page, site_address: str) -> None:
    phone.goto(site_address + PAGES["policy"])
    small = phone.eval_on_selector_all(
        "article :is(.hb-button, .hb-links a):not([hidden]), .md-header "
        "label.md-header__button:not([hidden])",
        "all => all.filter(one => one.offsetHeight > 0 && one.offsetHeight < 24).map(one => one.outerHTML)",
    )
    assert small == []


def test_paper_carries_version_date_and_digest(page: Page, site_address: str, tmp_path: Path) -> None:
    page.goto(site_address + PAGES["policy"])
    page.emulate_media(media="print")
    expect(page.locator(".hb-print")).to_be_visible()
    expect(page.locator(".hb-print")).to_contain_text(
        "version 2020-09, effective 1 September 2020. Digest sha256:"
    )
    expect(page.locator(".md-header")).to_be_hidden()
    expect(page.locator(".md-sidebar--primary")).to_be_hidden()
    page.pdf(path=tmp_path / "policy.pdf", format="A4")
    assert (tmp_path / "policy.pdf").read_bytes().startswith(b"%PDF")


def test_a_redline_on_paper_leaves_no_fold_and_no_jump_bar(page: Page, site_address: str) -> None:
    page.goto(site_address + PAGES["redline"])
    page.emulate_media(media="print")
    expect(page.locator(".hb-print")).to_contain_text("Compared with Social Media Policy, version 2020-09")
    expect(page.locator(".hb-jump")).to_be_hidden()
    assert page.locator(".rl-fold > summary:visible").count() == 0
    expect(page.get_by_role("heading", name="Monitoring")).to_be_visible()


WIDE = (
    "| A | B | C | D | E | F |\n|---|---|---|---|---|---|\n"
    + "| quite some words |"
    + " quite some words |" * 5
    + "\n"
)


def test_a_redline_of_a_wide_table_keeps_to_a_narrow_phone(watched, serve, tmp_path: Path) -> None:
    tree = SchoolTree(tmp_path)
    tree.version(
        "trips",
        "2020-03",
        "2020-03-01",
        approved_on="2020-02-01",
        body=WIDE + "| to be removed |" + " gone |" * 5,
    )
    tree.version("trips", "2020-09", "2020-09-01", approved_on="2020-07-01", body=WIDE)
    build(tmp_path, tmp_path / "site", date(2020, 10, 1), date(2020, 10, 1), cache=tmp_path / "cache")
    for scripts in (True, False):
        page = watched(viewport={"width": 320, "height": 640}, java_script_enabled=scripts)
        page.goto(serve(tmp_path / "site") + "policies/trips/2020-03..2020-09/")
        assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_paper_is_light_for_readers_of_the_dark_page(watched, site_address: str) -> None:
    page = watched(color_scheme="dark")
    page.goto(site_address + PAGES["policy"])
    dark = page.locator("h1").evaluate("one => getComputedStyle(one).color")
    page.emulate_media(media="print", color_scheme="dark")
    paper = page.locator("h1").evaluate("one => getComputedStyle(one).color")
    assert (dark, paper) == ("rgb(228, 236, 238)", "rgb(27, 42, 48)")


def test_the_print_button_prints(page: Page, site_address: str) -> None:
    page.add_init_script("window.print = () => { document.title = 'printed' }")
    page.goto(site_address + PAGES["policy"])
    page.get_by_role("button", name="Print").click()
    expect(page).to_have_title("printed")


def test_the_site_works_below_a_folder_of_another_host(
    watched, serve, built_site: Path, tmp_path: Path
) -> None:
    (tmp_path / "staff").symlink_to(built_site, target_is_directory=True)
    (tmp_path / "_headers").write_bytes((built_site / "_headers").read_bytes())
    page = watched()
    page.goto(f"{serve(tmp_path)}staff/")
    page.get_by_role("link", name="See what changes").click()
    expect(page.locator("h1")).to_contain_text("what changes from 2020-09 to 2021-09")
