"""Notices and their recipients: rows in, domain values out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from ackservice.clock import day_in
from ackservice.domain.notice import Basis, Notice, Rule
from ackservice.domain.roster import Person
from ackservice.domain.status import Acknowledgement, Standing
from ackservice.storage.roster import day_or_none
from ackservice.storage.store import Transaction, moment
from handbook.policy.version import Change

_NOTICE = """id, policy, version, title, digest, change, effective_on, issued_on, basis, round, audience,
    (SELECT json_group_array(former) FROM former_id f WHERE f.notice_id = notice.id), period_months, deemed_days, joiner_days"""

# The ids a policy is recorded under up to a cut, as its notices name them: its own, its former ones, and
# those it took since.
EVER_NAMED = """SELECT :policy UNION SELECT former FROM former_id WHERE policy = :policy AND notice_id <= :cut
    UNION SELECT policy FROM former_id WHERE former = :policy AND notice_id <= :cut"""


@dataclass(frozen=True)
class Entry:
    """What a notice keeps of its version beside the text: enough to tell it years later without the
    handbook."""

    digest: str
    owner: str
    questions: str
    suggestions: str
    summary: str
    changes: tuple[dict[str, str], ...]
    approved_by: str
    approved_on: str
    previous_version: str | None
    previous_digest: str | None


@dataclass(frozen=True)
class LinkTarget:
    """Whom a personal link is for and how it stands, as of ledger line `cut`, whose hash is `head`."""

    recipient_id: int
    notice_id: int
    policy: str
    is_replaced: bool  # by a newer link
    is_closed: bool
    cut: int
    head: str


def document(connection: sqlite3.Connection, digest: str) -> str:
    """A text kept under its digest."""
    row = connection.execute("SELECT content FROM document WHERE digest = ?", (digest,)).fetchone()
    return row["content"] if row else ""


def add(tx: Transaction, notice: Notice, **kept: object) -> int:
    """Record a notice; `kept` are the digests and texts that stand beside it, the entry with its former ids
    among them.

    Returns its number.
    """
    return tx.record(
        "notice.issued",
        policy=notice.policy,
        version=notice.version,
        title=notice.title,
        digest=notice.digest,
        change=str(notice.change),
        effective_on=notice.effective_on.isoformat(),
        issued_on=notice.issued_on.isoformat(),
        basis=str(notice.basis),
        round=notice.round,
        audience=json.dumps(notice.audience, ensure_ascii=False),
        period_months=notice.rule.period_months,
        deemed_days=notice.rule.deemed_days,
        joiner_days=notice.rule.joiner_days,
        **kept,
    )


def add_recipient(tx: Transaction, notice_id: int, person: Person, basis: Basis) -> int:
    """Freeze one person as a recipient, as the roster has them now. Returns the recipient's number."""
    return tx.record(
        "recipient.added",
        notice_id=notice_id,
        person_id=person.person_id,
        name=person.name,
        email=person.email,
        category=person.category,
        basis=str(basis),
        joined_on=person.joined_on.isoformat() if person.joined_on else None,
    )


def all_notices(connection: sqlite3.Connection, cut: int) -> list[Notice]:
    """Every notice issued up to the cut, oldest first."""
    rows = connection.execute(f"SELECT {_NOTICE} FROM notice WHERE id <= ? ORDER BY id", (cut,))
    return [_notice(row) for row in rows]


def of_policy(connection: sqlite3.Connection, policy: str, cut: int) -> list[Notice]:
    """Every notice of one policy issued up to the cut, oldest first, under whichever of its ids."""
    rows = connection.execute(
        f"SELECT {_NOTICE} FROM notice WHERE policy IN ({EVER_NAMED}) AND id <= :cut ORDER BY id",
        {"policy": policy, "cut": cut},
    )
    return [_notice(row) for row in rows]


def of_version(
    connection: sqlite3.Connection, policies: Iterable[str], version: str, cut: int
) -> list[Notice]:
    """The notices of one version of the policy of those ids, oldest round first."""
    found = {
        notice.id: notice
        for policy in policies
        for notice in of_policy(connection, policy, cut)
        if notice.version == version
    }
    return [found[number] for number in sorted(found)]


