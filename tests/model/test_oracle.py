"""The oracle tried: the dates of the design, its rules one by one, and every pair of events in a life."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.model import events as ev
from tests.model.histories import is_legal, legal, random_history, shrink
from tests.model.oracle import Row, Rules, World, add_months, answers, rows_on

POLICY = "social-media"
V1 = ev.PolicyVersion(POLICY, "2020-09", ev.NEW, date(2020, 9, 1))
V2 = ev.PolicyVersion(POLICY, "2021-09", ev.MATERIAL, date(2021, 9, 1))
FIRST = date(2021, 6, 1)


def day(text: str) -> date:
    return date.fromisoformat(f"2021-{text}")


def history(*events: ev.Event, library=(V1, V2), people=None) -> ev.History:
    staff = people or (ev.Person("p", ("A",)), ev.Person("q", ("B",)))
    return ev.History(tuple(library), (ev.Import(FIRST, staff), *events))


def row(
    of: ev.History, on: str, label: str = "2021-09", person: str = "p", rules: Rules | None = None
) -> Row:
    """The person's latest stay in the newest notice of a version."""
    rows = rows_on(of, day(on), rules or Rules())
    return [each for each in rows if each.label == label and each.person == person][-1]


@pytest.mark.parametrize(
    ("given", "ends"),
    [
        ("2021-07-31", "2021-08-31"),
        ("2021-08-01", "2021-09-01"),
        ("2021-08-02", "2021-09-02"),
        ("2021-01-31", "2021-02-28"),
        ("2024-01-31", "2024-02-29"),
        ("2021-09-30", "2021-10-30"),
        ("2021-12-31", "2022-01-31"),
    ],
)
def test_a_month_ends_on_the_corresponding_date_or_the_last_day(given, ends):
    assert add_months(date.fromisoformat(given), 1) == date.fromisoformat(ends)


@pytest.mark.parametrize(
    ("sent", "deemed", "in_time", "short", "binds", "due"),
    [
        ("07-31", 0, True, 0, "09-01", "08-31"),
        ("08-01", 0, True, 0, "09-01", "08-31"),
        ("08-02", 0, False, 1, "09-02", "09-01"),
        ("08-01", 1, False, 1, "09-02", "09-01"),
        ("07-30", 2, True, 0, "09-01", "08-31"),
    ],
)
def test_the_window_of_a_change(sent, deemed, in_time, short, binds, due):
    of = history(
        ev.Issue(day("07-30"), POLICY, "2021-09"), ev.Sent(day(sent), "p", ((POLICY, "2021-09", ""),))
    )
    found = row(of, "08-10", rules=Rules(deemed_days=deemed))
    assert (found.in_time, found.short_by_days) == (in_time, short)
    assert (found.binds_from, found.due_on) == (day(binds), day(due))


def test_nobody_is_due_or_bound_before_being_notified():
    found = row(history(ev.Issue(day("07-15"), POLICY, "2021-09")), "09-20")
    assert (found.status, found.owes, found.not_notified_yet, found.overdue) == (
        "not sent",
        True,
        True,
        False,
    )
    assert (found.in_time, found.short_by_days, found.binds_from, found.due_on) == (None, None, None, None)


def test_overdue_begins_the_day_after_due_on():
    of = history(
        ev.Issue(day("07-15"), POLICY, "2021-09"), ev.Sent(day("07-15"), "p", ((POLICY, "2021-09", ""),))
    )
    assert [row(of, each).overdue for each in ("08-31", "09-01")] == [False, True]


def test_in_force_at_the_first_import_claims_no_notice():
    of = history(
        ev.Issue(day("06-02"), POLICY, "2020-09", ev.IN_FORCE),
        ev.Sent(day("06-03"), "p", ((POLICY, "2020-09", ""),)),
    )
    found = row(of, "06-10", "2020-09")
    assert (found.basis, found.in_time, found.short_by_days) == ("in force", None, None)
    assert (found.binds_from, found.due_on) == (date(2020, 9, 1), day("06-17"))


