"""What a build takes over from the one before is what it would have made itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml

from handbook.build import OURS, BuildFailed

DAY = "2020-10-01"
SITE_OF_TRIPS = {
    "404.html", "index.html", "acknowledging/index.html", "changelog/index.html", "changing-a-policy/index.html",
    "review/index.html", "policies/trips/index.html", "policies/trips/2020-03/index.html",
    "policies/trips/2020-09/index.html", "policies/trips/2020-03..2020-09/index.html",
}  # fmt: skip


@pytest.fixture
def settings(trips) -> Callable[..., None]:
    """Writes an mkdocs.yml of the checkout's own beside overrides of its own, with settings as a test needs them."""
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
    """Whether a build over what is kept, and over the last site, gives the bytes of one that has neither."""
    over_the_last = files(trips.build(day, **given))
    return over_the_last == files(trips.build(day, "anew", cache=trips.path / f"empty-{os.urandom(4).hex()}", **given))


def test_a_build_of_the_same_takes_over_every_page_but_the_error_page(trips) -> None:
    first = files(trips.build(DAY))
    assert (trips.built.files_as_before, {path for path in first if path.endswith(".html")}) == (0, SITE_OF_TRIPS)
    assert files(trips.build(DAY)) == first
    shell, texts, listings = 1, 2, 2  # the shell's page; both .md files; policies.json and feed.xml
    assert trips.built.files_as_before == len(SITE_OF_TRIPS) - 1 + shell + texts + listings


def test_stamped_pages_are_the_files_of_the_last_site(trips) -> None:
    page = trips.build(DAY) / "policies/trips/2020-03/index.html"
    number = page.stat().st_ino
    trips.build(DAY)
    assert page.stat().st_ino == number


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
    (trips.path / "handbook/docs/before-you-post.md").write_text("# Before you post\n\nAsk.\n", encoding="utf-8")


@pytest.mark.parametrize(
    "change", [change_school, change_address, add_version, add_policy, retitle, withdraw, add_own_page]
)
def test_whatever_a_writer_changes_nothing_old_is_left(trips, change) -> None:
    trips.build(DAY)
    change(trips)
    assert is_as_from_nothing(trips)


@pytest.mark.parametrize(
    "given",
    [{"day": "2020-08-01"}, {"built_on": date(2020, 10, 2)}, {"drafts": True}, {"base_address": "https://dale.example"}],
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


def test_a_changed_title_of_an_own_page_is_changed_in_every_navigation(trips, settings) -> None:
    settings(nav=["index.md", "tips.md", {"Policies": "policies/"}])
    tips = trips.path / "handbook/docs/tips.md"
    tips.write_text("# Tips\n\nFirst.\n", encoding="utf-8")
    site = trips.build(DAY)
    tips.write_text("# Hints\n\nFirst.\n", encoding="utf-8")
    assert is_as_from_nothing(trips)
    assert "Hints" in (site / "policies/trips/index.html").read_text(encoding="utf-8")


def test_a_changed_override_is_on_every_page(trips, settings) -> None:
    site = trips.build(DAY)
    override = trips.path / "handbook/overrides/main.html"
    override.write_text(
        override.read_text(encoding="utf-8").replace("{% block announce %}", "{% block announce %}Term ends soon. "),
        encoding="utf-8",
    )
    assert is_as_from_nothing(trips)
    for page in SITE_OF_TRIPS:
        assert "Term ends soon." in (site / page).read_text(encoding="utf-8")


def test_pages_that_a_hook_of_the_school_takes_part_in_are_always_drawn(trips, settings) -> None:
    word = trips.path / "word.txt"
    own = trips.path / "handbook/own_hook.py"
    own.write_text(
        "from pathlib import Path\n\n\ndef on_page_content(html, **given):\n"
        f"    return html + Path({str(word)!r}).read_text(encoding='utf-8')\n",
        encoding="utf-8",
    )
    settings(hooks=[str(OURS.parent / "hooks.py"), str(own)])
    for said in ("Monday", "Tuesday"):
        word.write_text(said, encoding="utf-8")
        assert said in (trips.build(DAY) / "policies/trips/index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("extension", ["pymdownx.details", "pymdownx.snippets"])
def test_extensions_that_may_read_other_files_have_every_page_drawn(trips, settings, extension) -> None:
    ours = yaml.safe_load(OURS.read_text(encoding="utf-8"))["markdown_extensions"]
    settings(markdown_extensions=[*ours, extension])
    trips.build(DAY)
    trips.build(DAY)
    stamped, texts, listings = 3, 2, 2
    assert trips.built.files_as_before == stamped + texts + listings


def test_what_is_warned_of_is_warned_of_again(trips, settings) -> None:
    settings(nav=[{"Home": "index.md"}, {"Gone": "gone.md"}, {"Policies": "policies/"}])
    for _ in range(2):
        with pytest.raises(BuildFailed, match="gone.md"):
            trips.build(DAY)


def test_a_page_of_the_site_that_was_edited_by_hand_is_made_anew(trips) -> None:
    site = trips.build(DAY)
    whole = files(site)
    for path in ("policies/trips/2020-03/index.html", "policies/trips/2020-03.md", "policies/trips/index.html"):
        page = site / path
        changed = page.stat()
        page.write_bytes(page.read_bytes().replace(b"phone", b"drone"))
        os.utime(page, ns=(changed.st_atime_ns, changed.st_mtime_ns + 1))
    assert files(trips.build(DAY)) == whole


def test_a_site_that_was_taken_away_is_made_anew(trips) -> None:
    whole = files(trips.build(DAY))
    shutil.rmtree(trips.path / "site")
    assert files(trips.build(DAY)) == whole


def test_damaged_records_are_made_anew_and_counted(trips) -> None:
    whole = files(trips.build(DAY))
    cache = trips.path / ".cache/handbook"
    kept = sorted([*(cache / "pages").iterdir(), *(cache / "sites").iterdir()])
    for number, path in enumerate(kept):
        path.write_bytes([b"", b"junk", path.read_bytes()[:-3] + b"xyz"][number % 3])
    assert files(trips.build(DAY)) == whole
    assert (trips.built.damaged, trips.built.files_as_before) == (len(kept), 0)
    trips.build(DAY)
    assert trips.built.damaged == 0


def test_a_theme_that_leaves_no_room_for_the_pages_is_named(trips, settings) -> None:
    override = trips.path / "handbook/overrides/main.html"
    title = '{% block scripts %}<script>document.title = "{{ page.title }}"</script>{{ super() }}{% endblock %}'
    override.write_text(override.read_text(encoding="utf-8") + title, encoding="utf-8")
    with pytest.raises(BuildFailed, match="put it into a file of its own"):
        trips.build(DAY)
