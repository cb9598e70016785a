"""What the desk shows: who is missing, whether everyone was told in time, and everything recorded about a
person."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest


def test_home_says_who_is_missing_and_what_is_to_do(desk, bea):
    desk.acknowledges("P001")
    bea.get("/ack/desk/")
    assert "1 of 4 acknowledged, 3 outstanding" in bea.words
    assert "1 letter to hand over" in bea.words
    assert "Takes effect on Wednesday 1 September 2021, in 37 days" in bea.words
    assert bea.words.index("letter to hand over") < bea.words.index("Open notices")


def test_home_is_calm_when_nothing_is_to_do(desk, bea):
    bea.get(f"/ack/desk/notices/{desk.one('SELECT MAX(id) FROM notice')}")
    bea.post(
        f"/ack/desk/notices/{desk.one('SELECT MAX(id) FROM notice')}/letter",
        ids=desk.recipient("P004"),
        on="26/7/2021",
    )
    bea.get("/ack/desk/")
    assert "Nothing needs you today." in bea.words


def test_overdue_people_are_counted_from_the_day_after(desk):
    desk.clock.advance(timedelta(days=36))  # 31 August, the day before it binds
    bea = desk.browser()
    bea.get("/ack/desk/")
    assert "overdue" not in bea.words
    desk.clock.advance(timedelta(days=1))
    bea = desk.browser()
    bea.get("/ack/desk/")
    assert "3 people are overdue" in bea.words


def test_a_notice_shows_who_has_not_acknowledged_first(desk, bea):
    desk.acknowledges("P001")
    bea.get("/ack/desk/notices/" + str(desk.one("SELECT MAX(id) FROM notice")))
    rows = re.findall(r'<th scope="row"><a href="/ack/desk/person\?id=(\w+)', bea.page)
    assert rows == ["P002", "P003", "P004"]


@pytest.mark.parametrize(
    ("query", "people"),
    [
        ("show=all", ["P001", "P002", "P003", "P004"]),
        ("show=acknowledged", ["P001"]),
        ("show=on+paper", ["P004"]),
        ("show=notified", ["P002", "P003"]),
        ("show=all&category=Governor", ["P003"]),
        ("show=all&q=ROSSI", ["P003"]),
        ("show=all&q=%25", []),
        ("show=all&sort=acknowledged", ["P001", "P002", "P003", "P004"]),
        ("show=nonsense&sort=nonsense&page=-7", ["P002", "P003", "P004"]),
        ("show=all&page=99999", ["P001", "P002", "P003", "P004"]),
    ],
)
def test_lists_are_filtered_searched_and_sorted(desk, bea, query, people):
    desk.acknowledges("P001")
    bea.get(f"/ack/desk/notices/{desk.one('SELECT MAX(id) FROM notice')}?{query}")
    assert re.findall(r'<th scope="row"><a href="/ack/desk/person\?id=(\w+)', bea.page) == people


def test_the_picture_and_its_table_have_the_same_figures(desk):
    desk.clock.advance(timedelta(days=1))
    bea = desk.browser()
    desk.acknowledges("P001")
    desk.acknowledges("P002", "Ben Okri")
    bea.get("/ack/desk/notices/" + str(desk.one("SELECT MAX(id) FROM notice")))
    assert "Tuesday 27 July 2021 2 2 of 4" in bea.words
    assert '<path class="chart-line"' in bea.page
    assert "style=" not in bea.page and "<script" not in bea.page


def test_a_person_shows_everything_in_order_and_what_was_sent(desk, bea):
    desk.acknowledges("P001", "A. Lovelace")
    desk.send()
    bea.get("/ack/desk/person?id=P001")
    order = ["Receipt sent", "Acknowledged by personal link, as “A. Lovelace”",
             "Notice sent to ada@larkspur-row.example",
             "Recipient of a notice", "On the roster as Ada Lovelace"]  # fmt: skip
    places = [bea.words.index(text) for text in order]
    assert places == sorted(places)
    path = re.findall(r'href="(/ack/desk/person/message[^"]+)"', bea.page)[-1].replace("&amp;", "&")
    bea.get(path)
    assert "Dear Ada Lovelace" in bea.words
    assert "(personal link)" in bea.words
    assert "/ack/a/" not in bea.page


def test_another_persons_message_is_not_shown_under_a_name(desk, bea):
    number = desk.one("SELECT id FROM delivery WHERE person_id = 'P002'")
    assert bea.get(f"/ack/desk/person/message?id=P001&number={number}").status_code == 404
    assert bea.get("/ack/desk/person/message?id=P001&number=../../etc/passwd").status_code == 404


def test_a_script_in_a_name_is_shown_and_not_run(desk, bea, school):
    from ackservice.service.roster import import_roster
    from tests.school_tree import EVERYONE, roster_csv

    import_roster(desk.service,
                  roster_csv(*EVERYONE,
                             "P007,<script>alert(1)</script>,x@larkspur-row.example,Employee,2021-07-26,"),
                  "staff.csv", now=desk.clock.now(), confirmed=True)  # fmt: skip
    for path in (
        f"/ack/desk/notices/{desk.one('SELECT MAX(id) FROM notice')}?show=all",
        "/ack/desk/person?id=P007",
    ):
        bea.get(path)
        assert "<script>" not in bea.page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in bea.page


def test_get_changes_nothing(desk, bea):
    bea.get("/ack/desk/")
    before = desk.dump()
    notice = desk.one("SELECT MAX(id) FROM notice")
    for path in (
        "",
        "notices/",
        f"notices/{notice}",
        "person?id=P001",
        f"notices/{notice}/export.csv",
        "sign-in",
        "sign-in/sent",
    ):
        assert bea.get("/ack/desk/" + path).status_code == 200, path
    assert desk.dump() == before


def test_exports_say_what_they_are_and_hold_no_formulas(desk, bea):
    notice = desk.one("SELECT MAX(id) FROM notice")
    answer = bea.get(f"/ack/desk/notices/{notice}/export.csv?as-at=26/7/2021")
    assert (
        answer.headers["Content-Disposition"]
        == 'attachment; filename="social-media-2021-09-status-as-at-2021-07-26.csv"'
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.count("\r\n") == 5
    assert bea.get(f"/ack/desk/notices/{notice}/export.csv?as-at=2031-01-01").status_code == 409
    assert bea.get(f"/ack/desk/notices/{notice}/export.csv?as-at=../../x").status_code == 409
    assert bea.get(f"/ack/desk/notices/{notice}/export.exe").status_code == 404


def test_what_is_not_there_is_a_plain_page(desk, bea):
    for path in (
        "notices/999999",
        "person?id=nobody",
        "person?id=../../etc/passwd",
        "take-back/slip/1",
        "notices/1",
    ):
        answer = bea.get("/ack/desk/" + path)
        assert answer.status_code == 404, path
        assert "Traceback" not in answer.text


def test_a_reader_of_a_site_sees_only_its_people(desk, limit):
    sited(desk)
    ana = limit('site = "North"')
    ana.get("/ack/desk/")
    assert "0 of 2 acknowledged, 2 outstanding" in ana.words
    notice = desk.one("SELECT MAX(id) FROM notice")
    ana.get(f"/ack/desk/notices/{notice}?show=all")
    assert re.findall(r"person\?id=(\w+)", ana.page) == ["P001", "P004"]
    assert ana.get("/ack/desk/person?id=P001").status_code == 200
    assert ana.get("/ack/desk/person?id=P002").status_code == 404
    number = desk.one("SELECT id FROM delivery WHERE person_id = 'P002'")
    assert ana.get(f"/ack/desk/person/message?id=P002&number={number}").status_code == 404
    exported = ana.get(f"/ack/desk/notices/{notice}/export.csv").text
    assert "P001" in exported and "P004" in exported
    assert "P002" not in exported and "P003" not in exported


def test_a_reader_of_a_team_sees_only_it(desk, limit):
    sited(desk)
    ben = limit('team_of = "P003"')
    notice = desk.one("SELECT MAX(id) FROM notice")
    ben.get(f"/ack/desk/notices/{notice}?show=all")
    assert re.findall(r"person\?id=(\w+)", ben.page) == ["P002"]


def test_who_may_see_nobody_of_a_notice_does_not_find_it(desk, limit):
    nobody = limit('site = "Elsewhere"')
    notice = desk.one("SELECT MAX(id) FROM notice")
    assert nobody.get(f"/ack/desk/notices/{notice}").status_code == 404
    assert nobody.get(f"/ack/desk/notices/{notice}/export.csv").status_code == 404
    nobody.get("/ack/desk/")
    assert "No open notice waits for anybody." in nobody.words
    assert "Nothing needs you today." in nobody.words


def sited(desk):
    """Ada and Pat are at North, Ben is of Gia's team at South."""
    from ackservice.service.roster import import_roster

    file = (
        "person_id,name,email,category,joined_on,left_on,site,line_manager_id\r\n"
        "P001,Ada Lovelace,ada@larkspur-row.example,Employee,2015-09-01,,North,\r\n"
        "P002,Ben Okri,ben@larkspur-row.example,Employee,2016-09-01,,South,P003\r\n"
        "P003,Gia Rossi,gia@larkspur-row.example,Governor,,,South,\r\n"
        "P004,Pat Paper,,Volunteer,,,North,\r\n"
    )
    import_roster(desk.service, file.encode(), "staff.csv", now=desk.clock.now(), confirmed=True)


