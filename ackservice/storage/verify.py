"""Checking the ledger: the chain, every fact against its line, every document against its digest."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ackservice import ledger
from ackservice.storage.facts import FACTS, Fact
from handbook.policy.digest import digest_of


@dataclass(frozen=True)
class Report:
    """What a check found. `faults` is empty when everything is as it was recorded."""

    lines: int
    documents: int
    erased: int
    head: str
    faults: tuple[str, ...]
    head_seen: bool = True


def verify(
    connection: sqlite3.Connection, *, head: str = "", progress: Callable[[int], None] = lambda lines: None
) -> Report:
    """Check everything; with `head`, also that the ledger once ended with that hash (as a receipt or an
    export says)."""
    faults: list[str] = []
    previous, expected, erased, head_seen = ledger.GENESIS, 0, 0, head in ("", ledger.GENESIS)
    for row in connection.execute("SELECT * FROM ledger ORDER BY n"):
        expected += 1
        if row["n"] != expected:
            faults.append(f"line {expected} is missing")
            expected = row["n"]
        if ledger.next_hash(previous, row["line"]) != row["hash"]:
            faults.append(f"line {row['n']} does not fit the line before it: it or its hash was altered")
        previous = row["hash"]
        head_seen = head_seen or row["hash"] == head
        fault, is_erased = _check_fact(connection, row)
        erased += is_erased
        if fault:
            faults.append(f"line {row['n']}: {fault}")
        progress(expected)
    faults += _facts_without_line(connection)
    documents, wrong = _check_documents(connection)
    if not head_seen:
        faults.append(
            f"the ledger never ended with {head}: lines were cut off or rewritten, "
            "or that head is of another ledger"
        )
    return Report(expected, documents, erased, previous, (*faults, *wrong), head_seen)


def _check_fact(connection: sqlite3.Connection, row: sqlite3.Row) -> tuple[str, bool]:
    """What is wrong with the fact of a line, if anything, and whether its personal values were erased."""
    content = _content(row["line"])
    if content is None:
        return "it is not readable", False
    if (content.get("n"), content.get("at"), content.get("kind")) != (row["n"], row["at"], row["kind"]):
        return "its number, time or kind was altered", False
    fact = FACTS.get(row["kind"])
    if fact is None:
        return f"its kind {row['kind']!r} is unknown to this version of the software", False
    stored = connection.execute(f"SELECT * FROM {fact.table} WHERE id = ?", (row["n"],)).fetchone()
    if stored is None:
        return f"its row in {fact.table} is missing", False
    return _compare(fact, content, stored)


def _content(line: str) -> dict[str, Any] | None:
    """What a line says, or None when it is not a line of ours."""
    try:
        content = json.loads(line)
    except ValueError:
        return None
    is_line = isinstance(content, dict) and isinstance(content.get("fact"), dict) and "sealed" in content
    return content if is_line else None


def _compare(fact: Fact, content: dict[str, Any], stored: sqlite3.Row) -> tuple[str, bool]:
    altered = [name for name in fact.plain if content["fact"].get(name) != stored[name]]
    if stored["at"] != content["at"]:
        altered.append("at")
    if altered:
        return f"its row in {fact.table} was altered: {', '.join(altered)}", False
    personal = {name: stored[name] for name in fact.personal}
    if stored["salt"] is None:
        leftover = [name for name, value in personal.items() if value is not None]
        return (f"its row in {fact.table} was altered: {', '.join(leftover)}" if leftover else ""), True
    if ledger.commitment(stored["salt"], personal) != content["sealed"]:
        return f"its row in {fact.table} was altered: {' or '.join(fact.personal)}", False
    return "", False


def _facts_without_line(connection: sqlite3.Connection) -> list[str]:
    faults = []
    for fact in FACTS.values():
        rows = connection.execute(
            f"SELECT f.id FROM {fact.table} f LEFT JOIN ledger l ON l.n = f.id AND l.kind = ? "
            "WHERE l.n IS NULL",
            (fact.kind,),
        )
        faults += [f"row {row['id']} of {fact.table} has no ledger line" for row in rows]
    return faults


def _check_documents(connection: sqlite3.Connection) -> tuple[int, list[str]]:
    count, faults = 0, []
    for row in connection.execute("SELECT digest, content FROM document ORDER BY digest"):
        count += 1
        if digest_of(row["content"]) != row["digest"]:
            faults.append(f"the text kept as {row['digest']} was altered")
    return count, [*faults, *_missing_documents(connection)]


def _missing_documents(connection: sqlite3.Connection) -> list[str]:
    """Texts that a notice, a postponement or an acknowledgement names and that are no longer kept."""
    rows = connection.execute(
        """
        SELECT DISTINCT digest FROM (
            SELECT digest FROM notice UNION ALL SELECT entry_digest FROM notice
            UNION ALL SELECT previous_digest FROM notice UNION ALL SELECT entry_digest FROM notice_postponed
            UNION ALL SELECT digest FROM acknowledgement UNION ALL SELECT base_digest FROM acknowledgement)
        WHERE digest IS NOT NULL AND digest NOT IN (SELECT digest FROM document) ORDER BY digest
        """
    )
    return [f"the text {row['digest']} is missing" for row in rows]
