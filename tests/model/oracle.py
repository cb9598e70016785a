"""What every recipient owes, with status and window, at the end of a day: from the design alone.

Plain and slow. `World` goes through a history day by day and keeps facts and their moments; `World.rows`
answers from those facts. `answers` gives the rows of many days of one history.

How sentences that can be read in more than one way are read here:

 1. "came into the audience later": one recipient for each unbroken stay in the audience of *that
    version*.
 2. "in post": `left_on` is the first day no longer in post (at its end somebody has left); a `left_on`
    in the past ends the stay at the ledger line of its import, one in the future at the start of its
    day.
 3. "On one day the ledger's order decides": effective dates, future joiners and future leavers come at
    the start of a day, before its events. Who joins, returns or moves in on the day of the issue but
    after it is `joining`.
 4. "however late they were entered": came on an earlier day than the issue, entered after it: `change`
    (`in force` or `new round` in such a notice), with the day they were notified as it was.
 5. "A joiner is who came after the first import": on a later day than the first import.
 6. "took effect before the school's first roster import": strictly before its day; on its day is
    `change`, late.
 7. "`--in-force` later adds everybody else": each with the basis of their own case: came after the
    first import and not before the effective date `joining`; else by reading 6 `in force` or `change`.
 8. "Where a version in force has no notice yet": in force by the library's dates, noticed or not,
    recalled or not; a withdrawal in effect by its date leaves nothing in force for joiners, even when
    it was not issued.
 9. "every version on notice that concerns them": with a notice that is open, clarifications and
    withdrawals too.
10. "to a closed one nobody is added": nor to one superseded or withdrawn; the newest round not recalled
    decides.
11. "on `joined_on` if that is later": later than the `left_on` that is cleared; it may lie in the
    future.
12. "the audience of the version before": the nearest earlier label that is no clarification; after a
    withdrawal nobody. Decided at a `change` issue and at a late one; not for `in force` before the
    first import, not for rounds, clarifications or withdrawals. Such a stay ends by leaving only; who
    then moves into the audience is a new recipient, `joining`.
13. `by name`: ends by leaving only. Who moves into the audience while it lasts is not added a second
    time. "the later of effective date and joining" is for them the day they were added.
14. "the first that applies": `recalled` shows for all recipients, also of stays that ended before;
    `left` and `not concerned` also when the stay ended after the notice did.
15. "acts do not reach stays already ended": acknowledgement, excuse, letter, e-mail and their taking
    back change nothing in a stay recorded as ended; what was so at its end stays so.
16. "an excuse ends with its notice or round": it is not carried to another notice, round or stay; in
    the notice it was given in it still shows when that has ended.
17. "A receipt under a recalled notice … counts": for every first round of the text, and for a later one
    that the recall reopens; a round opened after the receipt asks anew. While the newer round
    lives, its receipts do not make the superseded one's rows `acknowledged`.
18. "who owes nothing has no `due_on`": also who has acknowledged, is excused, has left, or whose notice
    ended.
19. "Until notified, `in_time`, …, are empty"; after it, without a notice period, `in_time` and
    `short_by_days` are empty too. In time is `short_by_days` 0.
20. "told a full month ahead" counts `deemed_days`; the days of "due … after they were told" do not.
21. "the later of the ordinary day and": over all absences on record; return is the day after
    `away_until`. An absence begun after `due_on` also moves it. A new `away_until` during an absence
    replaces it.
22. "no `due_on`, counted in every figure": `not notified yet` is said of every row whose status is
    `undeliverable`, `on paper` or `not sent`, also of clarifications, withdrawals and `no longer
    covered`.
23. `undeliverable`: their e-mail came back, nothing else reached them and their address has not changed
    since. `on paper` and `not sent` follow the address of the day.
24. "one `letter-given` covers its mailing": what one person was given by one Issue or by one coming in;
    taking a letter back covers the same. A second letter does not move an earlier day.
25. "A withdrawal likewise": it ends all notices with earlier labels, also of versions still on notice;
    closing it changes nothing; its own notice stays open until a newer version ends it. Its rows owe
    nothing.
26. "a notice opened by a joiner ends only that joiner's earlier ones": those of every recipient added
    before `--in-force` made it whole, from the later of being added and the effective date; their
    status `superseded`.
27. "superseded": clarifications and withdrawals are superseded as well; only new and material versions
    supersede.
28. An e-mail is not sent again once it reached somebody; a further Sent does not move the day.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from tests.model.events import (
    AGAIN,
    BY_CHANGE,
    CLARIFICATION,
    IN_FORCE,
    MATERIAL,
    NEW,
    WITHDRAWN,
    Acknowledge,
    AddByName,
    Bounced,
    ChangeCategories,
    ChangeEmail,
    Close,
    Event,
    Excuse,
    GoAway,
    History,
    Import,
    Issue,
    Item,
    Join,
    Leave,
    LetterGiven,
    Person,
    PolicyVersion,
    Postpone,
    Recall,
    Return,
    Sent,
    TakeBackAcknowledgement,
    TakeBackExcuse,
    TakeBackLetter,
    Version,
)

Moment = tuple[date, int]
"""A day and a place in the ledger; place 0 is the start of the day."""

ONE_DAY = timedelta(days=1)
ALWAYS = date.min

CHANGE = "change"
JOINING = "joining"
BOUND_ALREADY = "in force"
NEW_ROUND = "new round"
BY_NAME = "by name"
NO_LONGER_COVERED = "no longer covered"


@dataclass(frozen=True)
class Rules:
    """The settings that the dates depend on."""

    months: int = 1
    deemed_days: int = 0
    joiner_days: int = 14
    in_force_days: int = 14


DEFAULT_RULES = Rules()


@dataclass(frozen=True)
class Row:
    """One recipient stay of one notice, at the end of a day."""

    policy: str
    label: str
    round: str
    notice_no: int
    """1 for the first notice of this version and round, 2 for the one given after a recall, and so on."""
    person: str
    stay: int
    """1 for the person's first stay in this notice."""
    basis: str
    notice_state: str
    status: str
    owes: bool
    notified_on: date | None
    in_time: bool | None
    short_by_days: int | None
    binds_from: date | None
    due_on: date | None
    overdue: bool
    not_notified_yet: bool