def test_a_version_in_force_without_notice_gives_a_late_change():
    of = history(
        ev.Issue(day("09-10"), POLICY, "2021-09", ev.IN_FORCE),
        ev.Sent(day("09-11"), "p", ((POLICY, "2021-09", ""),)),
    )
    found = row(of, "09-20")
    assert (found.basis, found.in_time, found.short_by_days) == ("change", False, 40)
    assert (found.binds_from, found.due_on) == (day("10-11"), day("10-10"))


def test_a_joiner_is_given_what_is_in_force_and_on_notice_in_one_mailing():
    of = history(
        ev.Issue(day("07-15"), POLICY, "2021-09"),
        ev.Join(day("07-20"), ev.Person("r", ("A",), has_email=False)),
        ev.LetterGiven(day("07-22"), "r", (POLICY, "2021-09"), day("07-21")),
    )
    old, new = row(of, "07-25", "2020-09", "r"), row(of, "07-25", "2021-09", "r")
    assert (old.basis, old.in_time, old.binds_from, old.due_on) == (
        "joining",
        None,
        day("07-20"),
        day("08-04"),
    )
    assert (new.basis, new.in_time, new.binds_from, new.due_on) == (
        "joining",
        True,
        day("09-01"),
        day("08-31"),
    )
    assert not [each for each in rows_on(of, day("07-25")) if each.label == "2020-09" and each.person == "p"]


def test_a_joiner_told_less_than_a_month_ahead_has_no_notice_period():
    of = history(
        ev.Issue(day("07-15"), POLICY, "2021-09"),
        ev.Join(day("08-25"), ev.Person("r", ("A",))),
        ev.Sent(day("08-27"), "r", ((POLICY, "2020-09", ""), (POLICY, "2021-09", ""))),
    )
    found = row(of, "08-28", "2021-09", "r")
    assert (found.in_time, found.short_by_days, found.binds_from, found.due_on) == (
        None,
        None,
        day("09-01"),
        day("09-10"),
    )


def test_who_is_entered_late_gets_the_basis_of_their_day():
    of = history(
        ev.Issue(day("07-15"), POLICY, "2021-09"),
        ev.Join(day("08-05"), ev.Person("r", ("A",), joined_on=day("07-01"))),
        ev.Sent(day("08-05"), "r", ((POLICY, "2021-09", ""),)),
    )
    found = row(of, "08-10", "2021-09", "r")
    assert (found.basis, found.in_time, found.short_by_days, found.binds_from) == (
        "change",
        False,
        4,
        day("09-05"),
    )


def test_a_dated_joiner_comes_in_on_their_day():
    of = history(
        ev.Issue(day("06-10"), POLICY, "2020-09", ev.IN_FORCE),
        ev.Join(day("06-20"), ev.Person("r", ("A",), joined_on=day("07-01"))),
    )
    assert not [each for each in rows_on(of, day("06-30")) if each.person == "r"]
    assert row(of, "07-01", "2020-09", "r").basis == "joining"


def test_issuing_a_newer_notice_ends_nothing_until_it_takes_effect():
    of = history(
        ev.Issue(day("06-10"), POLICY, "2020-09", ev.IN_FORCE), ev.Issue(day("07-15"), POLICY, "2021-09")
    )
    assert (row(of, "08-31", "2020-09").status, row(of, "08-31", "2020-09").owes) == ("not sent", True)
    assert (row(of, "09-01", "2020-09").status, row(of, "09-01", "2020-09").owes) == ("superseded", False)


def test_a_version_that_nobody_was_given_supersedes_nothing():
    of = history(ev.Issue(day("06-10"), POLICY, "2020-09", ev.IN_FORCE))
    assert row(of, "09-20", "2020-09").owes


def test_a_notice_opened_by_a_joiner_ends_only_their_earlier_one():
    library = (V1, ev.PolicyVersion(POLICY, "2021-09", ev.MATERIAL, date(2021, 9, 1), ("C",)))
    of = history(
        ev.Issue(day("06-10"), POLICY, "2020-09", ev.IN_FORCE),
        ev.ChangeCategories(day("09-10"), "p", ("C",)),
        library=library,
    )
    assert row(of, "09-11", "2020-09", "p").status == "superseded"
    assert row(of, "09-11", "2021-09", "p").basis == "joining"
    assert row(of, "09-11", "2020-09", "q").owes


