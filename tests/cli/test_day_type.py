"""Days on the command line are written as in the files."""

from __future__ import annotations

from datetime import date

import click
import pytest

from handbook.day_type import DAY


@pytest.mark.parametrize(
    "written",
    [
        "2021-W35-1",
        "20210901",
        "2021-9-1",
        "2021-02-30",
        "1/9/2021",
        " 2021-09-01",
        "2021-09-01T08:00",
        "tomorrow",
        "",
    ],
)
def test_what_is_no_day_is_told_in_words(written):
    with pytest.raises(
        click.BadParameter, match="expected a day of the calendar, year-month-day such as 2021-09-01"
    ):
        DAY.convert(written, None, None)


@pytest.mark.parametrize("written", ["2021-09-01", "2024-02-29"])
def test_a_day_is_read(written):
    assert DAY.convert(written, None, None) == date.fromisoformat(written)
