"""What a build publishes, for each state a policy can be in."""

from __future__ import annotations

import hashlib
import json
import os
import re
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from handbook.policy.errors import FaultsFound
from handbook.site.build import BuildFailed, build

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def search_entries(site: Path) -> list[dict]:
    return json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))["docs"]


def sitemap(site: Path) -> list[str]:
    return [loc.text for loc in ElementTree.parse(site / "sitemap.xml").iter(f"{SITEMAP}loc")]


def bytes_of(site: Path) -> dict[str, bytes]:
    return {p.relative_to(site).as_posix(): p.read_bytes() for p in sorted(site.rglob("*")) if p.is_file()}


def test_everything_promised_is_published(trips) -> None:
    site = trips.build("2020-10-01")
    expected = [
        "index.html", "404.html", "feed.xml", "policies.json", "sitemap.xml", "_headers",
        "search/search_index.json",
        "changelog/index.html", "review/index.html", "acknowledging/index.html",
        "changing-a-policy/index.html",
        "policies/trips/index.html", "policies/trips/2020-03/index.html", "policies/trips/2020-09/index.html",
        "policies/trips/2020-03..2020-09/index.html", "policies/trips/2020-03.md",
        "policies/trips/2020-09.md",
    ]  # fmt: skip
    assert [path for path in expected if not (site / path).is_file()] == []
    assert not (site / "policies" / "_shell").exists()


def test_the_published_text_has_the_digest_the_page_states(trips, read) -> None:
    site = trips.build("2020-10-01")
    digest = hashlib.sha256((site / "policies/trips/2020-09.md").read_bytes()).hexdigest()
    assert f"sha256:{digest}" in read(site / "policies/trips/2020-09/index.html")
    assert f"sha256:{digest}" in read(site / "policies/trips/index.html")


def test_before_the_effective_date_the_old_text_stands_under_a_note(trips, read) -> None:
    site = trips.build("2020-08-01")
    page = read(site / "policies/trips/index.html")
    assert "Everyone takes a phone." in page
    assert "a phone and a map" not in page
    assert "Changes on 1 September 2020." in page
    assert 'href="2020-03..2020-09/"' in page
    assert "From</span> <strong>1 September 2020" in read(site / "index.html")


def test_on_the_effective_date_the_new_text_stands(trips, read) -> None:
    site = trips.build("2020-09-01")
    assert "a phone and a map" in read(site / "policies/trips/index.html")
    assert "no longer applies" in read(site / "policies/trips/2020-03/index.html")


def test_before_the_first_version_the_site_is_empty_and_whole(trips, read) -> None:
    site = trips.build("2019-01-01")
    assert "No policy has come into force yet." in read(site / "index.html")
    assert not (site / "policies").exists()


def test_a_policy_on_notice_only_says_that_none_is_in_force(root, read) -> None:
    root.version("trips", "2020-03")
    page = read(root.build("2020-02-01") / "policies/trips/index.html")
    assert "No version is in force yet." in page
    assert "Takes effect on 1 March 2020." in page
    assert "It applies to everyone." not in page


def test_a_withdrawn_policy_says_since_when(trips, read) -> None:
    trips.version("trips", "2021-01", change="withdrawn", approved_on="2020-11-01")
    site = trips.build("2021-02-01")
    page = read(site / "policies/trips/index.html")
    assert "This policy is withdrawn." in page
    assert "It has not applied since 1 January 2021." in page
    assert "a phone and a map" in read(site / "policies/trips/2020-09/index.html")
    assert not [entry for entry in search_entries(site) if entry["location"].startswith("policies/")]


def test_only_texts_in_force_and_news_are_searched(trips) -> None:
    site = trips.build("2020-08-01")
    found = {entry["location"].split("#")[0] for entry in search_entries(site)}
    assert found == {"acknowledging/", "changelog/", "policies/trips/"}


