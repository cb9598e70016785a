"""What an evidence pack takes from the database: the chain, the lines that concern a notice, and what their
seals cover."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from ackservice.domain.notice import Notice
from ackservice.ledger import canonical
from ackservice.storage.facts import FACTS
from ackservice.storage.notices import EVER_NAMED

_RECIPIENTS = "SELECT id FROM recipient WHERE notice_id = :notice AND id <= :cut"
_PEOPLE = "SELECT person_id FROM recipient WHERE notice_id = :notice AND id <= :cut"
_OF_POLICY = f"policy IN ({EVER_NAMED})"
_NOTICES = f"SELECT id FROM notice WHERE {_OF_POLICY} AND id <= :cut"
_ACKNOWLEDGED = f"{_OF_POLICY} AND person_id IN ({_PEOPLE})"

# Which rows of each table bear on where the recipients of a notice stand. Other notices of the policy do:
# they take over.
CONCERNED = {
    "roster_entry": f"person_id IN ({_PEOPLE})",
    "notice": _OF_POLICY,
    "notice_closed": "notice_id = :notice",
    "recipient": f"person_id IN ({_PEOPLE}) AND notice_id IN ({_NOTICES})",
    "dispatch": f"recipient_id IN ({_RECIPIENTS})",
    "letter_given": f"recipient_id IN ({_RECIPIENTS})",
    "acknowledgement": _ACKNOWLEDGED,
    "acknowledgement_withdrawn": f"acknowledgement_id IN (SELECT id FROM acknowledgement WHERE {_ACKNOWLEDGED})",
    "excused": f"recipient_id IN ({_RECIPIENTS})",
    "excuse_withdrawn": f"recipient_id IN ({_RECIPIENTS})",
    "link_renewed": f"recipient_id IN ({_RECIPIENTS})",
    "question": f"recipient_id IN ({_RECIPIENTS})",
    "question_answered": f"question_id IN (SELECT id FROM question WHERE recipient_id IN ({_RECIPIENTS}))",
    "desk_act": "notice_id = :notice",
    "person_erased": f"person_id IN ({_PEOPLE})",
}

# Whose seals are opened: what the other files of a pack state. Not former names and addresses, not what
# anybody asked.
OPENED = {
    **CONCERNED,
    "notice": "id = :notice",
    "recipient": "notice_id = :notice",
}
for _kept_shut in (
    "roster_entry",
    "question",
    "question_answered",
    "link_renewed",
    "desk_act",
    "person_erased",
):
    del OPENED[_kept_shut]

_TABLES = {fact.table: fact for fact in FACTS.values()}


def chain(connection: sqlite3.Connection, cut: int) -> Iterator[tuple[int, str, str]]:
    """(number, hash, line) of every line up to the cut."""
    for row in connection.execute("SELECT n, hash, line FROM ledger WHERE n <= ? ORDER BY n", (cut,)):
        yield tuple(row)


def concerned(connection: sqlite3.Connection, notice: Notice, cut: int) -> Iterator[tuple[int, str, str]]:
    """(number, hash, line) of the lines up to the cut that concern a notice."""
    ids = " UNION ".join(
        f"SELECT id FROM {table} WHERE {condition}" for table, condition in CONCERNED.items()
    )
    rows = connection.execute(
        f"SELECT n, hash, line FROM ledger WHERE n <= :cut AND n IN ({ids}) ORDER BY n", _values(notice, cut)
    )
    for row in rows:
        yield tuple(row)


def opened(connection: sqlite3.Connection, notice: Notice, cut: int) -> list[tuple[int, str, str]]:
    """(number, salt, canonical JSON of the personal values) of the lines whose seals a pack opens; erased
    ones left out."""
    found = []
    for table, condition in OPENED.items():
        personal = _TABLES[table].personal
        rows = connection.execute(
            f"SELECT id, salt, {', '.join(personal)} FROM {table} WHERE id <= :cut AND salt IS NOT NULL AND ({condition})",
            _values(notice, cut),
        )
        found += [(row["id"], row["salt"], canonical({name: row[name] for name in personal})) for row in rows]
    return sorted(found)


def outcomes(connection: sqlite3.Connection, notice: Notice, cut: int) -> Iterator[sqlite3.Row]:
    """Every message sent, refused or returned, and every letter handed over, up to the cut, in the order
    recorded."""
    return connection.execute(
        """
        SELECT d.id, d.at, d.kind, d.outcome, d.address, d.detail, d.message_id, '' AS given_on, r.person_id, r.name
        FROM dispatch d JOIN recipient r ON r.id = d.recipient_id WHERE r.notice_id = :notice AND d.id <= :cut
        UNION ALL
        SELECT g.id, g.at, 'letter', 'handed over', '', 'recorded by ' || g.recorded_by, '', g.given_on, r.person_id, r.name
        FROM letter_given g JOIN recipient r ON r.id = g.recipient_id WHERE r.notice_id = :notice AND g.id <= :cut
        ORDER BY 1
        """,
        _values(notice, cut),
    )


def issued_by(connection: sqlite3.Connection, notice_id: int) -> tuple[str, str]:
    """(who issued a notice, the reason given for short notice); empty once erased, or where there is none."""
    row = connection.execute(
        "SELECT issued_by, short_reason FROM notice WHERE id = ?", (notice_id,)
    ).fetchone()
    return row["issued_by"] or "", row["short_reason"] or ""


def _values(notice: Notice, cut: int) -> dict[str, object]:
    return {"notice": notice.id, "policy": notice.policy, "cut": cut}
