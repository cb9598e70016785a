"""Whatever was built before, a build gives what one from nothing gives."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml

from handbook.site.build import OURS, BuildFailed

DAY = "2020-10-01"
SITE_OF_TRIPS = {
    "404.html", "index.html", "acknowledging/index.html", "changelog/index.html",
    "changing-a-policy/index.html",
    "review/index.html", "policies/trips/index.html", "policies/trips/2020-03/index.html",
    "policies/trips/2020-09/index.html", "policies/trips/2020-03..2020-09/index.html",
}  # fmt: skip


@pytest.fixture
def settings(trips) -> Callable[..., None]:
    """Writes an mkdocs.yml of the checkout's own beside overrides of its own, with settings as a test needs
    them."""
    shutil.copytree(OURS.parent / "overrides", trips.path / "handbook/overrides")

    def write(**changed: object) -> None:
        ours = yaml.safe_load(OURS.read_text(encoding="utf-8"))
        ours["hooks"] = [str(OURS.parent / "hooks.py")]
        (trips.path / "handbook/mkdocs.yml").write_text(yaml.safe_dump(ours | changed), encoding="utf-8")

    write()
    return write


def files(site: Path) -> dict[str, bytes]:
    return {p.relative_to(site).as_posix(): p.read_bytes() for p in sorted(site.rglob("*")) if p.is_file()}


def is_as_from_nothing(trips, day: str = DAY, **given: object) -> bool:
    """Whether a build over the last one's cache and site gives the bytes of one that has neither."""
    over_the_last = files(trips.build(day, **given))
    return over_the_last == files(
        trips.build(day, "anew", cache=trips.path / f"empty-{os.urandom(4).hex()}", **given)
    )


def change_school(trips) -> None:
    path = trips.path / "school.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("Hill School", "Dale School"), encoding="utf-8")


def change_address(trips) -> None:
    path = trips.path / "school.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("office@", "post@"), encoding="utf-8")


def add_version(trips) -> None:
    trips.version("trips", "2020-10", "## Scope\n\nEveryone takes a map.\n", approved_on="2020-07-02")


def add_policy(trips) -> None:
    trips.version("visits", "2020-04", "## Scope\n\nVisitors sign in.\n", title="Visits")


def retitle(trips) -> None:
    trips.version("trips", "2020-10", "## Scope\n\nAll.\n", title="Journeys Policy", approved_on="2020-07-02")


def withdraw(trips) -> None:
    trips.version("trips", "2020-10", change="withdrawn", approved_on="2020-07-02")


def add_own_page(trips) -> None:
    (trips.path / "handbook/docs/before-you-post.md").write_text(
        "# Before you post\n\nAsk.\n", encoding="utf-8"
    )


@pytest.mark.parametrize(
    "change", [change_school, change_address, add_version, add_policy, retitle, withdraw, add_own_page]
)
def test_whatever_a_writer_changes_nothing_old_is_left(trips, change) -> None:
    trips.build(DAY)
    change(trips)
    assert is_as_from_nothing(trips)


@pytest.mark.parametrize(
    "given",
    [
        {"day": "2020-08-01"},
        {"built_on": date(2020, 10, 2)},
        {"drafts": True},
        {"base_address": "https://dale.example"},
    ],
    ids=["day shown", "build day", "drafts", "address"],
)
def test_whatever_is_asked_for_nothing_old_is_left(trips, given) -> None:
    trips.version("trips", "2021-01", "## Scope\n\nNobody.\n", approved_on=None)
    trips.build(DAY)
    assert is_as_from_nothing(trips, **given)


def test_a_changed_setting_leaves_nothing_old(trips, settings) -> None:
    site = trips.build(DAY)
    settings(site_name="All our policies", extra={"generator": True})
    assert is_as_from_nothing(trips)
    assert "All our policies" in (site / "policies/trips/index.html").read_text(encoding="utf-8")


def test_a_changed_override_is_on_every_page(trips, settings) -> None:
    site = trips.build(DAY)
    override = trips.path / "handbook/overrides/main.html"
    override.write_text(
        override.read_text(encoding="utf-8").replace(
            "{% block announce %}", "{% block announce %}Term ends soon. "
        ),
        encoding="utf-8",
    )
    assert is_as_from_nothing(trips)
    for page in SITE_OF_TRIPS:
        assert "Term ends soon." in (site / page).read_text(encoding="utf-8")


def test_a_theme_that_leaves_no_room_for_the_pages_is_named(trips, settings) -> None:
    override = trips.path / "handbook/overrides/main.html"
    title = (
        '{% block scripts %}<script>document.title = "{{ page.title }}"</script>{{ super() }}{% endblock %}'
    )
    override.write_text(override.read_text(encoding="utf-8") + title, encoding="utf-8")
    with pytest.raises(BuildFailed, match="put it into a file of its own"):
        trips.build(DAY)


def test_what_a_killed_build_left_is_swept_away_a_day_later(trips) -> None:
    old, going_on = (trips.path / name for name in (".site-new-killed", ".site-new-going"))
    for folder in (old, going_on):
        (folder / "policies").mkdir(parents=True)
    hours_ago = going_on.stat().st_mtime - 25 * 60 * 60
    os.utime(old, (hours_ago, hours_ago))
    trips.build(DAY)
    assert (old.exists(), going_on.exists()) == (False, True)
