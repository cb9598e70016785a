"""One record of every kind of fact, so that a rule can be tried on each table of evidence."""

from __future__ import annotations

from ackservice.storage.facts import FACTS
from ackservice.storage.store import Transaction

KINDS = sorted(FACTS)


def record_every_kind(tx: Transaction) -> dict[str, int]:
    """Records one fact of each kind; returns their numbers."""
    text = tx.keep_document("# Social media\n\nThink before you post.\n")
    entry = tx.keep_document('{"summary":"What changed."}')
    made: dict[str, int] = {}

    def record(kind: str, /, **values: object) -> int:
        made[kind] = tx.record(kind, **values)
        return made[kind]

    imported = record("roster.imported", entries=1, source="staff.csv", imported_by="Bea")
    record(
        "roster.entry", import_id=imported, person_id="P1", name="Ada", email="ada@x.example",
        categories='["Employee"]', joined_on="2015-09-01", site="", line_manager_id="",
    )  # fmt: skip
    record("person.key", person_id="P1", key="0123456789abcdef", reason="renewed", made_by="Bea")
    mailing = record("mailing.issued", issued_by="Bea")
    notice = record(
        "notice.issued", mailing_id=mailing, policy="social-media", version="2021-09", title="Social media",
        digest=text, entry_digest=entry, change="material", clarifies="", effective_on="2021-09-01",
        issued_on="2021-07-26", basis="joining", round="", audience="[]", former_ids="[]", period_months=1,
        deemed_days=0, joiner_days=14, in_force_days=14, issued_by="Bea", short_reason="The Board met late.",
        unpublished_reason="The host is down.",
    )  # fmt: skip
    person = record(
        "recipient.added", key="aa" * 8, notice_id=notice, person_id="P1", name="Ada", email="ada@x.example",
        categories='["Employee"]', basis="joining", added_on="2021-07-26", came_on="2021-07-26",
        import_id=imported, reason="asked", added_by="Bea",
    )  # fmt: skip
    of_person = {"recipient_id": person}
    record("notice.given", notice_id=notice, mailing_id=mailing, given_by="Bea")
    record(
        "notice.postponed", notice_id=notice, effective_on="2021-10-01", entry_digest=entry, reason="later",
        postponed_by="Bea",
    )  # fmt: skip
    record(
        "message.sent",
        delivery_id=1,
        person_id="P1",
        kind="notice",
        message_id="<1@x.example>",
        text="Dear Ada",
    )
    record(
        "message.outcome", delivery_id=1, **of_person, kind="notice", outcome="sent",
        message_id="<1@x.example>", address="ada@x.example", detail="250 OK",
    )  # fmt: skip
    record("return.settled", delivery_id=1, believed=0, reason="out of office", settled_by="Bea")
    letter = record("letter.given", **of_person, given_on="2021-07-27", recorded_by="Bea")
    record("letter.withdrawn", letter_id=letter, **of_person, reason="Wrong day.", withdrawn_by="Bea")
    read = record(
        "acknowledged", key="bb" * 8, **of_person, notice_id=notice, person_id="P1", policy="social-media",
        version="2021-09", digest=text, base_digest=text, method="paper", signed_on="2021-07-28",
        name_matches=0, typed_name="Ada L.", recorded_by="Bea", remark="by post",
    )  # fmt: skip
    record("acknowledgement.confirmed", acknowledgement_id=read, **of_person, confirmed_by="Bea")
    record(
        "acknowledgement.withdrawn", acknowledgement_id=read, **of_person, reason="Wrong slip.",
        withdrawn_by="Bea",
    )  # fmt: skip
    excused = record("recipient.excused", **of_person, reason="Long leave.", excused_by="Bea")
    record("excuse.withdrawn", excused_id=excused, **of_person, reason="Back.", withdrawn_by="Bea")
    question = record(
        "question.asked", **of_person, person_id="P1", policy="social-media", version="2021-09",
        kind="question", to_role="Headteacher", text="What of Wikipedia?", reply_to="ada@x.example",
    )  # fmt: skip
    answer = record("question.answered", question_id=question, note="By telephone.", answered_by="Head")
    record("answer.withdrawn", answer_id=answer, question_id=question, reason="Not yet.", withdrawn_by="Head")
    record("notice.recalled", notice_id=notice, reason="A mistake.", recalled_by="Bea")
    record("notice.closed", notice_id=notice, reason="Replaced.", closed_by="Bea")
    record("desk.act", act="exported", notice_id=notice, person_id="P1", detail="csv", done_by="Bea")
    record("roster.undone", import_id=imported, reason="the wrong file", undone_by="Bea")
    record("person.erased", person_id="P1", erased_by="Bea")
    assert sorted(made) == KINDS, "a new kind of fact needs its record here"
    return made
