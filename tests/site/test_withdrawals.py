"""A policy that ends says why, wherever a reader meets it."""

from __future__ import annotations

import pytest


@pytest.fixture
def ending(trips):
    """The policy of `trips`, withdrawn on 1 January 2021 by a decision of 1 November 2020."""
    trips.version("trips", "2021-01", change="withdrawn", approved_on="2020-11-01")
    entry = trips.path / "changelog/trips/2021-01.md"
    entry.write_text(
        entry.read_text(encoding="utf-8").replace("This is what changed.", "Trips have **ended** for good."),
        encoding="utf-8",
    )
    return trips


def test_a_withdrawal_has_its_reason_on_its_own_page(ending, read) -> None:
    page = read(ending.build("2021-02-01") / "policies/trips/2021-01/index.html")
    assert '<h2 id="why">Why it was withdrawn</h2>' in page
    assert "Trips have <strong>ended</strong> for good." in page


def test_a_withdrawn_policy_and_its_last_version_lead_to_the_reason(ending, read) -> None:
    site = ending.build("2021-02-01")
    assert '<a href="2021-01/">Why it was withdrawn</a>' in read(site / "policies/trips/index.html")
    assert '<a href="../2021-01/">Why it was withdrawn</a>' in read(
        site / "policies/trips/2020-09/index.html"
    )
    assert '<a href="../2021-01/">Why it was withdrawn</a>' in read(
        site / "policies/trips/2020-03/index.html"
    )


def test_a_policy_about_to_end_leads_to_the_reason(ending, read) -> None:
    site = ending.build("2020-12-01")
    policy = read(site / "policies/trips/index.html")
    assert "Ends on 1 January 2021." in policy
    assert '<a href="2021-01/">Why it ends</a>' in policy
    assert "Why it is to be withdrawn" in read(site / "policies/trips/2021-01/index.html")


def test_a_draft_withdrawal_is_said_to_be_one(trips, read) -> None:
    trips.version("trips", "2021-01", change="withdrawn", approved_on=None)
    site = trips.build("2020-12-01", drafts=True)
    policy = read(site / "policies/trips/index.html")
    assert "It would withdraw this policy; it is not approved." in policy
    assert '<a href="2021-01/">Why it would end</a>' in policy
    assert "Why it would be withdrawn" in read(site / "policies/trips/2021-01/index.html")


def test_a_policy_that_came_back_says_its_withdrawal_is_over(ending, read) -> None:
    ending.version("trips", "2022-01", change="new", approved_on="2021-12-01")
    page = read(ending.build("2022-02-01") / "policies/trips/2021-01/index.html")
    assert "This withdrawal is over." in page
    assert "Version 2022-01, in force" in page