def add_months(day: date, months: int) -> date:
    """The corresponding date `months` later, or that month's last day (Dodds v Walker)."""
    month0 = day.month - 1 + months
    year, month = day.year + month0 // 12, month0 % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def label_order(label: str) -> tuple[str, int]:
    """Labels in the order of their versions: 2021-09, 2021-09.2, 2021-10."""
    month, _, number = label.partition(".")
    return month, int(number or 1)


@dataclass
class Staff:
    """A person as the roster has them today."""

    person: str
    categories: tuple[str, ...]
    post_from: date
    left_on: date | None
    has_email: bool
    absences: list[tuple[date, date]] = field(default_factory=list)
    was_in_post: bool = False
    came: dict[Version, date] = field(default_factory=dict)
    """Versions whose audience they are in today, and since when."""

    def in_post(self, day: date) -> bool:
        return self.post_from <= day and (self.left_on is None or day < self.left_on)

    def away(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.absences)


@dataclass
class Recipient:
    person: str
    stay: int
    basis: str
    came: date
    added: Moment
    mailing: tuple[Moment, str]
    emailed_on: date | None = None
    bounced: bool = False
    letter_on: date | None = None
    excused: bool = False
    ended: Moment | None = None
    ended_how: str | None = None

    @property
    def notified_on(self) -> date | None:
        days = [day for day in (self.emailed_on, self.letter_on) if day is not None]
        return min(days, default=None)


@dataclass
class Receipt:
    person: str
    given: Moment
    taken_back: Moment | None = None


