"""Fixtures of the policy library's tests."""

from __future__ import annotations

import pytest

from tests.policy.policy_tree import Tree


@pytest.fixture
def school(tmp_path) -> Tree:
    """A checkout with one policy of one draft version."""
    tree = Tree(tmp_path)
    tree.text()
    tree.entry()
    return tree


@pytest.fixture
def history(tmp_path) -> Tree:
    """A checkout with one policy of two approved versions."""
    tree = Tree(tmp_path)
    tree.approved("2020-09", "2020-09-01", "2020-07-15")
    tree.approved("2021-09", "2021-09-01", "2021-07-14", before="2020-09")
    return tree
