"""No notice before its page: a static host is looked at, and what `ack serve` shows is built first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ackservice.errors import NotPublished
from ackservice.service import issuing
from tests.conftest import MONDAY

WANTED = [("social-media", "2021-09")]
TEXT = "# Social media policy\n\nThink twice before you post.\n"
PATH = "/policies/social-media/2021-09.md"


class Host:
    """A static host: what it publishes, and how often it was asked to build."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.builds = 0
        self.answer_to_build = 200
        self.address = ""


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = host.pages.get(self.path)
            self._answer(200 if page else 404, (page or "").encode())

        def do_POST(self) -> None:
            host.builds += 1
            self._answer(host.answer_to_build, b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    host.address = f"http://127.0.0.1:{server.server_port}"
    yield host
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def hosted(staffed, host):
    """The service of a school whose handbook a static host shows, and whose mail reaches people."""
    staffed.settings = replace(
        staffed.settings,
        mail="smtp://mail.larkspur-row.example",
        base_url=host.address,
        build_hook=host.address + "/hook",
    )
    return staffed


def notices(service):
    with service.store.read() as connection:
        return [tuple(row) for row in connection.execute("SELECT unpublished_reason FROM notice")]


def test_a_page_with_the_approved_text_is_public(hosted, host):
    host.pages[PATH] = TEXT
    assert issuing.preview(hosted, WANTED, now=MONDAY).unpublished == ()
    issuing.issue(hosted, WANTED, now=MONDAY, issued_by="Bea")
    assert (notices(hosted), host.builds) == ([(None,)], 0)


@pytest.mark.parametrize("text", ["", TEXT.replace("twice", "once")])
def test_no_page_or_another_text_refuses_and_asks_for_a_build(hosted, host, text):
    host.pages[PATH] = text
    assert issuing.preview(hosted, WANTED, now=MONDAY).unpublished == ("social-media 2021-09",)
    with pytest.raises(NotPublished, match="has been asked to build .* again in a few minutes"):
        issuing.issue(hosted, WANTED, now=MONDAY, issued_by="Bea")
    assert (notices(hosted), host.builds) == ([], 1)


def test_going_ahead_keeps_the_reason(hosted, host):
    issuing.issue(hosted, WANTED, now=MONDAY, issued_by="Bea", unpublished_reason=" The host is down ")
    assert (notices(hosted), host.builds) == ([("The host is down",)], 0)


def test_it_says_what_to_do_where_no_build_can_be_asked_for(hosted, host):
    host.answer_to_build = 500
    with pytest.raises(NotPublished, match="could not be asked"):
        issuing.issue(hosted, WANTED, now=MONDAY, issued_by="Bea")
    hosted.settings = replace(hosted.settings, build_hook="")
    with pytest.raises(NotPublished, match="Build and publish the handbook"):
        issuing.issue(hosted, WANTED, now=MONDAY, issued_by="Bea")


def test_a_host_that_does_not_answer_has_no_page(hosted):
    hosted.settings = replace(hosted.settings, base_url="http://127.0.0.1:9", build_hook="")
    with pytest.raises(NotPublished):
        issuing.issue(hosted, WANTED, now=MONDAY, issued_by="Bea")


def test_a_trial_that_sends_to_nobody_is_not_held_up(staffed):
    assert issuing.issue(staffed, WANTED, now=MONDAY, issued_by="Bea").by_email == 3


def test_the_pages_of_the_embedded_server_are_built_first(staffed):
    site = staffed.settings.database.parent / "site"
    site.mkdir()
    (site / "policies.json").write_text("{}", "utf-8")
    issuing.issue(staffed, WANTED, now=MONDAY, issued_by="Bea")
    assert (site / "policies" / "social-media" / "2021-09.md").read_text("utf-8") == TEXT
