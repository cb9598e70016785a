"""Rules of serving the built handbook: its own headers and redirects, folders, its 404 page, nothing
outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ackservice.web.site_rules import Rules, parse_headers, parse_redirects

HEADERS = """/*
  Content-Security-Policy: default-src 'none'; script-src 'self'
  X-Frame-Options: DENY
/assets/app.0123abcd.min.js
  Cache-Control: public, max-age=31536000, immutable
/policies/*.md
  Content-Type: text/markdown; charset=utf-8
"""
REDIRECTS = """# former addresses
/policies/e-safety/* /policies/social-media/:splat 301
/old/:name /new/:name 302!
/ack/* https://service.example/ack/:splat 200!
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    for path, content in {
        "index.html": "home",
        "404.html": "not here",
        "_headers": HEADERS,
        "_redirects": REDIRECTS,
        ".hidden": "hidden",
        "policies/social-media/index.html": "policy",
        "policies/social-media/2021-09.md": "# Title\n",
        "assets/app.0123abcd.min.js": "1",
        "empty/nothing.txt": "x",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret")
    os.symlink(tmp_path / "secret.txt", folder / "link.txt")
    return folder


@pytest.fixture
def visitor(school, site):
    return school.app(site=site).test_client()


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/", 200, "home"),
        ("/index.html", 200, "home"),
        ("/policies/social-media/", 200, "policy"),
        ("/policies/social-media/index.html", 200, "policy"),
        ("/policies/social-media/2021-09.md", 200, "# Title\n"),
        ("/policies/", 404, "not here"),
        ("/empty", 404, "not here"),
        ("/nothing/", 404, "not here"),
        ("/policies/social-media/2021-09.md/", 404, "not here"),
        ("/_headers", 404, "not here"),
        ("/_redirects", 404, "not here"),
        ("/.hidden", 404, "not here"),
        ("/link.txt", 404, "not here"),
        ("/../secret.txt", 404, "not here"),
        ("/%2e%2e/secret.txt", 404, "not here"),
        ("/policies/..%2f..%2f..%2fsecret.txt", 404, "not here"),
        ("/..\\secret.txt", 404, "not here"),
        ("/a%00b", 404, "not here"),
        ("/" + "a" * 5000, 404, "not here"),
    ],
)
def test_what_is_served(visitor, path, status, body):
    answer = visitor.get(path)

    assert (answer.status_code, answer.text) == (status, body)


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/policies/social-media", 301, "/policies/social-media/"),
        ("/policies/social-media?q=a", 301, "/policies/social-media/?q=a"),
        ("/policies/e-safety/2020-09/", 301, "/policies/social-media/2020-09/"),
        ("/old/name", 302, "/new/name"),
    ],
)
def test_what_has_moved(visitor, path, status, location):
    answer = visitor.get(path)

    assert (answer.status_code, answer.location) == (status, location)


def test_the_sites_own_headers_hold_on_its_pages(visitor):
    home, script, text = (
        visitor.get(p) for p in ("/", "/assets/app.0123abcd.min.js", "/policies/social-media/2021-09.md")
    )

    assert home.headers["Content-Security-Policy"] == "default-src 'none'; script-src 'self'"
    assert home.headers["Cache-Control"] == "no-cache"
    assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert text.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert visitor.get("/nothing").headers["X-Frame-Options"] == "DENY"


def test_an_unchanged_page_is_not_sent_again(visitor):
    tag = visitor.get("/").headers["ETag"]

    assert visitor.get("/", headers={"If-None-Match": tag}).status_code == 304


def test_rules_are_read_again_after_a_build(visitor, site):
    visitor.get("/")
    (site / "_headers").write_text("/*\n  X-Frame-Options: SAMEORIGIN\n")
    os.utime(site / "_headers", ns=(1, 1))

    assert visitor.get("/").headers["X-Frame-Options"] == "SAMEORIGIN"


def test_the_service_keeps_its_own_addresses(visitor):
    answer = visitor.get("/ack/nothing")

    assert answer.status_code == 404
    assert "Page not found" in answer.text


def test_posting_to_a_page_is_refused(visitor):
    assert visitor.post("/").status_code == 405


def test_a_redirect_never_leads_to_another_host_by_way_of_its_path():
    rules = Rules(redirect_rules=parse_redirects("/a/* /:splat\n"))

    assert rules.redirect("/a//evil.example") == ("/evil.example", 301)


def test_a_comment_is_no_rule():
    assert parse_headers("# /*\n#  X: y\n") == ()
    assert parse_redirects("# /a /b\n\n/only-one\n") == ()


def test_a_site_named_from_the_current_folder_has_its_404_page_too(school, site, monkeypatch):
    monkeypatch.chdir(site.parent)

    answer = school.app(site=Path("site")).test_client().get("/nothing/")

    assert (answer.status_code, answer.text) == (404, "not here")
