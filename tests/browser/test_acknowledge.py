"""The pages behind a personal link in a real browser: without JavaScript, on a phone, with the keyboard, in
light and dark."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from ackservice import create_app
from ackservice.demo.replay import POLICY, VERSION, Demo, prepare
from ackservice.service import statuses
from ackservice.storage import recipients
from ackservice.web import server

ROOT = Path(__file__).parents[2]
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo, served as people see it."""
    listener = server.listen("127.0.0.1", 0)
    made = prepare(tmp_path_factory.mktemp("demo"), listener.getsockname()[1], ROOT)
    app = create_app(made.service.settings, clock=made.clock, service=made.service, site=made.site, demo=made)
    running = server.serve(app, listener=listener)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    yield made
    running.close()
    thread.join(timeout=10)


@pytest.fixture(scope="module")
def links(demo: Demo) -> Iterator[str]:
    """Personal links, each for another person who has not acknowledged."""
    with demo.service.store.read() as connection:
        as_of = demo.service.as_of(connection, None, demo.clock.now())
        book = statuses.book_at(demo.service, connection, as_of)
        _, rows = statuses.of_version(demo.service, connection, book, POLICY, VERSION, as_of)
        found = [
            demo.service.acknowledge_link(
                row.recipient.key, recipients.person_keys(connection, row.recipient.person_id)[0]
            )
            for row in rows
            if row.owes
        ]
    return iter(found)


def name_on(page: Page) -> str:
    """The name of the person a page's link is for."""
    return page.locator(".whose strong").inner_text()


