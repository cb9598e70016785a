"""What managers do at the desk: who may, what is kept, what is confirmed first, what can be undone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from ackservice.service.acknowledging import acknowledge
from ackservice.storage.verify import verify
from tests.school_tree import BASE

BEA = "Bea Manager (office@larkspur-row.example)"


@pytest.fixture
def notice(desk) -> int:
    return desk.one("SELECT MAX(id) FROM notice")


@pytest.fixture
def people(desk, notice):
    """Posts the form below the list of people."""

    def post(browser, act, *who, **more):
        browser.get(f"/ack/desk/notices/{notice}")
        return browser.post(
            f"/ack/desk/notices/{notice}/people", act=act, who=[desk.recipient(p) for p in who], **more
        )

    return post


def waiting(desk, kind="reminder"):
    return sorted(
        row[0]
        for row in desk.rows("SELECT person_id FROM delivery WHERE kind = ? AND state = 'queued'", kind)
    )


def next_day(desk):
    desk.clock.advance(timedelta(days=1))
    return desk.browser()


def test_reminding_queues_one_message_for_each_and_says_who_did_it(desk, bea, people):
    bea.follow(people(bea, "remind", "P001", "P002"))
    assert "2 reminders are on the way." in bea.words
    assert waiting(desk) == ["P001", "P002"]
    assert desk.rows("SELECT act, person_id, done_by FROM desk_act WHERE act <> 'signed in'") == [
        ("reminder", "P001", BEA), ("reminder", "P002", BEA),
    ]  # fmt: skip


def test_nobody_is_reminded_twice_a_day(desk, bea, people):
    people(bea, "remind", "P001")
    bea.follow(people(bea, "remind", "P001", "P002"))
    assert "1 reminder is on the way. 1 person was left out" in bea.words
    desk.send()
    bea.follow(people(bea, "remind", "P001"))
    assert "No reminders are on the way. 1 person was left out" in bea.words
    bea = next_day(desk)
    people(bea, "remind", "P001")
    assert waiting(desk) == ["P001"]


def test_who_has_settled_or_has_no_address_is_not_reminded(desk, bea, people):
    desk.acknowledges("P001", "Ada")
    people(bea, "remind", "P001", "P004")
    assert waiting(desk) == []


def test_a_reminder_can_be_undone_until_it_is_sent(desk, bea, people):
    bea.follow(people(bea, "remind", "P001"))
    fields = dict(re.findall(r'<input type="hidden" name="(what|first|last)" value="(\w+)">', bea.page))
    notice = desk.one("SELECT MAX(id) FROM notice")
    bea.follow(bea.post(f"/ack/desk/notices/{notice}/undo", **fields))
    assert "cancelled" in bea.words
    assert waiting(desk) == []
    people(bea, "remind", "P001")
    assert waiting(desk) == ["P001"]


def test_all_of_a_list_are_meant_only_while_it_is_the_list_that_was_shown(desk, bea, people):
    assert people(bea, "remind", all="yes", count="17").status_code == 409
    assert waiting(desk) == []
    bea.follow(people(bea, "remind", all="yes", count="4"))
    assert waiting(desk) == ["P001", "P002", "P003"]


def test_choosing_nobody_says_what_to_do(desk, bea, people):
    answer = people(bea, "remind")
    assert answer.status_code == 400
    assert "Tick the people you mean" in answer.text


def test_a_slip_is_confirmed_first_and_keeps_its_date_and_who_recorded_it(desk, bea, people, notice):
    asked = people(bea, "paper", "P004")
    assert asked.status_code == 200
    assert "This is evidence" in asked.text and "Pat Paper" in asked.text
    assert desk.one("SELECT COUNT(*) FROM acknowledgement") == 0
    bea.follow(bea.post(f"/ack/desk/notices/{notice}/paper", ids=desk.recipient("P004"), on="26/7/2021"))
    assert "1 acknowledgement on paper recorded." in bea.words
    assert desk.rows("SELECT person_id, method, signed_on, recorded_by FROM acknowledgement") == [
        ("P004", "paper", "2021-07-26", BEA)
    ]


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("", "Enter the date"),
        ("31/2/2021", "There is no such day"),
        ("2021-07-27", "after today"),
        ("25/7/2021", "the notice is of Monday 26 July 2021"),
        ("next Tuesday", "Expected a date"),
    ],
)
def test_a_slip_with_a_wrong_date_is_asked_about_again(desk, bea, notice, on, said):
    for act in ("paper", "letter"):
        bea.get("/ack/desk/")
        answer = bea.post(f"/ack/desk/notices/{notice}/{act}", ids=desk.recipient("P004"), on=on)
        assert answer.status_code == 400
        assert said in answer.text
    assert (
        desk.one("SELECT COUNT(*) FROM acknowledgement") == desk.one("SELECT COUNT(*) FROM letter_given") == 0
    )


def test_a_wrong_slip_is_taken_back_with_a_reason_and_both_stay(desk, bea, notice):
    bea.get("/ack/desk/")
    bea.post(f"/ack/desk/notices/{notice}/paper", ids=desk.recipient("P004"), on="2021-07-26")
    path = f"/ack/desk/take-back/slip/{desk.recipient('P004')}"
    bea.get("/ack/desk/person?id=P004")
    assert path in bea.page
    bea.get(path)
    assert bea.post(path, reason=" ").status_code == 400
    bea.follow(bea.post(path, reason="It was her sister’s slip"))
    assert "taken back by Bea Manager" in bea.words and "It was her sister’s slip" in bea.words
    bea.get("/ack/desk/")
    assert "0 of 4 acknowledged" in bea.words
    assert desk.one("SELECT COUNT(*) FROM acknowledgement") == 1
    assert bea.get(path).status_code == 404


def test_an_acknowledgement_its_person_disowns_is_set_aside_and_owed_again(desk, bea):
    desk.acknowledges("P001")
    path = f"/ack/desk/take-back/acknowledgement/{desk.recipient('P001')}"
    bea.get("/ack/desk/person?id=P001")
    assert path in bea.page
    bea.get(path)
    assert "as “Ada Lovelace”" in bea.words
    bea.follow(bea.post(path, reason="Ada says it was not her"))
    bea.get("/ack/desk/")
    assert "0 of 4 acknowledged, 4 outstanding" in bea.words


def test_a_name_unlike_the_rosters_waits_for_a_managers_word(desk, bea):
    token = desk.link("P001").rpartition("/")[2]
    acknowledge(desk.service, token, "Somebody Else", desk.clock.now(), insist=True)
    bea.get("/ack/desk/")
    assert "1 name to confirm" in bea.words and "0 of 4 acknowledged" in bea.words
    bea.get("/ack/desk/person?id=P001")
    number = desk.one("SELECT MAX(id) FROM acknowledgement")
    bea.follow(bea.post(f"/ack/desk/confirm-name/{desk.recipient('P001')}/{number}"))
    assert "The name is confirmed" in bea.words
    bea.get("/ack/desk/")
    assert "1 of 4 acknowledged" in bea.words


def test_a_wrong_letter_date_is_taken_back_and_recorded_anew(desk, bea, notice):
    letter = f"/ack/desk/notices/{notice}/letter"
    desk.clock.advance(timedelta(days=10))
    bea = desk.browser()
    bea.get("/ack/desk/")
    bea.post(letter, ids=desk.recipient("P004"), on="2021-07-27")
    path = f"/ack/desk/take-back/letter/{desk.recipient('P004')}"
    bea.get(path)
    assert "Tuesday 27 July 2021" in bea.words
    bea.post(path, reason="It was August")
    bea.post(letter, ids=desk.recipient("P004"), on="2021-08-03")
    bea.get(f"/ack/desk/notices/{notice}?show=all")
    assert "27 Jul 2021" not in bea.words.partition("People")[2]
    assert "3 Aug 2021 Late" in bea.words


def test_a_letter_handed_over_is_the_day_of_notice(desk, bea, notice):
    bea.get("/ack/desk/")
    bea.follow(bea.post(f"/ack/desk/notices/{notice}/letter", ids=desk.recipient("P004"), on="2021-07-26"))
    assert "1 letter marked as handed over." in bea.words
    bea.get("/ack/desk/")
    assert "Notified in time 4" in bea.words
    assert desk.rows("SELECT given_on, recorded_by FROM letter_given") == [("2021-07-26", BEA)]


def test_excused_is_never_shown_as_acknowledged_and_can_be_taken_back(desk, bea, notice):
    bea.get("/ack/desk/")
    bea.follow(
        bea.post(
            f"/ack/desk/notices/{notice}/excuse", ids=desk.recipient("P002"), reason="on long-term leave"
        )
    )
    assert "1 person excused." in bea.words
    assert "Excused 1" in bea.words and "0 of 3 acknowledged" in bea.words
    assert (
        bea.post(f"/ack/desk/notices/{notice}/excuse", ids=desk.recipient("P001"), reason="").status_code
        == 400
    )
    bea.get("/ack/desk/person?id=P002")
    assert "Excused by Bea Manager" in bea.words and "on long-term leave" in bea.words
    path = f"/ack/desk/take-back/excuse/{desk.recipient('P002')}"
    bea.get(path)
    bea.follow(bea.post(path, reason="She is back"))
    bea.get("/ack/desk/")
    assert "0 of 4 acknowledged, 4 outstanding" in bea.words


def test_a_new_link_goes_out_and_the_old_one_dies(desk, bea, people, notice):
    old = desk.link("P001")
    asked = people(bea, "renew", "P001")
    assert "stop working at once" in asked.text
    assert bea.client.get(old).status_code == 200
    bea.follow(bea.post(f"/ack/desk/notices/{notice}/renew", ids=desk.recipient("P001")))
    assert "1 person gets new links" in bea.words
    assert bea.client.get(old).status_code == 410
    assert waiting(desk, "notice") == ["P001"]
    assert desk.send() == 1


def bounces(desk, person_id):
    """The last message to a person comes back."""
    delivery_id, recipient_id, message_id, address = desk.rows(
        "SELECT delivery_id, recipient_id, message_id, address FROM dispatch WHERE recipient_id = ? ORDER BY "
        "id DESC",
        desk.recipient(person_id),
    )[0]
    values = {
        "delivery_id": delivery_id,
        "recipient_id": recipient_id,
        "message_id": message_id,
        "address": address,
    }
    with desk.service.store.write(desk.clock.now()) as tx:
        tx.record(
            "message.outcome", **values, **{"kind": "notice"}, outcome="bounced", detail="550 no such user"
        )


def test_a_corrected_address_gets_what_is_outstanding(desk, bea):
    bounces(desk, "P002")
    bea.get("/ack/desk/")
    assert "1 address takes no mail" in bea.words
    bea.get("/ack/desk/person?id=P002")
    assert "Notice came back from ben@larkspur-row.example: 550 no such user" in bea.words
    for wrong in ("", "ben", "ben@larkspur-row.example"):
        assert bea.post("/ack/desk/person/address", id="P002", email=wrong).status_code == 400
    bea.follow(bea.post("/ack/desk/person/address", id="P002", email="ben.okri@larkspur-row.example"))
    assert "what is outstanding is on its way to it" in bea.words
    assert desk.rows("SELECT address FROM delivery WHERE state = 'queued'") == [
        ("ben.okri@larkspur-row.example",)
    ]
    desk.send()
    bea.get("/ack/desk/")
    assert "takes no mail" not in bea.words
    assert ("address corrected", "P002", BEA) in desk.rows("SELECT act, person_id, done_by FROM desk_act")


def test_a_reader_sees_no_buttons_and_every_form_of_a_manager_is_refused(desk, head, notice):
    head.get(f"/ack/desk/notices/{notice}")
    assert "Remind now" not in head.words and 'type="checkbox"' not in head.page
    before = desk.dump()
    recipient = desk.recipient("P001")
    posts = {
        f"notices/{notice}/people": {"act": "remind", "who": recipient},
        f"notices/{notice}/paper": {"ids": recipient, "on": "2021-07-26"},
        f"notices/{notice}/letter": {"ids": recipient, "on": "2021-07-26"},
        f"notices/{notice}/renew": {"ids": recipient},
        f"notices/{notice}/excuse": {"ids": recipient, "reason": "no"},
        f"notices/{notice}/undo": {"what": "excused", "first": 1, "last": 99},
        "person/address": {"id": "P001", "email": "evil@elsewhere.example"},
        f"take-back/slip/{recipient}": {"reason": "no"},
        f"confirm-name/{recipient}/1": {},
        f"notices/{notice}/recall": {"reason": "no"},
        f"notices/{notice}/postpone": {"reason": "no", "on": "2021-10-01"},
        f"notices/{notice}/close": {"reason": "no"},
        f"notices/{notice}/add": {"reason": "no", "person": "P005"},
        "people/undo": {},
        "questions/1/back": {"reason": "no"},
    }
    for path, fields in posts.items():
        assert head.post("/ack/desk/" + path, **fields).status_code == 403, path
    assert desk.dump() == before


def test_a_form_without_the_sessions_key_is_refused(desk, bea, notice):
    before = desk.dump()
    for key in ("", "0" * 32):
        answer = bea.client.post(f"/ack/desk/notices/{notice}/people", headers={"Origin": BASE},
                                 data={"form_key": key, "act": "remind",
                                       "who": desk.recipient("P001")})  # fmt: skip
        assert answer.status_code == 403
    assert desk.dump() == before


@pytest.mark.parametrize("who", ["x", "-1", "1 OR 1=1", "9" * 40])
def test_numbers_that_are_none_are_refused(desk, bea, notice, who):
    bea.get("/ack/desk/")
    assert bea.post(f"/ack/desk/notices/{notice}/people", act="remind", who=who).status_code == 400


def test_people_of_another_notice_are_left_out(desk, bea, notice):
    desk.school.version("visitors", "2021-10", "2021-10-01", approved_on="2021-07-20")
    other = desk.issue("visitors", "2021-10")
    bea.get("/ack/desk/")
    ids = desk.one("SELECT MIN(id) FROM recipient")
    bea.follow(bea.post(f"/ack/desk/notices/{other}/excuse", ids=ids, reason="no"))
    assert "No people excused." in bea.words
    assert desk.one("SELECT COUNT(*) FROM excused") == 0


def test_an_address_of_somebody_else_is_asked_about(desk, bea):
    bea.get("/ack/desk/person?id=P002")
    address = {"id": "P002", "email": "ada@larkspur-row.example"}
    asked = bea.post("/ack/desk/person/address", **address)
    assert asked.status_code == 400
    assert "is the address of Ada Lovelace (P001) already" in asked.text
    bea.follow(bea.post("/ack/desk/person/address", **address, shared="yes"))
    assert "The address is corrected" in bea.words


def test_a_notice_is_recalled_with_a_reason_and_who_was_notified_is_told(desk, bea, notice):
    path = f"/ack/desk/notices/{notice}/recall"
    bea.get(path)
    assert "3 people are told of it by e-mail" in bea.words
    assert bea.post(path, reason=" ").status_code == 400
    bea.follow(bea.post(path, reason="The wrong text"))
    assert "The notice is recalled. 3 e-mails are on the way." in bea.words
    assert "Recalled on Monday 26 July 2021 by Bea Manager" in bea.words and "The wrong text" in bea.words
    assert waiting(desk, "recall") == ["P001", "P002", "P003"]
    bea.get("/ack/desk/")
    assert "No open notice waits for anybody." in bea.words
    assert "No notice of social-media 2021-09 has been given yet" in bea.words


def test_a_notice_is_postponed_once_approved_with_the_later_date(desk, bea, notice):
    path = f"/ack/desk/notices/{notice}/postpone"
    bea.get(path)
    refused = bea.post(path, on="2021-10-01", reason="Not ready")
    assert refused.status_code == 400 and "first have it approved" in refused.text
    body = "Think twice before you post."
    desk.school.version("social-media", "2021-09", "2021-10-01", approved_on="2021-07-20", body=body)
    bea.follow(bea.post(path, on="1/10/2021", reason="Not ready"))
    assert "The notice is postponed. 3 e-mails are on the way." in bea.words
    assert "Takes effect on Friday 1 October 2021" in bea.words
    assert "Postponed from Wednesday 1 September 2021" in bea.words


def test_a_closed_notice_says_why_and_is_nothing_to_anybody(desk, bea, notice):
    path = f"/ack/desk/notices/{notice}/close"
    bea.get(path)
    bea.follow(bea.post(path, reason="Done with"))
    assert "Closed on Monday 26 July 2021" in bea.words and "Done with" in bea.words
    assert bea.post(path, reason="again").status_code == 400
    assert "closed" in bea.get(f"/ack/desk/notices/{notice}/export.csv").text


def test_somebody_outside_the_audience_is_added_by_name(desk, bea):
    desk.school.version("visitors", "2021-10", "2021-10-01", approved_on="2021-07-20", audience=("Employee",))
    notice = desk.issue("visitors", "2021-10")
    path = f"/ack/desk/notices/{notice}/add"
    bea.get(f"{path}?q=ross")
    assert "Gia Rossi, Governor (P003)" in bea.words
    assert bea.post(path, reason="She asked").status_code == 400
    bea.follow(bea.post(path, reason="She asked", person="P003"))
    assert "The person is added. 1 e-mail is on the way." in bea.words
    bea.get(f"/ack/desk/notices/{notice}?show=all")
    assert "Gia Rossi" in bea.words and "by name" in bea.words


def test_no_address_can_make_the_desk_say_something_else(desk, bea):
    bea.get("/ack/desk/?done=%3Cb%3EYou+are+hacked&n=1")
    assert "hacked" not in bea.page
    bea.get("/ack/desk/?done=reminded&n=%3Cscript%3E")
    assert "<script>" not in bea.page


def test_after_all_of_it_the_ledger_verifies(desk, bea, people, notice):
    people(bea, "remind", "P001")
    bea.post(f"/ack/desk/notices/{notice}/paper", ids=desk.recipient("P004"), on="2021-07-26")
    bea.post(f"/ack/desk/notices/{notice}/excuse", ids=desk.recipient("P002"), reason="away")
    with desk.service.store.read() as connection:
        report = verify(connection)
    assert report.faults == ()


def test_a_corrected_address_gets_what_is_outstanding_also_when_the_old_one_took_it(desk, bea):
    bea.get("/ack/desk/person?id=P002")
    bea.follow(bea.post("/ack/desk/person/address", id="P002", email="ben.okri@larkspur-row.example"))
    assert "what is outstanding is on its way to it" in bea.words
    assert desk.rows("SELECT kind, address FROM delivery WHERE state = 'queued'") == [
        ("notice", "ben.okri@larkspur-row.example")
    ]
    assert desk.send() == 1


def test_a_corrected_address_gets_nothing_when_nothing_is_outstanding(desk, bea):
    desk.acknowledges("P002", "Ben")
    desk.send()
    bea.get("/ack/desk/person?id=P002")
    bea.follow(bea.post("/ack/desk/person/address", id="P002", email="ben.okri@larkspur-row.example"))
    assert "Nothing was outstanding, so nothing was sent." in bea.words
    assert waiting(desk) == []


def test_a_reminder_already_sent_cannot_be_undone_and_says_so(desk, bea, people):
    bea.follow(people(bea, "remind", "P001"))
    fields = dict(re.findall(r'<input type="hidden" name="(what|first|last)" value="(\w+)">', bea.page))
    desk.send()
    bea.follow(bea.post(f"/ack/desk/notices/{desk.one('SELECT MAX(id) FROM notice')}/undo", **fields))
    assert "Too late: the reminders have been sent." in bea.words
