"""Rules of the page behind a personal link, and of its receipt."""

from __future__ import annotations

import re
import threading
from datetime import UTC, date, datetime

import pytest

from ackservice.service import notice_acts, records
from ackservice.storage import recipients

GOOD = {"read": "yes", "name": "Amira Example"}
AMIRA_LEFT = """person_id,name,email,category,joined_on,left_on
P1,Amira Example,amira@larkspur-row.example,Teacher,,2021-07-01
"""


def acknowledgements(school) -> int:
    with school.service().store.read() as connection:
        return connection.execute("SELECT COUNT(*) FROM acknowledgement").fetchone()[0]


def test_page_says_whose_link_it_is_what_changes_and_by_when(school, client):
    page = client.get(school.path()).text

    assert "This link is for <strong>Amira Example</strong>" in page
    assert "Not you?" in page
    assert "from Wednesday 1 September 2021" in page
    assert "<em>Sheds</em> get a lock." in page
    assert "Sheds are locked at six." in page
    assert '<ins data-rl="added"' in page
    assert 'href="/policies/bicycles/2021-09/"' in page
    assert 'href="mailto:head@larkspur-row.example"' in page
    assert page.count("<button") == 1


def test_page_has_no_script_no_inline_style_and_nothing_of_other_hosts(school, client):
    page = client.get(school.path()).text

    assert "<script" not in page
    assert "<style" not in page
    assert "style=" not in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


def test_box_is_never_ticked_beforehand(school, client):
    page = client.get(school.path() + "?read=yes&name=Amira+Example").text

    assert "checked" not in page
    assert 'value="Amira' not in page


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_get_and_head_never_change_anything(school, client, method):
    before = school.dump()
    paths = [
        school.path(),
        school.path("P3"),
        "/ack/health",
        "/ack/a/forged",
        "/ack/receipt/forged",
        "/ack/nothing",
    ]

    for path in paths * 2:
        client.open(path, method=method)
        client.open(path + "?read=yes&name=Scanner", method=method, data=GOOD)

    assert school.dump() == before


def test_head_answers_as_get_without_a_body(school, client):
    answer = client.head(school.path())

    assert answer.status_code == 200
    assert answer.data == b""


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(school, client, method):
    answer = client.open(school.path(), method=method, data=GOOD)

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert "Nothing was recorded" in answer.text


def test_post_records_once_and_leads_to_the_receipt(school, client):
    answer = client.post(school.path(), data=GOOD)

    assert answer.status_code == 303
    assert answer.location.startswith("/ack/receipt/")
    assert acknowledgements(school) == 1


def test_receipt_says_what_who_when_and_how_to_check(school, client):
    receipt = client.get(client.post(school.path(), data=GOOD).location).text

    assert re.search(r"R-\d{6}", receipt)
    assert "Bicycle Policy, version 2021-09" in receipt
    assert "Monday 26 July 2021 at 09:00:00 (BST, Europe/London)" in receipt
    assert re.search(r"sha256:[0-9a-f]{64}", receipt)
    assert re.search(r"<code>[0-9a-f]{64}</code>", receipt)
    assert "sha256sum 2021-09.md" in receipt


def test_second_visit_shows_the_same_receipt(school, client):
    receipt = client.get(client.post(school.path(), data=GOOD).location)

    again = client.get(school.path())

    assert again.status_code == 200
    assert again.text == receipt.text


def test_second_post_changes_nothing_and_leads_to_the_same_receipt(school, client):
    first = client.post(school.path(), data=GOOD)
    before = school.dump()
    school.move(hours=1)

    second = client.post(school.path(), data={"read": "yes", "name": "Somebody Else"})

    assert second.status_code == 303
    assert second.location == first.location
    assert school.dump() == before


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({}, "Tick the box"),
        ({"name": "Amira Example"}, "Tick the box"),
        ({"name": "Amira Example", "read": "on"}, "Tick the box"),
        ({"name": "Amira Example", "read": ""}, "Tick the box"),
        ({"read": "yes"}, "Type your full name"),
        ({"read": "yes", "name": "   "}, "Type your full name"),
        ({"read": "yes", "name": "\u3000\t\n"}, "Type your full name"),
        ({"read": "yes", "name": "A" * 301}, "300 characters or fewer"),
    ],
)
def test_what_is_missing_is_said_and_nothing_recorded(school, client, sent, told):
    before = school.dump()

    answer = client.post(school.path(), data=sent)

    assert answer.status_code == 400
    assert told in answer.text
    assert "<title>Error: " in answer.text
    assert school.dump() == before


def test_errors_are_tied_to_their_fields_and_what_was_typed_is_kept(school, client):
    page = client.post(school.path(), data={"name": 'Amira "A" <Example>'}).text

    assert '<a href="#read">' in page
    assert 'aria-describedby="read-wrong"' in page
    assert "Amira &#34;A&#34; &lt;Example&gt;" in page


