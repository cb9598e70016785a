"""What an evidence pack takes from the database: the chain, the lines that concern some notices, and what
their seals cover."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence

from ackservice.domain.notice import Notice
from ackservice.ledger import canonical
from ackservice.storage.facts import FACTS

_NOTICES = "SELECT value FROM json_each(:notices)"
_POLICY = "SELECT value FROM json_each(:policy)"  # every notice of the policy: they end each other
_RECIPIENTS = f"SELECT id FROM recipient WHERE notice_id IN ({_NOTICES}) AND id <= :cut"
_PEOPLE = f"SELECT person_id FROM recipient WHERE notice_id IN ({_NOTICES}) AND id <= :cut"
_DELIVERIES = f"SELECT delivery_id FROM dispatch WHERE recipient_id IN ({_RECIPIENTS})"
_OF_RECIPIENTS = f"recipient_id IN ({_RECIPIENTS})"
_OF_PEOPLE = f"person_id IN ({_PEOPLE})"
_ACKNOWLEDGED = f"notice_id IN ({_POLICY}) AND {_OF_PEOPLE}"
_OF_ACKNOWLEDGED = f"acknowledgement_id IN (SELECT id FROM acknowledgement WHERE {_ACKNOWLEDGED})"
_DIGESTS = f"SELECT n.digest FROM notice n WHERE n.id IN ({_NOTICES})"
_READ = f"{_ACKNOWLEDGED} AND (digest IN ({_DIGESTS}) OR base_digest IN ({_DIGESTS}))"
_OF_READ = f"acknowledgement_id IN (SELECT id FROM acknowledgement WHERE {_READ})"
_QUESTIONS = f"SELECT id FROM question WHERE {_OF_RECIPIENTS}"

_MAILINGS = f"id IN (SELECT mailing_id FROM notice WHERE id IN ({_NOTICES}))"
_ACTS = (f"notice_id IN ({_POLICY})", f"notice_id IN ({_NOTICES})")
_SETTLED = f"delivery_id IN ({_DELIVERIES})"

# The rows of each table that bear on the statuses of the recipients, and the condition of those whose seals
# are opened: what the other files of a pack state. Not former names and addresses, not what anybody asked.
CONCERNED = {
    "roster_import": ("id IN (SELECT import_id FROM roster_entry WHERE " + _OF_PEOPLE + ")", ""),
    "roster_undone": ("import_id IN (SELECT import_id FROM roster_entry WHERE " + _OF_PEOPLE + ")", ""),
    "roster_entry": (_OF_PEOPLE, ""),
    "mailing": (_MAILINGS, _MAILINGS),
    "notice": (f"id IN ({_POLICY})", f"id IN ({_NOTICES})"),
    "notice_given": _ACTS,
    "notice_recalled": _ACTS,
    "notice_postponed": _ACTS,
    "notice_closed": _ACTS,
    "recipient": (f"{_OF_PEOPLE} AND notice_id IN ({_POLICY})", f"notice_id IN ({_NOTICES})"),
    "dispatch": (_OF_RECIPIENTS, _OF_RECIPIENTS),
    "return_settled": (_SETTLED, _SETTLED),
    "message": (f"delivery_id IN ({_DELIVERIES}) AND {_OF_PEOPLE}", ""),
    "letter_given": (_OF_RECIPIENTS, _OF_RECIPIENTS),
    "letter_withdrawn": (_OF_RECIPIENTS, _OF_RECIPIENTS),
    "acknowledgement": (_ACKNOWLEDGED, _READ),
    "acknowledgement_confirmed": (_OF_ACKNOWLEDGED, _OF_READ),
    "acknowledgement_withdrawn": (_OF_ACKNOWLEDGED, _OF_READ),
    "excused": (_OF_RECIPIENTS, _OF_RECIPIENTS),
    "excuse_withdrawn": (_OF_RECIPIENTS, _OF_RECIPIENTS),
    "question": (_OF_RECIPIENTS, ""),
    "question_answered": (f"question_id IN ({_QUESTIONS})", ""),
    "answer_withdrawn": (f"question_id IN ({_QUESTIONS})", ""),
    "desk_act": (f"notice_id IN ({_NOTICES})", ""),
    "person_erased": (_OF_PEOPLE, ""),
}
_TABLES = {fact.table: fact for fact in FACTS.values()}
_OF = f"JOIN recipient r ON r.id = x.recipient_id WHERE r.notice_id IN ({_NOTICES}) AND x.id <= :cut"
_OUTCOMES = f"""
SELECT x.id, x.at, x.kind, x.outcome, x.address, x.detail, x.message_id, '' AS given_on, r.person_id, r.name
FROM dispatch x {_OF}
UNION ALL
SELECT x.id, x.at, 'letter', 'handed over', '', 'recorded by ' || x.recorded_by, '', x.given_on,
    r.person_id, r.name
FROM letter_given x {_OF}
UNION ALL
SELECT x.id, x.at, 'letter', 'taken back', '', 'line ' || x.letter_id || ', by ' || x.withdrawn_by || ': '
    || x.reason, '', '', r.person_id, r.name
FROM letter_withdrawn x {_OF}
ORDER BY 1
"""


class Concerned:
    """What concerns some notices of one policy, of which `of_policy` are all, up to a ledger line."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        notices: Sequence[Notice],
        of_policy: Sequence[Notice],
        cut: int,
    ):
        self._connection = connection
        self._values = {
            "notices": json.dumps([notice.id for notice in notices]),
            "policy": json.dumps([notice.id for notice in of_policy]),
            "cut": cut,
        }

    def chain(self) -> Iterator[tuple[int, str, str]]:
        """(number, hash, line) of every line."""
        for row in self._query("SELECT n, hash, line FROM ledger WHERE n <= :cut ORDER BY n"):
            yield tuple(row)

    def lines(self) -> Iterator[tuple[int, str, str]]:
        """(number, hash, line) of the lines that concern them."""
        ids = " UNION ".join(
            f"SELECT id FROM {table} WHERE {condition}" for table, (condition, _) in CONCERNED.items()
        )
        for row in self._query(
            f"SELECT n, hash, line FROM ledger WHERE n <= :cut AND n IN ({ids}) ORDER BY n"
        ):
            yield tuple(row)

    def opened(self) -> list[tuple[int, str, str]]:
        """(number, salt, canonical JSON of the personal values) of the lines whose seals a pack opens; erased
        ones left out."""
        opened = []
        for table, (_, condition) in CONCERNED.items():
            personal = _TABLES[table].personal
            if condition:
                rows = self._query(
                    f"SELECT id, salt, {', '.join(personal)} FROM {table} "
                    f"WHERE id <= :cut AND salt IS NOT NULL AND ({condition})"
                )
                opened += [
                    (row["id"], row["salt"], canonical({name: row[name] for name in personal}))
                    for row in rows
                ]
        return sorted(opened)

    def outcomes(self) -> Iterator[sqlite3.Row]:
        """Every message sent, refused or returned, and every letter handed over or taken back, in the order
        recorded."""
        return self._query(_OUTCOMES)

    def _query(self, sql: str) -> sqlite3.Cursor:
        return self._connection.execute(sql, self._values)
