"""`policies.json` and `feed.xml`: what they list, and that they are what they say they are."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from pathlib import Path

import jsonschema
import pytest
from lxml import etree

import handbook.pages
from handbook.pages.feed import atom
from handbook.pages.manifest import manifest, policies_json
from handbook.policy.library import load, load_school

SCHEMA = json.loads(
    (Path(handbook.pages.__file__).parent / "policies.schema.json").read_text(encoding="utf-8")
)
IN_JULY = date(2021, 7, 26)
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def loaded(history):
    """Two approved versions, a third withdrawn, and a policy that is only a draft."""
    history.entry(
        "2022-09", "---\nsupersedes: 2021-09\nchange: withdrawn\neffective_on: 2022-09-01\n---\nGone.\n"
    )
    history.draft("2020-09", "2020-09-01", policy="sheds")
    return load(history.root), load_school(history.root)


@pytest.mark.parametrize("drafts", [False, True])
@pytest.mark.parametrize("on", [date(2019, 1, 1), IN_JULY, date(2021, 9, 1), date(2023, 1, 1)])
def test_the_list_keeps_to_its_schema_on_any_day(loaded, on, drafts):
    listed = policies_json(*loaded, on, on, drafts)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(listed)


def test_the_schema_refuses_what_the_list_never_holds(loaded):
    listed = policies_json(*loaded, IN_JULY, IN_JULY)
    listed["policies"][0]["versions"][0]["stage"] = "agreed"
    with pytest.raises(jsonschema.ValidationError, match="'agreed' is not one of"):
        jsonschema.Draft202012Validator(SCHEMA).validate(listed)


def test_a_version_is_listed_with_stage_dates_digest_and_addresses(loaded):
    (policy,) = policies_json(*loaded, IN_JULY, date(2021, 7, 27))["policies"]
    assert (policy["id"], policy["in_force"], policy["on_notice"]) == ("bicycles", "2020-09", ["2021-09"])
    old, new = policy["versions"]
    base = "https://policies.larkspur-row.example/policies/bicycles/"
    assert (old["stage"], old["redline"]) == ("in force", None)
    assert (new["stage"], new["effective_on"], new["last_day_of_notice"]) == (
        "on notice",
        "2021-09-01",
        "2021-08-01",
    )
    assert (new["approved_by"], new["approved_on"]) == ("Board of Governors", "2021-07-14")
    assert (new["page"], new["text"], new["redline"]) == (
        f"{base}2021-09/",
        f"{base}2021-09.md",
        f"{base}2020-09..2021-09/",
    )
    text = b"# Bicycle Policy\n\n## Sheds\n\nLock your bicycle.\n"
    assert new["digest"] == "sha256:" + hashlib.sha256(text).hexdigest()


def test_drafts_are_listed_only_when_asked_for(loaded):
    plain = policies_json(*loaded, IN_JULY, IN_JULY)
    asked = policies_json(*loaded, IN_JULY, IN_JULY, drafts=True)
    assert [p["id"] for p in plain["policies"]] == ["bicycles"]
    assert [v["version"] for v in asked["policies"][0]["versions"]] == ["2020-09", "2021-09", "2022-09"]
    assert asked["policies"][1]["versions"][0]["stage"] == "draft"


def test_a_version_approved_later_is_not_listed_before(loaded):
    (policy,) = policies_json(*loaded, date(2021, 7, 13), IN_JULY)["policies"]
    assert [v["version"] for v in policy["versions"]] == ["2020-09"]


def test_the_same_day_gives_the_same_bytes(loaded):
    assert manifest(*loaded, IN_JULY) == manifest(*loaded, IN_JULY)
    assert (
        json.loads(manifest(*loaded, IN_JULY, base_address="http://127.0.0.1:8000/"))["address"]
        == "http://127.0.0.1:8000/"
    )


def test_the_feed_has_what_atom_requires(loaded):
    feed = etree.fromstring(atom(*loaded, IN_JULY).encode("utf-8"))
    assert feed.tag == f"{ATOM}feed"
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(ATOM + name)) == 1
        updated = datetime.fromisoformat(element.findtext(f"{ATOM}updated"))
        assert updated.utcoffset().total_seconds() == 0
        assert [link.get("rel") for link in element.findall(f"{ATOM}link")].count("alternate") == 1
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Larkspur Row School"
    ids = [e.text for e in feed.iter(f"{ATOM}id")]
    assert len(set(ids)) == len(ids) == 3
    assert (
        feed.find(f"{ATOM}link[@rel='self']").get("href") == "https://policies.larkspur-row.example/feed.xml"
    )


def test_the_feed_tells_of_approved_versions_newest_first(loaded):
    feed = etree.fromstring(atom(*loaded, IN_JULY).encode("utf-8"))
    assert [e.findtext(f"{ATOM}title") for e in feed.findall(f"{ATOM}entry")] == [
        "Bicycle Policy 2021-09: changed from 1 September 2021",
        "Bicycle Policy 2020-09: new policy from 1 September 2020",
    ]
    assert feed.findtext(f"{ATOM}updated") == "2021-07-14T00:00:00Z"


def test_an_entry_keeps_its_id_and_date_wherever_the_site_is_shown(loaded):
    def ids(xml):
        return [
            (e.findtext(f"{ATOM}id"), e.findtext(f"{ATOM}updated")) for e in etree.fromstring(xml.encode())
        ]

    earlier, later = (
        ids(atom(*loaded, IN_JULY)),
        ids(atom(*loaded, date(2030, 1, 1), "http://127.0.0.1:8000")),
    )
    assert earlier == later
    assert (
        "tag:policies.larkspur-row.example,2021-07-14:policies/bicycles/2021-09",
        "2021-07-14T00:00:00Z",
    ) in later


def test_the_feed_of_a_day_before_everything_is_empty_and_whole(loaded):
    feed = etree.fromstring(atom(*loaded, date(2019, 1, 1)).encode("utf-8"))
    assert feed.findall(f"{ATOM}entry") == []
    assert feed.findtext(f"{ATOM}updated") == "2019-01-01T00:00:00Z"


def test_the_feed_escapes_what_people_write(history):
    history.edit_entry("This is what changed.", 'Bikes <b> & "sheds"', "2021-09")
    xml = atom(load(history.root), load_school(history.root), IN_JULY)
    feed = etree.fromstring(xml.encode("utf-8"))
    assert feed.find(f"{ATOM}entry").findtext(f"{ATOM}summary") == 'Bikes <b> & "sheds"'
