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
    acknowledge(
        desk.service,
        desk.service.acknowledge_link(desk.recipient("P001")).rpartition("/")[2],
        "Ada",
        desk.clock.now(),
    )
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
    assert people(bea, "remind", all="yes", found="17").status_code == 409
    assert waiting(desk) == []
    bea.follow(people(bea, "remind", all="yes", found="4"))
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


def test_a_wrong_slip_is_withdrawn_with_a_reason_and_both_stay(desk, bea, notice):
    bea.get("/ack/desk/")
    bea.post(f"/ack/desk/notices/{notice}/paper", ids=desk.recipient("P004"), on="2021-07-26")
    number = desk.one("SELECT MAX(id) FROM acknowledgement")
    bea.get("/ack/desk/person?id=P004")
    assert f"/ack/desk/withdraw/{number}" in bea.page
    bea.get(f"/ack/desk/withdraw/{number}")
    assert bea.post(f"/ack/desk/withdraw/{number}", reason=" ").status_code == 400
    bea.follow(bea.post(f"/ack/desk/withdraw/{number}", reason="It was her sister’s slip"))
    assert "withdrawn by Bea Manager" in bea.words and "It was her sister’s slip" in bea.words
    bea.get("/ack/desk/")
    assert "0 of 4 acknowledged" in bea.words
    assert desk.one("SELECT COUNT(*) FROM acknowledgement") == 1
    assert bea.get(f"/ack/desk/withdraw/{number}").status_code == 404


def test_a_persons_own_act_cannot_be_withdrawn(desk, bea):
    number = acknowledge(
        desk.service,
        desk.service.acknowledge_link(desk.recipient("P001")).rpartition("/")[2],
        "Ada",
        desk.clock.now(),
    )
    bea.get("/ack/desk/")
    assert bea.get(f"/ack/desk/withdraw/{number}").status_code == 404
    bea.get("/ack/desk/")
    assert bea.post(f"/ack/desk/withdraw/{number}", reason="no").status_code in (404, 409)
    assert desk.one("SELECT COUNT(*) FROM acknowledgement_withdrawn") == 0


def test_a_letter_handed_over_is_the_day_of_notice(desk, bea, notice):
    bea.get("/ack/desk/")
    bea.follow(bea.post(f"/ack/desk/notices/{notice}/letter", ids=desk.recipient("P004"), on="2021-07-26"))
    assert "1 letter marked as handed over." in bea.words
    bea.get("/ack/desk/")
    assert "Told in time 4" in bea.words
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
    number = desk.one("SELECT MAX(id) FROM excused")
    bea.follow(bea.post(f"/ack/desk/excuses/{number}/back"))
    bea.get("/ack/desk/")
    assert "0 of 4 acknowledged, 4 outstanding" in bea.words


def test_a_new_link_goes_out_and_the_old_one_dies(desk, bea, people, notice):
    old = desk.service.acknowledge_link(desk.recipient("P001")).removeprefix(BASE)
    asked = people(bea, "renew", "P001")
    assert "stops working at once" in asked.text
    assert bea.client.get(old).status_code == 200
    bea.follow(bea.post(f"/ack/desk/notices/{notice}/renew", ids=desk.recipient("P001")))
    assert "1 new link is on the way" in bea.words
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
    assert "1 address does not take mail" in bea.words
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
    assert "does not take mail 0" in bea.words
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
        "withdraw/1": {"reason": "no"},
        "excuses/1/back": {},
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
    other = desk.issue("visitors", "2021-01", short_reason="late")
    bea.get("/ack/desk/")
    bea.follow(
        bea.post(
            f"/ack/desk/notices/{other}/excuse", ids=desk.one("SELECT MIN(id) FROM recipient"), reason="no"
        )
    )
    assert "No people excused. 1 person was left out" in bea.words


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
    acknowledge(
        desk.service,
        desk.service.acknowledge_link(desk.recipient("P002")).rpartition("/")[2],
        "Ben",
        desk.clock.now(),
    )
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
