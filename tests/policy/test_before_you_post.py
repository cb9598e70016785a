"""The checklist "Before you post" follows the policy's protocol, and each point leads to a clause that
exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown.extensions.toc import slugify

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "handbook/docs/before-you-post.md").read_text(encoding="utf-8")
LINK = re.compile(r"\]\(policies/social-media/index\.md#([a-z0-9-]+)\)")


@pytest.mark.parametrize("version", ["2020-09", "2021-09"])
def test_each_link_leads_to_a_heading_of_the_policy(version):
    body = (ROOT / f"handbook/docs/policies/social-media/{version}.md").read_text(encoding="utf-8")
    anchors = {slugify(heading, "-") for heading in re.findall(r"^#+ (.+)$", body, flags=re.MULTILINE)}

    linked = LINK.findall(PAGE)

    assert linked
    assert [anchor for anchor in linked if anchor not in anchors] == []


def test_the_six_steps_link_to_the_six_steps_of_the_protocol_in_order():
    steps = re.findall(r"^\d\. .*#step-(\d)-", PAGE, flags=re.MULTILINE)

    assert steps == ["1", "2", "3", "4", "5", "6"]


def test_each_point_links_to_its_clause():
    points = [line for line in PAGE.splitlines() if re.match(r"- |\d\. ", line)]

    assert [point for point in points if len(LINK.findall(point)) != 1] == []
