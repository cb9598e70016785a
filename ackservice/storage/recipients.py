"""Recipients of notices and everything recorded about each: rows in, `Facts` of the domain out."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from ackservice.clock import day_in
from ackservice.domain.audience import Entry
from ackservice.domain.history import Book
from ackservice.domain.notice import Basis
from ackservice.domain.roster import Person
from ackservice.domain.status import NOTHING_SENT, Acknowledgement, Excuse, Facts, Recipient, Sent
from ackservice.storage import roster
from ackservice.storage.roster import categories_of, day_or_none, iso
from ackservice.storage.store import Transaction, moment


@dataclass(frozen=True)
class Which:
    """Which recipients are read: those of one notice, of some people, or some by their numbers."""

    notice_id: int | None = None
    person_ids: tuple[str, ...] | None = None
    ids: tuple[int, ...] | None = None

    @property
    def sql(self) -> str:
        if self.notice_id is not None:
            return "r.notice_id = :notice"
        if self.ids is not None:
            return "r.id IN (SELECT value FROM json_each(:ids))"
        return "r.person_id IN (SELECT value FROM json_each(:people))"

    @property
    def values(self) -> dict[str, object]:
        return {
            "notice": self.notice_id,
            "ids": json.dumps(self.ids or ()),
            "people": json.dumps(self.person_ids or ()),
        }


@dataclass(frozen=True)
class Changed:
    """What ledger lines concern: people in all their notices, single recipients, whole notices, or
    everything."""

    people: set[str]
    recipients: set[int]
    notices: set[int]
    everything: bool


_OF_NO_STATUS = ("message.sent", "person.key", "desk.act")
_HOLDS = (
    "r.id <= :cut AND (r.import_id IS NULL OR r.import_id NOT IN "
    "(SELECT import_id FROM roster_undone WHERE id <= :cut))"
)
_SENT = """
WITH one AS MATERIALIZED (
    SELECT d.id, d.at, d.recipient_id, d.kind, d.outcome, d.delivery_id,
        d.outcome = 'sent' AND NOT EXISTS (SELECT 1 FROM dispatch z
        WHERE z.delivery_id = d.delivery_id AND z.outcome = 'bounced' AND z.id <= :cut) AS is_good
    FROM dispatch d JOIN recipient r ON r.id = d.recipient_id
    WHERE {which} AND d.id <= :cut AND d.kind IN ('notice', 'reminder')
)
SELECT recipient_id,
    MIN(CASE WHEN is_good THEN at END) AS first_at,
    MAX(CASE WHEN is_good THEN at END) AS last_at,
    SUM(is_good AND kind = 'reminder') AS reminders,
    MAX(CASE WHEN is_good THEN delivery_id END) AS last_good,
    MAX(CASE WHEN outcome IN ('refused', 'bounced') THEN delivery_id END) AS last_bad,
    MAX(CASE WHEN outcome IN ('refused', 'bounced') THEN id END) AS last_bad_line
FROM one GROUP BY recipient_id
"""
# A message that came back, on which no manager has ruled, and after which nothing good is known.
_RETURNED = """
SELECT DISTINCT d.recipient_id FROM dispatch d JOIN recipient r ON r.id = d.recipient_id
WHERE {which} AND d.outcome = 'returned' AND d.id <= :cut
  AND NOT EXISTS (SELECT 1 FROM return_settled s WHERE s.delivery_id = d.delivery_id AND s.id <= :cut)
  AND NOT EXISTS (SELECT 1 FROM dispatch g WHERE g.recipient_id = d.recipient_id AND g.outcome = 'sent'
                  AND g.kind IN ('notice', 'reminder') AND g.delivery_id > d.delivery_id AND g.id <= :cut)
"""
_ACKNOWLEDGED = """
SELECT a.*, a.name_matches OR EXISTS (SELECT 1 FROM acknowledgement_confirmed c
       WHERE c.acknowledgement_id = a.id AND c.id <= :cut) AS confirmed
FROM acknowledgement a
WHERE {whose} AND a.id <= :cut
  AND NOT EXISTS (SELECT 1 FROM acknowledgement_withdrawn w
                  WHERE w.acknowledgement_id = a.id AND w.id <= :cut)
