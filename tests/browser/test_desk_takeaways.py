"""What managers take away, take in and answer, in a real browser: without scripts, on a phone, in every
look."""

from __future__ import annotations

import subprocess
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from ackservice import create_app
from ackservice.clock import SettableClock
from ackservice.config import settings_from
from ackservice.mail.transports import transport_from
from ackservice.service import questions, signing_in
from ackservice.service.context import Service
from ackservice.service.questions import About
from ackservice.service.roster import import_roster
from ackservice.service.sending import send_due
from ackservice.web.server import serve
from tests.school_tree import HEADING, larkspur_row, roster_csv
from tests.service import acts

MORNING = datetime(2021, 7, 26, 8, 0, tzinfo=UTC)
PEOPLE = [
    "P001,Ada Lovelace,ada@larkspur-row.example,Employee,,",
    "P002,Błażej Łąkowski-Featherstonehaugh,blazej@larkspur-row.example,Governor,,",
    "P003,Pat Paper,,Volunteer,,",
    "P004,Quin Quill,,Volunteer,,",
    *(f"P{n:03},Person Number {n},p{n}@larkspur-row.example,Contractor,," for n in range(5, 60)),
]
WRONG = f"{HEADING}\nP001,,nonsense,Emperor,31/2/2021,\n"
CHANGED = (
    f"{HEADING}\nP001,Ada King,ada@larkspur-row.example,Employee,,\n"
    f"P900,Jo Joiner,jo@larkspur-row.example,Employee,02/08/2021,\n"
)
SIZES = {
    "desk": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
    "narrow": {"width": 320, "height": 640},
}


class Desk:
    """A school that is served: one notice given, one question asked, a further version to give notice of."""

    def __init__(self, root: Path):
        self.root = root
        self.clock = SettableClock(MORNING)
        larkspur_row(root).version(
            "social-media", "2021-12", "2021-12-01", approved_on="2021-07-20", body="Think three times."
        )
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
        self.notice = acts.rows(self.service, "SELECT MAX(id) FROM notice")[0][0]
        transport = transport_from(f"outbox:{root / 'outbox'}", settings.school.mail, {})
        send_due(self.service, transport, self.clock, wait=lambda seconds: None, pace=False)
        self.clock.advance(timedelta(days=1))
        questions.ask(
            self.service,
            self.token("P001"),
            About.QUESTION,
            "May I use my own phone?\nIt is old.",
            self.clock.now(),
        )
        questions.ask(self.service, self.token("P003"), About.SUGGESTION, "Add a picture.", self.clock.now())
        threading.Thread(target=self.server.run, daemon=True).start()

    def token(self, person_id: str) -> str:
        return acts.token(self.service, person_id)

    def sign_in(self, page: Page) -> None:
        link = signing_in.make_link(self.service, "office@larkspur-row.example", self.clock.now())
        page.goto(self.address + link[link.index("/ack/") :])
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="The desk")).to_be_visible()

    def file(self, name: str, content: str) -> Path:
        target = self.root / name
        target.write_text(content, encoding="utf-8")
        return target

    def pages(self) -> dict[str, str]:
        return {
            "take away": f"/ack/desk/notices/{self.notice}/take-away",
            "take everything away": "/ack/desk/take-away/",
            "letters": f"/ack/desk/notices/{self.notice}/letters",
            "poster": f"/ack/desk/notices/{self.notice}/poster",
            "people": "/ack/desk/people/?leavers=yes",
            "take in a file": "/ack/desk/people/import",
            "policies": "/ack/desk/policies/",
            "give notice": "/ack/desk/policies/social-media/2021-12/notice",
            "notice refused": "/ack/desk/policies/social-media/2021-09/notice",
            "questions": "/ack/desk/questions/",
            "ask": f"/ack/a/{self.token('P001')}/ask",
            "asked": f"/ack/a/{self.token('P001')}/ask?sent=question",
        }


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.server.close()
    desk.service.store.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[object]:
    """Makes pages that fail the test on a script error, a breach of the policy on content, or a request to
    another host."""
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


def download(page: Page, name: str, target: Path) -> str:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name).click()
    waiting.value.save_as(target)
    return waiting.value.suggested_filename