def acknowledge(page: Page) -> None:
    page.get_by_label("I have read and understood this policy").check()
    page.get_by_label("Your full name").fill(name_on(page))
    page.get_by_role("button", name="Acknowledge").click()


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_acknowledging_on_a_phone_without_javascript(watched, links):
    page = watched(viewport=PHONE, has_touch=True, java_script_enabled=False)
    page.goto(next(links))
    expect(page.get_by_role("heading", level=1)).to_have_text("Social Media Policy")
    expect(page.get_by_label("I have read and understood this policy")).not_to_be_checked()

    acknowledge(page)

    expect(page).to_have_url(re.compile(r"/ack/receipt/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your acknowledgement is recorded")
    expect(page.get_by_text(re.compile(r"^R-\d{6}$"))).to_be_visible()


def test_what_is_missing_is_said_and_can_be_mended(browser, links):
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(next(links))
    page.get_by_label("Your full name").fill(name_on(page))
    page.get_by_role("button", name="Acknowledge").click()

    expect(page).to_have_title(re.compile("^Error: "))
    page.get_by_role("link", name="Tick the box").click()
    expect(page.get_by_role("checkbox")).to_be_focused()
    expect(page.get_by_label("Your full name")).to_have_value(name_on(page))
    page.keyboard.press("Space")
    page.get_by_role("button", name="Acknowledge").click()

    expect(page).to_have_url(re.compile(r"/ack/receipt/"))
    context.close()


def test_acknowledging_with_the_keyboard_alone(watched, links):
    page = watched(viewport={"width": 1280, "height": 900})
    page.goto(next(links))

    for key in tab_to(page, "read"):
        page.keyboard.press(key)
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type(name_on(page))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/ack/receipt/"))


def tab_to(page: Page, wanted: str) -> Iterator[str]:
    """Tab after Tab until the field has the focus; each stop on the way shows where it is."""
    for _ in range(40):
        if page.evaluate("document.activeElement.id") == wanted:
            return
        yield "Tab"
        shown = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert shown == "solid", page.evaluate("document.activeElement.outerHTML")
    raise AssertionError(f"{wanted} cannot be reached with the keyboard")


def test_opening_a_link_with_scripts_on_submits_nothing(watched, links, demo):
    page = watched(viewport=PHONE)
    link = next(links)
    page.goto(link)
    page.goto(f"{link}?read=yes&name=Scanner")
    page.wait_for_load_state("networkidle")

    expect(page.get_by_role("checkbox")).not_to_be_checked()
    expect(page.get_by_role("button", name="Acknowledge")).to_be_visible()


@pytest.fixture(scope="module")
def kinds(demo: Demo, links: Iterator[str]) -> dict[str, str]:
    """An address for each kind of page; `error` and `receipt` are reached by acting."""
    base = demo.service.settings.base_url
    mail = sorted(demo.outbox.glob("*.eml"))[0].name
    return {
        "acknowledge": next(links),
        "error": next(links),
        "receipt": next(links),
        "forged": f"{base}/ack/a/forged",
        "not found": f"{base}/ack/nothing",
        "demo": f"{base}/demo/",
        "outbox": f"{base}/demo/outbox/",
        "mail": f"{base}/demo/outbox/{mail}",
    }


def open_kind(page: Page, kind: str, address: str) -> None:
    page.goto(address)
    if kind == "error":
        page.get_by_role("button", name="Acknowledge").click()
    if kind == "receipt" and page.get_by_role("checkbox").count():
        acknowledge(page)


KINDS = ("acknowledge", "error", "receipt", "forged", "not found", "demo", "outbox", "mail")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing(browser, kinds, kind, scheme):
    context = browser.new_context(viewport=PHONE, color_scheme=scheme)
    page = context.new_page()
    open_kind(page, kind, kinds[kind])

    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()
    context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_scrolls_sideways_at_320_pixels_or_with_text_twice_as_large(browser, kinds, kind):
    context = browser.new_context(viewport=NARROW)
    page = context.new_page()
    open_kind(page, kind, kinds[kind])

    assert fits(page)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert fits(page)
    context.close()


@pytest.mark.parametrize("kind", ["acknowledge", "receipt", "forged", "demo"])
def test_what_is_pressed_is_large_enough(browser, kinds, kind):
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    open_kind(page, kind, kinds[kind])

    small = page.evaluate(
        """[...document.querySelectorAll(
          'button, summary, input:not([type=hidden]), .button, .top a, li > a')]
        .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
        .filter(([, box]) => box.height && (box.height < 24 || box.width < 24)).map(([html]) => html)"""
    )

    assert small == []
    context.close()


def test_folded_parts_and_forced_colours_leave_all_to_be_read(browser, links):
    context = browser.new_context(viewport=PHONE, forced_colors="active", java_script_enabled=False)
    page = context.new_page()
    page.goto(next(links))

    page.get_by_text("unchanged sections").first.click()

    expect(page.get_by_role("heading", name="Purpose of this policy")).to_be_visible()
    expect(page.locator("ins", has_text="Keeping Children Safe in Education 2021")).to_be_visible()
    context.close()


def test_paper_shows_what_is_folded(browser, links):
    page = browser.new_page(viewport=PHONE)
    page.goto(next(links))
    page.emulate_media(media="print")

    expect(page.get_by_role("heading", name="Purpose of this policy")).to_be_visible()
    assert page.get_by_text("unchanged section").locator("visible=true").count() == 0
    assert page.get_by_text("folded away").locator("visible=true").count() == 0
    page.close()


def test_a_mail_of_the_outbox_leads_to_the_page_and_the_day_moves(watched, demo):
    """Last in this file: the day does not go back."""
    page = watched(viewport=PHONE)
    page.goto(demo.service.settings.base_url + "/demo/outbox/")
    page.locator("li", has_text="Xanthe Willowbank").get_by_role("link", name="Changed from").click()
    expect(page.frame_locator("iframe").locator("body")).to_contain_text("Social Media Policy")
    page.frame_locator("iframe").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Social Media Policy")

    page.goto(demo.service.settings.base_url + "/demo/")
    page.get_by_role("button", name="The day after").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Thursday 2 September 2021")
    assert demo.today == date(2021, 9, 2)