ORDER BY a.id
"""


def add(
    tx: Transaction,
    notice_id: int,
    person: Person,
    basis: Basis,
    added_on: date,
    came_on: date | None,
    *,
    import_id: int | None = None,
    reason: str | None = None,
    added_by: str | None = None,
) -> int:
    """Make somebody a recipient, as the roster has them now, under a fresh random key. Returns their
    number."""
    return tx.record(
        "recipient.added",
        key=new_key(),
        notice_id=notice_id,
        person_id=person.person_id,
        name=person.name,
        email=person.email,
        categories=json.dumps(person.categories, ensure_ascii=False),
        basis=str(basis),
        added_on=added_on.isoformat(),
        came_on=iso(came_on),
        import_id=import_id,
        reason=reason,
        added_by=added_by,
    )


def new_key() -> str:
    """A fresh random key of 64 bits, hexadecimal."""
    return secrets.token_hex(8)


def facts(connection: sqlite3.Connection, book: Book, which: Which, cut: int, zone: str) -> Iterator[Facts]:
    """Everything recorded up to the cut about the recipients asked for, in the order they were added."""
    values = {**which.values, "cut": cut}
    rows = connection.execute(
        f"SELECT * FROM recipient r WHERE {which.sql} AND {_HOLDS} ORDER BY r.id", values
    ).fetchall()
    people = {row["person_id"] for row in rows}
    entries = _entries(connection, cut, zone, people)
    sent = _sent(connection, which, values, zone)
    letters = _letters(connection, which, values)
    acknowledged = _acknowledged(connection, book, which, values, zone)
    excuses = _excuses(connection, which, values)
    asked = _asked(connection, which, values)
    joined = _joined(connection, book, which, values)
    for row in rows:
        notice = book.notice(row["notice_id"])
        theirs = acknowledged.get(row["person_id"], ())
        yield Facts(
            recipient=_recipient(row),
            entries=entries.get(row["person_id"], ()),
            sent=sent.get(row["id"], NOTHING_SENT),
            letters=letters.get(row["id"], ()),
            acknowledgements=[a for a in theirs if _is_of_policy(book, notice, a)] if theirs else (),
            excuse=excuses.get(row["id"]),
            joined=joined.get(row["person_id"], ()),
            has_question=row["id"] in asked,
        )


def by_key(connection: sqlite3.Connection, key: str) -> sqlite3.Row | None:
    """The recipient a link's key is of."""
    return connection.execute("SELECT * FROM recipient WHERE key = ?", (key,)).fetchone()


def person_keys(connection: sqlite3.Connection, person_id: str) -> list[str]:
    """The keys of a person's links, the one that holds first, then those it replaced."""
    rows = connection.execute("SELECT key FROM person_key WHERE person_id = ? ORDER BY id DESC", (person_id,))
    return [row[0] for row in rows]


def renew_person_key(tx: Transaction, person_id: str, *, reason: str = "", by: str = "") -> str:
    """Give a person a new key, which ends all of their links at once; returns it."""
    key = new_key()
    tx.record("person.key", person_id=person_id, key=key, reason=reason or None, made_by=by or None)
    return key


def changed_since(connection: sqlite3.Connection, line: int, kinds: Collection[str] = ()) -> Changed:
    """What lines after that one concern: all of them, or those of some kinds."""
    people: set[str] = set()
    recipients: set[int] = set()
    notices: set[int] = set()
    everything = False
    for row in connection.execute("SELECT n, kind, line FROM ledger WHERE n > ?", (line,)):
        kind = row["kind"]
        if kinds and kind not in kinds:
            continue
        fact = json.loads(row["line"])["fact"]
        everything = everything or kind == "roster.undone"
        if kind.startswith("notice."):
            notices.add(fact.get("notice_id", row["n"]))
        elif kind == "recipient.added" and fact["basis"] != Basis.JOINING:
            recipients.add(row["n"])
        elif fact.get("person_id") and kind not in _OF_NO_STATUS:
            people.add(fact["person_id"])
        elif fact.get("recipient_id"):
            recipients.add(fact["recipient_id"])
            if kind.startswith("acknowledgement."):
                people.update(people_of(connection, [fact["recipient_id"]]))
        elif kind == "return.settled":
            recipients.update(_of_delivery(connection, fact["delivery_id"]))
        elif fact.get("question_id"):
            recipients.update(_of_question(connection, fact["question_id"]))
    return Changed(people, recipients, notices, everything)


def by_notice(connection: sqlite3.Connection, recipient_ids: Iterable[int]) -> dict[int, list[int]]:
    """These recipients by the notice they are of."""
    rows = connection.execute(
        "SELECT notice_id, id FROM recipient WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps(list(recipient_ids)),),
    )
    ids: dict[int, list[int]] = {}
    for notice_id, number in rows:
        ids.setdefault(notice_id, []).append(number)
    return ids