def test_search_holds_the_text_and_nothing_around_it(trips) -> None:
    entries = [e for e in search_entries(trips.build("2020-08-01")) if e["location"].startswith("policies/")]
    assert [(e["location"], e["title"], e["text"]) for e in entries] == [
        ("policies/trips/", "Trips Policy", ""),
        ("policies/trips/#scope", "Scope", "<p>Everyone takes a phone.</p>"),
        ("policies/trips/#buses", "Buses", "<p>Book them early.</p>"),
    ]


def test_frozen_pages_are_kept_from_search_engines_and_the_sitemap(trips, read) -> None:
    site = trips.build("2020-10-01")
    frozen = ["policies/trips/2020-03/", "policies/trips/2020-09/", "policies/trips/2020-03..2020-09/"]
    for address in frozen:
        assert '<meta name="robots" content="noindex">' in read(site / address / "index.html")
    listed = sitemap(site)
    assert "https://policies.hill.example/policies/trips/" in listed
    assert not [loc for loc in listed if re.search(r"/\d{4}-\d\d", loc) or "_shell" in loc]


def test_frozen_pages_have_an_address_and_a_title_of_their_own(trips, read) -> None:
    page = read(trips.build("2020-10-01") / "policies/trips/2020-03/index.html")
    assert '<link rel="canonical" href="https://policies.hill.example/policies/trips/2020-03/">' in page
    assert "<title>Trips Policy, version 2020-03 - Staff handbook</title>" in page
    assert "HB-SLOT" not in page


def test_heading_anchors_are_the_same_in_every_version(trips, read) -> None:
    site = trips.build("2020-10-01")
    for address in ("policies/trips/", "policies/trips/2020-03/", "policies/trips/2020-09/"):
        assert '<h2 id="scope">' in read(site / address / "index.html")


def test_drafts_are_shown_only_when_asked_for(trips, read) -> None:
    trips.version("trips", "2021-09", "## Scope\n\nA draft.\n", approved_on=None)
    assert not (trips.build("2020-10-01") / "policies/trips/2021-09").exists()
    site = trips.build("2020-10-01", drafts=True)
    assert "This is a draft." in read(site / "policies/trips/2021-09/index.html")
    for page in (
        "index.html",
        "policies/trips/index.html",
        "changelog/index.html",
        "policies/trips/2021-09/index.html",
    ):
        assert "Preview with drafts." in read(site / page)
        assert 'content="noindex"' in read(site / page)
    assert sitemap(site) == []


def test_a_renamed_policy_is_found_under_its_former_name(root, read) -> None:
    root.version("trips", "2020-03", more="renamed_from: [outings]\n")
    site = root.build("2020-04-01")
    assert read(site / "_redirects") == "/policies/outings/* /policies/trips/:splat 301!\n"
    assert 'href="../trips/"' in read(site / "policies/outings/index.html")


def test_a_related_policy_is_linked_where_held_and_named_where_not(root, read) -> None:
    root.version("buses", "2020-03", title="Bus Policy")
    root.version("trips", "2020-03", more="related: [buses, Disciplinary Procedure]\n")
    page = read(root.build("2020-04-01") / "policies/trips/index.html")
    assert '<a href="../buses/">Bus Policy</a>' in page
    assert "Disciplinary Procedure <small>(not held in this handbook)</small>" in page


def test_a_related_policy_is_found_by_its_title_and_by_its_former_id_too(root, read) -> None:
    root.version("buses", "2020-03", title="Bus Policy", more="renamed_from: [coaches]\n")
    root.version("trips", "2020-03", more="related: [Bus policy]\n")
    root.version("swimming", "2020-03", more="related: [coaches]\n")
    site = root.build("2020-04-01")
    for policy in ("trips", "swimming"):
        assert '<li><a href="../buses/">Bus Policy</a></li>' in read(site / f"policies/{policy}/index.html")


