"""Who is concerned by what: audiences, when somebody came into one, when their stay ended, and their
absences.

Source of the rules: the design's "The life of a notice". Each unbroken stay in an audience is a recipient of
its own; leaving, or moving out of the audience, ends it for good.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ackservice.domain.history import Book, Moment
from ackservice.domain.notice import Basis, Notice
from ackservice.domain.roster import Person, has_left

_DAY = timedelta(days=1)
ALWAYS = date.min  # came on: there already at the first import


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the roster: how a person was recorded on a day, until their next entry."""

    line: int
    on: date
    person: Person


@dataclass(frozen=True)
class StayEnd:
    """How and when a stay in an audience ended."""

    at: Moment
    has_left: bool  # the school; otherwise they moved out of the audience


@dataclass(frozen=True)
class Came:
    """When somebody came into an audience; `moved` where they were on the roster before and outside of it."""

    on: date
    line: int
    moved: bool = False


@dataclass(frozen=True)
class Scope:
    """Whom somebody may see: everyone, or the people of one site, or of one line manager, or of both at
    once."""

    site: str = ""
    team_of: str = ""

    @property
    def is_limited(self) -> bool:
        return bool(self.site or self.team_of)

    def sees(self, person: Person | None) -> bool:
        """Whether a person, as the roster has them now, may be seen."""
        if not self.is_limited:
            return True
        return (
            person is not None
            and (not self.site or person.site == self.site)
            and (not self.team_of or person.line_manager_id == self.team_of)
        )


EVERYONE = Scope()


def is_of(person: Person, audience: Sequence[str]) -> bool:
    """Whether an audience, of which an empty one is everyone, has one of the person's categories."""
    return not audience or any(category in audience for category in person.categories)


def is_there(person: Person, on: date) -> bool:
    """Whether somebody is in post on that day."""
    return not has_left(person.left_on, on) and (person.joined_on is None or person.joined_on <= on)


def is_concerned(person: Person, audience: Sequence[str], on: date) -> bool:
    """Whether somebody is in post and in an audience on that day."""
    return is_there(person, on) and is_of(person, audience)


def came_into(entries: Sequence[Entry], audience: Sequence[str], first_import_on: date) -> Came | None:
    """When the person's present stay in an audience began; None where the last entry is outside of it.

    A blank `joined_on` means: there already at the school's first import, else from the day of the import.
    Coming back or changing category counts from the day it was recorded, or from `joined_on` if that is
    later.
    """
    came: Came | None = None
    was: Entry | None = None
    for entry in entries:
        person = entry.person
        if has_left(person.left_on, entry.on) or not is_of(person, audience):
            came = None
        elif was is None:
            came = Came(_first_day(entry, first_import_on), entry.line)
        elif came is None or has_left(was.person.left_on, entry.on):
            came = Came(max(entry.on, person.joined_on or entry.on), entry.line, moved=True)
        elif not came.moved and person.joined_on is not None:
            came = Came(person.joined_on, came.line)
        was = entry
    return came


def stay_end(
    entries: Sequence[Entry], audience: Sequence[str], basis: Basis, since: int, on: date
) -> StayEnd | None:
    """How the stay of a recipient added in ledger line `since` had ended by that day; None while it lasts.

    Who was added by name, or is no longer covered, is outside the audience: only leaving ends that.
    """
    if basis in (Basis.BY_NAME, Basis.NO_LONGER_COVERED):
        audience = ()
    current: Entry | None = None
    for entry in entries:
        if entry.line <= since:
            current = entry
            continue
        if current and has_left(current.person.left_on, entry.on):
            return _left(current.person)
        if has_left(entry.person.left_on, entry.on):
            return StayEnd(Moment(entry.on, entry.line), has_left=True)
        if not is_of(entry.person, audience):
            return StayEnd(Moment(entry.on, entry.line), has_left=False)
        current = entry
    if current and has_left(current.person.left_on, on):
        return _left(current.person)
    return None


def absences(entries: Sequence[Entry]) -> Iterator[tuple[date, date]]:
    """The absences of a person, first and last day each: from the import that says so, to the last day
    away."""
    for number, entry in enumerate(entries):
        until = entry.person.away_until
        if until is None:
            continue
        if number + 1 < len(entries):
            until = min(until, entries[number + 1].on - _DAY)
        if until >= entry.on:
            yield entry.on, until


def is_away(person: Person | None, on: date) -> bool:
    """Whether somebody is away on that day, by their present entry."""
    return person is not None and person.away_until is not None and on <= person.away_until


def basis_in(book: Book, notice: Notice, came: Came, first_import_on: date) -> Basis | None:
    """On what basis somebody in the audience, who is not a recipient, enters an open notice; None: not at
    all.

    Who was in post when it was given has the basis they would have had that day, however late they were
    entered. Everybody else came later, and joins; into a notice that only joiners have, nobody but joiners.
    """
    given = book.given(notice)
    is_joiner = is_joiner_of(came, book.effective_on(notice), first_import_on)
    if given is None:
        return Basis.JOINING if is_joiner else None
    was_there = Moment(came.on, came.line) < given
    if not was_there:
        return Basis.JOINING
    basis = book.given_basis(notice)
    if basis is Basis.IN_FORCE:
        return basis_in_force(came, book.effective_on(notice), first_import_on)
    return basis


def basis_in_force(came: Came, effective_on: date, first_import_on: date) -> Basis:
    """On what basis somebody is asked about a version in force that had no notice until now.

    A joiner joins; who was bound before the school's first roster import has their first day with the system;
    everybody else is given late notice of a change.
    """
    if is_joiner_of(came, effective_on, first_import_on):
        return Basis.JOINING
    return Basis.IN_FORCE if effective_on < first_import_on else Basis.CHANGE


def is_joiner_of(came: Came, effective_on: date, first_import_on: date) -> bool:
    """Whether somebody came after the school's first import, and not before the version took effect."""
    return came.on > first_import_on and came.on >= effective_on


def _first_day(entry: Entry, first_import_on: date) -> date:
    if entry.person.joined_on:
        return entry.person.joined_on
    return ALWAYS if entry.on <= first_import_on else entry.on


def _left(person: Person) -> StayEnd:
    assert person.left_on is not None
    return StayEnd(Moment(person.left_on, 0), has_left=True)