def count_of(connection: sqlite3.Connection, notice_ids: Iterable[int]) -> int:
    """How many recipients these notices have."""
    row = connection.execute(
        "SELECT COUNT(*) FROM recipient WHERE notice_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(notice_ids)),),
    ).fetchone()
    count: int = row[0]
    return count


def people_of(connection: sqlite3.Connection, recipient_ids: Iterable[int]) -> set[str]:
    """The people of these recipients."""
    rows = connection.execute(
        "SELECT DISTINCT person_id FROM recipient WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(recipient_ids)),),
    )
    return {row[0] for row in rows}


def last_answer(connection: sqlite3.Connection, recipient_id: int) -> tuple[str, str]:
    """(address, what the server said) of the last message to a recipient that was refused or came back."""
    row = connection.execute(
        "SELECT address, detail FROM dispatch WHERE recipient_id = ? AND outcome <> 'sent' ORDER BY id DESC "
        "LIMIT 1",
        (recipient_id,),
    ).fetchone()
    return (row["address"] or "", row["detail"] or "") if row else ("", "")


def standing_letters(connection: sqlite3.Connection, recipient_id: int) -> list[tuple[int, date]]:
    """(number, day) of each letter recorded as handed over and not taken back."""
    rows = connection.execute(
        "SELECT id, given_on FROM letter_given g WHERE recipient_id = ? "
        "AND NOT EXISTS (SELECT 1 FROM letter_withdrawn w WHERE w.letter_id = g.id) ORDER BY id",
        (recipient_id,),
    )
    return [(row["id"], date.fromisoformat(row["given_on"])) for row in rows]


def _entries(connection: sqlite3.Connection, cut: int, zone: str, people: set[str]) -> dict[str, list[Entry]]:
    if not people:
        return {}
    return roster.histories(connection, cut, zone, people)


def _sent(
    connection: sqlite3.Connection, which: Which, values: dict[str, object], zone: str
) -> dict[int, Sent]:
    returned = {row[0] for row in connection.execute(_RETURNED.format(which=which.sql), values)}
    rows = connection.execute(_SENT.format(which=which.sql), values)
    return {
        row["recipient_id"]: Sent(
            first_on=_day_of(row["first_at"], zone) if row["first_at"] else None,
            last_at=_moment(row["last_at"]) if row["last_at"] else None,
            reminders=row["reminders"] or 0,
            last_good=row["last_good"] or 0,
            last_bad=row["last_bad"] or 0,
            last_bad_line=row["last_bad_line"] or 0,
            returned=row["recipient_id"] in returned,
        )
        for row in rows
    }


def _letters(
    connection: sqlite3.Connection, which: Which, values: dict[str, object]
) -> dict[int, list[tuple[int, date]]]:
    sql = f"""
        SELECT g.id, g.recipient_id, g.given_on FROM letter_given g JOIN recipient r ON r.id = g.recipient_id
        WHERE {which.sql} AND g.id <= :cut
        AND NOT EXISTS (SELECT 1 FROM letter_withdrawn w WHERE w.letter_id = g.id AND w.id <= :cut)
        ORDER BY g.id
    """
    letters: dict[int, list[tuple[int, date]]] = {}
    for row in connection.execute(sql, values):
        letters.setdefault(row["recipient_id"], []).append((row["id"], date.fromisoformat(row["given_on"])))
    return letters


def _acknowledged(
    connection: sqlite3.Connection, book: Book, which: Which, values: dict[str, object], zone: str
) -> dict[str, list[Acknowledgement]]:
    """Acknowledgements by person; for a notice those of its policy, since others cannot count for it."""
    notice = book.notice(which.notice_id) if which.notice_id is not None else None
    if notice is None:
        whose = f"a.person_id IN (SELECT r.person_id FROM recipient r WHERE {which.sql})"
    else:
        whose = "a.notice_id IN (SELECT value FROM json_each(:of_policy))"
        values = {**values, "of_policy": json.dumps([n.id for n in book.of_policy([notice.policy])])}
    acts: dict[str, list[Acknowledgement]] = {}
    for row in connection.execute(_ACKNOWLEDGED.format(whose=whose), values):
        acts.setdefault(row["person_id"], []).append(
            Acknowledgement(
                id=row["id"],
                at=_moment(row["at"]),
                on=_day_of(row["at"], zone),
                notice_id=row["notice_id"],
                recipient_id=row["recipient_id"],
                digest=row["digest"],
                base_digest=row["base_digest"],
                method=row["method"],
                key=row["key"],
                typed_name=row["typed_name"] or "",
                name_matches=bool(row["confirmed"]),
                signed_on=day_or_none(row["signed_on"]),
                recorded_by=row["recorded_by"] or "",
                version=row["version"],
            )
        )
    return acts


