"""The numbered migrations of the database. One that has been released is never edited; a change is a new
one."""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

migrations = Migrations("ackservice")

_LEDGER = """
CREATE TABLE ledger (
    n INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    line TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX ledger_at ON ledger (at);
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TABLE document (
    digest TEXT PRIMARY KEY,
    content TEXT NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER document_no_update BEFORE UPDATE ON document BEGIN SELECT RAISE(ABORT, 'documents are append-only'); END;
CREATE TRIGGER document_no_delete BEFORE DELETE ON document BEGIN SELECT RAISE(ABORT, 'documents are append-only'); END;
"""

# Table: plain columns, personal columns (which are text and can be erased).
_FACT_TABLES = {
    "roster_entry": (
        """person_id TEXT NOT NULL, category TEXT NOT NULL, joined_on TEXT, left_on TEXT,
        site TEXT NOT NULL DEFAULT '', line_manager_id TEXT NOT NULL DEFAULT ''""",
        ("name", "email"),
    ),
    "notice": (
        """policy TEXT NOT NULL, version TEXT NOT NULL, title TEXT NOT NULL, digest TEXT REFERENCES document(digest),
        entry_digest TEXT NOT NULL REFERENCES document(digest), previous_version TEXT,
        previous_digest TEXT REFERENCES document(digest), change TEXT NOT NULL, effective_on TEXT NOT NULL,
        issued_on TEXT NOT NULL, basis TEXT NOT NULL, round TEXT NOT NULL DEFAULT '', audience TEXT NOT NULL,
        period_months INTEGER NOT NULL, deemed_days INTEGER NOT NULL, joiner_days INTEGER NOT NULL""",
        ("issued_by", "short_reason"),
    ),
    "notice_closed": ("notice_id INTEGER NOT NULL REFERENCES notice(id)", ("reason", "closed_by")),
    "recipient": (
        """notice_id INTEGER NOT NULL REFERENCES notice(id), person_id TEXT NOT NULL, category TEXT NOT NULL,
        basis TEXT NOT NULL, joined_on TEXT""",
        ("name", "email"),
    ),
    "dispatch": (
        """delivery_id INTEGER NOT NULL, recipient_id INTEGER NOT NULL REFERENCES recipient(id), kind TEXT NOT NULL,
        outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'refused', 'bounced')), message_id TEXT NOT NULL""",
        ("address", "detail"),
    ),
    "letter_given": (
        "recipient_id INTEGER NOT NULL REFERENCES recipient(id), given_on TEXT NOT NULL",
        ("recorded_by",),
    ),
    "acknowledgement": (
        """recipient_id INTEGER NOT NULL REFERENCES recipient(id), person_id TEXT NOT NULL, policy TEXT NOT NULL,
        version TEXT NOT NULL, digest TEXT NOT NULL REFERENCES document(digest),
        method TEXT NOT NULL CHECK (method IN ('link', 'paper')), signed_on TEXT""",
        ("typed_name", "recorded_by"),
    ),
    "acknowledgement_withdrawn": (
        """acknowledgement_id INTEGER NOT NULL UNIQUE REFERENCES acknowledgement(id),
        recipient_id INTEGER NOT NULL REFERENCES recipient(id)""",
        ("reason", "withdrawn_by"),
    ),
    "excused": ("recipient_id INTEGER NOT NULL REFERENCES recipient(id)", ("reason", "excused_by")),
    "excuse_withdrawn": (
        """excused_id INTEGER NOT NULL UNIQUE REFERENCES excused(id),
        recipient_id INTEGER NOT NULL REFERENCES recipient(id)""",
        ("reason", "withdrawn_by"),
    ),
    "link_renewed": ("recipient_id INTEGER NOT NULL REFERENCES recipient(id)", ("renewed_by",)),
    "question": (
        """recipient_id INTEGER REFERENCES recipient(id), person_id TEXT, policy TEXT NOT NULL, version TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('question', 'suggestion')), to_role TEXT NOT NULL""",
        ("text", "reply_to"),
    ),
    "question_answered": ("question_id INTEGER NOT NULL REFERENCES question(id)", ("note", "answered_by")),
    "desk_act": (
        "act TEXT NOT NULL, notice_id INTEGER REFERENCES notice(id), person_id TEXT",
        ("detail", "done_by"),
    ),
    "person_erased": ("person_id TEXT NOT NULL", ("erased_by",)),
}

