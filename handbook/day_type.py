"""A day as people write it on the command line."""

from __future__ import annotations

from datetime import date

import click

from handbook.policy.frontmatter import day_of


class Day(click.ParamType):
    """The date of a day written year-month-day, as in the files."""

    name = "YYYY-MM-DD"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        if day := day_of(value):
            return day
        self.fail(
            f"expected a day of the calendar, year-month-day such as 2021-09-01, found {value!r}", param, ctx
        )


DAY = Day()