def test_the_spreadsheet_and_the_pack_are_downloaded_and_checked(desk: Desk, tab, tmp_path: Path) -> None:
    page = tab(viewport=SIZES["desk"], java_script_enabled=False)
    desk.sign_in(page)
    page.goto(f"{desk.address}/ack/desk/notices/{desk.notice}")
    page.get_by_role("link", name="spreadsheet, evidence pack, letters, poster").click()
    page.get_by_label("As at the end of").fill("2021-07-26")

    name = download(page, "Spreadsheet (XLSX)", tmp_path / "status.xlsx")
    assert name == "social-media-2021-09-status-as-at-2021-07-26.xlsx"
    sheet = openpyxl.load_workbook(tmp_path / "status.xlsx")["Recipients"]
    assert (sheet.max_row, sheet["B2"].value) == (60, "Ada Lovelace")

    name = download(page, "Evidence pack (ZIP)", tmp_path / "pack.zip")
    assert name == "social-media-2021-09-evidence-as-at-2021-07-26.zip"
    with zipfile.ZipFile(tmp_path / "pack.zip") as archive:
        archive.extractall(tmp_path / "pack")
    folder = tmp_path / "pack" / name.removesuffix(".zip")
    shown = subprocess.run(
        ["sha256sum", "text/2021-09.md"], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.split()[0]
    assert f"sha256:{shown}" == sheet["G2"].value

    page.goto(f"{desk.address}/ack/desk/take-away/")
    assert download(page, "CSV", tmp_path / "all.csv") == "all-open-notices-status-as-at-2021-07-27.csv"


def test_letters_are_printed_one_page_each_and_handed_over(desk: Desk, tab, tmp_path: Path) -> None:
    page = tab(viewport=SIZES["desk"])
    desk.sign_in(page)
    page.goto(f"{desk.address}/ack/desk/notices/{desk.notice}/letters")
    page.get_by_role("button", name="Open letters to print").click()
    expect(page.get_by_role("heading", name="Social media policy: what changes")).to_have_count(2)
    assert sheets_of(page, tmp_path / "letters.pdf") == 2
    code = page.locator(".qr").first.bounding_box()
    assert code["width"] == pytest.approx(code["height"], abs=1)

    page.goto(f"{desk.address}/ack/desk/notices/{desk.notice}/letters")
    page.get_by_role("checkbox", name="Choose Quin Quill").uncheck()
    page.get_by_role("button", name="Letters handed over").click()
    page.get_by_label("The day the letters were handed over").fill("27/7/2021")
    page.get_by_role("button", name="Record as handed over").click()
    expect(page.get_by_role("status").first).to_contain_text("1 letter marked as handed over.")

    page.goto(f"{desk.address}/ack/desk/notices/{desk.notice}/poster")
    assert sheets_of(page, tmp_path / "poster.pdf") == 1


def sheets_of(page: Page, target: Path) -> int:
    """How many pages a browser prints."""
    page.pdf(path=target, prefer_css_page_size=True)
    return target.read_bytes().count(b"/Type /Page\n")


def test_a_roster_is_looked_at_put_right_and_confirmed(desk: Desk, tab) -> None:
    page = tab(viewport=SIZES["desk"], java_script_enabled=False)
    desk.sign_in(page)
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_role("link", name="Take in a roster file").click()
    page.get_by_label("The file, saved from your spreadsheet").set_input_files(desk.file("wrong.csv", WRONG))
    page.get_by_role("button", name="Look at what it changes").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was taken in")
    expect(page.get_by_role("row", name="Row 2 joined_on")).to_be_visible()

    page.get_by_label("The file, saved from your spreadsheet").set_input_files(
        desk.file("staff.csv", CHANGED)
    )
    page.get_by_role("button", name="Look at what it changes").click()
    expect(page.get_by_role("main")).to_contain_text("1 person joins, 1 person changes")
    page.get_by_role("button", name="Confirm these changes").click()
    expect(page.get_by_role("status").first).to_contain_text("The roster is up to date: 2 entries recorded.")
    page.get_by_label("Name, address or number").fill("king")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("link", name="Ada King")).to_be_visible()


def test_notice_is_given_and_a_question_answered(desk: Desk, tab) -> None:
    page = tab(viewport=SIZES["phone"], java_script_enabled=False)
    desk.sign_in(page)
    page.get_by_role("link", name="Policies").click()
    page.get_by_role("link", name="Give notice… of Social media policy 2021-12").click()
    expect(page.get_by_role("main")).to_contain_text("Subject: ")
    page.get_by_role("button", name="Give notice to 59 people").click()
    expect(page.get_by_role("status").first).to_contain_text(
        "The notice is given: 59 people, 57 messages on the way."
    )

    page.get_by_role("link", name="Questions").first.click()
    asked = page.get_by_role("article", name="Question from Ada Lovelace")
    asked.get_by_role("button", name="Mark as answered").click()
    expect(page.get_by_role("alert")).to_contain_text("Write in a sentence how it was answered")
    page.get_by_role("article", name="Question from Ada Lovelace").get_by_label("How it was answered").fill(
        "Yes, told her."
    )
    page.get_by_role("article", name="Question from Ada Lovelace").get_by_role(
        "button", name="Mark as answered"
    ).click()
    expect(page.get_by_role("status").first).to_contain_text("Marked as answered.")
    expect(page.get_by_role("article")).to_have_count(1)


def test_staff_ask_without_scripts_on_a_phone(desk: Desk, tab) -> None:
    page = tab(viewport=SIZES["phone"], java_script_enabled=False)
    page.goto(f"{desk.address}/ack/a/{desk.token('P002')}")
    page.get_by_role("link", name="write your question or suggestion here").click()
    page.get_by_label("A suggestion for its next review").check()
    page.get_by_label("Your words").fill("Shorter, please.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Your suggestion has been sent")).to_be_visible()
    page.get_by_role("link", name="Back to the Social media policy").click()
    expect(page.get_by_role("button", name="Acknowledge")).to_be_visible()


@pytest.mark.parametrize(
    ("size", "look"),
    [("desk", {"color_scheme": "light"}), ("phone", {"color_scheme": "dark"}),
     ("narrow", {"color_scheme": "light"}),
     ("desk", {"forced_colors": "active"})],
)  # fmt: skip
def test_axe_finds_nothing_and_nothing_is_cut_off(desk: Desk, tab, size: str, look: dict) -> None:
    page = tab(viewport=SIZES[size], reduced_motion="reduce", **look)
    desk.sign_in(page)
    found = {}
    for name, path in desk.pages().items():
        page.goto(desk.address + path)
        found[name] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], name
    page.goto(f"{desk.address}/ack/desk/notices/{desk.notice}/letters")
    page.get_by_role("button", name="Open letters to print").click()
    found["printed letters"] = violations(page)
    page.goto(f"{desk.address}/ack/desk/people/import")
    for name, content in (("wrong", WRONG), ("preview", CHANGED)):
        page.get_by_label("The file, saved from your spreadsheet").set_input_files(
            desk.file(f"{name}.csv", content)
        )
        page.get_by_role("button", name="Look at what it changes").click()
        found[f"roster: {name}"] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], name
    page.goto(f"{desk.address}/ack/a/{desk.token('P001')}/ask")
    page.get_by_role("button", name="Send").click()
    found["ask: faults"] = violations(page)
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
