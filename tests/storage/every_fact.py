"""One record of every kind of fact, so that a rule can be tried on each table of evidence."""

from __future__ import annotations

from ackservice.storage.facts import FACTS
from ackservice.storage.store import Transaction

KINDS = sorted(FACTS)


def record_every_kind(tx: Transaction) -> dict[str, int]:
    """Records one fact of each kind; returns their numbers."""
    text = tx.keep_document("# Social media\n\nThink before you post.\n")
    entry = tx.keep_document('{"summary":"What changed."}')
    made = {
        "roster.entry": tx.record(
            "roster.entry", person_id="P1", name="Ada", email="ada@x.example", category="Employee",
            joined_on="2015-09-01", site="", line_manager_id="",
        ),
        "notice.issued": tx.record(
            "notice.issued", policy="social-media", version="2021-09", title="Social media", digest=text, entry_digest=entry,
            change="material", effective_on="2021-09-01", issued_on="2021-07-26", basis="change", round="", audience="[]",
            period_months=1, deemed_days=0, joiner_days=14, issued_by="Bea", short_reason="The Board met late.",
        ),
    }  # fmt: skip
    notice = made["notice.issued"]
    made["recipient.added"] = person = tx.record(
        "recipient.added", notice_id=notice, person_id="P1", name="Ada", email="ada@x.example", category="Employee",
        basis="change", joined_on="2015-09-01",
    )  # fmt: skip
    made["message.outcome"] = tx.record(
        "message.outcome", delivery_id=1, recipient_id=person, kind="notice", outcome="sent", message_id="<1@x.example>",
        address="ada@x.example", detail="250 OK",
    )  # fmt: skip
    made["letter.given"] = tx.record(
        "letter.given", recipient_id=person, given_on="2021-07-27", recorded_by="Bea"
    )
    made["acknowledged"] = tx.record(
        "acknowledged", recipient_id=person, person_id="P1", policy="social-media", version="2021-09", digest=text,
        method="paper", signed_on="2021-07-28", typed_name="Ada L.", recorded_by="Bea",
    )  # fmt: skip
    made["acknowledgement.withdrawn"] = tx.record(
        "acknowledgement.withdrawn", acknowledgement_id=made["acknowledged"], recipient_id=person, reason="Wrong slip.",
        withdrawn_by="Bea",
    )  # fmt: skip
    made["recipient.excused"] = tx.record(
        "recipient.excused", recipient_id=person, reason="Long leave.", excused_by="Bea"
    )
    made["excuse.withdrawn"] = tx.record(
        "excuse.withdrawn",
        excused_id=made["recipient.excused"],
        recipient_id=person,
        reason="Back.",
        withdrawn_by="Bea",
    )
    made["link.renewed"] = tx.record("link.renewed", recipient_id=person, renewed_by="Bea")
    made["question.asked"] = tx.record(
        "question.asked", recipient_id=person, person_id="P1", policy="social-media", version="2021-09", kind="question",
        to_role="Headteacher", text="What of Wikipedia?", reply_to="ada@x.example",
    )  # fmt: skip
    made["question.answered"] = tx.record(
        "question.answered", question_id=made["question.asked"], note="By telephone.", answered_by="Head"
    )
    made["notice.closed"] = tx.record("notice.closed", notice_id=notice, reason="Replaced.", closed_by="Bea")
    made["desk.act"] = tx.record(
        "desk.act", act="exported", notice_id=notice, person_id="P1", detail="csv", done_by="Bea"
    )
    made["person.erased"] = tx.record("person.erased", person_id="P1", erased_by="Bea")
    assert sorted(made) == KINDS, "a new kind of fact needs its record here"
    return made