def test_who_a_new_version_drops_is_told_and_owes_nothing():
    library = (V1, ev.PolicyVersion(POLICY, "2021-09", ev.MATERIAL, date(2021, 9, 1), ("A",)))
    of = history(
        ev.Issue(day("07-15"), POLICY, "2021-09"),
        ev.Sent(day("07-16"), "q", ((POLICY, "2021-09", ""),)),
        ev.ChangeCategories(day("07-20"), "q", ("C",)),
        library=library,
    )
    found = row(of, "07-25", person="q")
    assert (found.basis, found.status, found.owes) == ("no longer covered", "notified", False)
    assert (found.in_time, found.binds_from, found.due_on) == (True, day("09-01"), None)


def test_a_person_by_name_is_due_as_a_joiner():
    library = (V1, ev.PolicyVersion(POLICY, "2021-09", ev.NEW, date(2021, 9, 1), ("A",)))
    people = (ev.Person("p", ("A",)), ev.Person("r", ("C",), joined_on=day("06-20")))
    of = history(
        ev.Issue(day("06-10"), POLICY, "2021-09"),
        ev.AddByName(day("08-29"), POLICY, "2021-09", "r"),
        ev.Sent(day("08-30"), "r", ((POLICY, "2021-09", ""),)),
        library=library,
        people=people,
    )
    found = row(of, "09-02", person="r")
    assert (found.basis, found.in_time, found.binds_from, found.due_on) == (
        "by name",
        None,
        day("09-01"),
        day("09-13"),
    )


def test_away_is_never_overdue_and_due_after_the_return():
    of = history(
        ev.Issue(day("07-15"), POLICY, "2021-09"),
        ev.Sent(day("07-15"), "p", ((POLICY, "2021-09", ""),)),
        ev.GoAway(day("08-20"), "p", day("09-30")),
    )
    assert (row(of, "09-30").overdue, row(of, "09-30").due_on) == (False, day("10-15"))
    assert [row(of, each).overdue for each in ("10-15", "10-16")] == [False, True]


def test_a_clarification_is_never_owed_and_ends_nothing():
    clarification = ev.PolicyVersion(
        POLICY, "2021-08", ev.CLARIFICATION, date(2021, 8, 1), clarifies="2020-09"
    )
    of = history(
        ev.Issue(day("06-02"), POLICY, "2020-09", ev.IN_FORCE),
        ev.Issue(day("06-20"), POLICY, "2021-08"),
        ev.Sent(day("06-21"), "p", ((POLICY, "2021-08", ""),)),
        ev.Acknowledge(day("06-25"), "p", (POLICY, "2021-08")),
        library=(V1, clarification),
    )
    found = row(of, "08-10", "2021-08")
    assert (found.status, found.owes, found.due_on, found.in_time) == ("notified", False, None, True)
    assert row(of, "08-10", "2020-09").status == "acknowledged"
    assert row(of, "08-10", "2020-09", "q").owes


def test_a_receipt_counts_in_a_new_stay_and_after_a_recall_but_not_in_a_new_round():
    base = (
        ev.Issue(day("06-02"), POLICY, "2020-09", ev.IN_FORCE),
        ev.Acknowledge(day("06-05"), "p", (POLICY, "2020-09")),
    )
    again = ev.Issue(day("06-10"), POLICY, "2020-09", ev.AGAIN, "2021")
    recalled = ev.Recall(day("06-10"), POLICY, "2020-09")
    anew = ev.Issue(day("06-11"), POLICY, "2020-09", ev.IN_FORCE)
    left = (ev.Leave(day("06-10"), "p", day("06-10")), ev.Return(day("06-12"), "p"))
    assert row(history(*base, *left), "06-15", "2020-09").status == "acknowledged"
    assert row(history(*base, recalled, anew), "06-15", "2020-09").status == "acknowledged"
    assert row(history(*base, again), "06-15", "2020-09").owes


