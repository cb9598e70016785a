"""The change of September 2021, as a notice, and people it is given to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import settings

from ackservice.domain.notice import Basis, Notice
from ackservice.domain.status import Standing
from handbook.policy.version import Change

settings.register_profile("no-deadline", deadline=None)  # a busy machine is no fault of the rules
settings.load_profile("no-deadline")

DIGEST = "sha256:" + "a" * 64


@dataclass(frozen=True)
class September:
    """Makes notices and recipients of the change of 1 September 2021; every fact can be given otherwise."""

    def notice(self, **other: object) -> Notice:
        facts = {
            "id": 1,
            "policy": "social-media",
            "version": "2021-09",
            "title": "Social Media Policy",
            "digest": DIGEST,
            "change": Change.MATERIAL,
            "effective_on": date(2021, 9, 1),
            "issued_on": date(2021, 7, 26),
        }
        return Notice(**(facts | other))  # type: ignore[arg-type]

    def standing(self, **other: object) -> Standing:
        facts = {
            "id": 7,
            "person_id": "P007",
            "name": "Amina Farr",
            "email": "amina@school.example",
            "category": "Employee",
            "basis": Basis.CHANGE,
            "current_email": "amina@school.example",
            "joined_on": date(2018, 9, 1),
            "notified_on": date(2021, 7, 26),
        }
        return Standing(**(facts | other))  # type: ignore[arg-type]


@pytest.fixture
def september() -> September:
    return September()