def test_a_title_breaks_out_of_no_attribute_and_no_navigation(root, read) -> None:
    root.version("trips", "2020-03", title='Trips & "<i>Outings</i>"')
    page = read(root.build("2020-04-01") / "policies/trips/index.html")
    assert "<i>Outings" not in page
    assert '<meta name="description" content="Trips &amp; &#34;&lt;i&gt;Outings&lt;/i&gt;&#34; of ' in page
    assert "<title>Trips &amp; &#34;&lt;i&gt;Outings&lt;/i&gt;&#34; - Staff handbook</title>" in page


def test_a_redline_on_paper_names_both_texts_by_digest(trips, read) -> None:
    page = read(trips.build("2020-10-01") / "policies/trips/2020-03..2020-09/index.html")
    foot = page.partition('<p class="hb-print">')[2].partition("</p>")[0]
    assert foot.startswith("Trips Policy, version 2020-09, effective 1 September 2020. Digest sha256:")
    assert "<br>Compared with Trips Policy, version 2020-03, effective " in foot
    assert foot.count("Digest sha256:") == 2


def test_names_are_shown_letter_by_letter(root, read) -> None:
    root.version("trips", "2020-03", title="Łódź & <b>*Été*</b> #1")
    site = root.build("2020-04-01")
    for page in ("policies/trips/index.html", "policies/trips/2020-03/index.html"):
        assert re.search(
            r'<h1 id="start">Łódź &amp; &lt;b&gt;\*Été\*&lt;/b&gt; #1(<a|</h1>)', read(site / page)
        )


def test_a_heading_twice_keeps_both_anchors(root, read) -> None:
    root.version("trips", "2020-03", "## Scope\n\nOne.\n\n## Scope\n\nTwo.\n")
    site = root.build("2020-04-01")
    for page in ("policies/trips/index.html", "policies/trips/2020-03/index.html"):
        assert re.findall(r'<h2 id="(scope[^"]*)"', read(site / page)) == ["scope", "scope_1"]


def test_code_keeps_its_blank_lines(root, read) -> None:
    root.version("trips", "2020-03", "## Code\n\n```\nfirst\n\n  ## second\n```\n\nAfter.\n")
    site = root.build("2020-04-01")
    for page in ("policies/trips/index.html", "policies/trips/2020-03/index.html"):
        assert "first\n\n  ## second\n</code></pre>" in read(site / page)


def test_a_redline_with_nothing_changed_says_so(root, read) -> None:
    root.version("trips", "2020-03")
    root.version("trips", "2020-09", change="clarification")
    assert "the same, word for word" in read(
        root.build("2020-10-01") / "policies/trips/2020-03..2020-09/index.html"
    )


def test_the_first_version_is_compared_with_the_one_in_force(trips) -> None:
    trips.version("trips", "2021-09", "## Scope\n\nEveryone takes a map.\n", approved_on="2021-06-01")
    site = trips.build("2021-10-01")
    redlines = sorted(p.name for p in (site / "policies/trips").iterdir() if ".." in p.name)
    assert redlines == ["2020-03..2020-09", "2020-03..2021-09", "2020-09..2021-09"]


def test_links_and_pictures_of_a_text_lead_to_the_same_place_from_every_page(root, read) -> None:
    root.version("trips", "2020-03", "## Scope\n\n[Raw](2020-03.md) ![Map](../../map.png)\n")
    (root.path / "handbook/docs/map.png").write_bytes(b"png")
    site = root.build("2020-04-01")
    assert 'href="2020-03.md"' in read(site / "policies/trips/index.html")
    assert 'src="../../map.png"' in read(site / "policies/trips/index.html")
    assert 'href="../2020-03.md"' in read(site / "policies/trips/2020-03/index.html")
    assert 'src="../../../map.png"' in read(site / "policies/trips/2020-03/index.html")


def test_a_broken_link_in_a_text_in_force_stops_the_build(root) -> None:
    root.version("trips", "2020-03", "## Scope\n\n[Nowhere](../nowhere/)\n")
    with pytest.raises(BuildFailed) as failed:
        root.build("2020-04-01")
    assert failed.value.reasons == (
        "handbook/docs/policies/trips/2020-03.md: links to '../../nowhere/', which is not on the site",
    )