_INDEXES = """
CREATE INDEX roster_entry_person ON roster_entry (person_id, id);
CREATE INDEX notice_policy ON notice (policy, version);
CREATE UNIQUE INDEX recipient_notice_person ON recipient (notice_id, person_id);
CREATE INDEX recipient_person ON recipient (person_id);
CREATE INDEX notice_closed_notice ON notice_closed (notice_id);
CREATE INDEX dispatch_recipient ON dispatch (recipient_id, id);
CREATE INDEX dispatch_delivery ON dispatch (delivery_id);
CREATE INDEX letter_given_recipient ON letter_given (recipient_id);
CREATE INDEX acknowledgement_recipient ON acknowledgement (recipient_id);
CREATE INDEX acknowledgement_person ON acknowledgement (person_id, policy);
CREATE INDEX acknowledgement_withdrawn_recipient ON acknowledgement_withdrawn (recipient_id);
CREATE INDEX excused_recipient ON excused (recipient_id);
CREATE INDEX excuse_withdrawn_recipient ON excuse_withdrawn (recipient_id);
CREATE INDEX link_renewed_recipient ON link_renewed (recipient_id);
CREATE INDEX question_recipient ON question (recipient_id);
CREATE INDEX question_answered_question ON question_answered (question_id);
"""

_QUEUE = """
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    person_id TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL DEFAULT '',
    payload TEXT NOT NULL DEFAULT '{}',
    message_id TEXT NOT NULL UNIQUE,
    occasion TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('queued', 'claimed', 'sent', 'failed', 'dropped', 'bounced')),
    created_at TEXT NOT NULL,
    not_before TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    claimed_at TEXT,
    ended_at TEXT,
    sent_at TEXT,
    last_error TEXT NOT NULL DEFAULT '',
    sent_text BLOB
);
CREATE INDEX delivery_due ON delivery (not_before, id) WHERE state = 'queued';
CREATE INDEX delivery_claimed ON delivery (id) WHERE state = 'claimed';
CREATE INDEX delivery_failed ON delivery (id) WHERE state = 'failed';
CREATE INDEX delivery_sent ON delivery (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX delivery_person ON delivery (person_id) WHERE person_id <> '';
CREATE UNIQUE INDEX delivery_occasion ON delivery (kind, person_id, address, occasion) WHERE occasion <> '';
CREATE TABLE delivery_item (
    delivery_id INTEGER NOT NULL REFERENCES delivery(id),
    recipient_id INTEGER NOT NULL REFERENCES recipient(id),
    PRIMARY KEY (delivery_id, recipient_id)
) WITHOUT ROWID;
CREATE INDEX delivery_item_recipient ON delivery_item (recipient_id);
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
"""


def _create_fact_table(db: Database, table: str, plain: str, personal: tuple[str, ...]) -> None:
    """A table whose rows are never deleted, and never change but by erasing all of their personal values."""
    personal = (*personal, "salt")
    erasable = "".join(f", {name} TEXT" for name in personal)
    db.conn.execute(
        f"CREATE TABLE {table} (id INTEGER PRIMARY KEY REFERENCES ledger(n), at TEXT NOT NULL, {plain}{erasable})"
    )
    kept = [column.name for column in db[table].columns if column.name not in personal]
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in kept)
    erased = " AND ".join(f"NEW.{name} IS NULL" for name in personal)
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    db.conn.execute(
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN NOT ({same} AND {erased}) {refuse}"
    )
    db.conn.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")


def _run(db: Database, script: str) -> None:
    """Run a script inside the migration's own transaction (sqlite3's executescript would commit it)."""
    statement = ""
    for text in script.splitlines(keepends=True):
        statement += text
        if statement.strip() and sqlite3.complete_statement(statement):
            db.conn.execute(statement)
            statement = ""


