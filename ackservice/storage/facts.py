"""Which tables hold evidence: the kinds of ledger lines, and which of their columns are personal.

`FIRST` is the schema of version 0.1.0 and is never edited: what comes later stands in a tuple of its own,
created by a migration of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_TEXT, _DAY, _NUMBER = "TEXT NOT NULL", "TEXT", "INTEGER NOT NULL"
_RECIPIENT = "INTEGER NOT NULL REFERENCES recipient(id)"
_NOTICE = "INTEGER NOT NULL REFERENCES notice(id)"


@dataclass(frozen=True)
class Fact:
    """A kind of ledger line and the append-only table of its rows.

    Plain columns, with their SQL types, stand in the line; personal ones, which are texts, are committed to
    and can be erased. Every table also has `id` (the number of its ledger line), `at` and `salt`.
    """

    kind: str
    table: str
    plain: Mapping[str, str]
    personal: tuple[str, ...]
    indexes: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return ("id", "at", *self.plain, *self.personal, "salt")


FIRST = (
    Fact("roster.imported", "roster_import", {"entries": _NUMBER}, ("source", "imported_by")),
    Fact(
        "roster.undone",
        "roster_undone",
        {"import_id": "INTEGER NOT NULL UNIQUE REFERENCES roster_import(id)"},
        ("reason", "undone_by"),
    ),
    Fact(
        "roster.entry",
        "roster_entry",
        {
            "import_id": "INTEGER REFERENCES roster_import(id)",
            "person_id": _TEXT,
            "categories": _TEXT,
            "joined_on": _DAY,
            "left_on": _DAY,
            "away_until": _DAY,
            "site": _TEXT,
            "line_manager_id": _TEXT,
        },
        ("name", "email"),
        ("person_id, id",),
    ),
    Fact(
        "person.key",
        "person_key",
        {"person_id": _TEXT, "key": "TEXT NOT NULL UNIQUE"},
        ("reason", "made_by"),
        ("person_id, id",),
    ),
    Fact("mailing.issued", "mailing", {}, ("issued_by",)),
    Fact(
        "notice.issued",
        "notice",
        {
            "mailing_id": "INTEGER REFERENCES mailing(id)",
            "policy": _TEXT,
            "version": _TEXT,
            "title": _TEXT,
            "digest": "TEXT REFERENCES document(digest)",
            "entry_digest": "TEXT NOT NULL REFERENCES document(digest)",
            "previous_version": "TEXT",
            "previous_digest": "TEXT REFERENCES document(digest)",
            "change": _TEXT,
            "clarifies": _TEXT,
            "effective_on": _TEXT,
            "issued_on": _TEXT,
            "basis": _TEXT,
            "round": _TEXT,
            "audience": _TEXT,
            "former_ids": _TEXT,
            "period_months": _NUMBER,
            "deemed_days": _NUMBER,
            "joiner_days": _NUMBER,
            "in_force_days": _NUMBER,
        },
        ("issued_by", "short_reason", "unpublished_reason"),
        ("policy, version",),
    ),
    Fact(
        "notice.given",
        "notice_given",
        {"notice_id": _NOTICE, "mailing_id": "INTEGER REFERENCES mailing(id)"},
        ("given_by",),
    ),
    Fact("notice.recalled", "notice_recalled", {"notice_id": _NOTICE}, ("reason", "recalled_by")),
    Fact(
        "notice.postponed",
        "notice_postponed",
        {
            "notice_id": _NOTICE,
            "effective_on": _TEXT,
            "entry_digest": "TEXT NOT NULL REFERENCES document(digest)",
        },
        ("reason", "postponed_by"),
    ),
    Fact("notice.closed", "notice_closed", {"notice_id": _NOTICE}, ("reason", "closed_by")),
    Fact(
        "recipient.added",
        "recipient",
        {
            "key": "TEXT NOT NULL UNIQUE",
            "notice_id": _NOTICE,
            "person_id": _TEXT,
            "categories": _TEXT,
            "basis": _TEXT,
            "added_on": _TEXT,
            "came_on": _DAY,
            "import_id": "INTEGER REFERENCES roster_import(id)",
        },
        ("name", "email", "reason", "added_by"),
        ("notice_id, id", "person_id"),
    ),
    Fact(
        "message.outcome",
        "dispatch",
        {
            "delivery_id": _NUMBER,
            "recipient_id": _RECIPIENT,
            "kind": _TEXT,
            "outcome": "TEXT NOT NULL CHECK (outcome IN ('sent', 'refused', 'bounced', 'returned'))",
            "message_id": _TEXT,
        },
        ("address", "detail"),
        ("recipient_id, id", "delivery_id, outcome"),
    ),
    Fact(
        "return.settled",
        "return_settled",
        {"delivery_id": _NUMBER, "believed": _NUMBER},
        ("reason", "settled_by"),
        ("delivery_id",),
    ),
    Fact(
        "message.sent",
        "message",
        {"delivery_id": _NUMBER, "person_id": _TEXT, "kind": _TEXT, "message_id": _TEXT},
        ("text",),
        ("person_id", "delivery_id"),
    ),
    Fact(
        "letter.given",
        "letter_given",
        {"recipient_id": _RECIPIENT, "given_on": _TEXT},
        ("recorded_by",),
        ("recipient_id",),
    ),
    Fact(
        "letter.withdrawn",
        "letter_withdrawn",
        {"letter_id": "INTEGER NOT NULL UNIQUE REFERENCES letter_given(id)", "recipient_id": _RECIPIENT},
        ("reason", "withdrawn_by"),
        ("recipient_id",),
    ),
    Fact(
        "acknowledged",
        "acknowledgement",
        {
            "key": "TEXT NOT NULL UNIQUE",
            "recipient_id": _RECIPIENT,
            "notice_id": _NOTICE,
            "person_id": _TEXT,
            "policy": _TEXT,
            "version": _TEXT,
            "digest": "TEXT NOT NULL REFERENCES document(digest)",
            "base_digest": "TEXT NOT NULL REFERENCES document(digest)",
            "method": "TEXT NOT NULL CHECK (method IN ('link', 'paper'))",
            "signed_on": _DAY,
            "name_matches": _NUMBER,
        },
        ("typed_name", "recorded_by", "remark"),
        ("recipient_id", "person_id, policy", "notice_id"),
    ),
    Fact(
        "acknowledgement.confirmed",
        "acknowledgement_confirmed",
        {
            "acknowledgement_id": "INTEGER NOT NULL UNIQUE REFERENCES acknowledgement(id)",
            "recipient_id": _RECIPIENT,
        },
        ("confirmed_by",),
    ),
    Fact(
        "acknowledgement.withdrawn",
        "acknowledgement_withdrawn",
        {
            "acknowledgement_id": "INTEGER NOT NULL UNIQUE REFERENCES acknowledgement(id)",
            "recipient_id": _RECIPIENT,
        },
        ("reason", "withdrawn_by"),
    ),
    Fact(
        "recipient.excused",
        "excused",
        {"recipient_id": _RECIPIENT},
        ("reason", "excused_by"),
        ("recipient_id",),
    ),
    Fact(
        "excuse.withdrawn",
        "excuse_withdrawn",
        {"excused_id": "INTEGER NOT NULL UNIQUE REFERENCES excused(id)", "recipient_id": _RECIPIENT},
        ("reason", "withdrawn_by"),
    ),
    Fact(
        "question.asked",
        "question",
        {
            "recipient_id": "INTEGER REFERENCES recipient(id)",
            "person_id": "TEXT",
            "policy": _TEXT,
            "version": _TEXT,
            "kind": _TEXT,
            "to_role": _TEXT,
        },
        ("text", "reply_to"),
        ("recipient_id",),
    ),
    Fact(
        "question.answered",
        "question_answered",
        {"question_id": "INTEGER NOT NULL REFERENCES question(id)"},
        ("note", "answered_by"),
        ("question_id",),
    ),
    Fact(
        "answer.withdrawn",
        "answer_withdrawn",
        {
            "answer_id": "INTEGER NOT NULL UNIQUE REFERENCES question_answered(id)",
            "question_id": "INTEGER NOT NULL REFERENCES question(id)",
        },
        ("reason", "withdrawn_by"),
    ),
    Fact(
        "desk.act",
        "desk_act",
        {"act": _TEXT, "notice_id": "INTEGER REFERENCES notice(id)", "person_id": "TEXT"},
        ("detail", "done_by"),
    ),
    Fact("person.erased", "person_erased", {"person_id": _TEXT}, ("erased_by",), ("person_id",)),
)

FACTS = {fact.kind: fact for fact in FIRST}