def test_a_text_may_link_to_a_version_under_a_former_id(root) -> None:
    root.version("journeys", "2020-03", title="Journeys Policy", more="renamed_from: [trips]\n")
    root.version("bags", "2020-03", "## Scope\n\nSee [trips](../trips/2020-03/).\n", title="Bags Policy")
    site = root.build("2020-04-01")
    assert "/policies/trips/* /policies/journeys/:splat 301!" in (site / "_redirects").read_text(
        encoding="utf-8"
    )
    root.version("boots", "2020-03", "## Scope\n\nSee [trips](../trips/2020-04/).\n", title="Boots Policy")
    with pytest.raises(BuildFailed, match="links to '../../trips/2020-04/', which is not on the site"):
        root.build("2020-04-01")


def test_old_changes_move_to_pages_by_year(root, read) -> None:
    for month in range(1, 41):
        root.version("trips", f"{2001 + month // 12}-{month % 12 + 1:02}", f"## Scope\n\nText {month}.\n",
                     approved_on="2000-01-01")  # fmt: skip
    site = root.build("2010-01-01")
    newest = read(site / "changelog/index.html")
    assert newest.count('<div class="hb-entry">') == 30
    assert 'href="2001/"' in newest
    assert read(site / "changelog/2001/index.html").count('<div class="hb-entry">') == 11


def test_a_school_page_links_only_to_what_there_is_that_day(trips, read) -> None:
    page = trips.path / "handbook/docs/trips.md"
    page.write_text("# Trips\n\nSee [Buses](policies/trips/index.md#buses).\n", encoding="utf-8")
    assert ">Buses</a>" not in read(trips.build("2019-01-01") / "trips/index.html")
    assert 'href="../policies/trips/#buses"' in read(trips.build("2020-10-01") / "trips/index.html")


def test_a_page_of_the_school_takes_the_place_of_ours(trips, read) -> None:
    (trips.path / "handbook/docs/acknowledging.md").write_text("# Our own way\n\nAsk us.\n", encoding="utf-8")
    assert "Our own way" in read(trips.build("2020-10-01") / "acknowledging/index.html")


def test_faults_stop_the_build_all_together(trips) -> None:
    (trips.path / "handbook/docs/policies/trips/2020-09.md").write_text(
        "---\ntitle: X\n---\n", encoding="utf-8"
    )
    with pytest.raises(FaultsFound):
        trips.build("2020-10-01")


def test_a_failed_build_leaves_the_old_site(trips) -> None:
    site = trips.build("2020-08-01")
    before = bytes_of(site)
    (trips.path / "handbook/docs/extra.md").write_text("# Extra\n\n[Gone](gone.md)\n", encoding="utf-8")
    with pytest.raises(BuildFailed, match="gone.md"):
        trips.build("2020-10-01")
    assert bytes_of(site) == before
    assert [p.name for p in trips.path.iterdir() if p.name.startswith(".site")] == []


def test_a_folder_without_a_school_is_told_by_what_it_lacks(tmp_path) -> None:
    with pytest.raises(FaultsFound, match="school.toml:1: this file is missing"):
        build(tmp_path, tmp_path / "site", date(2020, 10, 1), date(2020, 10, 1))


def test_a_cache_that_cannot_be_kept_does_no_harm(trips) -> None:
    (trips.path / ".cache").write_text("a file", encoding="utf-8")
    whole = bytes_of(trips.build("2020-10-01", "first", cache=trips.path / "empty"))
    for _ in range(2):
        assert bytes_of(trips.build("2020-10-01")) == whole
        assert trips.built.damaged == 0


