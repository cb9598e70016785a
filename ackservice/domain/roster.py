"""The roster: who works at the school, read from a spreadsheet's CSV, and what a new file would change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

from ackservice.domain import roster_table, roster_values
from ackservice.domain.roster_values import WrongValue
from ackservice.domain.status import has_left
from ackservice.errors import RosterFault, RosterFaults

REQUIRED_COLUMNS = ("person_id", "name", "email", "category", "joined_on", "left_on")
OPTIONAL_COLUMNS = ("site", "line_manager_id")


@dataclass(frozen=True)
class Person:
    """Someone on the roster. Without an address they are told on paper; `left_on` is the first day without
    them."""

    person_id: str
    name: str
    email: str
    category: str
    joined_on: date | None = None
    left_on: date | None = None
    site: str = ""
    line_manager_id: str = ""


@dataclass(frozen=True)
class RosterFile:
    """A roster file without a fault: its people in the order of its rows, and which optional columns it
    has."""

    source: str
    people: tuple[Person, ...]
    optional_columns: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PersonChange:
    """What a file changes about someone: `fields` names every column that differs."""

    old: Person
    new: Person
    fields: tuple[str, ...]


@dataclass(frozen=True)
class RosterPlan:
    """What importing a file would do. Nobody is in two of the groups.

    `joins` are new people; `already_left` are new to the roster, but gone: they are kept, and told nothing.
    `leaves` are people whom the file gives a day of leaving, past or to come; `returns` had left and are
    back. `absent` are on the roster and not in the file: they stay as they are, since only `left_on` makes a
    leaver.
    """

    source: str
    joins: tuple[Person, ...] = ()
    changes: tuple[PersonChange, ...] = ()
    leaves: tuple[PersonChange, ...] = ()
    returns: tuple[PersonChange, ...] = ()
    already_left: tuple[Person, ...] = ()
    unchanged: tuple[Person, ...] = ()
    absent: tuple[Person, ...] = ()

    @property
    def entries(self) -> tuple[Person, ...]:
        """Everyone to record anew; empty when the file changes nothing."""
        changed = tuple(change.new for change in (*self.changes, *self.leaves, *self.returns))
        return self.joins + self.already_left + changed

    def summary(self) -> str:
        """The plan in words: one line of counts, then a line for each person it touches."""
        return "\n".join([f"{self.source}: {self._counts()}", *self._lines()])

    def _counts(self) -> str:
        parts = [
            _count(len(self.joins), "joins", "join"),
            _count(len(self.changes), "changes", "change"),
            _count(len(self.leaves), "leaves", "leave"),
            _count(len(self.returns), "returns", "return"),
            f"{len(self.unchanged)} as before",
        ]
        if self.already_left:
            parts.append(f"{len(self.already_left)} new to the roster but already gone")
        if self.absent:
            parts.append(
                f"{len(self.absent)} not in the file, who stay as they are (only left_on makes a leaver)"
            )
        return ", ".join(parts) + "."

    def _lines(self) -> list[str]:
        joins = [
            f"  joins: {_who(person)}, {person.category}{_from(person.joined_on)}" for person in self.joins
        ]
        gone = [f"  already gone: {_who(person)}{_from(person.left_on)}" for person in self.already_left]
        changes = [f"  changes: {_who(change.new)}: {_differences(change)}" for change in self.changes]
        leaves = [f"  leaves: {_who(change.new)}: {_differences(change)}" for change in self.leaves]
        returns = [f"  returns: {_who(change.new)}: {_differences(change)}" for change in self.returns]
        return joins + gone + changes + leaves + returns


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


def plan(current: Mapping[str, Person], file: RosterFile, on: date) -> RosterPlan:
    """What the file would do to the roster as it stands that day. Optional columns it lacks keep what is
    known."""
    groups: dict[str, list] = {}
    for person in file.people:
        old = current.get(person.person_id)
        group, entry = (
            _as_new(person, on) if old is None else _as_known(old, _with_what_is_known(old, person, file), on)
        )
        groups.setdefault(group, []).append(entry)
    listed = {person.person_id for person in file.people}
    groups["absent"] = [
        person for key, person in current.items() if key not in listed and not has_left(person.left_on, on)
    ]
    return RosterPlan(file.source, **{group: tuple(entries) for group, entries in groups.items()})


def _heading_faults(heading: Sequence[str], as_written: Sequence[str]) -> list[RosterFault]:
    known = REQUIRED_COLUMNS + OPTIONAL_COLUMNS
    expected = f"expected {', '.join(REQUIRED_COLUMNS)}, and if wanted {' and '.join(OPTIONAL_COLUMNS)}"
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
        person, wrong = _person(row, dict(zip(heading, cells)), categories)
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
    found: dict[str, object] = {}
    faults: list[RosterFault] = []
    for column, cell in cells.items():
        try:
            found[column] = (
                roster_values.category(cell, categories) if column == "category" else _CHECKS[column](cell)
            )
        except WrongValue as wrong:
            faults.append(RosterFault(row, column, str(wrong)))
    joined_on, left_on = found.get("joined_on"), found.get("left_on")
    if joined_on and left_on and left_on < joined_on:
        faults.append(RosterFault(row, "left_on", f"{left_on} is before joined_on, {joined_on}"))
    return (None if faults else Person(**found)), faults  # type: ignore[arg-type]


_CHECKS: Mapping[str, Callable[[str], object]] = {
    "person_id": roster_values.identifier,
    "name": roster_values.required,
    "email": roster_values.address,
    "joined_on": roster_values.day,
    "left_on": roster_values.day,
    "site": roster_values.text,
    "line_manager_id": roster_values.optional_identifier,
}


def _with_what_is_known(old: Person, new: Person, file: RosterFile) -> Person:
    lacking = [column for column in OPTIONAL_COLUMNS if column not in file.optional_columns]
    return replace(new, **{column: getattr(old, column) for column in lacking})


def _as_new(person: Person, on: date) -> tuple[str, Person]:
    return ("already_left" if has_left(person.left_on, on) else "joins"), person


def _as_known(old: Person, new: Person, on: date) -> tuple[str, Person | PersonChange]:
    if new == old:
        return "unchanged", new
    differing = tuple(
        field.name for field in fields(Person) if getattr(old, field.name) != getattr(new, field.name)
    )
    change = PersonChange(old, new, differing)
    was_gone, is_gone = has_left(old.left_on, on), has_left(new.left_on, on)
    if was_gone:
        return ("changes" if is_gone else "returns"), change
    given_a_day = new.left_on is not None and old.left_on is None
    return ("leaves" if is_gone or given_a_day else "changes"), change


def _who(person: Person) -> str:
    return f"{person.name} ({person.person_id})"


def _from(day: date | None) -> str:
    return f", from {_day(day)}" if day else ""


def _differences(change: PersonChange) -> str:
    return "; ".join(
        f"{name} {_value(change.old, name)} -> {_value(change.new, name)}" for name in change.fields
    )


def _value(person: Person, name: str) -> str:
    value = getattr(person, name)
    return _day(value) if isinstance(value, date) else value or "(none)"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