@migrations()
def m001_evidence_and_queue(db: Database) -> None:
    """The ledger, the fact tables, the delivery queue."""
    _run(db, _LEDGER)
    for table, (plain, personal) in _FACT_TABLES.items():
        _create_fact_table(db, table, plain, personal)
    _run(db, _INDEXES)
    _run(db, _QUEUE)


_PLANS = """
CREATE TABLE reminder_plan (
    recipient_id INTEGER PRIMARY KEY REFERENCES recipient(id),
    next_on TEXT NOT NULL,
    looked_on TEXT
);
CREATE INDEX reminder_plan_next ON reminder_plan (next_on, recipient_id);
CREATE TABLE to_follow (
    person_id TEXT PRIMARY KEY,
    from_on TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX to_follow_from ON to_follow (from_on, person_id);
CREATE INDEX dispatch_bounced ON dispatch (delivery_id) WHERE outcome = 'bounced';
"""

# Facts after which somebody's next reminder has to be worked out anew, and those after which there is none.
_LOOK_AGAIN = (
    ("dispatch", " WHEN NEW.kind IN ('notice', 'reminder')"),
    ("letter_given", ""),
    ("excuse_withdrawn", ""),
    ("acknowledgement_withdrawn", ""),
)
_SETTLED = ("acknowledgement", "excused")


@migrations()
def m002_plans(db: Database) -> None:
    """Whom to look at next: the plan of reminders, kept by triggers beside the facts, and people who join on
    a day to come."""
    _run(db, _PLANS)
    for table, condition in _LOOK_AGAIN:
        db.conn.execute(
            f"CREATE TRIGGER {table}_look_again AFTER INSERT ON {table}{condition} BEGIN "
            "INSERT INTO reminder_plan (recipient_id, next_on) VALUES (NEW.recipient_id, '') "
            "ON CONFLICT (recipient_id) DO UPDATE SET next_on = ''; END"
        )
    for table in _SETTLED:
        db.conn.execute(
            f"CREATE TRIGGER {table}_settled AFTER INSERT ON {table} BEGIN "
            "DELETE FROM reminder_plan WHERE recipient_id = NEW.recipient_id; END"
        )
    db.conn.execute(
        "INSERT INTO reminder_plan (recipient_id, next_on) SELECT DISTINCT recipient_id, '' FROM dispatch "
        "WHERE kind IN ('notice', 'reminder') UNION SELECT recipient_id, '' FROM letter_given"
    )


_SIGNING_IN = """
CREATE TABLE sign_in_link (
    secret_hash TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    used_at TEXT
) WITHOUT ROWID;
CREATE TABLE desk_session (
    secret_hash TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    began_at TEXT NOT NULL,
    ends_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE sign_in_attempt (
    what TEXT PRIMARY KEY,
    times INTEGER NOT NULL
) WITHOUT ROWID;
"""


@migrations()
def m003_signing_in(db: Database) -> None:
    """Links to sign in at the desk, sessions, and counted attempts."""
    _run(db, _SIGNING_IN)


_STANDING = """
CREATE TABLE standing_due (
    recipient_id INTEGER PRIMARY KEY,
    since INTEGER NOT NULL
);
CREATE TABLE standing_now (
    recipient_id INTEGER PRIMARY KEY,
    notice_id INTEGER NOT NULL,
    person_id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    category TEXT NOT NULL,
    site TEXT NOT NULL,
    line_manager_id TEXT NOT NULL,
    lasting TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    left_on TEXT NOT NULL,
    notified_on TEXT NOT NULL,
    in_time TEXT NOT NULL,
    binds_from TEXT NOT NULL,
    due_on TEXT NOT NULL,
    acknowledged_at TEXT NOT NULL,
    acknowledged_on TEXT NOT NULL,
    method TEXT NOT NULL,
    other_name TEXT NOT NULL,
    reminders_sent INTEGER NOT NULL,
    last_sent_at TEXT NOT NULL
);
CREATE INDEX standing_now_name ON standing_now (notice_id, name_key, recipient_id);
CREATE INDEX standing_now_open ON standing_now (notice_id, is_open, name_key, recipient_id);
CREATE INDEX standing_now_lasting ON standing_now (notice_id, lasting, name_key, recipient_id);
CREATE INDEX standing_now_acknowledged ON standing_now (notice_id, acknowledged_at, recipient_id);
CREATE INDEX standing_now_due ON standing_now (notice_id, is_open, due_on, recipient_id);
CREATE INDEX standing_now_team ON standing_now (notice_id, line_manager_id);
CREATE INDEX standing_now_person ON standing_now (person_id);
CREATE TABLE standing_count (
    notice_id INTEGER NOT NULL,
    lasting TEXT NOT NULL,
    category TEXT NOT NULL,
    left_on TEXT NOT NULL,
    due_on TEXT NOT NULL,
    in_time TEXT NOT NULL,
    people INTEGER NOT NULL,
    PRIMARY KEY (notice_id, lasting, category, left_on, due_on, in_time)
) WITHOUT ROWID;
CREATE TABLE standing_day (
    notice_id INTEGER NOT NULL,
    on_day TEXT NOT NULL,
    people INTEGER NOT NULL,
    PRIMARY KEY (notice_id, on_day)
) WITHOUT ROWID;
"""