def notice(connection: sqlite3.Connection, notice_id: int) -> Notice | None:
    """One notice by its number."""
    row = connection.execute(f"SELECT {_NOTICE} FROM notice WHERE id = ?", (notice_id,)).fetchone()
    return _notice(row) if row else None


def entry(connection: sqlite3.Connection, notice_id: int) -> Entry:
    """What was kept of the version when the notice was issued."""
    row = connection.execute(
        "SELECT entry_digest, previous_version, previous_digest FROM notice WHERE id = ?", (notice_id,)
    ).fetchone()
    kept = json.loads(document(connection, row["entry_digest"]))
    return Entry(
        digest=row["entry_digest"],
        owner=kept["owner"],
        questions=kept["questions"],
        suggestions=kept["suggestions"],
        summary=kept["summary"],
        changes=tuple(kept["changes"]),
        approved_by=kept["approved_by"],
        approved_on=kept["approved_on"],
        previous_version=row["previous_version"],
        previous_digest=row["previous_digest"],
    )


def closed_ids(connection: sqlite3.Connection, cut: int) -> set[int]:
    """Numbers of the notices a manager has closed."""
    return {row[0] for row in connection.execute("SELECT notice_id FROM notice_closed WHERE id <= ?", (cut,))}


def behind_link(connection: sqlite3.Connection, number: int) -> LinkTarget | None:
    """What a link's number leads to now; None when there is none of that number.

    A link carries the number of the recipient's own ledger line or, once renewed, that of the renewal.
    """
    row = connection.execute(
        """
        SELECT r.id, r.notice_id, n.policy, last.n AS cut, last.hash AS head,
            (SELECT MAX(l.id) FROM link_renewed l WHERE l.recipient_id = r.id) AS renewed,
            EXISTS (SELECT 1 FROM notice_closed c WHERE c.notice_id = n.id) AS is_closed
        FROM recipient r JOIN notice n ON n.id = r.notice_id JOIN ledger last ON last.n = (SELECT MAX(n) FROM ledger)
        WHERE r.id = COALESCE((SELECT recipient_id FROM link_renewed WHERE id = :number), :number)
        """,
        {"number": number},
    ).fetchone()
    if row is None:
        return None
    return LinkTarget(
        recipient_id=row["id"],
        notice_id=row["notice_id"],
        policy=row["policy"],
        is_replaced=number != (row["renewed"] or row["id"]),
        is_closed=bool(row["is_closed"]),
        cut=row["cut"],
        head=row["head"],
    )


def link_number(connection: sqlite3.Connection, recipient_id: int) -> int:
    """The number a recipient's current link carries."""
    row = connection.execute(
        "SELECT MAX(id) FROM link_renewed WHERE recipient_id = ?", (recipient_id,)
    ).fetchone()
    return row[0] or recipient_id


def notice_of_recipient(connection: sqlite3.Connection, recipient_id: int) -> Notice | None:
    """The notice a recipient belongs to."""
    row = connection.execute(
        f"SELECT {_NOTICE} FROM notice WHERE id = (SELECT notice_id FROM recipient WHERE id = ?)",
        (recipient_id,),
    ).fetchone()
    return _notice(row) if row else None


def recipients_of_person(connection: sqlite3.Connection, person_id: str) -> list[tuple[int, int]]:
    """(recipient, notice) numbers of a person, oldest first."""
    rows = connection.execute(
        "SELECT id, notice_id FROM recipient WHERE person_id = ? ORDER BY id", (person_id,)
    )
    return [(row["id"], row["notice_id"]) for row in rows]