@dataclass
class Notice:
    version: Version
    round: str
    number: int
    opened: Moment
    whole: Moment | None
    """When it was issued to its whole audience; None while only joiners are in it."""
    mode: str | None
    recalled: Moment | None = None
    closed: Moment | None = None
    recipients: list[Recipient] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)

    def current(self, person: str) -> Recipient | None:
        """The stay of a person that has not ended; the latest where there are two."""
        stays = [each for each in self.recipients if each.person == person and each.ended is None]
        return stays[-1] if stays else None


class World:
    """All facts up to a ledger line, and the questions asked of them."""

    def __init__(self, library: Iterable[PolicyVersion], rules: Rules = DEFAULT_RULES):
        self.rules = rules
        self.versions = {(each.policy, each.label): each for each in library}
        self.staff: dict[str, Staff] = {}
        self.notices: list[Notice] = []
        self.first_import: date | None = None
        self.now: Moment | None = None
        self._place = 0

    # The course of days and events.

    def advance(self, day: date) -> None:
        """Go on to the start of `day`, through the start of every day between."""
        if self.now is None:
            self.now = (day, 0)
            return
        while self.now[0] < day:
            self.now = (self.now[0] + ONE_DAY, 0)
            if any(self.now[0] in (each.post_from, each.left_on) for each in self.staff.values()):
                self._follow_roster()

    def end_day(self, day: date) -> None:
        """Go on to the end of `day`; no event of it may follow."""
        self.advance(day)
        self.now = (day, self._place)

    def apply(self, event: Event) -> None:
        """Record one event."""
        self.advance(event.on)
        self._place += 1
        self.now = (event.on, self._place)
        _ACTS[type(event)](self, event)

    @property
    def today(self) -> date:
        return self.now[0]

    # Versions.

    def of_policy(self, policy: str) -> list[PolicyVersion]:
        versions = [each for each in self.versions.values() if each.policy == policy]
        return sorted(versions, key=lambda each: label_order(each.label))

    def version_in_force(self, policy: str, day: date) -> PolicyVersion | None:
        """The latest new or material version in effect by the library, None once withdrawn."""
        in_effect = [
            each
            for each in self.of_policy(policy)
            if each.change != CLARIFICATION and each.effective_on <= day
        ]
        if not in_effect or in_effect[-1].change == WITHDRAWN:
            return None
        return in_effect[-1]

    def base_of(self, version: Version) -> Version:
        found = self.versions[version]
        return (found.policy, found.clarifies) if found.change == CLARIFICATION else version

    def covers(self, version: PolicyVersion, staff: Staff) -> bool:
        return not version.audience or bool(set(version.audience) & set(staff.categories))

    def in_audience(self, version: PolicyVersion) -> list[Staff]:
        """Who is in post today and in the audience."""
        return [
            each for each in self.staff.values() if each.in_post(self.today) and self.covers(version, each)
        ]

    def version_before(self, version: PolicyVersion) -> PolicyVersion | None:
        earlier = [
            each
            for each in self.of_policy(version.policy)
            if each.change != CLARIFICATION and label_order(each.label) < label_order(version.label)
        ]
        return earlier[-1] if earlier else None

    # Notices and their endings.

    def newest_notice(self, version: Version, round_name: str | None = None) -> Notice | None:
        """The newest notice of a version that is not recalled; of one round where it is named."""
        found = [
            each
            for each in self.notices
            if each.version == version
            and each.recalled is None
            and (round_name is None or each.round == round_name)
        ]
        return found[-1] if found else None

    def ending(self, notice: Notice, recipient: Recipient | None = None) -> tuple[Moment, str] | None:
        """The earliest ending of a notice by now and its name; with a recipient, of theirs alone too."""
        endings = []
        if notice.recalled is not None:
            endings.append((notice.recalled, "recalled"))
        if notice.closed is not None:
            endings.append((notice.closed, "closed"))
        for other in self.notices:
            if other.recalled is not None or other is notice:
                continue
            if other.version == notice.version:
                if other.whole is not None and other.opened > notice.opened:
                    endings.append((other.whole, "superseded"))
                continue
            if not self._is_newer(other.version, notice.version):
                continue
            change = self.versions[other.version].change
            effect = (self.versions[other.version].effective_on, 0)
            name = {WITHDRAWN: "withdrawn", NEW: "superseded", MATERIAL: "superseded"}.get(change)
            if name is None:
                continue
            if other.whole is not None:
                endings.append((max(effect, other.whole), name))
            if recipient is None:
                continue
            for each in other.recipients:
                before_all = other.whole is None or each.added < other.whole
                if each.person == recipient.person and before_all:
                    endings.append((max(effect, each.added), name))
        by_now = [each for each in endings if each[0] <= self.now]
        return min(by_now, default=None, key=lambda each: each[0])

    def state(self, notice: Notice) -> str:
        ending = self.ending(notice)
        return ending[1] if ending else "open"

    def is_open(self, notice: Notice) -> bool:
        return self.ending(notice) is None

    def _is_newer(self, one: Version, other: Version) -> bool:
        return one[0] == other[0] and label_order(one[1]) > label_order(other[1])

    # Recipients.

    def _follow_roster(self) -> None:
        """End the stays of who left or moved out, and bring in who came, on the roster as it is now."""
        for staff in self.staff.values():
            in_post = staff.in_post(self.today)
            self._end_stays(staff, in_post)
            arrived = in_post and not staff.was_in_post
            came_into = []
            for key, version in self.versions.items():
                inside = in_post and self.covers(version, staff)
                if not inside:
                    staff.came.pop(key, None)
                elif key not in staff.came:
                    staff.came[key] = staff.post_from if arrived else self.today
                    came_into.append(key)
            staff.was_in_post = in_post
            for key in came_into:
                self._bring_in(staff, key)

    def _end_stays(self, staff: Staff, in_post: bool) -> None:
        for notice in self.notices:
            for recipient in notice.recipients:
                if recipient.person != staff.person or recipient.ended is not None:
                    continue
                if not in_post:
                    recipient.ended, recipient.ended_how = self.now, "left"
                elif recipient.basis not in (BY_NAME, NO_LONGER_COVERED) and not self.covers(
                    self.versions[notice.version], staff
                ):
                    recipient.ended, recipient.ended_how = self.now, "not concerned"

    def _bring_in(self, staff: Staff, key: Version) -> None:
        """Give somebody who has just come into an audience what is in force or on notice."""
        version = self.versions[key]
        notice = self.newest_notice(key)
        on_notice = version.effective_on > self.today
        in_force = self.version_in_force(version.policy, self.today) == version
        if not on_notice and not in_force:
            return
        if notice is None:
            if in_force and self._is_joiner(staff.came[key], version):
                opened = self._open_notice(key, "", None)
                self._add(opened, staff.person, JOINING, staff.came[key])
            return
        if not self.is_open(notice):
            return
        current = notice.current(staff.person)
        if current is not None and current.basis != NO_LONGER_COVERED:
            return
        basis = self._basis_of_late_comer(notice, staff.came[key])
        if basis is not None:
            self._add(notice, staff.person, basis, staff.came[key])

    def _is_joiner(self, came: date, version: PolicyVersion) -> bool:
        return came > self.first_import and came >= version.effective_on

    def _basis_when_in_force(self, came: date, version: PolicyVersion) -> str:
        if self._is_joiner(came, version):
            return JOINING
        return BOUND_ALREADY if version.effective_on < self.first_import else CHANGE

    def _basis_of_late_comer(self, notice: Notice, came: date) -> str | None:
        """The basis of somebody entered after a notice was opened; None while they wait for `--in-force`."""
        version = self.versions[notice.version]
        if notice.whole is None:
            return JOINING if self._is_joiner(came, version) else None
        if came >= notice.whole[0]:
            return JOINING
        if notice.mode == IN_FORCE:
            return self._basis_when_in_force(came, version)
        return NEW_ROUND if notice.mode == AGAIN else CHANGE

    def _open_notice(self, key: Version, round_name: str, mode: str | None) -> Notice:
        number = 1 + sum(each.version == key and each.round == round_name for each in self.notices)
        whole = None if mode is None else self.now
        notice = Notice(key, round_name, number, self.now, whole, mode)
        self.notices.append(notice)
        return notice

    def _add(self, notice: Notice, person: str, basis: str, came: date) -> None:
        stay = 1 + sum(each.person == person for each in notice.recipients)
        notice.recipients.append(Recipient(person, stay, basis, came, self.now, (self.now, person)))

    # Events.

    def _import(self, event: Import) -> None:
        self.first_import = event.on
        for person in event.people:
            self._enter(person, person.joined_on or ALWAYS)
        self._follow_roster()

    def _join(self, event: Join) -> None:
        self._enter(event.person, event.person.joined_on or event.on)
        self._follow_roster()

    def _enter(self, person: Person, post_from: date) -> None:
        staff = Staff(person.person, person.categories, post_from, person.left_on, person.has_email)
        self.staff[person.person] = staff
        if person.away_until is not None and person.away_until >= self.today:
            staff.absences.append((self.today, person.away_until))

    def _leave(self, event: Leave) -> None:
        self.staff[event.person].left_on = event.left_on
        self._follow_roster()

    def _return(self, event: Return) -> None:
        staff = self.staff[event.person]
        if staff.left_on is not None and staff.left_on <= event.on:
            later = event.joined_on is not None and event.joined_on > staff.left_on
            staff.post_from = event.joined_on if later else event.on
        staff.left_on = None
        self._follow_roster()

    def _change_categories(self, event: ChangeCategories) -> None:
        self.staff[event.person].categories = event.categories
        self._follow_roster()

    def _go_away(self, event: GoAway) -> None:
        staff = self.staff[event.person]
        until = event.until if event.until is not None else event.on - ONE_DAY
        if staff.away(event.on):
            first, _ = staff.absences.pop()
            if first <= until:
                staff.absences.append((first, until))
        elif until >= event.on:
            staff.absences.append((event.on, until))

    def _change_email(self, event: ChangeEmail) -> None:
        self.staff[event.person].has_email = event.has_email
        for notice in self.notices:
            recipient = notice.current(event.person)
            if recipient is not None:
                recipient.bounced = False

    def _issue(self, event: Issue) -> None:
        key = (event.policy, event.label)
        version = self.versions[key]
        notice = self.newest_notice(key, event.round)
        if event.mode == IN_FORCE and notice is not None:
            notice.whole, notice.mode = self.now, IN_FORCE
        else:
            notice = self._open_notice(key, event.round, event.mode)
        for staff in self.in_audience(version):
            if notice.current(staff.person) is not None:
                continue
            came = staff.came[key]
            basis = {BY_CHANGE: CHANGE, AGAIN: NEW_ROUND}.get(event.mode)
            self._add(notice, staff.person, basis or self._basis_when_in_force(came, version), came)
        for staff in self._no_longer_covered(version, event.mode):
            self._add(notice, staff.person, NO_LONGER_COVERED, staff.came[self._key_before(version)])

    def _key_before(self, version: PolicyVersion) -> Version:
        before = self.version_before(version)
        return (before.policy, before.label)

    def _no_longer_covered(self, version: PolicyVersion, mode: str) -> list[Staff]:
        before = self.version_before(version)
        if before is None or before.change == WITHDRAWN or version.change not in (NEW, MATERIAL):
            return []
        if mode == AGAIN or (mode == IN_FORCE and version.effective_on < self.first_import):
            return []
        return [each for each in self.in_audience(before) if not self.covers(version, each)]

    def _recall(self, event: Recall) -> None:
        self.newest_notice((event.policy, event.label), event.round).recalled = self.now

    def _postpone(self, event: Postpone) -> None:
        key = (event.policy, event.label)
        self.versions[key] = replace(self.versions[key], effective_on=event.new_effective_on)

    def _close(self, event: Close) -> None:
        self.newest_notice((event.policy, event.label), event.round).closed = self.now

    def _add_by_name(self, event: AddByName) -> None:
        self._add(self.newest_notice((event.policy, event.label)), event.person, BY_NAME, event.on)

    def _stays_of(self, person: str, items: Iterable[Item]) -> Iterator[Recipient]:
        for policy, label, round_name in items:
            notice = self.newest_notice((policy, label), round_name)
            recipient = notice and notice.current(person)
            if recipient is not None:
                yield recipient

    def _sent(self, event: Sent) -> None:
        for recipient in self._stays_of(event.person, event.items):
            if recipient.emailed_on is None:
                recipient.emailed_on, recipient.bounced = event.on, False

    def _bounced(self, event: Bounced) -> None:
        for recipient in self._stays_of(event.person, event.items):
            recipient.emailed_on, recipient.bounced = None, True

    def _stay_of(self, person: str, version: Version) -> Recipient | None:
        """The person's present stay in the newest notice of a version or of what it clarifies."""
        notice = self.newest_notice(version)
        return notice.current(person) if notice else None

    def _mailing_of(self, person: str, version: Version) -> list[Recipient]:
        stay = self._stay_of(person, version)
        return [
            each
            for notice in self.notices
            if notice.recalled is None
            for each in notice.recipients
            if stay is not None and each.mailing == stay.mailing and each.ended is None
        ]

    def _letter_given(self, event: LetterGiven) -> None:
        for recipient in self._mailing_of(event.person, event.version):
            if recipient.letter_on is None or event.given_on < recipient.letter_on:
                recipient.letter_on = event.given_on

    def _take_back_letter(self, event: TakeBackLetter) -> None:
        for recipient in self._mailing_of(event.person, event.version):
            recipient.letter_on = None

    def _acknowledge(self, event: Acknowledge) -> None:
        notice = self.newest_notice(self.base_of(event.version))
        if notice is not None and notice.current(event.person) is not None:
            notice.receipts.append(Receipt(event.person, self.now))

    def _take_back_acknowledgement(self, event: TakeBackAcknowledgement) -> None:
        base = self.base_of(event.version)
        round_name = self.newest_notice(base).round
        for notice in self.notices:
            if notice.version != base or (notice.round != round_name and notice.recalled is None):
                continue
            for receipt in notice.receipts:
                if receipt.person == event.person and receipt.taken_back is None:
                    receipt.taken_back = self.now

    def _excuse(self, event: Excuse) -> None:
        recipient = self._stay_of(event.person, self.base_of(event.version))
        if recipient is not None:
            recipient.excused = True

    def _take_back_excuse(self, event: TakeBackExcuse) -> None:
        recipient = self._stay_of(event.person, self.base_of(event.version))
        if recipient is not None:
            recipient.excused = False

    # Answers.

    def acknowledged(self, notice: Notice, recipient: Recipient) -> bool:
        until = recipient.ended or (date.max, 0)
        for other in self.notices:
            if other.version != notice.version:
                continue
            for receipt in other.receipts:
                if receipt.person != recipient.person or receipt.given > until:
                    continue
                if receipt.taken_back is not None and receipt.taken_back <= until:
                    continue
                reopened_by_recall = other.recalled is not None and (
                    not notice.round or receipt.given > notice.opened
                )
                if other.round == notice.round or reopened_by_recall:
                    return True
        return False

    def status(self, notice: Notice, recipient: Recipient) -> str:
        asks = self._asks(notice, recipient)
        ending = self.ending(notice, recipient)
        if notice.recalled is not None:
            return "recalled"
        if asks and self.acknowledged(notice, recipient):
            return "acknowledged"
        if asks and recipient.excused:
            return "excused"
        if recipient.ended_how is not None:
            return recipient.ended_how
        if ending is not None:
            return ending[1]
        if recipient.notified_on is not None:
            return "notified"
        if recipient.bounced:
            return "undeliverable"
        return "not sent" if self.staff[recipient.person].has_email else "on paper"

    def _asks(self, notice: Notice, recipient: Recipient) -> bool:
        return (
            self.versions[notice.version].change in (NEW, MATERIAL) and recipient.basis != NO_LONGER_COVERED
        )

    def row(self, notice: Notice, recipient: Recipient) -> Row:
        status = self.status(notice, recipient)
        waiting = status in ("undeliverable", "on paper", "not sent")
        owes = self._asks(notice, recipient) and (waiting or status == "notified")
        in_time, short_by, binds_from = self._window(notice, recipient)
        due_on = self._due_on(notice, recipient) if owes else None
        away = self.staff[recipient.person].away(self.today)
        return Row(
            policy=notice.version[0],
            label=notice.version[1],
            round=notice.round,
            notice_no=notice.number,
            person=recipient.person,
            stay=recipient.stay,
            basis=recipient.basis,
            notice_state=self.state(notice),
            status=status,
            owes=owes,
            notified_on=recipient.notified_on,
            in_time=in_time,
            short_by_days=short_by,
            binds_from=binds_from,
            due_on=due_on,
            overdue=due_on is not None and self.today > due_on and not away,
            not_notified_yet=waiting,
        )

    def _period_ends(self, recipient: Recipient) -> date:
        deemed = recipient.notified_on + timedelta(days=self.rules.deemed_days)
        return add_months(deemed, self.rules.months)

    def _has_notice_period(self, notice: Notice, recipient: Recipient) -> bool:
        if recipient.basis == JOINING:
            return self._period_ends(recipient) <= self.versions[notice.version].effective_on
        return recipient.basis in (CHANGE, NO_LONGER_COVERED)

    def _window(self, notice: Notice, recipient: Recipient) -> tuple[bool | None, int | None, date | None]:
        if recipient.notified_on is None:
            return None, None, None
        effective = self.versions[notice.version].effective_on
        if not self._has_notice_period(notice, recipient):
            return None, None, max(effective, recipient.came)
        ends = self._period_ends(recipient)
        return ends <= effective, max(0, (ends - effective).days), max(effective, ends)

    def _due_on(self, notice: Notice, recipient: Recipient) -> date | None:
        told = recipient.notified_on
        if told is None:
            return None
        effective = self.versions[notice.version].effective_on
        if self._has_notice_period(notice, recipient):
            ordinary = max(effective, self._period_ends(recipient)) - ONE_DAY
        else:
            slow = recipient.basis in (BOUND_ALREADY, NEW_ROUND)
            days = self.rules.in_force_days if slow else self.rules.joiner_days
            ordinary = max(told + timedelta(days=days), effective - ONE_DAY)
        back = [
            last + ONE_DAY + timedelta(days=self.rules.joiner_days)
            for _, last in self.staff[recipient.person].absences
        ]
        return max([ordinary, told, *back])

    def rows(self) -> list[Row]:
        """Every recipient stay of every notice, in the order they were added to each notice."""
        return [self.row(notice, each) for notice in self.notices for each in notice.recipients]