def test_recalling_a_round_reopens_the_earlier_one_for_its_receipts_too():
    of = history(
        ev.Issue(day("06-02"), POLICY, "2020-09", ev.IN_FORCE),
        ev.Issue(day("06-10"), POLICY, "2020-09", ev.AGAIN, "2021"),
        ev.Acknowledge(day("06-11"), "p", (POLICY, "2020-09")),
        ev.Recall(day("06-12"), POLICY, "2020-09", "2021"),
    )
    before = {(each.person, each.round): each.status for each in rows_on(of, day("06-11"))}
    after = {(each.person, each.round): each.status for each in rows_on(of, day("06-12"))}
    assert before == {
        ("p", ""): "superseded",
        ("q", ""): "superseded",
        ("p", "2021"): "acknowledged",
        ("q", "2021"): "not sent",
    }
    assert after == {
        ("p", ""): "acknowledged",
        ("q", ""): "not sent",
        ("p", "2021"): "recalled",
        ("q", "2021"): "recalled",
    }


def test_a_bounce_takes_back_the_day_unless_a_letter_gave_another():
    sent = (
        ev.Issue(day("07-15"), POLICY, "2021-09"),
        ev.Sent(day("07-15"), "p", ((POLICY, "2021-09", ""),)),
        ev.Bounced(day("07-16"), "p", ((POLICY, "2021-09", ""),)),
    )
    letter = ev.LetterGiven(day("08-05"), "p", (POLICY, "2021-09"), day("08-03"))
    assert (row(history(*sent), "07-20").status, row(history(*sent), "07-20").due_on) == (
        "undeliverable",
        None,
    )
    found = row(history(*sent, letter), "08-05")
    assert (found.status, found.notified_on, found.short_by_days) == ("notified", day("08-03"), 2)


# Every pair of events in a notice's life.

ROLES = (
    ev.PolicyVersion(POLICY, "2020-09", ev.NEW, date(2020, 9, 1), ("A",)),
    ev.PolicyVersion(POLICY, "2021-07", ev.CLARIFICATION, date(2021, 7, 20), ("A",), "2020-09"),
    ev.PolicyVersion(POLICY, "2021-09", ev.MATERIAL, date(2021, 9, 1), ("A",)),
    ev.PolicyVersion(POLICY, "2021-11", ev.WITHDRAWN, date(2021, 11, 1), ("A",)),
)
OLD, NEWER, CLARIFIED, END = ("2020-09", "2021-09", "2021-07", "2021-11")
ONE_DAY = timedelta(days=1)
PAIR_EVENTS = {
    "issue": lambda on: [ev.Issue(on, POLICY, OLD, ev.IN_FORCE)],
    "recall": lambda on: [ev.Recall(on, POLICY, OLD)],
    "close": lambda on: [ev.Close(on, POLICY, OLD)],
    "newer issued": lambda on: [ev.Issue(on, POLICY, NEWER)],
    "newer recalled": lambda on: [ev.Recall(on, POLICY, NEWER)],
    "newer postponed": lambda on: [ev.Postpone(on, POLICY, NEWER, day("10-10"))],
    "newer in effect": lambda on: day("09-01"),
    "clarification": lambda on: [ev.Issue(on, POLICY, CLARIFIED)],
    "withdrawal": lambda on: [ev.Issue(on, POLICY, END)],
    "withdrawn": lambda on: day("11-01"),
    "join": lambda on: [ev.Join(on, ev.Person("p", ("A",)))],
    "leave": lambda on: [ev.Leave(on, "p", on)],
    "return": lambda on: [ev.Return(on, "p")],
    "move in": lambda on: [ev.ChangeCategories(on, "p", ("A",))],
    "move out": lambda on: [ev.ChangeCategories(on, "p", ("B",))],
    "sent": lambda on: [ev.Sent(on, "p", ((POLICY, OLD, ""),))],
    "bounce": lambda on: [ev.Bounced(on, "p", ((POLICY, OLD, ""),))],
    "letter": lambda on: [ev.LetterGiven(on, "p", (POLICY, OLD), on)],
    "acknowledge": lambda on: [ev.Acknowledge(on, "p", (POLICY, OLD))],
    "excuse": lambda on: [ev.Excuse(on, "p", (POLICY, OLD))],
    "new round": lambda on: [ev.Issue(on, POLICY, OLD, ev.AGAIN, "2021")],
}
STARTS = {
    "join": ((ev.Person("q", ("A",)),), ()),
    "return": (
        (ev.Person("p", ("A",)), ev.Person("q", ("A",))),
        (ev.Leave(day("06-05"), "p", day("06-05")),),
    ),
    "move in": ((ev.Person("p", ("B",)), ev.Person("q", ("A",))), ()),
}
PAIRS = Path(__file__).with_name("pairs.txt")