# What a count is kept by. Days that no longer matter for somebody settled are left out, so that the counts
# stay few.
_COUNTED = """{row}.notice_id, {row}.lasting, {row}.category, CASE {row}.is_open WHEN 1 THEN {row}.left_on ELSE '' END,
    CASE {row}.is_open WHEN 1 THEN {row}.due_on ELSE '' END, {row}.in_time"""
_COUNT = """
CREATE TRIGGER standing_now_{event} AFTER {statement} ON standing_now BEGIN
    INSERT INTO standing_count (notice_id, lasting, category, left_on, due_on, in_time, people) VALUES ({key}, {by})
        ON CONFLICT DO UPDATE SET people = people + {by};
    INSERT INTO standing_day (notice_id, on_day, people) SELECT {row}.notice_id, {row}.acknowledged_on, {by}
        WHERE {row}.acknowledged_on <> '' ON CONFLICT DO UPDATE SET people = people + {by};
END;
"""
_MARK = "INSERT INTO standing_due (recipient_id, since) {whom} ON CONFLICT (recipient_id) DO UPDATE SET since = excluded.since"
_THAT_ONE = _MARK.format(whom="VALUES (NEW.recipient_id, NEW.id)")
_SAME_POLICY = _MARK.format(
    whom="SELECT r.id, NEW.id FROM recipient r JOIN notice n ON n.id = r.notice_id WHERE r.person_id = {person} AND n.policy = "
    "(SELECT policy FROM notice WHERE id = {notice}) "
    "AND (r.id = {own} OR NOT EXISTS (SELECT 1 FROM standing_now s WHERE s.recipient_id = r.id AND {settled}))"
)
# Somebody erased is erased here in the same transaction, and not only when the row is next computed.
_FORGET_NAME = (
    "; UPDATE standing_now SET name = '', name_key = '', other_name = '' WHERE recipient_id = NEW.id"
)
_OWN_NOTICE = "(SELECT notice_id FROM recipient WHERE id = NEW.recipient_id)"
_OWN_PERSON = "(SELECT person_id FROM recipient WHERE id = NEW.recipient_id)"
_ALL_OF_PERSON = _MARK.format(
    whom="SELECT id, (SELECT MAX(n) FROM ledger) FROM recipient WHERE person_id = NEW.person_id"
)
_MARKS = (
    ("dispatch", "INSERT", _THAT_ONE),
    ("letter_given", "INSERT", _THAT_ONE),
    ("excused", "INSERT", _THAT_ONE),
    ("excuse_withdrawn", "INSERT", _THAT_ONE),
    (
        "recipient",
        "INSERT",
        _SAME_POLICY.format(
            person="NEW.person_id",
            notice="NEW.notice_id",
            own="NEW.id",
            settled="s.lasting IN ('acknowledged', 'excused', 'superseded')",
        ),
    ),
    (
        "acknowledgement",
        "INSERT",
        _SAME_POLICY.format(
            person="NEW.person_id",
            notice=_OWN_NOTICE,
            own="NEW.recipient_id",
            settled="s.lasting = 'acknowledged'",
        ),
    ),
    (
        "acknowledgement_withdrawn",
        "INSERT",
        _SAME_POLICY.format(person=_OWN_PERSON, notice=_OWN_NOTICE, own="NEW.recipient_id", settled="0"),
    ),
    ("recipient", "UPDATE", _MARK.format(whom="VALUES (NEW.id, (SELECT MAX(n) FROM ledger))") + _FORGET_NAME),
    ("roster_entry", "INSERT", _ALL_OF_PERSON),
    ("roster_entry", "UPDATE", _ALL_OF_PERSON),
    (
        "acknowledgement",
        "UPDATE",
        _MARK.format(whom="VALUES (NEW.recipient_id, (SELECT MAX(n) FROM ledger))"),
    ),
)