def test_name_like_the_rosters_is_taken_as_typed(school, client):
    receipt = client.get(
        client.post(school.path(), data={"read": "yes", "name": " amira <b>x</b> "}).location
    ).text

    assert "amira &lt;b&gt;x&lt;/b&gt;" in receipt


def test_form_sent_as_json_is_not_an_acknowledgement(school, client):
    answer = client.post(school.path(), json=GOOD)

    assert answer.status_code == 400
    assert acknowledgements(school) == 0


def test_ten_posts_at_once_give_one_acknowledgement_and_one_receipt(school):
    app, path = school.app(), school.path()
    together = threading.Barrier(10)
    locations = []

    def post() -> None:
        client = app.test_client()
        together.wait()
        locations.append(client.post(path, data=GOOD).location)
        app.extensions["ack"].service.store.close()

    threads = [threading.Thread(target=post) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(locations) == 10
    assert len(set(locations)) == 1
    assert acknowledgements(school) == 1


def test_link_works_after_a_restart_and_a_key_rotation(school):
    path = school.path()
    school.keys = ("a newer secret of the tests, long enough", *school.keys)

    answer = school.app().test_client().post(path, data=GOOD)

    assert answer.status_code == 303


def test_link_dies_with_the_key_it_was_made_under(school):
    path = school.path()
    school.keys = ("a newer secret of the tests, long enough",)

    assert school.app().test_client().get(path).status_code == 404


def test_one_character_changed_at_any_place_makes_a_link_dead(school, client):
    path = school.path()
    start = len("/ack/a/")

    for place in range(start, len(path)):
        for other in "AZaz09-_.":
            if other == path[place]:
                continue
            changed = path[:place] + other + path[place + 1 :]
            assert client.get(changed).status_code == 404, changed
            assert client.post(changed, data=GOOD).status_code == 404, changed
    assert acknowledgements(school) == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path[:-1],
        lambda path: path[:-10],
        lambda path: path + path.rpartition("/")[2],
        lambda path: path + "A",
        lambda path: path + "=",
        lambda path: path + "%00",
        lambda path: path + "/",
        lambda path: path.replace(".", ""),
        lambda path: path.replace("/a/", "/receipt/"),
        lambda path: "/ack/a/" + "A" * 5000,
        lambda path: "/ack/a/%C3%A9%C3%A9.%E2%82%AC",
        lambda path: "/ack/a/" + path.rpartition("/")[2].upper(),
    ],
)
def test_spoilt_links_answer_404_with_a_page_that_says_what_to_do(school, client, spoil):
    answer = client.get(spoil(school.path()))

    assert answer.status_code == 404
    assert "If you need help, ask the Business Manager" in answer.text
    assert "Traceback" not in answer.text


def test_a_receipts_link_never_acknowledges(school, client):
    receipt = client.post(school.path(), data=GOOD).location

    assert client.post(receipt.replace("/receipt/", "/a/"), data=GOOD).status_code == 404
    assert client.post(receipt, data=GOOD).status_code == 405


def _renew(school) -> None:
    service = school.service()
    with service.store.write(school.clock.now()) as tx:
        recipients.renew_person_key(tx, "P1", by="test")


def _leave(school) -> None:
    school.set_roster(AMIRA_LEFT)


@pytest.mark.parametrize(
    ("end", "status", "title"),
    [
        (_renew, 410, "This link has been replaced"),
        (_leave, 410, "This link is no longer in use"),
    ],
)
def test_dead_links_have_a_plain_page_each_and_record_nothing(school, client, end, status, title):
    path = school.path()
    end(school)
    before = school.dump()

    shown, posted = client.get(path), client.post(path, data=GOOD)

    assert (shown.status_code, posted.status_code) == (status, status)
    assert f"<h1>{title}</h1>" in shown.text
    assert "amira@" not in shown.text
    assert "Amira" not in shown.text
    assert school.dump() == before


@pytest.mark.parametrize(
    ("end", "title"),
    [(notice_acts.close, "This notice has been closed"), (notice_acts.recall, "This notice was recalled")],
)
def test_the_page_of_an_ended_notice_says_so_and_takes_nothing(school, client, end, title):
    path, service = school.path(), school.service()
    with service.store.read() as connection:
        notice = connection.execute("SELECT id FROM notice").fetchone()[0]
    end(service, notice, reason="a mistake", by="test", now=school.clock.now())
    before = school.dump()

    page = client.get(path)

    assert page.status_code == 200
    assert f"<h1>{title}</h1>" in page.text
    assert "<form" not in page.text
    assert client.post(path, data=GOOD).location == path
    assert school.dump() == before