def _is_of_policy(book: Book, notice: object, acknowledgement: Acknowledgement) -> bool:
    under = book.notice(acknowledgement.notice_id)
    return under is not None and notice is not None and under.is_of_same_policy(notice)  # type: ignore[arg-type]


def _excuses(connection: sqlite3.Connection, which: Which, values: dict[str, object]) -> dict[int, Excuse]:
    sql = f"""
        SELECT x.* FROM excused x JOIN recipient r ON r.id = x.recipient_id WHERE {which.sql} AND x.id <= :cut
        AND NOT EXISTS (SELECT 1 FROM excuse_withdrawn w WHERE w.excused_id = x.id AND w.id <= :cut)
        ORDER BY x.id
    """
    return {
        row["recipient_id"]: Excuse(row["id"], row["reason"] or "", row["excused_by"] or "")
        for row in connection.execute(sql, values)
    }


def _asked(connection: sqlite3.Connection, which: Which, values: dict[str, object]) -> set[int]:
    sql = f"""
        SELECT DISTINCT q.recipient_id FROM question q JOIN recipient r ON r.id = q.recipient_id
        WHERE {which.sql} AND q.id <= :cut AND NOT EXISTS (
            SELECT 1 FROM question_answered a WHERE a.question_id = q.id AND a.id <= :cut AND NOT EXISTS
            (SELECT 1 FROM answer_withdrawn w WHERE w.answer_id = a.id AND w.id <= :cut))
    """
    return {row[0] for row in connection.execute(sql, values)}


def _joined(
    connection: sqlite3.Connection, book: Book, which: Which, values: dict[str, object]
) -> dict[str, list[tuple[int, date, int]]]:
    """By person, the notices that a joiner opened and they were added to before everybody was."""
    opened = {notice.id: book.given(notice) for notice in book.notices if notice.basis is Basis.JOINING}
    if not opened:
        return {}
    sql = f"""
        SELECT r.person_id, r.notice_id, r.added_on, r.id FROM recipient r WHERE {_HOLDS}
        AND r.notice_id IN (SELECT value FROM json_each(:opened))
        AND r.person_id IN (SELECT r.person_id FROM recipient r WHERE {which.sql})
    """
    joined: dict[str, list[tuple[int, date, int]]] = {}
    for row in connection.execute(sql, {**values, "opened": json.dumps(list(opened))}):
        given = opened[row["notice_id"]]
        if given is None or row["id"] < given.line:
            entry = (row["notice_id"], date.fromisoformat(row["added_on"]), row["id"])
            joined.setdefault(row["person_id"], []).append(entry)
    return joined


def _recipient(row: sqlite3.Row) -> Recipient:
    return Recipient(
        id=row["id"],
        key=row["key"],
        notice_id=row["notice_id"],
        person_id=row["person_id"],
        name=row["name"] or "",
        email=row["email"] or "",
        categories=categories_of(row["categories"]),
        basis=_basis(row["basis"]),
        added_on=day_or_none(row["added_on"]) or date.min,
        came_on=day_or_none(row["came_on"]),
        reason=row["reason"] or "",
    )


def _of_delivery(connection: sqlite3.Connection, delivery_id: int) -> list[int]:
    rows = connection.execute("SELECT recipient_id FROM delivery_item WHERE delivery_id = ?", (delivery_id,))
    return [row[0] for row in rows]


def _of_question(connection: sqlite3.Connection, question_id: int) -> list[int]:
    rows = connection.execute("SELECT recipient_id FROM question WHERE id = ?", (question_id,))
    return [row[0] for row in rows if row[0]]


_basis = lru_cache(maxsize=16)(Basis)
_moment = lru_cache(maxsize=20_000)(moment)


@lru_cache(maxsize=20_000)
def _day_of(at: str, zone: str) -> date:
    return day_in(zone, moment(at))


def others_since(connection: sqlite3.Connection, import_id: int) -> bool:
    """Whether people of a roster import were made recipients since by anything but it."""
    row = connection.execute(
        "SELECT 1 FROM recipient WHERE id > :import AND import_id IS NOT :import "
        "AND person_id IN (SELECT person_id FROM roster_entry WHERE import_id = :import) LIMIT 1",
        {"import": import_id},
    ).fetchone()
    return row is not None