def test_a_problem_at_the_desk_leads_back_to_it(desk, bea, head):
    notice = desk.one("SELECT MAX(id) FROM notice")
    head.get("/ack/desk/")
    for answer in (
        bea.get("/ack/desk/notices/99999"),
        head.post(f"/ack/desk/notices/{notice}/excuse", ids="1", reason="no"),
    ):
        assert 'href="/ack/desk/">Go to the desk' in answer.text
        assert "Open the link in your e-mail" not in answer.text


def test_a_clarification_asks_nobody_for_anything(desk, bea):
    desk.school.version(
        "social-media",
        "2021-10",
        "2021-10-20",
        approved_on="2021-07-20",
        change="clarification",
        body="Think, then think.",
    )
    bea.get(f"/ack/desk/notices/{desk.issue('social-media', '2021-10')}")
    assert "Everybody" in bea.words and "4 people: everybody." in bea.words
    assert "Outstanding 0" not in bea.words and "Acknowledged by day" not in bea.words
    bea.get("/ack/desk/")
    assert "For information: nobody has to acknowledge it." in bea.words


def test_numbers_no_database_holds_are_not_found(bea):
    for path in (
        "/ack/desk/notices/99999999999999999999",
        "/ack/desk/person/message?id=P001&number=²",
        "/ack/desk/take-back/slip/9223372036854775808",
    ):
        assert bea.get(path).status_code == 404, path


