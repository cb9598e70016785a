"""What travels in gzip, and what never does."""

from __future__ import annotations

import gzip

import pytest

ASKED = {"Accept-Encoding": "gzip, br"}


@pytest.fixture
def page(school) -> str:
    """The address of a page to acknowledge."""
    return school.path("P1")


def test_a_page_travels_compressed_when_asked_for(client, page):
    plain, packed = client.get(page), client.get(page, headers=ASKED)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)


def test_it_is_the_same_bytes_each_time(client, page):
    assert client.get(page, headers=ASKED).data == client.get(page, headers=ASKED).data


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0"])
def test_it_is_not_compressed_unasked_but_says_that_it_depends(client, page, accepted):
    answer = client.get(page, headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_a_form_shown_again_with_what_was_sent_is_not(client, page):
    answer = client.post(page, data={"name": "Amira " * 20}, headers=ASKED)
    assert (answer.status_code, "Content-Encoding" in answer.headers) == (400, False)


@pytest.mark.parametrize("address", ["/ack/desk/sign-in", "/ack/health?a=1"])
def test_the_desk_and_what_has_a_query_are_not(client, address):
    assert "Content-Encoding" not in client.get(address, headers=ASKED).headers


def test_a_revalidated_file_is_not_sent_again(school, tmp_path):
    (tmp_path / "index.html").write_text("<p>the handbook</p>" * 200, encoding="utf-8")
    visitor = school.app(site=tmp_path).test_client()
    first = visitor.get("/", headers=ASKED)
    assert first.headers["Content-Encoding"] == "gzip"
    again = visitor.get("/", headers={**ASKED, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
