"""What importing a roster file would change, told before anything is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ackservice.domain.roster import Person, RosterFile
from ackservice.domain.roster_plan import PersonChange, plan

TODAY = date(2021, 7, 26)
AMINA = Person(
    "1",
    "Amina Farr",
    "amina@school.example",
    ("Employee",),
    date(2018, 9, 1),
    site="North",
    line_manager_id="9",
)
BO = Person("2", "Bo Lind", "bo@school.example", ("Governor",))
BOTH = frozenset({"site", "line_manager_id"})


def planned(current: list[Person], listed: list[Person], columns: frozenset[str] = BOTH, on: date = TODAY):
    return plan(
        {person.person_id: person for person in current}, RosterFile("roster.csv", tuple(listed), columns), on
    )


def test_someone_new_joins():
    assert planned([AMINA], [AMINA, BO]).joins == (BO,)


def test_the_same_file_again_changes_nothing():
    again = planned([AMINA, BO], [AMINA, BO])

    assert again.entries == ()
    assert again.unchanged == (AMINA, BO)


def test_someone_missing_from_the_file_is_no_leaver():
    found = planned([AMINA, BO], [AMINA])

    assert (found.leaves, found.entries, found.absent) == ((), (), (BO,))


def test_a_change_names_the_fields():
    new = replace(BO, name="Bo Lindqvist", categories=("Employee",))

    assert planned([BO], [new]).changes == (PersonChange(BO, new, ("name", "categories")),)


def test_a_day_of_leaving_makes_a_leaver_whether_past_or_to_come():
    for day in (date(2021, 7, 1), date(2021, 7, 26), date(2021, 8, 13)):
        new = replace(BO, left_on=day)
        assert planned([BO], [new]).leaves == (PersonChange(BO, new, ("left_on",)),)


def test_a_later_day_of_leaving_is_a_change():
    old, new = replace(BO, left_on=date(2021, 8, 13)), replace(BO, left_on=date(2021, 8, 31))

    assert planned([old], [new]).changes == (PersonChange(old, new, ("left_on",)),)


def test_who_had_left_and_has_no_day_of_leaving_any_more_returns():
    old = replace(BO, left_on=date(2020, 8, 31))

    assert planned([old], [BO]).returns == (PersonChange(old, BO, ("left_on",)),)


def test_a_corrected_day_of_leaving_in_the_past_brings_nobody_back():
    old, new = replace(BO, left_on=date(2020, 8, 31)), replace(BO, left_on=date(2020, 7, 31))

    assert planned([old], [new]).changes == (PersonChange(old, new, ("left_on",)),)
    assert planned([old], [new]).returns == ()


def test_someone_new_who_is_gone_already_is_kept_and_does_not_join():
    gone = replace(BO, left_on=date(2021, 7, 26))

    assert planned([], [gone]).joins == ()
    assert planned([], [gone]).already_left == (gone,)
    assert planned([], [gone]).entries == (gone,)


def test_absent_optional_columns_keep_what_is_known():
    listed = replace(AMINA, site="", line_manager_id="")

    assert planned([AMINA], [listed], frozenset()).unchanged == (AMINA,)
    assert planned([AMINA], [listed], frozenset({"site"})).entries == (replace(AMINA, site=""),)
    assert planned([AMINA], [listed], BOTH).entries == (listed,)


def test_the_summary_tells_it_in_words():
    changed = replace(AMINA, email="", left_on=date(2021, 8, 13))
    cy = Person("3", "Cy Moss", "", ("Employee",), date(2021, 8, 23))

    assert planned([AMINA, BO], [changed, cy]).summary() == (
        "roster.csv: 1 joins, 0 change, 1 leaves, 0 return, 0 as before, "
        "1 not in the file, who stay as they are (only left_on makes a leaver).\n"
        "  joins: Cy Moss (3), Employee, from 23 August 2021\n"
        "  leaves: Amina Farr (1): email amina@school.example -> (none); left_on (none) -> 13 August 2021"
    )


_days = st.none() | st.dates(date(2021, 1, 1), date(2021, 12, 31))
_people = st.builds(
    Person,
    st.sampled_from("12345"),
    st.sampled_from(["A", "B"]),
    st.just(""),
    st.sampled_from([("X",), ("Y",), ("X", "Y")]),
    st.none(),
    _days,
)
_rosters = st.lists(_people, unique_by=lambda person: person.person_id)


@given(_rosters, _rosters, st.dates(date(2021, 1, 1), date(2021, 12, 31)))
def test_importing_twice_is_importing_once(current, listed, on):
    first = planned(current, listed, on=on)
    roster = {person.person_id: person for person in current} | {
        person.person_id: person for person in first.entries
    }
    second = planned(list(roster.values()), listed, on=on)

    assert second.entries == ()
    assert set(second.unchanged) == set(listed)


@given(_rosters, _rosters)
def test_everyone_listed_is_in_one_group(current, listed):
    found = planned(current, listed)
    changed = [change.new for change in (*found.changes, *found.leaves, *found.returns)]
    groups = [*found.joins, *found.already_left, *found.unchanged, *changed]

    assert sorted(person.person_id for person in groups) == sorted(person.person_id for person in listed)


def test_what_has_to_be_confirmed_by_a_person_is_asked():
    other = replace(BO, name="Max Roe", email="max@school.example")
    shares = replace(BO, email=AMINA.email)

    assert [q[:30] for q in planned([BO], [other]).questions()] == ["2: name and address both change"[:30]]
    assert planned([AMINA, BO], [shares]).questions() == [
        "amina@school.example stands for Amina Farr (1) and Bo Lind (2). Whoever reads that mailbox can "
        "acknowledge in the name of each: is it shared on purpose?"
    ]
    assert planned([AMINA, shares], [AMINA, shares]).questions() == []


def test_the_erased_are_left_out():
    file = RosterFile("roster.csv", (AMINA,), BOTH)
    found = plan({}, file, TODAY, erased=["1"])

    assert (found.erased, found.entries) == ((AMINA,), ())


def test_more_than_a_fifth_is_many_but_never_on_the_first_roster():
    five = [replace(BO, person_id=str(n), email=f"{n}@school.example") for n in range(5)]

    assert [planned(five, five).is_many(n) for n in (1, 2)] == [False, True]
    assert not planned([], five).is_many(5)
