"""Questions at the desk: they stand there until answered, and whoever answers is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ackservice.service import questions
from ackservice.service.questions import About
from ackservice.service.roster import import_roster


def ask(desk, person_id: str, text: str, about: About = About.QUESTION) -> int:
    token = desk.link(person_id).rpartition("/")[2]
    questions.ask(desk.service, token, about, text, desk.clock.now())
    return desk.one("SELECT MAX(id) FROM question")


def test_what_waits_stands_there_with_who_asked_and_whom(desk, bea):
    ask(desk, "P001", "May I use my own phone?")
    ask(desk, "P004", "Add a picture.", About.SUGGESTION)
    bea.get("/ack/desk/questions/")
    assert "Waiting: 2 Answered: 0" in bea.words
    assert "Question from Ada Lovelace Social media policy 2021-09 , Monday 26 July 2021" in bea.words
    assert "sent on to the Headteacher May I use my own phone?" in bea.words
    assert "There is no e-mail address: answer in person." in bea.words


def test_answering_keeps_how_and_by_whom(desk, bea):
    number = ask(desk, "P001", "May I?")
    bea.get("/ack/desk/questions/")
    bea.follow(bea.post(f"/ack/desk/questions/{number}", note="Yes, by e-mail."))
    assert "Marked as answered." in bea.words
    assert "Nothing is waiting for an answer." in bea.words
    assert desk.rows("SELECT question_id, note, answered_by FROM question_answered") == [
        (number, "Yes, by e-mail.", "Bea Manager (office@larkspur-row.example)")
    ]
    bea.get("/ack/desk/questions/?show=answered")
    assert "Answered by Bea Manager (office@larkspur-row.example)" in bea.words


@pytest.mark.parametrize("note", ["", "   ", "x" * 1001])
def test_a_note_is_needed_and_not_endless(desk, bea, note):
    number = ask(desk, "P001", "May I?")
    bea.get("/ack/desk/questions/")
    answer = bea.post(f"/ack/desk/questions/{number}", note=note)
    assert answer.status_code == 400
    assert "Write in a sentence how it was answered" in answer.text
    assert desk.one("SELECT COUNT(*) FROM question_answered") == 0


def test_a_question_is_answered_once(desk, bea):
    number = ask(desk, "P001", "May I?")
    bea.get("/ack/desk/questions/")
    assert bea.post(f"/ack/desk/questions/{number}", note="Yes.").status_code == 303
    assert bea.post(f"/ack/desk/questions/{number}", note="No.").status_code == 404
    assert bea.post("/ack/desk/questions/99999", note="No.").status_code == 404
    assert desk.one("SELECT COUNT(*) FROM question_answered") == 1


def test_readers_see_and_do_not_answer(desk, head):
    number = ask(desk, "P001", "May I?")
    page = head.get("/ack/desk/questions/").text
    assert "May I?" in page
    assert "Mark as answered" not in page
    head.get("/ack/desk/")
    assert head.post(f"/ack/desk/questions/{number}", note="Yes.").status_code == 403
    assert desk.one("SELECT COUNT(*) FROM question_answered") == 0


def test_a_limited_reader_sees_the_questions_of_their_own_people(desk, limit):
    ask(desk, "P001", "From elsewhere")
    ask(desk, "P002", "From the annexe")
    row = "P002,Ben Okri,ben@larkspur-row.example,Employee,2016-09-01,,Annexe"
    import_roster(
        desk.service,
        f"person_id,name,email,category,joined_on,left_on,site\n{row}\n".encode(),
        "x.csv",
        now=desk.clock.now(),
        confirmed=True,
    )
    reader = limit('site = "Annexe"')
    reader.get("/ack/desk/questions/")
    assert "Waiting: 1" in reader.words
    assert "From the annexe" in reader.words
    assert "From elsewhere" not in reader.words


def test_scripts_in_a_question_are_shown_and_not_run(desk, bea):
    ask(desk, "P001", "<script>alert(1)</script>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in bea.get("/ack/desk/questions/").text


def test_long_lists_come_in_pages(desk, bea):
    for day in range(6):
        for number in range(5):
            ask(desk, "P001", f"Question {day * 5 + number + 1}.")
        desk.clock.advance(timedelta(days=1))
    bea = desk.browser()
    bea.get("/ack/desk/questions/?page=99999")
    assert "Page 2 of 2" in bea.words
    assert "Question 30." in bea.words
    assert "Question 25." not in bea.words


def test_an_answer_is_taken_back_with_a_reason_and_the_question_waits_again(desk, bea):
    number = ask(desk, "P001", "May I?")
    bea.get("/ack/desk/questions/")
    bea.post(f"/ack/desk/questions/{number}", note="Yes.")
    path = f"/ack/desk/questions/{number}/back"
    assert bea.post(path, reason="").status_code == 400
    bea.follow(bea.post(path, reason="To somebody else"))
    assert "Waiting: 1 Answered: 0" in bea.words
