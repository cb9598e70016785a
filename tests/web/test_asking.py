"""Asking from behind a personal link: to whom the policy names, limited, and never an acknowledgement."""

from __future__ import annotations

import json

from ackservice.mail.outbox import Outbox
from ackservice.service import sending
from tests.mailbox import messages_of


def asked(school) -> list[tuple]:
    with school.service().store.read() as connection:
        return [
            tuple(row)
            for row in connection.execute(
                "SELECT kind, person_id, version, to_role, text FROM question ORDER BY id"
            )
        ]


def queued(school) -> list[dict]:
    with school.service().store.read() as connection:
        rows = connection.execute("SELECT address, payload FROM delivery WHERE kind = 'question' ORDER BY id")
        return [{"to": row["address"], **json.loads(row["payload"])} for row in rows]


def send(client, school, person: str = "P1", **form: str):
    return client.post(school.path(person) + "/ask", data=form, headers={"Origin": school.base_url})


def test_a_question_goes_to_whom_the_policy_names_and_waits_at_the_desk(client, school) -> None:
    answer = send(client, school, about="question", text="May I use my own phone?")
    assert answer.status_code == 303
    assert asked(school) == [("question", "P1", "2021-09", "Headteacher", "May I use my own phone?")]
    (message,) = queued(school)
    assert (message["to"], message["reply_to"]) == ("head@larkspur-row.example", "amira@larkspur-row.example")
    assert "May I use my own phone?" in message["text"]
    page = client.get(answer.location).text
    assert "Your question has been sent" in page
    assert "You have not acknowledged the policy by sending this." in page


def test_a_suggestion_goes_to_the_owner_where_the_policy_names_nobody(client, school) -> None:
    send(client, school, about="suggestion", text="Add a picture.")
    assert asked(school)[0][3] == "Business Manager"
    assert queued(school)[0]["to"] == "office@larkspur-row.example"


def test_the_answer_goes_to_who_asked(client, school, tmp_path) -> None:
    send(client, school, about="question", text="May I?")
    sending.send_due(
        school.service(), Outbox(tmp_path / "outbox"), school.clock, wait=lambda seconds: None, pace=False
    )
    (message,) = messages_of(tmp_path / "outbox", school.service().store, "question")
    assert message["To"].addresses[0].addr_spec == "head@larkspur-row.example"
    assert message["Reply-To"].addresses[0].addr_spec == "amira@larkspur-row.example"


def test_without_an_address_they_are_answered_in_person(client, school) -> None:
    answer = send(client, school, "P3", about="question", text="May I?")
    assert "who will answer you in person" in client.get(answer.location).text
    assert "There is no e-mail address for them: please answer in person." in queued(school)[0]["text"]


def test_asking_acknowledges_nothing(client, school) -> None:
    send(client, school, about="question", text="May I?")
    with school.service().store.read() as connection:
        assert connection.execute("SELECT COUNT(*) FROM acknowledgement").fetchone()[0] == 0
    assert '<h2 id="act">Acknowledge</h2>' in client.get(school.path()).text


def test_what_is_missing_is_named_and_nothing_is_recorded(client, school) -> None:
    before = school.dump()
    for form, told in (
        ({"text": "May I?"}, "Choose whether it is a question or a suggestion"),
        ({"about": "question", "text": "  \n\u200b"}, "Write your question or suggestion in the box"),
        (
            {"about": "question", "text": "x" * 2001},
            "This has 2001 characters; please say it in 2000 or fewer",
        ),
        ({"about": "praise", "text": "May I?"}, "Choose whether"),
    ):
        answer = send(client, school, **form)
        assert answer.status_code == 400
        assert told in answer.text
    assert school.dump() == before


def test_what_was_typed_is_kept_in_the_form_and_escaped(client, school) -> None:
    answer = send(client, school, about="", text="<script>alert(1)</script>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text


def test_the_same_text_twice_is_taken_once(client, school) -> None:
    for _ in range(2):
        assert send(client, school, about="question", text="May I?").status_code == 303
    assert (len(asked(school)), len(queued(school))) == (1, 1)


def test_five_a_day_and_no_more_until_tomorrow(client, school) -> None:
    for number in range(5):
        assert send(client, school, about="question", text=f"Question {number}").status_code == 303
    answer = send(client, school, about="question", text="One more")
    assert answer.status_code == 400
    assert (
        "You have sent 5 today; please write to the Headteacher at head@larkspur-row.example" in answer.text
    )
    assert send(client, school, "P2", about="question", text="Mine").status_code == 303
    school.move(days=1)
    assert send(client, school, about="question", text="One more").status_code == 303
    assert len(asked(school)) == 7


def test_get_and_head_change_nothing(client, school) -> None:
    before = school.dump()
    for method in (client.get, client.head):
        assert method(school.path() + "/ask").status_code == 200
        assert method(school.path() + "/ask?sent=question").status_code == 200
    assert school.dump() == before


def test_a_foreign_page_or_a_bad_link_sends_nothing(client, school) -> None:
    foreign = client.post(
        school.path() + "/ask",
        data={"about": "question", "text": "x"},
        headers={"Origin": "https://evil.example"},
    )
    assert foreign.status_code == 403
    assert client.get(school.path()[:-2] + "xx/ask").status_code == 404
    assert asked(school) == []


def test_the_acknowledgement_page_leads_there(client, school) -> None:
    assert f'href="{school.path()}/ask"' in client.get(school.path()).text
