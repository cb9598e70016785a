"""What one e-mail or letter is about: everything a person was given together."""

from __future__ import annotations

import sqlite3

_MAILING = """COALESCE((SELECT MAX(g.mailing_id) FROM notice_given g
    WHERE g.notice_id = {row}.notice_id AND g.id < {row}.id),
    (SELECT n.mailing_id FROM notice n WHERE n.id = {row}.notice_id), 0)"""
_TOGETHER = f"""
SELECT o.id FROM recipient r JOIN recipient o ON o.person_id = r.person_id AND o.added_on = r.added_on
WHERE r.id = ? AND (o.id = r.id OR o.import_id = r.import_id
    OR (o.import_id IS NULL AND r.import_id IS NULL AND (o.basis = 'joining') = (r.basis = 'joining')
        AND (r.basis = 'joining' OR {_MAILING.format(row="o")} = {_MAILING.format(row="r")})))
ORDER BY o.id
"""


def given_together(connection: sqlite3.Connection, recipient_id: int) -> list[int]:
    """The recipient numbers of all that one person was given together with that one, itself among them."""
    return [row[0] for row in connection.execute(_TOGETHER, (recipient_id,))]
