"""Policies at the desk: stages and dates, and giving notice, which is previewed and then confirmed."""

from __future__ import annotations

from datetime import timedelta


def notices(desk) -> list[tuple]:
    return desk.rows("SELECT policy, version FROM notice WHERE basis <> 'joining' ORDER BY id")


PATH = "/ack/desk/policies/notice?of=social-media/2021-12"


def add_version(desk, effective_on: str = "2021-12-01", **more: object) -> None:
    desk.school.version(
        "social-media", "2021-12", effective_on, approved_on="2021-07-20", body="Think three times.", **more
    )


def test_versions_stand_with_stage_approval_and_last_day(desk, bea):
    add_version(desk)
    bea.get("/ack/desk/policies/")
    assert (
        "2021-12 Approved, material 1 Dec 2021 Board of Governors, 20 Jul 2021 "
        "1 Nov 2021 Give notice… of Social media policy 2021-12"
    ) in bea.words
    assert "2021-09 On notice, material 1 Sep 2021" in bea.words
    assert "Given, 26 Jul 2021" in bea.words
    assert "2020-09 In force, new" in bea.words


def test_a_draft_cannot_be_given_notice_of(desk, bea):
    desk.school.version("social-media", "2021-12", "2021-12-01")
    bea.get("/ack/desk/policies/")
    assert "2021-12 Draft, material 1 Dec 2021 –" in bea.words
    assert PATH not in bea.page
    answer = bea.get(PATH)
    assert answer.status_code == 409
    assert "No approval is recorded" in answer.text


def test_a_preview_shows_audience_dates_and_the_email_and_changes_nothing(desk, bea):
    add_version(desk, audience=("Employee", "Governor"))
    before = desk.dump()
    bea.get(PATH)
    assert "Nothing has been sent yet" in bea.words
    assert "Audience Employee, Governor: 4 people, 1 no longer covered" in bea.words
    assert "People 4: 3 by e-mail, one each, 1 on paper" in bea.words
    assert "Last day to give notice Monday 1 November 2021" in bea.words
    assert "To: Ada Lovelace <ada@larkspur-row.example>" in bea.words
    assert "What changed in 2021-12." in bea.words
    assert desk.dump() == before


def test_confirming_gives_notice_and_queues_the_messages(desk, bea):
    add_version(desk)
    bea.get(PATH)
    bea.follow(bea.post(PATH))
    assert "The notice is given: 4 people, 3 messages on the way." in bea.words
    assert notices(desk)[-1] == ("social-media", "2021-12")
    assert (
        desk.one("SELECT issued_by FROM notice ORDER BY id DESC")
        == "Bea Manager (office@larkspur-row.example)"
    )
    assert desk.send() == 3


def test_confirming_twice_gives_notice_once(desk, bea):
    add_version(desk)
    bea.get(PATH)
    assert bea.post(PATH).status_code == 303
    again = bea.post(PATH)
    assert again.status_code == 409
    assert "Notice was given already, on Monday 26 July 2021." in again.text
    assert "--" not in again.text.split("<main")[1]
    assert notices(desk).count(("social-media", "2021-12")) == 1


def test_short_notice_is_said_and_needs_a_reason(desk, bea):
    add_version(desk, effective_on="2021-12-01")
    desk.clock.advance(timedelta(days=100))  # 3 November, two days after the last day
    bea = desk.browser()
    bea.get(PATH)
    assert "would be notified up to 2 days too late" in bea.words
    answer = bea.post(PATH, reason="  ")
    assert answer.status_code == 400
    assert "Give a reason for the short notice" in answer.text
    assert bea.post(PATH, reason="x" * 501).status_code == 400
    assert ("social-media", "2021-12") not in notices(desk)
    assert bea.post(PATH, reason="New guidance").status_code == 303
    assert desk.one("SELECT short_reason FROM notice WHERE version = '2021-12'") == "New guidance"


def test_readers_see_the_list_and_give_no_notice(desk, head):
    add_version(desk)
    page = head.get("/ack/desk/policies/").text
    assert "2021-12" in page
    assert PATH not in page
    assert head.get(PATH).status_code == 403
    head.get("/ack/desk/")
    assert head.post(PATH).status_code == 403
    assert ("social-media", "2021-12") not in notices(desk)


def test_faults_of_the_handbook_are_shown_in_place_of_policies(desk, bea):
    desk.school.edit("changelog/social-media/2021-09.md", "change: material", "change: enormous")
    answer = bea.get("/ack/desk/policies/")
    assert answer.status_code == 200
    assert "The handbook’s files have faults" in bea.words
    assert "changelog/social-media/2021-09.md" in bea.words


def test_review_dates_are_marked_when_near_or_past(desk, bea):
    path = desk.school.text_path("social-media", "2020-09")
    desk.school.edit(path, "questions: Headteacher", "questions: Headteacher\nreview_by: 2021-08-15")
    bea.get("/ack/desk/policies/")
    assert "To be reviewed by Sunday 15 August 2021 Review soon" in bea.words
    desk.clock.advance(timedelta(days=25))
    late = desk.browser()
    late.get("/ack/desk/policies/")
    assert "Review overdue" in late.words


def test_unknown_policies_and_versions_are_refused(bea):
    for path in ("nonsense/2021-09", "social-media/1999-01", "social-media/..%2f..%2fetc"):
        assert bea.get(f"/ack/desk/policies/notice?of={path}").status_code in (400, 404, 409), path


def test_a_refusal_at_the_desk_names_no_commands(desk, bea):
    desk.school.version("social-media", "2021-12", "2021-12-01")
    bea.get(PATH)
    assert "No approval is recorded. Once the Board of Governors has approved the version" in bea.words
    assert "handbook approve" not in bea.words


def test_everybody_can_be_asked_again_about_a_version_in_force(desk, bea):
    again = "/ack/desk/policies/notice?of=social-media/2021-09&mode=again"
    bea.get("/ack/desk/policies/")
    assert "Ask everybody again" not in bea.words  # on notice only
    desk.clock.advance(timedelta(days=60))
    bea = desk.browser()
    bea.get("/ack/desk/policies/")
    assert again.replace("&", "&amp;") in bea.page
    before = desk.dump()
    bea.get(again)
    assert "Ask everybody again: Social media policy 2021-09" in bea.words
    assert desk.dump() == before
    for name in ("", "  ", "x" * 61):
        answer = bea.post(again, round=name)
        assert answer.status_code == 400
        assert "Give it a name" in answer.text
    assert len(notices(desk)) == 1
    bea.follow(bea.post(again, round="School year 2021/22"))
    assert "The notice is given:" in bea.words
    assert desk.one("SELECT round FROM notice ORDER BY id DESC") == "School year 2021/22"
    assert (
        "asked again already under the name “School year 2021/22”"
        in bea.post(again, round="School year 2021/22").text
    )


def test_everyone_is_asked_about_what_is_in_force_without_a_false_notice(desk, bea):
    bea.get("/ack/desk/policies/")
    assert "Ask everyone to acknowledge what is in force…" in bea.words
    path = "/ack/desk/policies/notice?mode=in+force&of=social-media/2020-09&of=visitors/2021-01"
    bea.get(path)
    assert "Nobody is given notice of a change" in bea.words
    assert "one each" in bea.words
    bea.follow(bea.post(path))
    assert "The notice is given: 4 people, 3 messages on the way." in bea.words
    assert desk.rows("SELECT DISTINCT basis FROM notice WHERE version <> '2021-09'") == [("in force",)]
    assert desk.send() == 3
