"""What a build takes over from the one before is what it would have made itself."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml

from handbook.site.build import OURS, BuildFailed
from handbook.site.files import exchange
from handbook.site.last_site import LastSite

DAY = "2020-10-01"
SITE_OF_TRIPS = {
    "404.html", "index.html", "acknowledging/index.html", "changelog/index.html", "changing-a-policy/index.html",
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
    """Whether a build over what is kept, and over the last site, gives the bytes of one that has neither."""
    over_the_last = files(trips.build(day, **given))
    return over_the_last == files(
        trips.build(day, "anew", cache=trips.path / f"empty-{os.urandom(4).hex()}", **given)
    )


def test_a_build_of_the_same_takes_over_every_page_but_the_error_page(trips) -> None:
    first = files(trips.build(DAY))
    assert (trips.built.files_as_before, {path for path in first if path.endswith(".html")}) == (
        0,
        SITE_OF_TRIPS,
    )
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
        override.read_text(encoding="utf-8").replace(
            "{% block announce %}", "{% block announce %}Term ends soon. "
        ),
        encoding="utf-8",
    )
    assert is_as_from_nothing(trips)
    for page in SITE_OF_TRIPS:
        assert "Term ends soon." in (site / page).read_text(encoding="utf-8")


def test_a_changed_title_of_a_policy_is_changed_in_every_navigation(trips, settings) -> None:
    settings(nav=["index.md", "policies/trips/index.md"])
    trips.build(DAY)
    retitle(trips)
    assert is_as_from_nothing(trips)
    assert "Journeys Policy" in (trips.path / "site/changing-a-policy/index.html").read_text(encoding="utf-8")


OTHERS = "{% for file in pages %}{{ file.page.title }} {{ file.page.meta }} {{ file.page.content|length }} {% endfor %}"


def test_a_template_that_looks_at_other_pages_finds_them_as_they_are(trips, settings) -> None:
    override = trips.path / "handbook/overrides/main.html"
    text = override.read_text(encoding="utf-8")
    override.write_text(
        text.replace("{% block announce %}", "{% block announce %}" + OTHERS), encoding="utf-8"
    )
    for change in (lambda trips: None, add_version, add_own_page):
        trips.build(DAY)
        change(trips)
        assert is_as_from_nothing(trips)


@pytest.mark.parametrize("place", ["docs", "overrides"])
def test_a_plain_template_of_the_school_finds_pages_as_they_are(trips, settings, place) -> None:
    (trips.path / "handbook" / place / "all.txt").write_text(OTHERS, encoding="utf-8")
    ours = yaml.safe_load(OURS.read_text(encoding="utf-8"))
    if place == "docs":
        settings(extra_templates=["all.txt"])
    else:
        settings(theme=ours["theme"] | {"static_templates": ["all.txt"]})
    site = trips.build(DAY)
    assert "Trips Policy" in (site / "all.txt").read_text(encoding="utf-8")
    assert is_as_from_nothing(trips)


def test_a_filter_of_a_school_is_never_a_compiled_one_of_before(trips, settings) -> None:
    override = trips.path / "handbook/overrides/main.html"
    text = override.read_text(encoding="utf-8")
    override.write_text(
        text.replace("{% block announce %}", "{% block announce %}{{ 'x'|said }}"), encoding="utf-8"
    )
    for said in ("Monday", "Tuesday"):
        own = trips.path / f"handbook/{said}.py"
        own.write_text(
            f"def on_env(env, **given):\n    env.filters['said'] = lambda _: {said!r}\n", encoding="utf-8"
        )
        settings(hooks=[str(OURS.parent / "hooks.py"), str(own)])
        assert said in (trips.build(DAY) / "policies/trips/index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "extra", [{2024: "a", "name": "b"}, {date(2020, 1, 1): "a"}], ids=["kinds of keys", "a day as a key"]
)
def test_settings_may_have_any_keys(trips, settings, extra) -> None:
    settings(extra={"generator": False, **extra})
    trips.build(DAY)
    assert is_as_from_nothing(trips)


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


def test_settings_that_are_functions_have_every_page_drawn(trips, settings) -> None:
    path = trips.path / "handbook/mkdocs.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("toc_depth: 3", "slugify: !!python/name:markdown.extensions.toc.slugify"),
        encoding="utf-8",
    )
    for _ in range(2):
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
    for path in (
        "policies/trips/2020-03/index.html",
        "policies/trips/2020-03.md",
        "policies/trips/index.html",
    ):
        page = site / path
        changed = page.stat()
        page.write_bytes(page.read_bytes().replace(b"phone", b"drone"))
        os.utime(page, ns=(changed.st_atime_ns, changed.st_mtime_ns + 1))
    assert files(trips.build(DAY)) == whole


def test_a_site_that_was_taken_away_is_made_anew(trips) -> None:
    whole = files(trips.build(DAY))
    shutil.rmtree(trips.path / "site")
    assert files(trips.build(DAY)) == whole


def test_a_record_tells_what_was_made_even_if_another_build_replaces_the_site(tmp_path) -> None:
    output, new = tmp_path / "site", tmp_path / "new"
    for folder, text in ((output, "theirs"), (new, "ours!!")):
        folder.mkdir()
        (folder / "page").write_text(text, encoding="utf-8")
    one = LastSite(output, tmp_path / "sites")
    one.made("page", "key of ours", new)
    os.utime(output / "page", ns=(0, 0))
    one.keep()
    assert not LastSite(output, tmp_path / "sites").take("page", "key of ours", tmp_path / "next")
    assert not (tmp_path / "next/page").exists()
    exchange(new, output)
    assert LastSite(output, tmp_path / "sites").take("page", "key of ours", tmp_path / "next")


def test_a_site_is_replaced_in_one_step(tmp_path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    if sys.platform == "linux":
        assert exchange(tmp_path / "new", tmp_path / "old")
        assert ((tmp_path / "old/new").exists(), (tmp_path / "new/old").exists()) == (True, True)
    assert not exchange(tmp_path / "new", tmp_path / "none")


def test_a_link_in_the_place_of_a_page_is_not_taken_over(trips) -> None:
    site = trips.build(DAY)
    whole = files(site)
    page = site / "policies/trips/2020-03/index.html"
    page.rename(site / "elsewhere")
    page.symlink_to(site / "elsewhere")
    assert files(trips.build(DAY)) == whole
    assert not page.is_symlink()


def test_damaged_compiled_templates_are_compiled_anew(trips) -> None:
    whole = files(trips.build(DAY))
    compiled = sorted((trips.path / ".cache/handbook/templates").iterdir())
    for path in compiled:
        path.write_bytes(path.read_bytes().replace(b"md-", b"xx-"))
    shutil.rmtree(trips.path / ".cache/handbook/pages")
    assert (len(compiled) > 20, files(trips.build(DAY))) == (True, whole)


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