_STANDINGS = """
SELECT r.id, r.person_id, r.name, r.email, r.category, r.basis, r.joined_on,
    p.email AS current_email, p.left_on,
    a.id AS ack_id, a.at AS ack_at, a.digest AS ack_digest, a.method, a.typed_name, a.signed_on, a.recorded_by,
    a.version AS ack_version,
    EXISTS (SELECT 1 FROM recipient m WHERE m.person_id = r.person_id AND m.id <= :cut
            AND m.notice_id IN (SELECT value FROM json_each(:moved_to))) AS moved,
    EXISTS (SELECT 1 FROM excused x WHERE x.recipient_id = r.id AND x.id <= :cut
            AND NOT EXISTS (SELECT 1 FROM excuse_withdrawn y WHERE y.excused_id = x.id AND y.id <= :cut)) AS excused,
    (SELECT MIN(g.given_on) FROM letter_given g WHERE g.recipient_id = r.id AND g.id <= :cut) AS letter_on,
    (SELECT MAX(g.id) FROM letter_given g WHERE g.recipient_id = r.id AND g.id <= :cut) AS letter_id,
    s.first_sent_at, s.last_sent_at, s.last_good, s.reminders,
    b.last_bad, b.last_bad_id
FROM recipient r
LEFT JOIN roster_entry p ON p.id =
    (SELECT MAX(e.id) FROM roster_entry e WHERE e.person_id = r.person_id AND e.id <= :cut)
LEFT JOIN acknowledgement a ON a.id = (
    SELECT MIN(k.id) FROM acknowledgement k
    WHERE k.id <= :cut
      AND (k.recipient_id = r.id OR (k.person_id = r.person_id AND k.policy IN ({ever_named})
           AND k.version IN (SELECT value FROM json_each(:counting))))
      AND NOT EXISTS (SELECT 1 FROM acknowledgement_withdrawn w WHERE w.acknowledgement_id = k.id AND w.id <= :cut))
LEFT JOIN (
    SELECT d.recipient_id, MIN(d.at) AS first_sent_at, MAX(d.at) AS last_sent_at, MAX(d.delivery_id) AS last_good,
           SUM(d.kind = 'reminder') AS reminders
    FROM dispatch d
    WHERE d.outcome = 'sent' AND d.kind IN ('notice', 'reminder') AND d.id <= :cut {dispatches}
      AND NOT EXISTS (SELECT 1 FROM dispatch z WHERE z.delivery_id = d.delivery_id AND z.outcome = 'bounced' AND z.id <= :cut)
    GROUP BY d.recipient_id) s ON s.recipient_id = r.id
LEFT JOIN (
    SELECT d.recipient_id, MAX(d.delivery_id) AS last_bad, MAX(d.id) AS last_bad_id
    FROM dispatch d
    WHERE d.outcome <> 'sent' AND d.kind IN ('notice', 'reminder') AND d.id <= :cut {dispatches}
    GROUP BY d.recipient_id) b ON b.recipient_id = r.id
WHERE r.id <= :cut AND {which}
ORDER BY r.id
"""
_OF_NOTICE = _STANDINGS.format(
    which="r.notice_id = :notice",
    ever_named=EVER_NAMED,
    dispatches="AND d.recipient_id IN (SELECT id FROM recipient WHERE notice_id = :notice)",
)
_OF_RECIPIENT = _STANDINGS.format(
    which="r.id = :recipient", ever_named=EVER_NAMED, dispatches="AND d.recipient_id = :recipient"
)


def standings(
    connection: sqlite3.Connection,
    notice: Notice,
    *,
    cut: int,
    zone: str,
    moved_to: Iterable[int] = (),
    counting: Sequence[str] = (),
    ended: bool = False,
    recipient_id: int | None = None,
) -> Iterator[Standing]:
    """What is recorded about each recipient of a notice up to the cut, in the order they were added.

    `moved_to` are the notices that take an obligation over, `counting` further versions whose
    acknowledgement counts here, `ended` says that the version is no longer the one to acknowledge for
    anybody.
    """
    values = {
        "notice": notice.id,
        "recipient": recipient_id,
        "cut": cut,
        "policy": notice.policy,
        "moved_to": json.dumps(list(moved_to)),
        "counting": json.dumps(list(counting)),
    }
    for row in connection.execute(_OF_NOTICE if recipient_id is None else _OF_RECIPIENT, values):
        yield _standing(row, zone, ended)