@migrations()
def m004_standing_now(db: Database) -> None:
    """Where each recipient stands, computed beforehand for the desk. Triggers mark whom a new fact concerns
    for another look."""
    _run(db, _STANDING)
    for event, statement, row, by in (
        ("counted", "INSERT", "NEW", "1"),
        ("discounted", "DELETE", "OLD", "-1"),
    ):
        db.conn.execute(
            _COUNT.format(
                event=event, statement=statement, row=row, by=by, key=_COUNTED.format(row=row)
            ).strip()
        )
    for table, statement, mark in _MARKS:
        event = "added" if statement == "INSERT" else "changed"
        db.conn.execute(
            f"CREATE TRIGGER {table}_{event}_standing AFTER {statement} ON {table} BEGIN {mark}; END"
        )
    db.conn.execute("INSERT INTO standing_due (recipient_id, since) SELECT id, id FROM recipient")


# Former ids as the change entries kept with notices name them: the entries are the evidence, this is where
# they are looked up.
_FORMER_IDS = """
CREATE TABLE former_id (
    policy TEXT NOT NULL,
    former TEXT NOT NULL,
    notice_id INTEGER NOT NULL REFERENCES notice(id),
    PRIMARY KEY (policy, former, notice_id)
) WITHOUT ROWID;
CREATE INDEX former_id_former ON former_id (former, policy);
CREATE INDEX former_id_notice ON former_id (notice_id, former);
CREATE TRIGGER notice_added_former_ids AFTER INSERT ON notice BEGIN
    INSERT INTO former_id (policy, former, notice_id)
    SELECT NEW.policy, f.value, NEW.id
    FROM document d, json_each(CASE WHEN json_valid(d.content) THEN d.content ELSE '{}' END, '$.former_ids') f
    WHERE d.digest = NEW.entry_digest;
END;
CREATE TRIGGER former_id_no_update BEFORE UPDATE ON former_id BEGIN SELECT RAISE(ABORT, 'former_id is append-only'); END;
CREATE TRIGGER former_id_no_delete BEFORE DELETE ON former_id BEGIN SELECT RAISE(ABORT, 'former_id is append-only'); END;
"""
_NAMED_NOW = "n.policy = (SELECT policy FROM notice WHERE id = {notice})"
_EVER_NAMED = """n.policy IN (SELECT policy FROM notice WHERE id = {notice}
    UNION SELECT f.former FROM former_id f WHERE f.policy = (SELECT policy FROM notice WHERE id = {notice})
    UNION SELECT f.policy FROM former_id f WHERE f.former = (SELECT policy FROM notice WHERE id = {notice}))"""
_NOTICE_OF_MARK = {
    "recipient": "NEW.notice_id",
    "acknowledgement": _OWN_NOTICE,
    "acknowledgement_withdrawn": _OWN_NOTICE,
}


@migrations()
def m005_former_ids(db: Database) -> None:
    """Ids a policy was recorded under before it was renamed; a fact marks for another look what stands under
    any of them."""
    _run(db, _FORMER_IDS)
    for table, statement, mark in _MARKS:
        named_now = _NAMED_NOW.format(notice=_NOTICE_OF_MARK.get(table))
        if statement == "INSERT" and named_now in mark:
            wider = mark.replace(named_now, _EVER_NAMED.format(notice=_NOTICE_OF_MARK[table]))
            db.conn.execute(f"DROP TRIGGER {table}_added_standing")
            db.conn.execute(
                f"CREATE TRIGGER {table}_added_standing AFTER INSERT ON {table} BEGIN {wider}; END"
            )
