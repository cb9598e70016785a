"""What a roster file would change, and what of it has to be confirmed first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from ackservice.domain.roster import OPTIONAL_COLUMNS, Person, RosterFile, has_left

MANY = 5  # a fifth of the school: who takes away or inducts more types the number


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
    leaver. `erased` are listed though their records were erased: they stay erased. `shared` are addresses
    that would stand for several people from then on, with all of them.
    """

    source: str
    joins: tuple[Person, ...] = ()
    changes: tuple[PersonChange, ...] = ()
    leaves: tuple[PersonChange, ...] = ()
    returns: tuple[PersonChange, ...] = ()
    already_left: tuple[Person, ...] = ()
    unchanged: tuple[Person, ...] = ()
    absent: tuple[Person, ...] = ()
    erased: tuple[Person, ...] = ()
    present_before: int = 0
    shared: tuple[tuple[str, tuple[Person, ...]], ...] = ()

    @property
    def entries(self) -> tuple[Person, ...]:
        """Everyone to record anew; empty when the file changes nothing."""
        changed = tuple(change.new for change in (*self.changes, *self.leaves, *self.returns))
        return self.joins + self.already_left + changed

    @property
    def takes_away(self) -> int:
        """How many people the file says have left, or will leave."""
        return len(self.leaves)

    @property
    def is_first(self) -> bool:
        """Whether this is the school's first roster: everybody is there already, and nobody joins."""
        return self.present_before == 0

    @property
    def other_people(self) -> tuple[PersonChange, ...]:
        """Changes of name and address at once: perhaps the person_id was given to somebody else."""
        changed = (*self.changes, *self.leaves, *self.returns)
        return tuple(change for change in changed if {"name", "email"} <= set(change.fields))

    def questions(self) -> list[str]:
        """What has to be confirmed by a person, in whole sentences, each with what to do instead."""
        asked = [
            f"{change.old.person_id}: name and address both change, from {change.old.name} to "
            f"{change.new.name}. Is it the same person? Somebody else needs a person_id of their own, or "
            "inherits what the former "
            "person was given and acknowledged."
            for change in self.other_people
        ]
        for address, people in self.shared:
            names = " and ".join(_who(person) for person in people)
            asked.append(
                f"{address} stands for {names}. Whoever reads that mailbox can acknowledge in the name of "
                f"each: "
                "is it shared on purpose?"
            )
        return asked

    def is_many(self, people: int) -> bool:
        """Whether so many people are more than a fifth of the school."""
        return not self.is_first and people * MANY > self.present_before

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
        if self.erased:
            parts.append(f"{len(self.erased)} whose records were erased, who stay erased")
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


def plan(
    current: Mapping[str, Person], file: RosterFile, on: date, erased: Collection[str] = ()
) -> RosterPlan:
    """What the file would do to the roster as it is that day. Optional columns it lacks keep what is
    known."""
    groups: dict[str, list[Any]] = {}
    for person in file.people:
        if person.person_id in erased:
            groups.setdefault("erased", []).append(person)
            continue
        old = current.get(person.person_id)
        group, entry = (
            _as_new(person, on) if old is None else _as_known(old, _with_what_is_known(old, person, file), on)
        )
        groups.setdefault(group, []).append(entry)
    listed = {person.person_id for person in file.people}
    groups["absent"] = [
        person for key, person in current.items() if key not in listed and not has_left(person.left_on, on)
    ]
    return RosterPlan(
        file.source,
        present_before=sum(not has_left(person.left_on, on) for person in current.values()),
        shared=_newly_shared(current, groups, on),
        **{group: tuple(entries) for group, entries in groups.items()},
    )


def shared_addresses(people: Collection[Person], on: date) -> dict[str, tuple[Person, ...]]:
    """Addresses that stand for several people who have not left, each with all of them."""
    by_address: dict[str, list[Person]] = {}
    for person in people:
        if person.email and not has_left(person.left_on, on):
            by_address.setdefault(person.email.casefold(), []).append(person)
    return {address: tuple(who) for address, who in sorted(by_address.items()) if len(who) > 1}


def _newly_shared(
    current: Mapping[str, Person], groups: Mapping[str, list[Any]], on: date
) -> tuple[tuple[str, tuple[Person, ...]], ...]:
    """Addresses shared after the file that were not shared by the same people before."""
    changed = [change.new for group in ("changes", "leaves", "returns") for change in groups.get(group, ())]
    after = {**current, **{person.person_id: person for person in (*groups.get("joins", ()), *changed)}}
    before = {
        address: {person.person_id for person in people}
        for address, people in shared_addresses(list(current.values()), on).items()
    }
    return tuple(
        (address, people)
        for address, people in shared_addresses(list(after.values()), on).items()
        if not {person.person_id for person in people} <= before.get(address, set())
    )


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
    if isinstance(value, tuple):
        return "; ".join(value)
    return _day(value) if isinstance(value, date) else value or "(none)"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