def test_a_folder_of_something_else_is_never_replaced(trips) -> None:
    (trips.path / "mine").mkdir()
    (trips.path / "mine" / "letter.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(BuildFailed, match="holds files that are not a site of the handbook"):
        trips.build("2020-10-01", "mine")
    assert (trips.path / "mine" / "letter.txt").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_folder_is_named(trips) -> None:
    (trips.path / "out").mkdir(mode=0o555)
    with pytest.raises(BuildFailed, match=r"out: cannot be written"):
        trips.build("2020-10-01", "out/site")


def test_an_output_that_cannot_be_a_folder_is_named(trips) -> None:
    (trips.path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(BuildFailed, match="out"):
        trips.build("2020-10-01", "out/site")
    with pytest.raises(BuildFailed, match="is a file, and the site needs a folder"):
        trips.build("2020-10-01", "out")


def test_the_same_input_gives_the_same_bytes_whatever_the_cache_held(trips) -> None:
    first = bytes_of(trips.build("2020-10-01", "first"))
    assert trips.built.bodies_rendered > 0
    second = bytes_of(trips.build("2020-10-01", "second"))
    assert trips.built.bodies_rendered == 0
    third = bytes_of(trips.build("2020-10-01", "third", cache=trips.path / "empty"))
    assert second == first
    assert third == first


def test_a_changed_policy_built_over_a_warm_cache_is_what_an_empty_one_gives(trips) -> None:
    trips.version("visits", "2020-04", "## Scope\n\nVisitors sign in.\n", title="Visits")
    trips.build("2020-10-01", "before")
    trips.version(
        "trips",
        "2020-10",
        "## Scope\n\nEveryone takes a map.\n\n## Coats\n\nBring one.\n",
        approved_on="2020-07-02",
    )
    warm = bytes_of(trips.build("2020-10-01", "warm"))
    assert trips.built.bodies_rendered == 3  # the text, and two redlines
    assert warm == bytes_of(trips.build("2020-10-01", "cold", cache=trips.path / "empty"))


def test_a_damaged_cache_is_rendered_anew_and_counted(trips) -> None:
    whole = bytes_of(trips.build("2020-10-01", "first"))
    for number, kept in enumerate(sorted((trips.path / ".cache/handbook").rglob("*.html"))):
        kept.write_bytes([b"", b"junk", kept.read_bytes()[:-3] + b"xyz"][number % 3])
    assert bytes_of(trips.build("2020-10-01", "second")) == whole
    assert trips.built.damaged == trips.built.bodies_rendered > 0
    trips.build("2020-10-01", "third")
    assert trips.built.damaged == 0


def test_pages_say_when_they_were_drawn_up(trips, read) -> None:
    site = trips.build("2020-08-01", built_on=date(2020, 8, 3))
    for page in ("index.html", "changelog/index.html", "review/index.html", "policies/trips/index.html",
                 "policies/trips/2020-09/index.html"):  # fmt: skip
        assert "Drawn up on 3 August 2020, showing how things stand on 1 August 2020." in read(site / page)
    for page in site.rglob("*.html"):
        assert "Hill School. Drawn up on 3 August 2020." in read(page)


def test_no_page_refers_to_another_host(trips, read) -> None:
    site = trips.build("2020-10-01")
    loaded = re.compile(
        r'<(?:script|img|iframe|link(?! rel="canonical"))\b[^>]*? (?:src|href)="((?:https?:)?//[^"]+)'
    )
    assert {p.name: loaded.findall(read(p)) for p in site.rglob("*.html") if loaded.findall(read(p))} == {}


def test_reviews_are_sorted_by_owner_and_date(root, read) -> None:
    root.version("trips", "2020-03", more="review_by: 2020-12-01\n")
    root.version("buses", "2020-03", title="Bus Policy", more="review_by: 2020-05-01\n")
    page = read(root.build("2020-06-01") / "review/index.html")
    assert page.index("Bus Policy</a>") < page.index("Trips Policy</a>", page.index("<article"))
    assert re.findall(r"hb-chip--(overdue|to-come)", page) == ["overdue", "to-come"]
