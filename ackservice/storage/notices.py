"""Notices, what was done to them, and their texts: rows in, domain values out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from ackservice.clock import day_in
from ackservice.domain.history import Act, Book, NoticeEvent
from ackservice.domain.notice import Basis, Notice, Rule
from ackservice.storage.store import Transaction, moment
from handbook.policy.version import Change

_NOTICE = """id, policy, version, title, digest, change, effective_on, issued_on, basis, round, audience,
    former_ids, period_months, deemed_days, joiner_days, in_force_days, mailing_id, clarifies"""
_EVENTS = """
SELECT id, at, notice_id, 'given' AS act, NULL AS effective_on, '' AS reason, given_by AS by
FROM notice_given WHERE id <= :cut
UNION ALL SELECT id, at, notice_id, 'recalled', NULL, reason, recalled_by
FROM notice_recalled WHERE id <= :cut
UNION ALL SELECT id, at, notice_id, 'postponed', effective_on, reason, postponed_by
FROM notice_postponed WHERE id <= :cut
UNION ALL SELECT id, at, notice_id, 'closed', NULL, reason, closed_by
FROM notice_closed WHERE id <= :cut
ORDER BY 1
"""


@dataclass(frozen=True)
class KeptEntry:
    """What a notice keeps of its version beside the text: enough to tell it years later without the
    handbook."""

    digest: str
    owner: str
    questions: str
    suggestions: str
    summary: str
    changes: tuple[Mapping[str, str], ...]
    approved_by: str
    approved_on: str
    seal: str
    previous_version: str
    previous_digest: str


def book(connection: sqlite3.Connection, cut: int, zone: str) -> Book:
    """Every notice and every act on one, up to a ledger line."""
    rows = connection.execute(f"SELECT {_NOTICE} FROM notice WHERE id <= ? ORDER BY id", (cut,))
    events = connection.execute(_EVENTS, {"cut": cut})
    return Book([_notice(*row) for row in rows], [_event(row, zone) for row in events])


def add(tx: Transaction, notice: Notice, **kept: object) -> int:
    """Record a notice; `kept` are the digests and texts that stand beside it. Returns its number."""
    rule = notice.rule
    return tx.record(
        "notice.issued",
        mailing_id=notice.mailing_id or None,
        policy=notice.policy,
        version=notice.version,
        title=notice.title,
        digest=notice.digest,
        change=str(notice.change),
        clarifies=notice.clarifies,
        effective_on=notice.effective_on.isoformat(),
        issued_on=notice.issued_on.isoformat(),
        basis=str(notice.basis),
        round=notice.round,
        audience=json.dumps(notice.audience, ensure_ascii=False),
        former_ids=json.dumps(notice.former_ids),
        period_months=rule.period_months,
        deemed_days=rule.deemed_days,
        joiner_days=rule.joiner_days,
        in_force_days=rule.in_force_days,
        **kept,
    )


def document(connection: sqlite3.Connection, digest: str | None) -> str:
    """A text kept under its digest; empty where there is none."""
    row = connection.execute("SELECT content FROM document WHERE digest = ?", (digest,)).fetchone()
    return row["content"] if row else ""


def kept_entry(connection: sqlite3.Connection, notice_id: int, cut: int | None = None) -> KeptEntry:
    """What was kept of the version when the notice was issued, or last postponed; up to a ledger line, if
    given."""
    row = connection.execute(
        """
        SELECT COALESCE((SELECT entry_digest FROM notice_postponed p WHERE p.notice_id = n.id
                AND p.id <= COALESCE(:cut, p.id) ORDER BY id DESC LIMIT 1),
            entry_digest) AS entry_digest, previous_version, previous_digest FROM notice n WHERE id = :notice
        """,
        {"notice": notice_id, "cut": cut},
    ).fetchone()
    kept = json.loads(document(connection, row["entry_digest"]))
    return KeptEntry(
        digest=row["entry_digest"],
        owner=kept["owner"],
        questions=kept["questions"],
        suggestions=kept["suggestions"],
        summary=kept["summary"],
        changes=tuple(kept["changes"]),
        approved_by=kept["approved_by"] or "",
        approved_on=kept["approved_on"] or "",
        seal=kept["seal"] or "",
        previous_version=row["previous_version"] or "",
        previous_digest=row["previous_digest"] or "",
    )


def issued_by(connection: sqlite3.Connection, notice_id: int) -> tuple[str, str, str]:
    """Who issued a notice, the reason given where it was short, and that where its page was not public
    yet."""
    row = connection.execute(
        "SELECT issued_by, short_reason, unpublished_reason FROM notice WHERE id = ?", (notice_id,)
    ).fetchone()
    return (row[0] or "", row[1] or "", row[2] or "") if row else ("", "", "")


def first_recorded_at(connection: sqlite3.Connection) -> str:
    """When the first line of the ledger was recorded; empty while there is none."""
    row = connection.execute("SELECT at FROM ledger WHERE n = 1").fetchone()
    return row["at"] if row else ""


def open_suggestions(connection: sqlite3.Connection, policies: Iterable[str]) -> int:
    """How many suggestions about the policy of those ids are not answered."""
    return connection.execute(
        "SELECT COUNT(*) FROM question q WHERE q.kind = 'suggestion' AND q.policy IN (SELECT value FROM "
        "json_each(?)) "
        "AND NOT EXISTS (SELECT 1 FROM question_answered a WHERE a.question_id = q.id "
        "AND NOT EXISTS (SELECT 1 FROM answer_withdrawn w WHERE w.answer_id = a.id))",
        (json.dumps(list(policies)),),
    ).fetchone()[0]


@lru_cache(maxsize=5000)  # a notice's row never changes
def _notice(
    id: int,
    policy: str,
    version: str,
    title: str,
    digest: str | None,
    change: str,
    effective_on: str,
    issued_on: str,
    basis: str,
    round_: str,
    audience: str,
    former_ids: str,
    period_months: int,
    deemed_days: int,
    joiner_days: int,
    in_force_days: int,
    mailing_id: int | None,
    clarifies: str,
) -> Notice:
    return Notice(
        id=id,
        policy=policy,
        version=version,
        title=title,
        digest=digest,
        change=Change(change),
        effective_on=date.fromisoformat(effective_on),
        issued_on=date.fromisoformat(issued_on),
        basis=Basis(basis),
        round=round_,
        audience=tuple(json.loads(audience)),
        rule=Rule(period_months, deemed_days, joiner_days, in_force_days),
        former_ids=tuple(json.loads(former_ids)),
        mailing_id=mailing_id or 0,
        clarifies=clarifies,
    )


def _event(row: sqlite3.Row, zone: str) -> NoticeEvent:
    return NoticeEvent(
        line=row["id"],
        on=day_in(zone, moment(row["at"])),
        notice_id=row["notice_id"],
        act=Act(row["act"]),
        effective_on=date.fromisoformat(row["effective_on"]) if row["effective_on"] else None,
        reason=row["reason"] or "",
        by=row["by"] or "",
    )
