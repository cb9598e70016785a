"""A renamed policy at the desk: one policy with its notices, whichever id they were given under."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

OCTOBER = datetime(2021, 10, 4, 8, 0, tzinfo=UTC)
DECEMBER_2 = datetime(2021, 12, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def renamed(desk):
    desk.school.rename("social-media", "online-conduct")
    return desk


@pytest.fixture
def newer(renamed):
    """Notice of the next version has been given under the new id, to apply from December."""
    renamed.school.version(
        "online-conduct", "2021-12", "2021-12-01", approved_on="2021-07-20", body="Think three times."
    )
    renamed.clock.move_to(OCTOBER)
    renamed.issue("online-conduct", "2021-12")
    renamed.send()
    return renamed


def statuses(desk, notice_id: int) -> set[str]:
    """What the desk says of a notice's people."""
    bea = desk.browser()
    bea.get(f"/ack/desk/notices/{notice_id}?show=all")
    return set(re.findall(r'<span class="status status-([\w-]+)"', bea.page))


def test_a_version_given_under_the_former_id_shows_as_given(renamed):
    bea = renamed.browser()
    bea.get("/ack/desk/policies/")
    assert "Given, 26 Jul 2021" in bea.words
    answer = bea.get("/ack/desk/policies/notice?of=online-conduct/2021-09")
    assert answer.status_code == 409
    assert "Notice was given already, on Monday 26 July 2021." in answer.text


def test_a_newer_version_takes_over_at_the_desk_too(newer):
    first, second = newer.one("SELECT MIN(id) FROM notice"), newer.one("SELECT MAX(id) FROM notice")
    assert statuses(newer, first) == statuses(newer, second) == {"notified", "on-paper"}
    newer.clock.move_to(DECEMBER_2)
    assert statuses(newer, first) == {"superseded"}
    bea = newer.browser()
    bea.get("/ack/desk/")
    assert "2021-09" not in bea.words and "2021-12" in bea.words


def test_acknowledging_the_clarified_text_counts_for_what_it_clarifies(renamed):
    renamed.school.version(
        "online-conduct",
        "2021-10",
        "2021-10-01",
        approved_on="2021-07-20",
        change="clarification",
        body="Think twice before posting.",
    )
    first = renamed.one("SELECT MIN(id) FROM notice")
    second = renamed.issue("online-conduct", "2021-10")
    renamed.send()
    assert statuses(renamed, first) == {"notified", "on-paper"}
    renamed.clock.move_to(OCTOBER)
    renamed.acknowledges("P001")
    assert renamed.rows("SELECT policy, version FROM acknowledgement") == [("online-conduct", "2021-10")]
    assert statuses(renamed, first) == {"acknowledged", "notified", "on-paper"}
    assert statuses(renamed, second) == {"notified", "on-paper"}


def test_every_page_of_both_notices_opens(newer):
    bea = newer.browser()
    for notice_id in (newer.one("SELECT MIN(id) FROM notice"), newer.one("SELECT MAX(id) FROM notice")):
        for page in ("", "/take-away", "/letters", "/poster", "/evidence.zip", "/export.csv", "/export.xlsx"):
            assert bea.get(f"/ack/desk/notices/{notice_id}{page}").status_code == 200, page
    assert bea.get("/ack/desk/person?id=P001").status_code == 200
    everything = bea.get("/ack/desk/everything.csv").text
    assert (everything.count("social-media,2021-09"), everything.count("online-conduct,2021-12")) == (4, 5)
