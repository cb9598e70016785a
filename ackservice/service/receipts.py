"""Receipts: the proof of one acknowledgement, for its person and for the school."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime

from ackservice.errors import LinkForged, LinkRevoked
from ackservice.links import Purpose
from ackservice.service.context import Service
from ackservice.storage import acknowledgements, cuts
from ackservice.storage.roster import day_or_none
from ackservice.storage.store import moment


@dataclass(frozen=True)
class Receipt:
    """Proof of one acknowledgement. `head` is the ledger's head with this act as its last line.

    `person` is the name the roster had then, `present_name` the one it has now. `version` and `digest` are of
    the text shown, `base_version` and `base_digest` of the version asked about, which it may have clarified.
    """

    number: int
    key: str
    person: str
    present_name: str
    title: str
    policy: str
    version: str
    digest: str
    base_version: str
    base_digest: str
    effective_on: date
    acknowledged_at: datetime
    method: str
    typed_name: str
    signed_on: date | None
    recorded_by: str
    head: str
    withdrawn: bool = False
    name_to_confirm: bool = False


def receipt(service: Service, token: str) -> Receipt:
    """The receipt behind a link. Raises LinkForged, and LinkRevoked once the person's data is erased."""
    key = service.links.key(token)
    service.links.check(Purpose.RECEIPT, token)
    with service.store.read() as connection:
        number = acknowledgements.number_of_key(connection, key)
        found = receipt_of(connection, number) if number else None
    if found is None:
        raise LinkForged("this link is not one of ours, or a part of it is missing")
    if not found.person:
        raise LinkRevoked("the records of this person have been erased")
    return found


def receipt_of(connection: sqlite3.Connection, number: int) -> Receipt | None:
    """The receipt of an acknowledgement, or None when there is none of that number."""
    row = acknowledgements.receipt(connection, number)
    if row is None:
        return None
    return Receipt(
        number=row["id"],
        key=row["key"],
        person=row["name"] or row["first_name"] or "",
        present_name=row["present_name"] or "",
        title=row["title"],
        policy=row["policy"],
        version=row["version"],
        digest=row["digest"],
        base_version=row["base_version"],
        base_digest=row["base_digest"],
        effective_on=date.fromisoformat(row["effective_on"]),
        acknowledged_at=moment(row["at"]),
        method=row["method"],
        typed_name=row["typed_name"] or "",
        signed_on=day_or_none(row["signed_on"]),
        recorded_by=row["recorded_by"] or "",
        head=cuts.head_at(connection, row["id"]),
        withdrawn=bool(row["withdrawn"]),
        name_to_confirm=not row["confirmed"],
    )


def receipt_label(number: int) -> str:
    """A receipt number as people see it: R-000123, the number of its ledger line."""
    return f"R-{number:06d}"
