"""A real browser, and the real site served with the headers it is published with."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from handbook.site.build import build

ROOT = Path(__file__).parents[2]
ON_NOTICE = date(2021, 7, 26)  # 2020-09 is in force, 2021-09 on notice
QUIET = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no Chromium is installed")
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=[*QUIET, *as_root])
        yield running
        running.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[object]:
    """Makes pages that fail the test on any console error, script error, or request to another host than the
    first."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def new_page(**settings: object) -> Page:
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        _watch(page, wrong)
        return page

    yield new_page
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def page(watched) -> Page:
    """A watched page of desk size."""
    return watched(viewport={"width": 1280, "height": 900})


@pytest.fixture
def phone(watched) -> Page:
    """A watched page of phone size."""
    return watched(viewport={"width": 390, "height": 844}, has_touch=True)


@pytest.fixture(scope="session")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout's site as of 26 July 2021."""
    folder = tmp_path_factory.mktemp("built")
    build(ROOT, folder / "site", ON_NOTICE, ON_NOTICE, cache=folder / "cache")
    return folder / "site"


@pytest.fixture(scope="session")
def serve() -> Iterator[object]:
    """Serves a built site with its own `_headers` and 404 page; returns its address, ending with a slash."""
    servers = []

    def start(site: Path) -> str:
        handler = functools.partial(_Published, directory=str(site), headers=headers_for_all(site))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def site_address(serve, built_site: Path) -> str:
    return serve(built_site)


def headers_for_all(site: Path) -> dict[str, str]:
    """The headers `_headers` gives to every path."""
    block = (site / "_headers").read_text(encoding="utf-8").split("\n\n")[0].splitlines()
    assert block[0] == "/*"
    return dict(line.strip().split(": ", 1) for line in block[1:] if line.strip())


class _Published(http.server.SimpleHTTPRequestHandler):
    """A host such as the site's own: its headers on every answer, and its page for what is not there."""

    def __init__(self, *args: object, headers: dict[str, str], **settings: object):
        self.site_headers = headers
        super().__init__(*args, **settings)

    def end_headers(self) -> None:
        for name, value in self.site_headers.items():
            self.send_header(name, value)
        super().end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        body = (Path(self.directory) / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def _watch(page: Page, wrong: list[str]) -> None:
    hosts: list[str] = []

    def on_request(request) -> None:
        if request.url.startswith(("data:", "blob:", "about:")):
            return
        host = request.url.split("/")[2]
        if not hosts:
            hosts.append(host)
        if host != hosts[0]:
            wrong.append(f"request to another host: {request.url}")

    def on_console(message) -> None:
        expected_404 = "status of 404" in message.text and message.location.get("url", "").endswith(
            "/no-such-page/"
        )
        if message.type == "error" and not expected_404:
            wrong.append(f"console: {message.text}")

    page.on("request", on_request)
    page.on("console", on_console)
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