def _standing(row: sqlite3.Row, zone: str, ended: bool) -> Standing:
    sent_on = day_in(zone, moment(row["first_sent_at"])) if row["first_sent_at"] else None
    days = [day for day in (sent_on, day_or_none(row["letter_on"])) if day]
    last_bad = row["last_bad"] or 0
    back = last_bad > (row["last_good"] or 0) and (row["last_bad_id"] or 0) > (row["letter_id"] or 0)
    return Standing(
        id=row["id"],
        person_id=row["person_id"],
        name=row["name"] or "",
        email=row["email"] or "",
        category=row["category"],
        basis=Basis(row["basis"]),
        current_email=row["current_email"] or "",
        joined_on=day_or_none(row["joined_on"]),
        left_on=day_or_none(row["left_on"]),
        superseded=ended or bool(row["moved"]),
        excused=bool(row["excused"]),
        undeliverable=back,
        notified_on=min(days) if days else None,
        acknowledgement=_acknowledgement(row) if row["ack_id"] else None,
        reminders_sent=row["reminders"] or 0,
        last_sent_at=moment(row["last_sent_at"]) if row["last_sent_at"] else None,
    )


def _acknowledgement(row: sqlite3.Row) -> Acknowledgement:
    return Acknowledgement(
        id=row["ack_id"],
        at=moment(row["ack_at"]),
        digest=row["ack_digest"],
        version=row["ack_version"],
        method=row["method"],
        typed_name=row["typed_name"] or "",
        signed_on=day_or_none(row["signed_on"]),
        recorded_by=row["recorded_by"] or "",
    )


def _notice(row: sqlite3.Row) -> Notice:
    return _notice_of(*row)


@lru_cache(maxsize=1000)
def _notice_of(
    id: int, policy: str, version: str, title: str, digest: str | None, change: str, effective_on: str, issued_on: str,
    basis: str, round: str, audience: str, former_ids: str, *rule: int,
) -> Notice:  # fmt: skip
    """The notice of these columns, which are few and never change: each is put together once."""
    return Notice(
        id, policy, version, title, digest, Change(change), date.fromisoformat(effective_on), date.fromisoformat(issued_on),
        Basis(basis), round, tuple(json.loads(audience)), Rule(*rule), tuple(json.loads(former_ids)),
    )  # fmt: skip


def count_recipients(connection: sqlite3.Connection, notice_id: int) -> int:
    """How many people a notice was given to."""
    return connection.execute("SELECT COUNT(*) FROM recipient WHERE notice_id = ?", (notice_id,)).fetchone()[
        0
    ]


def last_answer(connection: sqlite3.Connection, recipient_id: int) -> tuple[str, str]:
    """(address, what the server said) of the last message to a recipient that was refused or came back."""
    row = connection.execute(
        "SELECT address, detail FROM dispatch WHERE recipient_id = ? AND outcome <> 'sent' ORDER BY id DESC LIMIT 1",
        (recipient_id,),
    ).fetchone()
    return (row["address"] or "", row["detail"] or "") if row else ("", "")


def issued_versions(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """(policy, version) of every notice given to a whole audience."""
    return {
        (row[0], row[1])
        for row in connection.execute("SELECT policy, version FROM notice WHERE basis <> 'joining'")
    }


def first_recorded_at(connection: sqlite3.Connection) -> str:
    """When the first line of the ledger was recorded; empty while there is none."""
    row = connection.execute("SELECT at FROM ledger WHERE n = 1").fetchone()
    return row["at"] if row else ""


def open_suggestions(connection: sqlite3.Connection, policies: Iterable[str]) -> int:
    """How many suggestions about the policy of those ids are not answered yet."""
    return connection.execute(
        "SELECT COUNT(*) FROM question q WHERE q.kind = 'suggestion' AND q.policy IN (SELECT value FROM json_each(?)) "
        "AND NOT EXISTS (SELECT 1 FROM question_answered a WHERE a.question_id = q.id)",
        (json.dumps(list(policies)),),
    ).fetchone()[0]


def issued_by(connection: sqlite3.Connection, notice_id: int) -> tuple[str, str]:
    """Who issued a notice, and the reason given where it was short."""
    row = connection.execute(
        "SELECT issued_by, short_reason FROM notice WHERE id = ?", (notice_id,)
    ).fetchone()
    return (row["issued_by"] or "", row["short_reason"] or "") if row else ("", "")
