"""What the desk shows: each open notice with its figures, what needs somebody today, one notice, its
progress day by day."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ackservice.domain.notice import Notice
from ackservice.domain.status import Status
from ackservice.errors import NotFound
from ackservice.mail.messages import count
from ackservice.service import standing_now, warnings
from ackservice.service.audiences import open_notices
from ackservice.service.context import Service
from ackservice.service.standing import ends
from ackservice.storage import cuts, desk, desk_questions, notices
from ackservice.storage.desk import PAGE, At, Figures, Filter, Scope
from handbook.policy.errors import HandbookError
from handbook.policy.notice_period import last_day_of_notice


@dataclass(frozen=True)
class NoticeLine:
    """A notice with its figures. `days_left` counts to the effective date and is negative after it."""

    notice: Notice
    figures: Figures
    days_left: int
    questions: int
    is_open: bool
    is_closed: bool = False

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
    """The first page: what needs somebody comes before what is open."""

    today: date
    needs: tuple[Need, ...]
    lines: tuple[NoticeLine, ...]


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

    line: NoticeLine
    last_day: date
    progress: Progress
    wanted: Filter
    people: list[sqlite3.Row]
    found: int
    pages: int
    categories: list[str]
    issued_by: str
    short_reason: str


def home(service: Service, scope: Scope, now: datetime) -> Home:
    """What needs somebody today, and the open notices, those with the nearest effective date first."""
    standing_now.refresh(service, now)
    today = service.today(now)
    with service.store.read() as connection:
        lines = [line for line in _lines(service, connection, scope, today) if line.is_open]
        needs = [need for line in lines for need in _needs_of(line, today)]
        if not scope.is_limited:
            needs = [*_troubles(service, connection, now), *needs]
    lines.sort(key=lambda line: (line.days_left < 0, abs(line.days_left)))
    needs.sort(key=lambda need: not need.urgent)
    return Home(today, tuple(needs), tuple(lines))


def all_lines(service: Service, scope: Scope, now: datetime) -> list[NoticeLine]:
    """Every notice, the last one issued first."""
    standing_now.refresh(service, now)
    with service.store.read() as connection:
        return _lines(service, connection, scope, service.today(now))[::-1]


def notice_page(service: Service, notice_id: int, scope: Scope, wanted: Filter, now: datetime) -> NoticePage:
    """One notice. Raises NotFound, also for who may see nobody of it."""
    standing_now.refresh(service, now)
    today = service.today(now)
    with service.store.read() as connection:
        line, at = find(service, connection, notice_id, scope, today)
        found = desk.count(connection, at, scope, wanted)
        pages = max(1, -(-found // PAGE))
        wanted = Filter(
            wanted.show, wanted.category, wanted.search, wanted.sort, min(max(1, wanted.page), pages)
        )
        people = desk.page(connection, at, scope, wanted) if found else []
        rule = line.notice.rule
        issued_by, short_reason = notices.issued_by(connection, notice_id)
        return NoticePage(
            line=line,
            last_day=last_day_of_notice(
                line.notice.effective_on, rule.period_months, deemed_days=rule.deemed_days
            ),
            progress=_progress(line, desk.acknowledged_by_day(connection, at, scope), today),
            wanted=wanted,
            people=people,
            found=found,
            pages=pages,
            categories=desk.categories(connection, notice_id),
            issued_by=issued_by,
            short_reason=short_reason,
        )


def filter_of(show: str, category: str, search: str, sort: str, page: int) -> Filter:
    """The list asked for; what is not known is left at what is usual. `search` is as typed."""
    return Filter(
        show=show if show in desk.SHOWN else "outstanding",
        category=category,
        search=standing_now.name_key(search),
        sort=sort if sort in desk.SORTS else "name",
        page=page,
    )


def notice_line(service: Service, notice_id: int, scope: Scope, today: date) -> NoticeLine:
    """A notice with its figures. Raises NotFound, also for who may see nobody of it."""
    with service.store.read() as connection:
        return find(service, connection, notice_id, scope, today)[0]


def recipients(service: Service, notice_id: int, scope: Scope, wanted: Filter, now: datetime) -> list[int]:
    """Everybody on a list of a notice, all pages of it. Raises NotFound."""
    standing_now.refresh(service, now)
    with service.store.read() as connection:
        _, at = find(service, connection, notice_id, scope, service.today(now))
        return desk.recipients(connection, at, scope, wanted)


def some_recipients(
    service: Service, notice_id: int, scope: Scope, recipient_ids: list[int], today: date
) -> tuple[NoticeLine, list[sqlite3.Row]]:
    """A notice, and those of these recipients who are of it and may be seen. Raises NotFound."""
    with service.store.read() as connection:
        line, at = find(service, connection, notice_id, scope, today)
        return line, list(desk.some(connection, at, scope, recipient_ids))


def find(
    service: Service, connection: sqlite3.Connection, notice_id: int, scope: Scope, today: date
) -> tuple[NoticeLine, At]:
    """A notice with its figures. Raises NotFound, also for who may see nobody of it."""
    notice = notices.notice(connection, notice_id)
    if notice is None:
        raise NotFound("there is no such notice")
    of_policy = notices.of_policy(connection, notice.policy, cuts.last_cut(connection))
    line, at = _line(
        connection, notice, of_policy, notices.closed_ids(connection, cuts.last_cut(connection)), scope, today
    )
    if scope.is_limited and not line.figures.total:
        raise NotFound("there is no such notice")
    return line, at


def _lines(service: Service, connection: sqlite3.Connection, scope: Scope, today: date) -> list[NoticeLine]:
    cut = cuts.last_cut(connection)
    closed = notices.closed_ids(connection, cut)
    every = notices.all_notices(connection, cut)
    by_policy: dict[str, list[Notice]] = {}
    for notice in every:
        for policy in (notice.policy, *notice.former_ids):
            by_policy.setdefault(policy, []).append(notice)
    still_open = {notice.id for notice in open_notices(connection, cut, today)}
    lines = []
    for notice in every:
        line, _ = _line(connection, notice, by_policy[notice.policy], closed, scope, today, still_open)
        if line.figures.total or not scope.is_limited:
            lines.append(line)
    return lines


def _line(
    connection: sqlite3.Connection,
    notice: Notice,
    of_policy: list[Notice],
    closed: set[int],
    scope: Scope,
    today: date,
    still_open: set[int] | None = None,
) -> tuple[NoticeLine, At]:
    ended = any(other.effective_on <= today for other in of_policy if ends(other, notice))
    at = At(notice.id, today, ended)
    figures = desk.figures(connection, at, scope)
    is_closed = notice.id in closed
    goes_on = still_open is None or notice.id in still_open or bool(figures.outstanding)
    line = NoticeLine(
        notice=notice,
        figures=figures,
        days_left=(notice.effective_on - today).days,
        questions=desk_questions.waiting(connection, scope, notice.id),
        is_open=not ended and not is_closed and goes_on,
        is_closed=is_closed,
    )
    return line, at


def _needs_of(line: NoticeLine, today: date) -> list[Need]:
    name = f"{line.notice.title} {line.notice.version}"
    figures, found = line.figures, []

    def need(number: int, one: str, many: str, show: str, urgent: bool = False) -> None:
        if number:
            found.append(Need(count(number, one, many), name, line.notice.id, show, urgent=urgent))

    need(
        figures.of(Status.UNDELIVERABLE),
        "address does not take mail",
        "addresses do not take mail",
        "undeliverable",
        urgent=True,
    )
    need(
        figures.of(Status.ON_PAPER),
        "letter to hand over",
        "letters to hand over",
        "on paper",
        urgent=line.days_left >= 0,
    )
    need(figures.overdue, "person is overdue", "people are overdue", "overdue")
    if line.questions:
        found.append(
            Need(
                count(line.questions, "question is", "questions are") + " waiting for an answer",
                name,
                page="questions",
            )
        )
    return found


def _troubles(service: Service, connection: sqlite3.Connection, now: datetime) -> list[Need]:
    """What stands in the way of mail, and versions nobody has been told of."""
    today = service.today(now)
    found = [Need(text, urgent=True) for text in warnings.mail_trouble(service, connection, None, now)]
    try:
        library = service.library()
    except (HandbookError, OSError):
        return [
            *found,
            Need(
                "The handbook’s files have faults, so nothing new can be announced.",
                page="policies",
                urgent=True,
            ),
        ]
    return found + [
        Need(text, page="policies", urgent=True)
        for text in warnings.notices_missing(service, connection, library, today)
    ]


def _progress(line: NoticeLine, days: list[tuple[date, int]], today: date) -> Progress:
    first = min([line.notice.issued_on, *(day for day, _ in days)])
    last = max([line.notice.effective_on, *(day for day, _ in days)])
    unit, starts = _unit((last - first).days)
    grouped: dict[date, int] = {}
    for day, people in days:
        start = starts(day)
        grouped[start] = grouped.get(start, 0) + people
    steps, so_far = [], 0
    for day, people in sorted(grouped.items()):
        so_far += people
        steps.append(Step(day, people, so_far))
    return Progress(first, last, tuple(steps), line.figures.expected, unit)


def _unit(days: int):
    """A step of the progress: a day, or for what goes on for longer a week or a month."""
    if days <= 100:
        return "day", lambda day: day
    if days <= 700:
        return "week from", lambda day: day - timedelta(days=day.weekday())
    return "month from", lambda day: day.replace(day=1)
