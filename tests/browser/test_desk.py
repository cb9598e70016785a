"""The desk in a real browser: a Business Manager's morning, without scripts, on a phone, with the keyboard,
in every look."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from ackservice import create_app
from ackservice.clock import SettableClock
from ackservice.config import settings_from
from ackservice.mail.transports import transport_from
from ackservice.service import signing_in
from ackservice.service.acknowledging import acknowledge
from ackservice.service.context import Service
from ackservice.service.roster import import_roster
from ackservice.service.sending import send_due
from ackservice.web.server import serve
from tests.school_tree import larkspur_row, roster_csv
from tests.service import acts

MORNING = datetime(2021, 7, 26, 8, 0, tzinfo=UTC)
PEOPLE = [
    "P001,Ada Lovelace,ada@larkspur-row.example,Employee,,",
    "P002,Ben Okri,ben@larkspur-row.example,Employee,,",
    "P003,Błażej Łąkowski-Featherstonehaugh,blazej@larkspur-row.example,Governor,,",
    "P004,Pat Paper,,Volunteer,,",
    *(f"P{n:03},Person Number {n},p{n}@larkspur-row.example,Contractor,," for n in range(5, 45)),
]
SIZES = {
    "desk": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
    "narrow": {"width": 320, "height": 640},
}


class Desk:
    """A school that is served, three days after its notice: Ada has acknowledged, the message to Ben came
    back."""

    def __init__(self, root: Path):
        self.root = root
        self.clock = SettableClock(MORNING)
        larkspur_row(root)
        environ = {
            "ACK_HANDBOOK": str(root),
            "ACK_DATABASE": str(root / "ack.db"),
            "ACK_SECRET_KEYS": "k" * 40,
        }
        settings = settings_from({**environ, "ACK_BASE_URL": "http://127.0.0.1:1"})
        Service.open(settings).store.migrate()
        self.server = serve(create_app(settings, clock=self.clock), port=0)
        self.address = f"http://127.0.0.1:{self.server.effective_port}"
        self.service = Service.open(settings)
        import_roster(self.service, roster_csv(*PEOPLE), "staff.csv", now=MORNING)
        acts.issue(self.service, "2021-09", now=MORNING)
        self.send()
        self.clock.advance(timedelta(days=3))
        acknowledge(
            self.service,
            acts.token(self.service, "P001"),
            "Ada L.",
            self.clock.now(),
        )
        self.bounce("P002")
        threading.Thread(target=self.server.run, daemon=True).start()

    def send(self) -> None:
        transport = transport_from(f"outbox:{self.root / 'outbox'}", self.service.settings.school.mail, {})
        send_due(self.service, transport, self.clock, wait=lambda seconds: None, pace=False)

    def bounce(self, person_id: str) -> None:
        with self.service.store.write(self.clock.now()) as tx:
            sent = tx.execute(
                "SELECT * FROM dispatch WHERE recipient_id = ?", (self.recipient(person_id),)
            ).fetchone()
            values = {
                "kind": "notice",
                "outcome": "bounced",
                "detail": "550 no such user",
                "address": sent["address"],
            }
            tx.record(
                "message.outcome",
                delivery_id=sent["delivery_id"],
                recipient_id=sent["recipient_id"],
                message_id=sent["message_id"],
                **values,
            )

    def recipient(self, person_id: str) -> int:
        with self.service.store.read() as connection:
            return connection.execute(
                "SELECT MAX(id) FROM recipient WHERE person_id = ?", (person_id,)
            ).fetchone()[0]

    def sign_in(self, page: Page, address: str = "office@larkspur-row.example") -> None:
        link = signing_in.make_link(self.service, address, self.clock.now())
        page.goto(self.address + link[link.index("/ack/") :])
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="The desk")).to_be_visible()

    def pages(self) -> dict[str, str]:
        notice = f"/ack/desk/notices/{self.notice}"
        return {
            "home": "/ack/desk/",
            "notices": "/ack/desk/notices/",
            "notice": notice,
            "everybody": f"{notice}?show=all&done=excused&n=1&first=1&last=2",
            "nobody": f"{notice}?show=all&q=nobody",
            "person": "/ack/desk/person?id=P001",
            "a message": f"/ack/desk/person/message?id=P001&number={self.message}",
            "not found": "/ack/desk/notices/999999",
        }

    @property
    def notice(self) -> int:
        with self.service.store.read() as connection:
            return connection.execute("SELECT MAX(id) FROM notice").fetchone()[0]

    @property
    def message(self) -> int:
        with self.service.store.read() as connection:
            return connection.execute("SELECT MIN(id) FROM delivery WHERE person_id = 'P001'").fetchone()[0]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.server.close()
    desk.service.store.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[object]:
    """Makes pages that fail the test on a script error, a breach of the policy on content, or a request to
    another host.

    Unlike `watched`, pages that are answers to mistakes are fine: a browser notes those with 4xx in its
    console.
    """
    contexts, wrong = [], []

    def new_page(**settings: object) -> Page:
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"script error: {error}"))
        page.on(
            "console",
            lambda said: (
                wrong.append(said.text) if said.type == "error" and "status of 4" not in said.text else None
            ),
        )
        page.on(
            "request",
            lambda asked: wrong.append(asked.url) if not asked.url.startswith("http://127.0.0.1:") else None,
        )
        return page

    yield new_page
    for context in contexts:
        context.close()
    assert wrong == []


def test_a_business_managers_morning(desk: Desk, tab) -> None:
    page = tab(viewport=SIZES["desk"], java_script_enabled=False)
    desk.sign_in(page)
    main = page.get_by_role("main")
    expect(main).to_contain_text("1 address takes no mail")
    expect(main).to_contain_text("1 of 44 acknowledged, 43 outstanding")

    page.get_by_role("link", name="1 address takes no mail").click()
    page.get_by_role("link", name="Ben Okri").click()
    page.get_by_text("Correct the address and send again").click()
    page.get_by_label("The right address").fill("ben.okri@larkspur-row.example")
    page.get_by_role("button", name="Correct and send").click()
    expect(page.get_by_role("status")).to_contain_text("is on its way to it")

    page.get_by_role("link", name="Notices").click()
    page.get_by_role("link", name="Social media policy 2021-09").click()
    page.get_by_role("checkbox", name="Choose Błażej Łąkowski-Featherstonehaugh").check()
    page.get_by_role("button", name="Remind now").click()
    expect(page.get_by_role("status").first).to_contain_text("1 reminder is on the way.")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").first).to_contain_text("cancelled")

    page.get_by_label("Show").select_option("on paper")
    page.get_by_role("search", name="People of this notice").get_by_role("button", name="Show").click()
    page.get_by_role("checkbox", name="Choose Pat Paper").check()
    page.get_by_role("button", name="Record signed slips").click()
    expect(main).to_contain_text("This is evidence")
    page.get_by_label("The date on the slip").fill("31/2/2021")
    page.get_by_role("button", name="Record as acknowledged on paper").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no such day")
    page.get_by_label("The date on the slip").fill("28/7/2021")
    page.get_by_role("button", name="Record as acknowledged on paper").click()
    expect(page.get_by_role("status").first).to_contain_text("1 acknowledgement on paper recorded.")
    expect(main).to_contain_text("2 of 44 acknowledged")

    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").first.click()
    assert download.value.suggested_filename == "social-media-2021-09-status-as-at-2021-07-29.csv"

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in at the desk")).to_be_visible()


@pytest.mark.parametrize(
    ("size", "look"),
    [("desk", {"color_scheme": "light"}), ("phone", {"color_scheme": "dark"}),
     ("narrow", {"color_scheme": "light"}),
     ("desk", {"forced_colors": "active"})],
)  # fmt: skip
def test_axe_finds_nothing_on_any_page_of_the_desk(desk: Desk, tab, size: str, look: dict) -> None:
    page = tab(viewport=SIZES[size], reduced_motion="reduce", **look)
    found = {}
    page.goto(desk.address + "/ack/desk/sign-in")
    found["sign in"] = violations(page)
    desk.sign_in(page)
    for name, path in desk.pages().items():
        page.goto(desk.address + path)
        found[name] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], name
    page.goto(f"{desk.address}/ack/desk/notices/{desk.notice}")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Excuse").click()
    page.get_by_role("button", name="Excuse").click()
    found["a form with a fault"] = violations(page)
    assert {name: what for name, what in found.items() if what} == {}


def violations(page: Page) -> list:
    return [
        (v["id"], [node["html"][:160] for node in v["nodes"][:3]])
        for v in Axe().run(page).response["violations"]
    ]


def test_nothing_is_cut_off_with_text_at_200_percent(desk: Desk, tab) -> None:
    page = tab(viewport={"width": 640, "height": 900})
    desk.sign_in(page)
    for name, path in desk.pages().items():
        page.goto(desk.address + path)
        page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
        assert page.evaluate("document.documentElement.scrollWidth") <= 640, name


def test_people_are_chosen_and_reminded_with_the_keyboard_alone(desk: Desk, page: Page) -> None:
    desk.sign_in(page)
    page.goto(f"{desk.address}/ack/desk/notices/{desk.notice}?show=notified")
    tab_to(page, "Choose Błażej Łąkowski-Featherstonehaugh")
    page.keyboard.press("Space")
    tab_to(page, "Remind now")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("1 reminder is on the way.")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has that name has the focus, and shows it."""
    for _ in range(120):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(() => { const e = document.activeElement; return [e.getAttribute('aria-label') || "
            "e.textContent.trim(),"
            " getComputedStyle(e).outlineStyle] })()"
        )
        if focused[0] == name:
            assert focused[1] != "none"
            return
    raise AssertionError(f"{name} cannot be reached with Tab")


def test_a_reader_sees_the_list_and_no_buttons(desk: Desk, page: Page) -> None:
    desk.sign_in(page, "head@larkspur-row.example")
    page.goto(f"{desk.address}/ack/desk/notices/{desk.notice}")
    expect(page.get_by_role("link", name="Ben Okri")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)
    expect(page.get_by_role("button", name="Remind now")).to_have_count(0)
