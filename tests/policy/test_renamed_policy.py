"""A policy that was approved can be given another id, and what was approved stays sealed."""

from __future__ import annotations

import pytest

from handbook.policy.errors import FaultsFound
from handbook.policy.library import load
from tests.school_tree import SchoolTree


@pytest.fixture
def renamed(tmp_path) -> SchoolTree:
    tree = SchoolTree(tmp_path)
    tree.version("outings", "2020-03", "2020-03-01", approved_on="2020-02-01")
    for folder in ("handbook/docs/policies", "changelog"):
        (tmp_path / folder / "outings").rename(tmp_path / folder / "trips")
    return tree


def test_an_approval_given_under_the_former_id_holds(renamed: SchoolTree) -> None:
    renamed.edit(
        renamed.text_path("trips", "2020-03"), "audience: all", "audience: all\nrenamed_from: [outings]"
    )
    assert load(renamed.root).version("trips", "2020-03").entry.approved_by == "Board of Governors"


def test_without_its_former_id_it_does_not(renamed: SchoolTree) -> None:
    with pytest.raises(FaultsFound, match="seal: what was approved has been changed since.*`renamed_from`"):
        load(renamed.root)


def test_what_is_sealed_cannot_be_changed_by_renaming(renamed: SchoolTree) -> None:
    path = renamed.text_path("trips", "2020-03")
    renamed.edit(path, "audience: all", "audience: [Employee]\nrenamed_from: [outings]")
    with pytest.raises(FaultsFound, match="seal: what was approved has been changed since"):
        load(renamed.root)
