"""What the desk reads of a notice: figures, lists and single people, always within what the reader may see.

Everything is decided in SQL over `standing_now` and its counts, so that a page costs the same for 150 people
and for 100,000.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from ackservice.domain.status import Status

PAGE = 25  # people on a page of a list


@dataclass(frozen=True)
class Scope:
    """Whom somebody may see: everyone, or the people of one site, or of one line manager, or of both at
    once."""

    site: str = ""
    team_of: str = ""

    @property
    def is_limited(self) -> bool:
        return bool(self.site or self.team_of)

    def sql(self, table: str) -> str:
        """The condition on a table with the columns `site` and `line_manager_id`; begins with AND where
        there is one."""
        conditions = []
        if self.site:
            conditions.append(f" AND {table}.site = :scope_site")
        if self.team_of:
            conditions.append(f" AND {table}.line_manager_id = :scope_team")
        return "".join(conditions)

    @property
    def values(self) -> dict[str, str]:
        """The values of the condition."""
        return {"scope_site": self.site, "scope_team": self.team_of}


EVERYONE = Scope()


@dataclass(frozen=True)
class At:
    """A notice on a day; `ended` where a newer version has taken its place for everybody by then."""

    notice_id: int
    today: date
    ended: bool = False

    @property
    def values(self) -> dict[str, object]:
        return {"notice": self.notice_id, "today": self.today.isoformat(), "ended": int(self.ended)}


@dataclass(frozen=True)
class Figures:
    """How many people of a notice stand where."""

    by_status: Mapping[str, int] = field(default_factory=dict)
    overdue: int = 0
    told_in_time: int = 0
    told_late: int = 0

    @property
    def total(self) -> int:
        return sum(self.by_status.values())

    @property
    def acknowledged(self) -> int:
        return self.of(Status.ACKNOWLEDGED)

    @property
    def outstanding(self) -> int:
        return sum(number for status, number in self.by_status.items() if not Status(status).is_settled)

    @property
    def expected(self) -> int:
        """Those an acknowledgement was or is expected of."""
        return self.acknowledged + self.outstanding

    def of(self, status: str) -> int:
        return self.by_status.get(str(status), 0)


@dataclass(frozen=True)
class Filter:
    """What a list shows: `show` is all, outstanding, overdue or a status."""

    show: str = "outstanding"
    category: str = ""
    search: str = ""  # as `standing_now.name_key` has names
    sort: str = "name"
    page: int = 1


_LEFT = "(s.left_on <> '' AND s.left_on <= :today)"
_SETTLED = "s.lasting IN ('acknowledged', 'excused')"
_STATUS = f"""CASE WHEN {_SETTLED} THEN s.lasting WHEN {_LEFT} THEN 'left'
    WHEN :ended OR s.lasting = 'superseded' THEN 'superseded' ELSE s.lasting END"""
_OPEN = f"s.is_open = 1 AND NOT :ended AND NOT {_LEFT}"
_OVERDUE = "s.due_on <> '' AND s.due_on < :today"
SHOWN = {
    "all": "1",
    "outstanding": _OPEN,
    "overdue": f"{_OPEN} AND {_OVERDUE}",
    "acknowledged": "s.lasting = 'acknowledged'",
    "excused": "s.lasting = 'excused'",
    "left": f"NOT {_SETTLED} AND {_LEFT}",
    "superseded": f"NOT {_SETTLED} AND NOT {_LEFT} AND (:ended OR s.lasting = 'superseded')",
    **{
        str(status): f"s.lasting = '{status}' AND NOT :ended AND NOT {_LEFT}"
        for status in (Status.UNDELIVERABLE, Status.NOTIFIED, Status.ON_PAPER, Status.NOT_SENT)
    },
}
SORTS = {
    "name": "s.name_key, s.recipient_id",
    "acknowledged": "s.acknowledged_at DESC, s.recipient_id DESC",
    "due": "s.due_on, s.recipient_id",
    "category": "s.category, s.name_key, s.recipient_id",
}
_FIGURES = """
SELECT {status} AS status, s.in_time, SUM({people}) AS people, SUM({people} * ({open} AND {overdue})) AS overdue
FROM {table} s WHERE s.notice_id = :notice {scope} GROUP BY 1, 2
"""
_COUNTS = "(SELECT *, lasting NOT IN ('acknowledged', 'excused', 'left', 'superseded') AS is_open FROM standing_count WHERE notice_id = :notice)"


def figures(connection: sqlite3.Connection, at: At, scope: Scope) -> Figures:
    """How many people of a notice stand where on that day."""
    table, people = ("standing_now", "1") if scope.is_limited else (_COUNTS, "s.people")
    sql = _FIGURES.format(
        status=_STATUS, people=people, open=_OPEN, overdue=_OVERDUE, table=table, scope=scope.sql("s")
    )
    by_status: dict[str, int] = {}
    overdue = in_time = late = 0
    for row in connection.execute(sql, {**at.values, **scope.values}):
        by_status[row["status"]] = by_status.get(row["status"], 0) + row["people"]
        overdue += row["overdue"]
        in_time += row["people"] if row["in_time"] == "yes" else 0
        late += row["people"] if row["in_time"] == "no" else 0
    return Figures({status: number for status, number in by_status.items() if number}, overdue, in_time, late)


def count(connection: sqlite3.Connection, at: At, scope: Scope, wanted: Filter) -> int:
    """How many people a list has."""
    if scope.is_limited or wanted.search:
        sql = f"SELECT COUNT(*) FROM standing_now s WHERE {_where(scope, wanted)}"
    else:
        sql = f"SELECT COALESCE(SUM(s.people), 0) FROM {_COUNTS} s WHERE {_where(scope, wanted)}"
    return connection.execute(sql, _values(at, scope, wanted)).fetchone()[0]


def page(connection: sqlite3.Connection, at: At, scope: Scope, wanted: Filter) -> list[sqlite3.Row]:
    """The people on one page of a list, each with `status` and `overdue` as on that day."""
    sql = f"""
        SELECT s.*, {_STATUS} AS status, ({_OPEN} AND {_OVERDUE}) AS overdue FROM standing_now s
        WHERE {_where(scope, wanted)} ORDER BY {SORTS[wanted.sort]} LIMIT {PAGE} OFFSET :offset
    """
    values = {**_values(at, scope, wanted), "offset": (max(1, wanted.page) - 1) * PAGE}
    return connection.execute(sql, values).fetchall()


def recipients(connection: sqlite3.Connection, at: At, scope: Scope, wanted: Filter) -> list[int]:
    """Everybody on a list, all pages of it."""
    sql = f"SELECT s.recipient_id FROM standing_now s WHERE {_where(scope, wanted)} ORDER BY {SORTS[wanted.sort]}"
    return [row[0] for row in connection.execute(sql, _values(at, scope, wanted))]


def some(
    connection: sqlite3.Connection, at: At, scope: Scope, recipient_ids: list[int]
) -> Iterator[sqlite3.Row]:
    """Those of these recipients that are of the notice and may be seen, with their status on that day, by
    name."""
    sql = f"""
        SELECT s.*, {_STATUS} AS status, ({_OPEN} AND {_OVERDUE}) AS overdue FROM standing_now s
        WHERE s.notice_id = :notice {scope.sql("s")} AND s.recipient_id IN (SELECT value FROM json_each(:ids))
        ORDER BY s.name_key, s.recipient_id
    """
    yield from connection.execute(sql, {**at.values, **scope.values, "ids": json.dumps(recipient_ids)})


def categories(connection: sqlite3.Connection, notice_id: int) -> list[str]:
    """The categories among the people of a notice."""
    rows = connection.execute(
        "SELECT DISTINCT category FROM standing_count WHERE notice_id = ? AND people > 0 ORDER BY 1",
        (notice_id,),
    )
    return [row[0] for row in rows]


def acknowledged_by_day(connection: sqlite3.Connection, at: At, scope: Scope) -> list[tuple[date, int]]:
    """How many acknowledged on each day on which anybody did."""
    if scope.is_limited:
        sql = f"""SELECT s.acknowledged_on, COUNT(*) FROM standing_now s WHERE s.notice_id = :notice {scope.sql("s")}
            AND s.acknowledged_on <> '' GROUP BY 1 ORDER BY 1"""
    else:
        sql = "SELECT on_day, people FROM standing_day WHERE notice_id = :notice AND people > 0 ORDER BY 1"
    return [
        (date.fromisoformat(row[0]), row[1]) for row in connection.execute(sql, {**at.values, **scope.values})
    ]


def _where(scope: Scope, wanted: Filter) -> str:
    conditions = ["s.notice_id = :notice", SHOWN[wanted.show]]
    if wanted.category:
        conditions.append("s.category = :category")
    if wanted.search:
        conditions.append("s.name_key LIKE :search ESCAPE '\\'")
    return " AND ".join(conditions) + scope.sql("s")


def _values(at: At, scope: Scope, wanted: Filter) -> dict[str, object]:
    plain = wanted.search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {**at.values, **scope.values, "category": wanted.category, "search": f"%{plain}%"}
