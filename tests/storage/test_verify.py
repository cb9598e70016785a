"""Checking the ledger finds every change made behind its back, and says where."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from datetime import timedelta

import pytest

from ackservice import ledger
from ackservice.storage.facts import FACTS
from tests.storage.conftest import NOON
from tests.storage.every_fact import KINDS


def test_untouched_records_have_no_fault(check, numbers):
    report = check()
    assert report.faults == ()
    assert (report.lines, report.documents, report.erased) == (26, 2, 0)


def test_an_empty_ledger_is_whole(check):
    report = check(ledger.GENESIS)
    assert (report.lines, report.faults, report.head) == (0, (), "0" * 64)


@pytest.mark.parametrize("kind", KINDS)
def test_an_altered_plain_value_is_found(check, tamper, numbers, kind):
    fact = FACTS[kind]
    for column in fact.plain:
        tamper(
            "PRAGMA ignore_check_constraints = ON",
            "CREATE TABLE IF NOT EXISTS kept (value)",
            "DELETE FROM kept",
            f"INSERT INTO kept SELECT {column} FROM {fact.table}",
            f"UPDATE {fact.table} SET {column} = COALESCE({column}, '') || '7'",
        )
        assert check().faults[0] == f"line {numbers[kind]}: its row in {fact.table} was altered: {column}"
        tamper(
            "PRAGMA ignore_check_constraints = ON",
            f"UPDATE {fact.table} SET {column} = (SELECT value FROM kept)",
        )
    assert check().faults == ()


@pytest.mark.parametrize("kind", KINDS)
def test_an_altered_personal_value_is_found_through_its_commitment(check, tamper, numbers, kind):
    fact = FACTS[kind]
    for column in fact.personal:
        tamper(f"UPDATE {fact.table} SET {column} = COALESCE({column}, '') || '.'")
        expected = f"line {numbers[kind]}: its row in {fact.table} was altered: {' or '.join(fact.personal)}"
        assert check().faults == (expected,)


@pytest.mark.parametrize("kind", KINDS)
def test_an_altered_time_is_found(check, tamper, numbers, kind):
    tamper(f"UPDATE {FACTS[kind].table} SET at = '2021-07-20T00:00:00.000000Z'")
    assert check().faults == (f"line {numbers[kind]}: its row in {FACTS[kind].table} was altered: at",)


@pytest.mark.parametrize("kind", KINDS)
def test_a_deleted_row_is_found(check, tamper, numbers, kind):
    tamper("PRAGMA foreign_keys = OFF", f"DELETE FROM {FACTS[kind].table}")
    assert check().faults == (f"line {numbers[kind]}: its row in {FACTS[kind].table} is missing",)


@pytest.mark.parametrize("kind", KINDS)
def test_an_added_row_is_found(check, tamper, numbers, kind):
    table = FACTS[kind].table
    columns = ", ".join(FACTS[kind].columns[1:])
    once = {"key", "import_id", "letter_id", "acknowledgement_id", "excused_id", "answer_id"}
    values = ", ".join("98" if column in once else column for column in FACTS[kind].columns[1:])
    tamper(f"INSERT INTO {table} (id, {columns}) SELECT 99, {values} FROM {table}")
    assert check().faults == (f"row 99 of {table} has no ledger line",)


def test_a_row_moved_under_another_line_is_found(check, tamper, numbers):
    tamper("PRAGMA foreign_keys = OFF", f"UPDATE letter_given SET id = {numbers['person.key']} + 100")
    given = numbers["letter.given"]
    assert check().faults == (
        f"line {given}: its row in letter_given is missing",
        f"row {numbers['person.key'] + 100} of letter_given has no ledger line",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_erasing_keeps_the_chain_and_is_counted(store, check, numbers, kind):
    head = check().head
    values = ", ".join(f"{name} = NULL" for name in (*FACTS[kind].personal, "salt"))
    with store.write(NOON) as tx:
        tx.execute(f"UPDATE {FACTS[kind].table} SET {values}")
    report = check(head)
    assert (report.faults, report.erased, report.head) == ((), 1, head)


def test_a_name_put_back_after_erasing_is_found(store, check, tamper, numbers):
    with store.write(NOON) as tx:
        tx.execute("UPDATE roster_entry SET name = NULL, email = NULL, salt = NULL")
    tamper("UPDATE roster_entry SET name = 'Eve'")
    assert check().faults == (f"line {numbers['roster.entry']}: its row in roster_entry was altered: name",)


@pytest.mark.parametrize(
    ("statement", "faults"),
    [
        ("UPDATE ledger SET hash = '00' WHERE n = 3", ["line 3 does not fit", "line 4 does not fit"]),
        ("UPDATE ledger SET at = '2020' WHERE n = 3", ["line 3: its number, time or kind was altered"]),
        (
            "UPDATE ledger SET kind = 'letter.given' WHERE n = 3",
            ["line 3: its number", "row 3 of person_key has no"],
        ),
        ("UPDATE ledger SET line = '{' WHERE n = 3", ["line 3 does not fit", "line 3: it is not readable"]),
        ("UPDATE ledger SET line = '[]' WHERE n = 3", ["line 3 does not fit", "line 3: it is not readable"]),
        (
            """UPDATE ledger SET line = json_remove(line, '$.sealed') WHERE n = 3""",
            ["line 3 does not fit", "line 3: it is not readable"],
        ),
        (
            """UPDATE ledger SET line = json_set(line, '$.kind', 'gift'), kind = 'gift' WHERE n = 3""",
            ["line 3 does not fit", "line 3: its kind 'gift' is unknown", "row 3 of person_key has no"],
        ),
        (
            "DELETE FROM ledger WHERE n = 3",
            ["line 3 is missing", "line 4 does not fit", "row 3 of person_key has no"],
        ),
        ("DELETE FROM ledger WHERE n = 26", ["row 26 of person_erased has no"]),
        (
            "UPDATE document SET content = content || '!' WHERE content LIKE '#%'",
            ["the text kept as sha256:"],
        ),
        ("DELETE FROM document WHERE content LIKE '#%'", ["the text sha256:"]),
        ("DELETE FROM document WHERE content LIKE '{%'", ["the text sha256:"]),
    ],
)
def test_a_tampered_ledger_or_text_is_found(check, tamper, numbers, statement, faults):
    tamper("PRAGMA foreign_keys = OFF", statement)
    found = check().faults
    assert len(found) == len(faults)
    for said, expected in zip(found, faults, strict=True):
        assert said.startswith(expected)


def test_a_truncated_tail_is_found_only_by_a_head_held_elsewhere(check, tamper, numbers):
    head = check().head
    tamper("PRAGMA foreign_keys = OFF", "DELETE FROM person_erased", "DELETE FROM ledger WHERE n = 26")
    assert check().faults == ()
    report = check(head)
    assert not report.head_seen
    assert report.faults == (
        f"the ledger never ended with {head}: lines were cut off or rewritten, or that head is of another "
        f"ledger",
    )


def test_a_rewritten_chain_is_found_only_by_a_head_held_elsewhere(store, check, tamper, numbers):
    """Who has the file can compute every hash anew; the head in a receipt or an export is what tells."""
    head = check().head
    tamper("UPDATE letter_given SET given_on = '2021-07-01'")
    with store.read() as connection:
        rows = [dict(row) for row in connection.execute("SELECT n, line FROM ledger ORDER BY n")]
    previous, statements = ledger.GENESIS, []
    for row in rows:
        text = row["line"].replace('"given_on":"2021-07-27"', '"given_on":"2021-07-01"')
        previous = ledger.next_hash(previous, text)
        statements.append(f"UPDATE ledger SET line = '{text}', hash = '{previous}' WHERE n = {row['n']}")
    tamper(*statements)
    assert check().faults == ()
    assert not check(head).head_seen


def test_an_earlier_head_is_still_known_later(store, check, numbers):
    head = check().head
    with store.write(NOON + timedelta(days=1)) as tx:
        tx.record("desk.act", act="exported", detail="csv", done_by="Bea")
    assert check(head).faults == ()
    assert check().head != head


def test_a_hash_can_be_checked_by_hand(store, numbers):
    with store.read() as connection:
        before, line = (
            tuple(row)
            for row in connection.execute("SELECT line, hash FROM ledger WHERE n IN (1, 2) ORDER BY n")
        )
    assert hashlib.sha256((before[1] + line[0]).encode()).hexdigest() == line[1]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum on this machine")
def test_a_hash_can_be_checked_with_sha256sum(store, numbers):
    with store.read() as connection:
        rows = [
            tuple(row)
            for row in connection.execute("SELECT line, hash FROM ledger WHERE n IN (1, 2) ORDER BY n")
        ]
    script = 'printf \'%s%s\' "$1" "$2" | sha256sum'
    said = subprocess.run(
        ["sh", "-c", script, "sh", rows[0][1], rows[1][0]], capture_output=True, text=True, check=True
    )
    assert said.stdout.split()[0] == rows[1][1]


def test_a_line_holds_no_name_address_or_remark(store, numbers):
    with store.read() as connection:
        lines = [row[0] for row in connection.execute("SELECT line FROM ledger")]
        personal = set()
        for fact in FACTS.values():
            for row in connection.execute(f"SELECT {', '.join(fact.personal)} FROM {fact.table}"):
                personal.update(value for value in row if value)
    assert {"Ada", "ada@x.example", "Long leave."} < personal
    for line in lines:
        for value in personal - {"csv", "Head", "asked", "renewed"}:  # too short to tell from other words
            assert value not in line
        assert line == ledger.canonical(json.loads(line))


def test_the_same_values_are_never_sealed_alike(store):
    """A salt of its own for each record: whoever knows two names cannot see from the ledger that they are
    the same."""
    with store.write(NOON) as tx:
        for _ in range(2):
            tx.record(
                "roster.entry",
                person_id="P1",
                name="Ada",
                email="",
                categories="[]",
                site="",
                line_manager_id="",
            )
    with store.read() as connection:
        sealed = {json.loads(row[0])["sealed"] for row in connection.execute("SELECT line FROM ledger")}
    assert len(sealed) == 2