def pair_lines() -> list[str]:
    """One line for every ordered pair that can happen: what the person's rows say after each of the two."""
    lines = []
    for first in PAIR_EVENTS:
        for second in PAIR_EVENTS:
            told = _pair(first, second)
            if told is not None:
                lines.append(f"{first} | {second} | {told[0]} | {told[1]}")
    return lines


def _pair(first: str, second: str) -> tuple[str, str] | None:
    """What the rows of p say, with the old version given on 2 June unless `issue` is one of the two."""
    people, before = STARTS.get(first) or STARTS.get(second) or ((ev.Person("p", ("A",)),), ())
    world = World(ROLES)
    given = [ev.Issue(day("06-02"), POLICY, OLD, ev.IN_FORCE)] if "issue" not in (first, second) else []
    if {first, second} & {"newer recalled", "newer postponed", "newer in effect"}:
        given.append(ev.Issue(day("06-03"), POLICY, NEWER))
    if {first, second} & {"bounce"}:
        given.append(ev.Sent(day("06-04"), "p", ((POLICY, OLD, ""),)))
    if {first, second} & {"withdrawn"}:
        given.append(ev.Issue(day("06-04"), POLICY, END))
    try:
        for event in (ev.Import(FIRST, people), *given, *before):
            if not isinstance(event, ev.Import) and not _may(world, event):
                return None
            world.apply(event)
        return _step(world, first, day("06-10")), _step(world, second, world.today + timedelta(days=10))
    except LookupError:
        return None


def _may(world: World, event: ev.Event) -> bool:
    world.advance(event.on)
    return legal(world, event)


def _step(world: World, name: str, on: date) -> str:
    """Take one step and say what the rows of p are; LookupError where it cannot happen now."""
    told = PAIR_EVENTS[name](on)
    if isinstance(told, date):
        if told < world.today + ONE_DAY:
            raise LookupError(name)
        world.end_day(told)
        return _say(world)
    for event in told:
        if not _may(world, event):
            raise LookupError(name)
        world.apply(event)
    return _say(world)


def _say(world: World) -> str:
    rows = [each for each in world.rows() if each.person == "p"]
    return "; ".join(_say_row(each) for each in rows) or "nothing"


def _say_row(each: Row) -> str:
    name = f"{each.label}{'/' + each.round if each.round else ''} stay {each.stay}"
    dates = f"{each.notified_on or '-'} binds {each.binds_from or '-'} due {each.due_on or '-'}"
    owes = "owes" if each.owes else "owes nothing"
    return f"{name} {each.basis}: {each.status}, {owes}, told {dates}, notice {each.notice_state}"


def test_every_pair_of_events_says_what_the_table_says():
    assert pair_lines() == PAIRS.read_text(encoding="utf-8").splitlines()


# Random histories.


@pytest.mark.parametrize("seed", range(60))
def test_random_histories_are_legal_and_their_rows_keep_the_rules(seed):
    of = random_history(seed)
    assert is_legal(of)
    first, last = of.events[0].on, of.events[-1].on
    days = [first + timedelta(days=number) for number in range((last - first).days + 40)]
    changes = {(each.policy, each.label): each.change for each in of.library}
    for on, rows in answers(of, days).items():
        for each in rows:
            assert not each.owes or each.notice_state == "open"
            assert not each.owes or changes[each.policy, each.label] in (ev.NEW, ev.MATERIAL)
            assert (each.due_on is not None) == (each.owes and each.notified_on is not None)
            assert each.due_on is None or each.due_on >= each.notified_on
            assert not each.overdue or each.due_on < on
            assert not (each.not_notified_yet and each.notified_on)


def test_shrinking_keeps_only_what_a_failure_needs():
    of = random_history(3)

    def owed(candidate: ev.History) -> bool:
        return any(each.owes for each in rows_on(candidate, of.events[-1].on))

    assert owed(of)
    small = shrink(of, owed)
    assert owed(small) and len(small.events) <= 3
