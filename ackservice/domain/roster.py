"""The roster: who works at the school, read from a spreadsheet's CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ackservice.domain import roster_table, roster_values
from ackservice.domain.roster_values import WrongValue
from ackservice.errors import RosterFault, RosterFaults

REQUIRED_COLUMNS = ("person_id", "name", "email", "category", "joined_on", "left_on")
OPTIONAL_COLUMNS = ("away_until", "site", "line_manager_id")


@dataclass(frozen=True)
class Person:
    """Someone on the roster. Without an address they get letters; `left_on` is the first day without them,
    `away_until` the last day of an absence."""

    person_id: str
    name: str
    email: str
    categories: tuple[str, ...]
    joined_on: date | None = None
    left_on: date | None = None
    away_until: date | None = None
    site: str = ""
    line_manager_id: str = ""

    @property
    def category(self) -> str:
        """All categories of the person, as files and lists have them."""
        return "; ".join(self.categories)


def has_left(left_on: date | None, on: date) -> bool:
    """Whether someone is gone on that day: from `left_on` itself, which is the first day without them."""
    return left_on is not None and left_on <= on


@dataclass(frozen=True)
class RosterFile:
    """A roster file without a fault: its people in the order of its rows, and which optional columns it
    has."""

    source: str
    people: tuple[Person, ...]
    optional_columns: frozenset[str] = frozenset()


def parse(data: bytes, source: str, categories: Sequence[str]) -> RosterFile:
    """Everyone in a CSV file. Raises RosterFaults with every fault, each with its row and field; then
    nothing is taken."""
    table = roster_table.read(data, source)
    heading = tuple(column.casefold() for column in table.heading)
    if faults := _heading_faults(heading, table.heading):
        raise RosterFaults(source, faults)
    people, faults = _people(table.rows, heading, categories)
    if table.damage is not None:
        faults.append(table.damage)
    if not table.rows and not faults:
        faults.append(RosterFault(0, "", "the file has a heading and nobody below it"))
    if faults:
        raise RosterFaults(source, faults)
    return RosterFile(source, tuple(people), frozenset(heading).intersection(OPTIONAL_COLUMNS))


def _heading_faults(heading: Sequence[str], as_written: Sequence[str]) -> list[RosterFault]:
    known = REQUIRED_COLUMNS + OPTIONAL_COLUMNS
    expected = f"expected {', '.join(REQUIRED_COLUMNS)}, and if wanted {', '.join(OPTIONAL_COLUMNS)}"
    faults = [
        RosterFault(1, column, "this column is missing")
        for column in REQUIRED_COLUMNS
        if column not in heading
    ]
    for index, column in enumerate(heading):
        if column not in known:
            name = roster_values.shown(as_written[index])
            faults.append(RosterFault(1, "", f"unknown column {name} (column {index + 1}); {expected}"))
        elif column in heading[:index]:
            faults.append(RosterFault(1, column, "this column is there twice"))
    return faults


def _people(
    rows: Sequence[tuple[int, Sequence[str]]], heading: Sequence[str], categories: Sequence[str]
) -> tuple[list[Person], list[RosterFault]]:
    people: list[Person] = []
    faults: list[RosterFault] = []
    first_rows: dict[str, int] = {}
    for row, cells in rows:
        if len(cells) < len(heading) or any(cells[len(heading) :]):
            faults.append(RosterFault(row, "", f"expected {len(heading)} cells, found {len(cells)}"))
            continue
        person, wrong = _person(row, dict(zip(heading, cells, strict=False)), categories)
        wrong += _same_id_faults(row, cells[heading.index("person_id")], first_rows)
        faults += wrong
        if person is not None:
            people.append(person)
    return people, faults


def _same_id_faults(row: int, person_id: str, first_rows: dict[str, int]) -> list[RosterFault]:
    if not person_id or first_rows.setdefault(person_id, row) == row:
        return []
    message = f"{roster_values.shown(person_id)} stands in row {first_rows[person_id]} already"
    return [RosterFault(row, "person_id", message)]


def _person(
    row: int, cells: Mapping[str, str], categories: Sequence[str]
) -> tuple[Person | None, list[RosterFault]]:
    values: dict[str, Any] = {}
    faults: list[RosterFault] = []
    for column, cell in cells.items():
        try:
            if column == "category":
                values["categories"] = roster_values.categories(cell, categories)
            else:
                values[column] = _CHECKS[column](cell)
        except WrongValue as wrong:
            faults.append(RosterFault(row, column, str(wrong)))
    joined_on, left_on = values.get("joined_on"), values.get("left_on")
    if joined_on and left_on and left_on < joined_on:
        faults.append(RosterFault(row, "left_on", f"{left_on} is before joined_on, {joined_on}"))
    return (None if faults else Person(**values)), faults


_CHECKS: Mapping[str, Callable[[str], object]] = {
    "person_id": roster_values.identifier,
    "name": roster_values.required,
    "email": roster_values.address,
    "joined_on": roster_values.day,
    "left_on": roster_values.day,
    "away_until": roster_values.day,
    "site": roster_values.text,
    "line_manager_id": roster_values.optional_identifier,
}
