"""The service agrees with the oracle about every person on every day of random histories, then and later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.model.events import History
from tests.model.histories import random_history, shrink
from tests.model.oracle import Row, World
from tests.model.world import Play

FEW, MANY = 60, 1000


def difference(folder: Path, history: History) -> str:
    """The first day on which the two disagree, and how; empty where they never do."""
    folder.mkdir(parents=True)
    play, world = Play(folder, history), World(history.library)
    days: dict = {}
    try:
        for number, event in enumerate(history.events):
            play.play(event)
            world.apply(event)
            following = history.events[number + 1 :][:1]
            if not following or following[0].on > event.on:
                world.end_day(event.on)
                days[event.on] = set(world.rows())
                if told := _unlike(play.rows(), days[event.on]):
                    return f"{event.on}, after {event}:\n{told}"
        for day, expected in days.items():
            if told := _unlike(play.rows(day), expected):
                return f"as at {day}, looking back:\n{told}"
    finally:
        play.close()
    return ""


def _unlike(service: set[Row], oracle: set[Row]) -> str:
    service, oracle = _without_dead_windows(service), _without_dead_windows(oracle)
    lines = [f"  service {row}" for row in sorted(service - oracle, key=str)]
    lines += [f"  oracle  {row}" for row in sorted(oracle - service, key=str)]
    return "\n".join(lines)


def _without_dead_windows(rows: set[Row]) -> set[Row]:
    """A recalled notice keeps its own date, which the oracle, with one date a version, does not know."""
    return {
        replace(row, in_time=None, short_by_days=None, binds_from=None) if row.status == "recalled" else row
        for row in rows
    }


def check(tmp_path: Path, seed: int) -> None:
    history = random_history(seed)
    found = difference(tmp_path / "first", history)
    if not found:
        return
    tries = iter(range(10_000))

    def fails(smaller: History) -> bool:
        try:
            return bool(difference(tmp_path / f"try-{next(tries)}", smaller))
        except Exception:
            return False

    smaller = shrink(history, fails)
    shown = "\n".join(map(str, (*smaller.library, *smaller.events)))
    pytest.fail(f"seed {seed}\n{shown}\n{difference(tmp_path / 'last', smaller) or found}")


@pytest.mark.parametrize("seed", range(FEW))
def test_desk_and_oracle_agree_about_a_history(tmp_path, seed):
    check(tmp_path, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(FEW, FEW + MANY))
def test_desk_and_oracle_agree_about_a_thousand_histories(tmp_path, seed):
    check(tmp_path, seed)