def test_the_receipt_of_an_ended_notice_stays_in_reach(school, client):
    receipt = client.post(school.path(), data=GOOD).location
    service = school.service()
    with service.store.read() as connection:
        notice = connection.execute("SELECT id FROM notice").fetchone()[0]
    notice_acts.recall(service, notice, reason="a mistake", by="test", now=school.clock.now())

    assert f'href="{receipt}"' in client.get(school.path()).text
    assert client.get(receipt).status_code == 200


def test_a_receipt_set_aside_says_so(school, client):
    receipt = client.post(school.path(), data=GOOD).location
    ids = [school.recipient()]
    records.take_back(
        school.service(), "acknowledgement", ids, reason="not her", by="test", now=school.clock.now()
    )

    assert "This acknowledgement was set aside" in client.get(receipt).text
    assert '<h2 id="act">Acknowledge</h2>' in client.get(school.path()).text


def test_a_name_unlike_the_rosters_is_asked_for_again(school, client):
    before = school.dump()

    answer = client.post(school.path(), data={"read": "yes", "name": "Chidi Somebody"})

    assert answer.status_code == 400
    assert 'name="insist" value="yes"' in answer.text
    assert "This link is for Amira Example" in answer.text
    assert school.dump() == before
    assert 'name="insist"' not in client.get(school.path()).text


def test_where_the_person_insists_the_name_waits_to_be_confirmed(school, client):
    sent = {"read": "yes", "name": "Chidi Somebody", "insist": "yes"}

    receipt = client.get(client.post(school.path(), data=sent).location).text

    assert "a name to be confirmed" in receipt
    assert "“Chidi Somebody” is recorded" in client.get(school.path()).text


def test_a_changed_surname_shows_on_the_page_and_the_receipt_keeps_the_old(school, client):
    receipt = client.post(school.path(), data=GOOD).location
    school.set_roster(AMIRA_LEFT.replace("Amira Example", "Amira Married").replace("2021-07-01", ""))

    assert "Amira Example (now Amira Married)" in client.get(receipt).text


def test_renewed_link_works(school, client):
    _renew(school)

    assert client.post(school.path(), data=GOOD).status_code == 303


def test_superseded_link_leads_to_ones_own_newer_link(school, client):
    old = school.path()
    school.write_version("2022-01", date(2022, 1, 1), "## Sheds\n\nNo sheds.", before="2021-09")
    school.issue("2022-01")
    assert "<form" in client.get(old).text  # until the newer one takes effect
    school.clock.move_to(datetime(2022, 1, 1, 9, tzinfo=UTC))

    answer = client.get(old)

    assert answer.status_code == 200
    assert f'href="{school.path(notice=1)}"' in answer.text
    assert "<form" not in answer.text
    assert client.post(old, data=GOOD).location == old
    assert acknowledgements(school) == 0


def test_withdrawn_policy_leaves_nothing_to_acknowledge(school, client):
    old = school.path()
    school.withdraw("2021-12", date(2021, 12, 1), before="2021-09")
    school.issue("2021-12")
    school.clock.move_to(datetime(2021, 12, 2, 9, tzinfo=UTC))

    assert client.get(school.path(notice=1)).status_code == 200
    assert "withdrawn" in client.get(school.path(notice=1)).text
    assert "This policy has been withdrawn" in client.get(old).text


def test_clarification_is_told_and_not_asked(school, client):
    school.write_version(
        "2021-10",
        date(2021, 10, 1),
        "## Sheds\n\nLock your bicycle, please.",
        before="2021-09",
        change="clarification",
    )
    school.issue("2021-10")

    page = client.get(school.path(notice=1))

    assert page.status_code == 200
    assert "nothing to acknowledge" in page.text
    assert "<form" not in page.text


def test_link_to_a_version_since_clarified_shows_the_newer_text_and_says_so(school, client):
    school.write_version(
        "2021-10",
        date(2021, 10, 1),
        "## Sheds\n\nLock your bicycle, please.",
        before="2021-09",
        change="clarification",
    )
    school.issue("2021-10")
    assert "This page shows the newer text" not in client.get(school.path()).text
    school.clock.move_to(datetime(2021, 10, 1, 9, tzinfo=UTC))

    page = client.get(school.path()).text
    receipt = client.get(client.post(school.path(), data=GOOD).location).text

    assert "This page shows the newer text, version 2021-10" in page
    assert "version 2021-10, which makes version 2021-09 clearer" in receipt
    assert len(set(re.findall(r"sha256:[0-9a-f]{64}", receipt))) == 2


def test_short_notice_says_from_when_the_change_binds(school, client):
    school.clock.move_to(datetime(2021, 8, 4, 9, tzinfo=UTC))
    records.letter_given(
        school.service(),
        [school.recipient("P3")],
        given_on=date(2021, 8, 4),
        by="test",
        now=school.clock.now(),
    )

    page = client.get(school.path("P3")).text

    assert "3 days short" in page
    assert "from Saturday 4 September 2021" in page
    assert "by Friday 3 September 2021" in page
