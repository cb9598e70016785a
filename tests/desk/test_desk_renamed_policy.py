"""A renamed policy at the desk: one policy with its notices, whichever id they were given under."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ackservice.service import standing_now
from ackservice.storage import standing_now as table
from tests.school_tree import BASE

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
    """What the desk's own table says of a notice, brought up to date by what marks it, and what it would say
    made anew."""
    standing_now.refresh(desk.service, desk.clock.now())
    with desk.service.store.read() as connection:
        kept = table.all_rows(connection)
    standing_now.rebuild(desk.service, desk.clock.now())
    with desk.service.store.read() as connection:
        assert table.all_rows(connection) == kept
    return {row.lasting for row in kept.values() if row.notice_id == notice_id}


def test_a_version_given_under_the_former_id_shows_as_given(renamed):
    bea = renamed.browser()
    bea.get("/ack/desk/policies/")
    assert "Given, 26 Jul 2021" in bea.words
    answer = bea.get("/ack/desk/policies/online-conduct/2021-09/notice")
    assert answer.status_code == 409
    assert "Notice was given already, on Monday 26 July 2021." in answer.text


def test_a_newer_version_takes_over_at_the_desk_too(newer):
    assert statuses(newer, newer.one("SELECT MIN(id) FROM notice")) == {"superseded"}
    assert statuses(newer, newer.one("SELECT MAX(id) FROM notice")) == {"notified", "on paper"}
    newer.clock.move_to(DECEMBER_2)
    bea = newer.browser()
    bea.get("/ack/desk/")
    assert "2021-09" not in bea.words and "2021-12" in bea.words


def test_acknowledging_a_clarification_marks_what_it_clarifies(renamed):
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
    assert statuses(renamed, first) == {"notified", "on paper"}
    own = renamed.one("SELECT id FROM recipient WHERE notice_id = ? AND person_id = 'P001'", first)
    path = renamed.service.acknowledge_link(own).removeprefix(BASE)
    renamed.app.test_client().post(
        path, data={"read": "yes", "name": "Ada Lovelace"}, headers={"Origin": BASE}
    )
    assert renamed.rows("SELECT policy, version FROM acknowledgement") == [("online-conduct", "2021-10")]
    assert statuses(renamed, first) == {"acknowledged", "notified", "on paper"}
    assert statuses(renamed, second) == {"acknowledged", "notified", "on paper"}


def test_every_page_of_both_notices_opens(newer):
    bea = newer.browser()
    for notice_id in (newer.one("SELECT MIN(id) FROM notice"), newer.one("SELECT MAX(id) FROM notice")):
        for page in ("", "/take-away", "/letters", "/poster", "/evidence.zip", "/export.csv", "/export.xlsx"):
            assert bea.get(f"/ack/desk/notices/{notice_id}{page}").status_code == 200, page
    assert bea.get("/ack/desk/person?id=P001").status_code == 200
    everything = bea.get("/ack/desk/everything.csv").text
    assert (everything.count("social-media,2021-09"), everything.count("online-conduct,2021-12")) == (0, 5)
