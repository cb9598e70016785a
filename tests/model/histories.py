"""Random legal histories, what makes an event legal, and how a failing history is made smaller."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from tests.model import events as ev
from tests.model.oracle import NO_LONGER_COVERED, Notice, Recipient, World, label_order

CATEGORIES = ("A", "B", "C")
ROSTER = (ev.Join, ev.Leave, ev.Return, ev.ChangeCategories)


def random_history(seed: int, fewest: int = 10, most: int = 40) -> ev.History:
    """A legal history of 10 to 40 events after the first import.

    No one joins, leaves, returns or moves on the day of an issue, where only the ledger's order would decide.
    """
    random = Random(seed)
    first = random.choice(FIRST_DAYS)
    library = _library(random, first)
    events: list[ev.Event] = [_first_import(random, first)]
    world = World(library)
    world.apply(events[0])
    day, today = first, set()
    for _ in range(random.randint(fewest, most)):
        if random.random() < 0.7:
            day, today = _later(random, day, world), set()
            world.advance(day)
        event = _next_event(random, world, day, today)
        if event is None:
            continue
        world.apply(event)
        events.append(event)
        today.add(type(event))
    return ev.History(library, tuple(events))


FIRST_DAYS = (
    date(2021, 6, 1),
    date(2021, 1, 4),
    date(2023, 12, 30),
    date(2024, 2, 28),
    date(2021, 3, 27),
    date(2021, 10, 29),
)


def is_legal(history: ev.History) -> bool:
    """Every event of it could have been recorded when it was."""
    world = World(history.library)
    for event in history.events:
        if isinstance(event, ev.Import) != (world.first_import is None):
            return False
        world.advance(event.on)
        if not isinstance(event, ev.Import) and not legal(world, event):
            return False
        world.apply(event)
    return True


def shrink(history: ev.History, fails: Callable[[ev.History], bool]) -> ev.History:
    """The history without every event that can be left out while it stays legal and fails."""
    number = len(history.events) - 1
    while number > 0:
        events = history.events[:number] + history.events[number + 1 :]
        smaller = ev.History(history.library, events)
        if is_legal(smaller) and fails(smaller):
            history = smaller
        number = min(number, len(history.events)) - 1
    return history


# What is legal.


def legal(world: World, event: ev.Event) -> bool:
    """Whether an event may be recorded next in a world that has come to its day."""
    return _LEGAL[type(event)](world, event)


def _join(world: World, event: ev.Join) -> bool:
    return event.person.person not in world.staff and event.on > world.first_import


def _present(world: World, person: str) -> bool:
    return person in world.staff and world.staff[person].in_post(world.today)


def _leave(world: World, event: ev.Leave) -> bool:
    if not _present(world, event.person):
        return False
    staff = world.staff[event.person]
    return staff.left_on is None and not staff.away(event.on) and event.left_on > staff.post_from


def _return(world: World, event: ev.Return) -> bool:
    staff = world.staff.get(event.person)
    if staff is None or staff.left_on is None or staff.left_on > event.on:
        return False
    return event.joined_on is None or event.joined_on >= event.on


def _change_categories(world: World, event: ev.ChangeCategories) -> bool:
    if not _present(world, event.person):
        return False
    if set(event.categories) == set(world.staff[event.person].categories):
        return False
    for notice in world.notices:
        current = notice.current(event.person)
        outside = current is not None and current.basis in ("by name", NO_LONGER_COVERED)
        if outside and set(event.categories) & set(world.versions[notice.version].audience):
            return False
    return True


def _go_away(world: World, event: ev.GoAway) -> bool:
    if not _present(world, event.person):
        return False
    staff = world.staff[event.person]
    if staff.left_on is not None or event.until is None or event.until < event.on:
        return False
    return not staff.away(event.on) or event.until > staff.absences[-1][1]


def _change_email(world: World, event: ev.ChangeEmail) -> bool:
    if not _present(world, event.person):
        return False
    stays = [each.current(event.person) for each in world.notices]
    bounced = any(each is not None and each.bounced for each in stays)
    return event.has_email if bounced else event.has_email != world.staff[event.person].has_email


def _issue(world: World, event: ev.Issue) -> bool:
    key = (event.policy, event.label)
    version = world.versions[key]
    newest = world.newest_notice(key, event.round)
    if all(newest and newest.current(staff.person) for staff in world.in_audience(version)):
        return False  # nobody would be added
    if event.mode == ev.BY_CHANGE:
        return event.round == "" and _can_be_issued_ahead(world, version)
    if world.version_in_force(event.policy, event.on) != version:
        return False
    newest = world.newest_notice(key)
    if event.mode == ev.IN_FORCE:
        opened_by_joiner = newest is not None and newest.whole is None and world.is_open(newest)
        return event.round == "" and (newest is None or opened_by_joiner)
    names = {each.round for each in world.notices if each.version == key}
    return (
        event.round not in {"", *names}
        and newest is not None
        and newest.whole is not None
        and world.state(newest) in ("open", "closed")
    )


def _can_be_issued_ahead(world: World, version: ev.PolicyVersion) -> bool:
    key = (version.policy, version.label)
    if version.effective_on <= world.today or world.newest_notice(key) is not None:
        return False
    for later in world.of_policy(version.policy):
        ends_it = later.change == ev.WITHDRAWN and label_order(later.label) > label_order(version.label)
        issued = world.newest_notice((later.policy, later.label)) is not None
        if ends_it and (issued or later.effective_on <= world.today):
            return False
    if version.change != ev.CLARIFICATION:
        return True
    base = world.newest_notice((version.policy, version.clarifies))
    return base is not None and base.whole is not None and world.is_open(base)


def _newest_of_round(world: World, event: ev.Recall | ev.Close) -> Notice | None:
    """The notice an act names, where it is the newest of its version, open, and given to everybody."""
    notice = world.newest_notice((event.policy, event.label))
    if notice is None or notice.round != event.round or notice.whole is None:
        return None
    return notice if world.is_open(notice) else None


def _recall(world: World, event: ev.Recall) -> bool:
    notice = _newest_of_round(world, event)
    version = world.versions[(event.policy, event.label)]
    if notice is None or version.change == ev.WITHDRAWN:
        return False
    clarified = any(
        each.clarifies == version.label and world.newest_notice((each.policy, each.label)) is not None
        for each in world.of_policy(version.policy)
    )
    ahead = notice.mode == ev.BY_CHANGE
    return not clarified and (not ahead or event.on < version.effective_on)


def _postpone(world: World, event: ev.Postpone) -> bool:
    key = (event.policy, event.label)
    version, notice = world.versions[key], world.newest_notice(key)
    if notice is None or notice.mode != ev.BY_CHANGE or not world.is_open(notice):
        return False
    if not event.on < version.effective_on < event.new_effective_on:
        return False
    return version.change == ev.WITHDRAWN or all(
        event.new_effective_on < each.effective_on
        for each in world.of_policy(event.policy)
        if label_order(each.label) > label_order(event.label)
    )


def _close(world: World, event: ev.Close) -> bool:
    return _newest_of_round(world, event) is not None


def _add_by_name(world: World, event: ev.AddByName) -> bool:
    key = (event.policy, event.label)
    version, notice = world.versions[key], world.newest_notice(key)
    if notice is None or notice.whole is None or not world.is_open(notice):
        return False
    return (
        version.change in (ev.NEW, ev.MATERIAL)
        and _present(world, event.person)
        and not world.covers(version, world.staff[event.person])
        and notice.current(event.person) is None
    )


def _stay(world: World, person: str, version: ev.Version) -> tuple[Notice, Recipient] | None:
    notice = world.newest_notice(version)
    recipient = notice.current(person) if notice else None
    return (notice, recipient) if recipient is not None else None


def _status(world: World, person: str, version: ev.Version) -> str | None:
    """The status of a present stay in the newest notice of a version, where that is open."""
    stay = _stay(world, person, version)
    if stay is None or world.ending(*stay) is not None:
        return None
    return world.status(*stay)


def _sent(world: World, event: ev.Sent) -> bool:
    return (
        bool(event.items)
        and _present(world, event.person)
        and world.staff[event.person].has_email
        and all(_can_be_sent(world, event.person, item) for item in event.items)
    )


def _can_be_sent(world: World, person: str, item: ev.Item) -> bool:
    stay = _stay(world, person, item[:2])
    if stay is None or stay[0].round != item[2] or stay[1].emailed_on is not None or stay[1].bounced:
        return False
    return _status(world, person, item[:2]) in ("not sent", "notified")


def _bounced(world: World, event: ev.Bounced) -> bool:
    return bool(event.items) and all(_can_bounce(world, event.person, item) for item in event.items)


def _can_bounce(world: World, person: str, item: ev.Item) -> bool:
    stay = _stay(world, person, item[:2])
    return (
        stay is not None
        and stay[0].round == item[2]
        and stay[1].emailed_on is not None
        and world.staff[person].has_email
        and _status(world, person, item[:2]) == "notified"
    )


def _letter_given(world: World, event: ev.LetterGiven) -> bool:
    stay = _stay(world, event.person, event.version)
    if stay is None or stay[1].letter_on is not None:
        return False
    status = _status(world, event.person, event.version)
    return stay[1].added[0] <= event.given_on <= event.on and status in (
        "notified",
        "undeliverable",
        "on paper",
        "not sent",
    )


def _take_back_letter(world: World, event: ev.TakeBackLetter) -> bool:
    stay = _stay(world, event.person, event.version)
    if stay is None or stay[1].letter_on is None:
        return False
    return _status(world, event.person, event.version) == "notified"


def _owes(world: World, person: str, version: ev.Version) -> bool:
    stay = _stay(world, person, version)
    return stay is not None and world.row(*stay).owes


def _acknowledge(world: World, event: ev.Acknowledge) -> bool:
    return _owes(world, event.person, event.version)


def _take_back_acknowledgement(world: World, event: ev.TakeBackAcknowledgement) -> bool:
    stay = _stay(world, event.person, event.version)
    if stay is None or _status(world, event.person, event.version) != "acknowledged":
        return False
    notice, recipient = stay
    theirs = [each for each in notice.receipts if each.person == event.person and each.taken_back is None]
    return bool(theirs) and all(each.given > recipient.added for each in theirs)


def _excuse(world: World, event: ev.Excuse) -> bool:
    return _owes(world, event.person, event.version)


def _take_back_excuse(world: World, event: ev.TakeBackExcuse) -> bool:
    return _status(world, event.person, event.version) == "excused"


_LEGAL = {
    ev.Join: _join,
    ev.Leave: _leave,
    ev.Return: _return,
    ev.ChangeCategories: _change_categories,
    ev.GoAway: _go_away,
    ev.ChangeEmail: _change_email,
    ev.Issue: _issue,
    ev.Recall: _recall,
    ev.Postpone: _postpone,
    ev.Close: _close,
    ev.AddByName: _add_by_name,
    ev.Sent: _sent,
    ev.Bounced: _bounced,
    ev.LetterGiven: _letter_given,
    ev.TakeBackLetter: _take_back_letter,
    ev.Acknowledge: _acknowledge,
    ev.TakeBackAcknowledgement: _take_back_acknowledgement,
    ev.Excuse: _excuse,
    ev.TakeBackExcuse: _take_back_excuse,
}


# What is drawn.


def _categories(random: Random) -> tuple[str, ...]:
    return tuple(sorted(random.sample(CATEGORIES, random.choice((1, 1, 1, 2)))))


def _audience(random: Random) -> tuple[str, ...]:
    return random.choice(((), (), ("A",), ("A", "B"), ("B", "C")))


def _library(random: Random, first: date) -> tuple[ev.PolicyVersion, ...]:
    return tuple(
        version
        for name in ("social-media", "safeguarding", "travel")[: random.randint(1, 3)]
        for version in _policy(random, name, first)
    )


def _policy(random: Random, name: str, first: date) -> list[ev.PolicyVersion]:
    effective = first + timedelta(days=random.choice((-400, -40, -1, 0, 20, 45)))
    versions: list[ev.PolicyVersion] = []
    is_withdrawn = random.random() < 0.2  # a withdrawal concerns whom all that it ends concerns
    for number in range(4 if is_withdrawn else random.randint(1, 4)):
        kind = ev.NEW if not versions else random.choice((ev.MATERIAL, ev.MATERIAL, ev.CLARIFICATION))
        if number == 3 and is_withdrawn:
            kind = ev.WITHDRAWN
        same_audience = versions and (is_withdrawn or kind == ev.CLARIFICATION)
        versions.append(
            ev.PolicyVersion(
                name,
                _label(effective, versions),
                kind,
                effective,
                versions[-1].audience if same_audience else _audience(random),
                (versions[-1].clarifies or versions[-1].label) if kind == ev.CLARIFICATION else None,
            )
        )
        effective = max(effective + timedelta(days=1), _edge(random, effective, (25, 120)))
    return versions


def _label(effective: date, versions: list[ev.PolicyVersion]) -> str:
    month = f"{effective:%Y-%m}"
    same = sum(each.label.startswith(month) for each in versions)
    return month if same == 0 else f"{month}.{same + 1}"


def _edge(random: Random, day: date, span: tuple[int, int]) -> date:
    """A day within the span after `day`, often the first or last of a month or beside a change of clocks."""
    later = day + timedelta(days=random.randint(*span))
    last = calendar.monthrange(later.year, later.month)[1]
    return random.choice((later, later.replace(day=1), later.replace(day=last), later))


def _first_import(random: Random, first: date) -> ev.Import:
    joined = (None, None, None, -300, -10, 0, 15)
    people = tuple(
        _person(random, f"p{number}", first, random.choice(joined))
        for number in range(1, random.randint(2, 6) + 1)
    )
    return ev.Import(first, people)


def _person(random: Random, person: str, day: date, joined: int | None) -> ev.Person:
    return ev.Person(
        person,
        _categories(random),
        None if joined is None else day + timedelta(days=joined),
        away_until=day + timedelta(days=20) if random.random() < 0.1 else None,
        has_email=random.random() < 0.8,
    )


def _later(random: Random, day: date, world: World) -> date:
    """Some days on, or to a day about the last day of notice or an effective date."""
    marks = []
    for version in world.versions.values():
        effective = version.effective_on
        for mark in (effective - timedelta(days=31), effective - timedelta(days=30), effective):
            marks += [mark - timedelta(days=1), mark, mark + timedelta(days=1)]
    near = [mark for mark in marks if 0 < (mark - day).days <= 40]
    if near and random.random() < 0.4:
        return random.choice(near)
    return day + timedelta(days=random.choice((1, 1, 2, 3, 5, 8, 14, 16, 28, 31)))


def _next_event(random: Random, world: World, day: date, today: set[type]) -> ev.Event | None:
    for _ in range(60):
        event = _draw(random, world, day)
        if event is None or not legal(world, event):
            continue
        if isinstance(event, ROSTER) and ev.Issue in today:
            continue
        if isinstance(event, ev.Issue) and today & set(ROSTER):
            continue
        return event
    return None


def _draw(random: Random, world: World, day: date) -> ev.Event | None:
    kind = random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    person = random.choice(list(world.staff))
    version = random.choice(list(world.versions.values()))
    key = (version.policy, version.label)
    newest = world.newest_notice(key)
    round_name = newest.round if newest else ""
    if kind is ev.Join:
        return ev.Join(day, _newcomer(random, world, day)) if len(world.staff) < 8 else None
    if kind is ev.Leave:
        return ev.Leave(day, person, day + timedelta(days=random.choice((0, 0, -3, 10))))
    if kind is ev.Return:
        joined = random.choice((None, None, day, day + timedelta(days=9)))
        return ev.Return(day, person, joined)
    if kind is ev.ChangeCategories:
        return ev.ChangeCategories(day, person, _categories(random))
    if kind is ev.GoAway:
        return ev.GoAway(day, person, day + timedelta(days=random.choice((0, 10, 60))))
    if kind is ev.ChangeEmail:
        return ev.ChangeEmail(day, person, random.random() < 0.7)
    if kind is ev.Issue:
        return _draw_issue(random, world, day, version)
    if kind in (ev.Recall, ev.Close):
        return kind(day, *key, round_name)
    if kind is ev.Postpone:
        return ev.Postpone(day, *key, _edge(random, version.effective_on, (1, 40)))
    if kind is ev.AddByName:
        return ev.AddByName(day, *key, person)
    if kind in (ev.Sent, ev.Bounced):
        return kind(day, person, _items(world, person, key))
    if kind is ev.LetterGiven:
        return ev.LetterGiven(day, person, key, day - timedelta(days=random.choice((0, 0, 1, 4))))
    return kind(day, person, key)


def _newcomer(random: Random, world: World, day: date) -> ev.Person:
    issued = {each.whole[0] for each in world.notices if each.whole}
    joined = random.choice((None, None, 0, 12, -5, -30, -400))
    if joined is not None and joined < 0 and day + timedelta(days=joined) in issued:
        joined = None
    return _person(random, f"p{len(world.staff) + 1}", day, joined)


def _draw_issue(random: Random, world: World, day: date, version: ev.PolicyVersion) -> ev.Issue:
    if version.effective_on > day:
        return ev.Issue(day, version.policy, version.label)
    if world.newest_notice((version.policy, version.label)) is None or random.random() < 0.8:
        return ev.Issue(day, version.policy, version.label, ev.IN_FORCE)
    return ev.Issue(day, version.policy, version.label, ev.AGAIN, f"round {len(world.notices)}")


def _items(world: World, person: str, key: ev.Version) -> tuple[ev.Item, ...]:
    """What the person's e-mail with this version holds: all of its mailing that is still asked."""
    return tuple(
        (*version, notice.round)
        for version in _mailed_together(world, person, key)
        for notice in [world.newest_notice(version)]
        if _status(world, person, version) in ("not sent", "notified")
    )


def _mailed_together(world: World, person: str, key: ev.Version) -> list[ev.Version]:
    stay = _stay(world, person, key)
    if stay is None:
        return []
    others = [(version, _stay(world, person, version)) for version in world.versions]
    return [version for version, other in others if other and other[1].mailing == stay[1].mailing]


WEIGHTS = {
    ev.Join: 3,
    ev.Leave: 2,
    ev.Return: 3,
    ev.ChangeCategories: 3,
    ev.GoAway: 2,
    ev.ChangeEmail: 2,
    ev.Issue: 12,
    ev.Recall: 2,
    ev.Postpone: 4,
    ev.Close: 1,
    ev.AddByName: 2,
    ev.Sent: 25,
    ev.Bounced: 4,
    ev.LetterGiven: 6,
    ev.TakeBackLetter: 5,
    ev.Acknowledge: 10,
    ev.TakeBackAcknowledgement: 3,
    ev.Excuse: 2,
    ev.TakeBackExcuse: 6,
}
