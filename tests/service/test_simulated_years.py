"""Whole years, day by day: nobody is forgotten, nobody is bothered, every window is right, whatever the mail
server's mood."""

from __future__ import annotations

import pytest

from tests.service import year_checks
from tests.service.simulated_year import live


def hold_to_promises(folder, seed):
    def each_day(world, day):
        if day in world.healthy_days and world.today == day:
            year_checks.check_nobody_is_forgotten(world)
        if day.day == 1:
            year_checks.check_what_is_kept(world)

    world = live(folder, seed, each_day)
    assert world.problems == []
    assert len(world.taken) > 100 and len(world.acknowledged) > 10  # the year was not empty
    year_checks.check_mail(world)
    year_checks.check_windows(world)
    year_checks.check_ledger(world)
    world.service.store.close()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_year_keeps_its_promises(tmp_path, seed):
    hold_to_promises(tmp_path, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 200))
def test_a_hundred_years_keep_their_promises(tmp_path, seed):
    hold_to_promises(tmp_path, seed)