_ACTS = {
    Import: World._import,
    Join: World._join,
    Leave: World._leave,
    Return: World._return,
    ChangeCategories: World._change_categories,
    GoAway: World._go_away,
    ChangeEmail: World._change_email,
    Issue: World._issue,
    Recall: World._recall,
    Postpone: World._postpone,
    Close: World._close,
    AddByName: World._add_by_name,
    Sent: World._sent,
    Bounced: World._bounced,
    LetterGiven: World._letter_given,
    TakeBackLetter: World._take_back_letter,
    Acknowledge: World._acknowledge,
    TakeBackAcknowledgement: World._take_back_acknowledgement,
    Excuse: World._excuse,
    TakeBackExcuse: World._take_back_excuse,
}


def answers(history: History, days: Iterable[date], rules: Rules = DEFAULT_RULES) -> dict[date, list[Row]]:
    """The rows of each of several days, at its end."""
    world = World(history.library, rules)
    waiting = list(history.events)
    found = {}
    for day in sorted(set(days)):
        while waiting and waiting[0].on <= day:
            world.apply(waiting.pop(0))
        world.end_day(day)
        found[day] = world.rows()
    return found


def rows_on(history: History, day: date, rules: Rules = DEFAULT_RULES) -> list[Row]:
    """Every recipient stay of every notice at the end of `day`."""
    return answers(history, [day], rules)[day]
