"""Which tables hold evidence, and which of their columns are personal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """A kind of ledger line and the append-only table of its rows.

    Plain columns stand in the line; personal ones are committed to, and can be erased. Every table also has
    `id` (the number of its ledger line), `at` and `salt`.
    """

    kind: str
    table: str
    plain: tuple[str, ...]
    personal: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return ("id", "at", *self.plain, *self.personal, "salt")


_ALL = (
    Fact(
        "roster.entry",
        "roster_entry",
        ("person_id", "category", "joined_on", "left_on", "site", "line_manager_id"),
        ("name", "email"),
    ),
    Fact(
        "notice.issued",
        "notice",
        (
            "policy",
            "version",
            "title",
            "digest",
            "entry_digest",
            "previous_version",
            "previous_digest",
            "change",
            "effective_on",
            "issued_on",
            "basis",
            "round",
            "audience",
            "period_months",
            "deemed_days",
            "joiner_days",
        ),
        ("issued_by", "short_reason"),
    ),
    Fact("notice.closed", "notice_closed", ("notice_id",), ("reason", "closed_by")),
    Fact(
        "recipient.added",
        "recipient",
        ("notice_id", "person_id", "category", "basis", "joined_on"),
        ("name", "email"),
    ),
    Fact(
        "message.outcome",
        "dispatch",
        ("delivery_id", "recipient_id", "kind", "outcome", "message_id"),
        ("address", "detail"),
    ),
    Fact("letter.given", "letter_given", ("recipient_id", "given_on"), ("recorded_by",)),
    Fact(
        "acknowledged",
        "acknowledgement",
        ("recipient_id", "person_id", "policy", "version", "digest", "method", "signed_on"),
        ("typed_name", "recorded_by"),
    ),
    Fact(
        "acknowledgement.withdrawn",
        "acknowledgement_withdrawn",
        ("acknowledgement_id", "recipient_id"),
        ("reason", "withdrawn_by"),
    ),
    Fact("recipient.excused", "excused", ("recipient_id",), ("reason", "excused_by")),
    Fact("excuse.withdrawn", "excuse_withdrawn", ("excused_id", "recipient_id"), ("reason", "withdrawn_by")),
    Fact("link.renewed", "link_renewed", ("recipient_id",), ("renewed_by",)),
    Fact(
        "question.asked",
        "question",
        ("recipient_id", "person_id", "policy", "version", "kind", "to_role"),
        ("text", "reply_to"),
    ),
    Fact("question.answered", "question_answered", ("question_id",), ("note", "answered_by")),
    Fact("desk.act", "desk_act", ("act", "notice_id", "person_id"), ("detail", "done_by")),
    Fact("person.erased", "person_erased", ("person_id",), ("erased_by",)),
)

FACTS = {fact.kind: fact for fact in _ALL}
