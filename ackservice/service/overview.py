"""Every notice with its figures, what needs somebody today, and one notice with its progress and its people:
today, or as at the end of a past day."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ackservice.domain.audience import EVERYONE, Scope
from ackservice.domain.history import Act, Book, Ending
from ackservice.domain.notice import Basis, Notice
from ackservice.domain.status import Figures, Filter, RecipientStatus, Status, chosen, figures
from ackservice.errors import NotFound
from ackservice.mail.messages import count
from ackservice.service import joiners, statuses, warnings
from ackservice.service.context import AsOf, Service
from ackservice.storage import notices
from handbook.policy.notice_period import last_day_of_notice

PAGE = 25  # people on a page of a list
MOST_IN_A_REQUEST = 20_000  # recipients; more are read in the background first


@dataclass(frozen=True)
class NoticeLine:
    """A notice with its figures. `days_left` counts to the effective date and is negative after it."""

    notice: Notice
    effective_on: date
    ending: Ending | None
    figures: Figures
    days_left: int
    given_on: date | None  # to its whole audience; None while only joiners have it

    @property
    def is_open(self) -> bool:
        return self.ending is None

    @property
    def state(self) -> str:
        return str(self.ending.state) if self.ending else "open"

    @property
    def is_done(self) -> bool:
        """In effect, and nothing is expected of anybody any more."""
        return self.has_begun and not self.figures.owing and not self.figures.not_notified

    @property
    def last_day(self) -> date:
        """The last day on which notice was given in time."""
        rule = self.notice.rule
        return last_day_of_notice(self.effective_on, rule.period_months, deemed_days=rule.deemed_days)

    @property
    def has_begun(self) -> bool:
        """Whether the change has taken effect."""
        return self.days_left <= 0

    @property
    def can_be_recalled(self) -> bool:
        return self.is_open and not (self.has_begun and self.notice.basis is Basis.CHANGE)

    @property
    def can_be_postponed(self) -> bool:
        return self.is_open and not self.has_begun and self.notice.basis is Basis.CHANGE

    @property
    def share(self) -> int:
        """How many of a hundred have acknowledged, rounded down: 100 means everybody."""
        return 100 * self.figures.acknowledged // self.figures.expected if self.figures.expected else 100


@dataclass(frozen=True)
class Need:
    """Something somebody has to see to. `notice_id` and `show` say where; `page` is another page of the
    desk."""

    text: str
    about: str = ""
    notice_id: int | None = None
    show: str = ""
    page: str = ""
    urgent: bool = False


@dataclass(frozen=True)
class Home:
    """The first page: what needs somebody comes before what is open. `is_counted`: whether it has figures."""

    as_of: AsOf
    needs: tuple[Need, ...]
    lines: tuple[NoticeLine, ...]
    is_counted: bool = True


@dataclass(frozen=True)
class Step:
    """A day (or the first day of a longer step) of a notice's progress: how many acknowledged, and how many
    had by its end."""

    on: date
    people: int
    so_far: int


@dataclass(frozen=True)
class Progress:
    """Acknowledged by day, from the notice to its effective date, or to the last acknowledgement where that
    is later."""

    first: date
    last: date
    steps: tuple[Step, ...]
    total: int
    unit: str = "day"


@dataclass(frozen=True)
class NoticePage:
    """One notice: its figures, its progress, and one page of a list of its people."""

    as_of: AsOf
    line: NoticeLine
    progress: Progress
    wanted: Filter
    people: list[RecipientStatus]
    count: int
    pages: int
    categories: tuple[str, ...]
    issued_by: str
    short_reason: str
    unpublished_reason: str
    postponed_from: date | None
    others: tuple[tuple[Notice, str], ...]  # the other notices of the version, each with its state
    changed: str  # what the handbook has now that is not what the notice was given for


@dataclass(frozen=True)
class _Counted:
    """What a page says of all recipients of a notice."""

    figures: Figures
    acknowledged: tuple[tuple[date, int], ...]
    categories: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """Notices read as of a moment, within what somebody may see."""

    service: Service
    connection: sqlite3.Connection
    as_of: AsOf
    book: Book
    scope: Scope
    _past: dict[int, list[RecipientStatus]] = field(default_factory=dict)

    @classmethod
    def at(
        cls, service: Service, connection: sqlite3.Connection, scope: Scope, on: date | None, now: datetime
    ) -> Reading:
        """Raises NotAllowed for a day to come."""
        as_of = service.as_of(connection, on, now)
        return cls(service, connection, as_of, statuses.book_at(service, connection, as_of), scope)

    def notice(self, notice_id: int) -> Notice:
        """Raises NotFound, also for who may see nobody of it."""
        notice = self.book.notice(notice_id)
        if notice is None or (self.scope.is_limited and not self.line(notice).figures.total):
            raise NotFound("there is no such notice, or it had not been given by then")
        return notice

    def can_count(self, of: Sequence[Notice]) -> bool:
        """Whether they can be counted within a request; if not, those of today are read in the background."""
        if statuses.unread(self.service, self.connection, of, self.as_of) <= MOST_IN_A_REQUEST:
            return True
        if self.as_of.is_now:
            prepare_in_background(self.service, self.as_of.on)
        return False

    def line(self, notice: Notice, *, is_counted: bool = True) -> NoticeLine:
        effective_on, given = self.book.effective_on(notice), self.book.given(notice)
        return NoticeLine(
            notice=notice,
            effective_on=effective_on,
            ending=self.book.ending(notice, self.as_of.on),
            figures=self.counted(notice).figures if is_counted else Figures(),
            days_left=(effective_on - self.as_of.on).days,
            given_on=given.on if given else None,
        )

    def lines(self, of: Sequence[Notice], *, is_counted: bool) -> list[NoticeLine]:
        """Those of which somebody may be seen, the first issued first."""
        lines = [self.line(notice, is_counted=is_counted) for notice in of]
        return [line for line in lines if line.figures.total or not self.scope.is_limited]

    def counted(self, notice: Notice) -> _Counted:
        if not self.as_of.is_now:
            return _counted(statuses.seen(self.rows(notice), self.scope))
        return statuses.computed(
            self.service, self.connection, self.book, notice, self.as_of, self.scope, _counted
        )

    def rows(self, notice: Notice) -> list[RecipientStatus]:
        """Every recipient of a notice; of a past day, which nothing else keeps, read once."""
        if notice.id not in self._past:
            rows = statuses.of_notice(self.service, self.connection, self.book, notice, self.as_of)
            if self.as_of.is_now:
                return rows
            self._past[notice.id] = rows
        return self._past[notice.id]

    def changed(self, notice: Notice) -> str:
        """What the handbook has now that is not what the notice was given for, in a sentence; empty for
        nothing."""
        library = joiners.library_or_none(self.service) if self.as_of.is_now else None
        if library is None:
            return ""
        changes = warnings.changed_since_notice(self.connection, self.book, library, self.as_of.on)
        return next((str(change) for change in changes if change.notice.id == notice.id), "")

    def people(self, notice: Notice, wanted: Filter) -> list[RecipientStatus]:
        """Everybody on a list of a notice, all pages of it."""
        return chosen(self.rows(notice), wanted, self.scope)


def home(service: Service, scope: Scope, on: date | None, now: datetime) -> Home:
    """What needs somebody, and the open notices: those with the nearest effective date first."""
    with service.store.read() as connection:
        read = Reading.at(service, connection, scope, on, now)
        opened = [notice for notice in read.book.notices if read.book.is_open(notice, read.as_of.on)]
        is_counted = read.can_count(opened)
        lines = read.lines(opened, is_counted=is_counted)
        needs = [need for line in lines for need in _needs_of(line, read.as_of.on)]
        if not scope.is_limited and read.as_of.is_now:
            needs = [*_troubles(service, connection, now), *needs]
    lines.sort(key=lambda line: (line.is_done, line.days_left < 0, abs(line.days_left)))
    needs.sort(key=lambda need: not need.urgent)
    return Home(read.as_of, tuple(needs), tuple(lines), is_counted)


def prepare(service: Service, now: datetime) -> None:
    """Work out every notice ahead, so that no request has to: for what runs beside the server."""
    with service.store.read() as connection:
        read = Reading.at(service, connection, EVERYONE, None, now)
        for notice in read.book.notices:
            read.counted(notice)


def prepare_in_background(service: Service, today: date) -> None:
    """Have every notice worked out ahead, by one thread at a time; the clock of the service is not moved."""
    if service.kept_statuses.preparing.acquire(blocking=False):
        threading.Thread(target=_prepare, args=(service, today), name="prepare", daemon=True).start()


def _prepare(service: Service, today: date) -> None:
    try:
        prepare(service, datetime.combine(today, time(12), ZoneInfo(service.zone)))
    finally:
        service.kept_statuses.preparing.release()


def all_lines(
    service: Service, scope: Scope, on: date | None, now: datetime
) -> tuple[AsOf, list[NoticeLine], bool]:
    """Every notice, the last one issued first, and whether they have figures."""
    with service.store.read() as connection:
        read = Reading.at(service, connection, scope, on, now)
        is_counted = read.can_count(read.book.notices)
        return read.as_of, read.lines(read.book.notices, is_counted=is_counted)[::-1], is_counted


def notice_line(service: Service, notice_id: int, scope: Scope, now: datetime) -> NoticeLine:
    """A notice with its figures. Raises NotFound, also for who may see nobody of it."""
    with service.store.read() as connection:
        read = Reading.at(service, connection, scope, None, now)
        return read.line(read.notice(notice_id))


def notice_page(
    service: Service, notice_id: int, scope: Scope, wanted: Filter, on: date | None, now: datetime
) -> NoticePage:
    """One notice. Raises NotFound, also for who may see nobody of it."""
    with service.store.read() as connection:
        read = Reading.at(service, connection, scope, on, now)
        notice = read.notice(notice_id)
        people = read.people(notice, wanted)
        pages = max(1, -(-len(people) // PAGE))
        wanted = replace(wanted, page=min(max(1, wanted.page), pages))
        line, counted = read.line(notice), read.counted(notice)
        issued_by, short_reason, unpublished_reason = notices.issued_by(connection, notice_id)
        return NoticePage(
            as_of=read.as_of,
            line=line,
            progress=_progress(line, counted.acknowledged),
            wanted=wanted,
            people=people[(wanted.page - 1) * PAGE : wanted.page * PAGE],
            count=len(people),
            pages=pages,
            categories=counted.categories,
            issued_by=issued_by,
            short_reason=short_reason,
            unpublished_reason=unpublished_reason,
            postponed_from=notice.effective_on if read.book.event(notice, Act.POSTPONED) else None,
            others=tuple(
                (other, str(read.book.state(other, read.as_of.on)))
                for other in read.book.of_version([notice.policy], notice.version)
                if other.id != notice.id
            ),
            changed=read.changed(notice),
        )


def recipient_ids(service: Service, notice_id: int, scope: Scope, wanted: Filter, now: datetime) -> list[int]:
    """Everybody on a list of a notice, all pages of it. Raises NotFound."""
    with service.store.read() as connection:
        read = Reading.at(service, connection, scope, None, now)
        return [row.id for row in read.people(read.notice(notice_id), wanted)]


def some_recipients(
    service: Service, notice_id: int, scope: Scope, ids: Iterable[int], now: datetime
) -> tuple[NoticeLine, list[RecipientStatus]]:
    """A notice, and those of these recipients who are of it and may be seen, by name. Raises NotFound."""
    with service.store.read() as connection:
        read = Reading.at(service, connection, scope, None, now)
        line, wanted = read.line(read.notice(notice_id)), set(ids)
        rows = read.people(line.notice, Filter(show="all"))
        return line, [row for row in rows if row.id in wanted]


def _counted(rows: list[RecipientStatus]) -> _Counted:
    by_day: dict[date, int] = {}
    categories: set[str] = set()
    for row in rows:
        categories.update(row.categories)
        if row.status is Status.ACKNOWLEDGED and row.acknowledgement:
            on = row.acknowledgement.signed_on or row.acknowledgement.on
            by_day[on] = by_day.get(on, 0) + 1
    return _Counted(figures(rows), tuple(sorted(by_day.items())), tuple(sorted(categories)))


def _needs_of(line: NoticeLine, today: date) -> Iterator[Need]:
    figures, name = line.figures, f"{line.notice.title} {line.notice.version}"
    is_last_day = line.notice.basis is Basis.CHANGE and line.last_day <= today
    undeliverable, on_paper = figures.of(Status.UNDELIVERABLE), figures.of(Status.ON_PAPER)
    for number, one, many, show, urgent in (
        (undeliverable, "address takes no mail", "addresses take no mail", "undeliverable", True),
        (figures.returned, "message came back", "messages came back", "returned, unconfirmed", True),
        (figures.names_to_confirm, "name to confirm", "names to confirm", "name to be confirmed", False),
        (on_paper, "letter to hand over", "letters to hand over", "on paper", line.days_left >= 0),
        (
            figures.not_notified if is_last_day else 0,
            "person is not notified yet",
            "people are not notified yet",
            "not notified yet",
            True,
        ),
        (figures.overdue, "person is overdue", "people are overdue", "overdue", False),
    ):
        if number:
            yield Need(count(number, one, many), name, line.notice.id, show, urgent=urgent)
    if figures.questions:
        text = count(figures.questions, "person waits", "people wait") + " for an answer"
        yield Need(text, name, page="questions")


def _troubles(service: Service, connection: sqlite3.Connection, now: datetime) -> list[Need]:
    """What stands in the way of mail, and what is wrong in the handbook or between it and the notices."""
    library = joiners.library_or_none(service)
    return [
        *(Need(text, urgent=True) for text in warnings.mail_trouble(service, connection, None, now)),
        *(
            Need(text, page="policies", urgent=True)
            for text in warnings.of_handbook(service, connection, library, now)
        ),
        *(Need(text, page="people") for text in warnings.addresses_shared(service, connection, now)),
    ]


def _progress(line: NoticeLine, days: tuple[tuple[date, int], ...]) -> Progress:
    first = min([line.notice.issued_on, *(day for day, _ in days)])
    last = max([line.effective_on, line.notice.issued_on, *(day for day, _ in days)])
    unit, starts = _unit((last - first).days)
    grouped: dict[date, int] = {}
    for day, people in days:
        grouped[starts(day)] = grouped.get(starts(day), 0) + people
    steps, so_far = [], 0
    for day, people in sorted(grouped.items()):
        so_far += people
        steps.append(Step(day, people, so_far))
    return Progress(first, last, tuple(steps), line.figures.expected, unit)


def _unit(days: int) -> tuple[str, Callable[[date], date]]:
    """A step of the progress: a day, or for what goes on for longer a week or a month."""
    if days <= 100:
        return "day", lambda day: day
    if days <= 700:
        return "week from", lambda day: day - timedelta(days=day.weekday())
    return "month from", lambda day: day.replace(day=1)