def test_a_past_day_is_shown_as_it_was_and_nothing_is_done_from_it(desk):
    desk.clock.advance(timedelta(days=2))
    desk.acknowledges("P001")
    bea = desk.browser()
    notice = desk.one("SELECT MAX(id) FROM notice")
    bea.get(f"/ack/desk/notices/{notice}?as-at=2021-07-27")
    assert "As it was at the end of Tuesday 27 July 2021" in bea.words
    assert "0 of 4 acknowledged" in bea.words
    assert "Remind now" not in bea.words and "recall" not in bea.words
    bea.get("/ack/desk/?as-at=2021-07-27")
    assert "0 of 4 acknowledged" in bea.words
    assert f"/ack/desk/notices/{notice}?as-at=2021-07-27" in bea.page
    bea.get("/ack/desk/person?id=P001&as-at=2021-07-27")
    assert "Acknowledged by personal link" not in bea.words
    bea.get(f"/ack/desk/notices/{notice}")
    assert "1 of 4 acknowledged" in bea.words


@pytest.mark.parametrize("day", ["2031-01-01", "31/2/2021", "yesterday"])
def test_a_day_that_cannot_be_shown_is_refused(desk, bea, day):
    assert bea.get(f"/ack/desk/?as-at={day}").status_code == 409


def test_a_changed_name_is_shown_as_it_is_and_found_by_both(desk, bea):
    from ackservice.service.roster import import_roster
    from tests.school_tree import ADA, roster_csv

    file = roster_csv(ADA.replace("Lovelace", "King"))
    import_roster(desk.service, file, "staff.csv", now=desk.clock.now(), confirmed=True)
    notice = desk.one("SELECT MAX(id) FROM notice")
    for search in ("king", "lovelace"):
        bea.get(f"/ack/desk/notices/{notice}?show=all&q={search}")
        assert "Ada King then Ada Lovelace" in bea.words
        bea.get(f"/ack/desk/people/?q={search}")
        assert "Ada King" in bea.words


def test_the_handbook_changed_after_notice_is_urgent_on_home_and_on_the_notice(desk, bea):
    desk.school.version("social-media", "2021-09", "2021-09-01", approved_on="2021-07-14", body="Another.")
    bea.get("/ack/desk/")
    assert "The handbook has another text and approval of social-media 2021-09" in bea.words
    bea.get(f"/ack/desk/notices/{desk.one('SELECT MAX(id) FROM notice')}")
    assert "than its notice was given for" in bea.words
