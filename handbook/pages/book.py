"""What a handbook site is made of, before any generator has seen it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from handbook.policy.school import School
from handbook.policy.version import Library, Policy, PolicyVersion, Stage


@dataclass(frozen=True)
class Days:
    """The day whose state of affairs is shown, and the day the site was built."""

    as_of: date
    built_on: date


@dataclass(frozen=True)
class Handbook:
    """Everything pages are drawn from."""

    library: Library
    school: School
    days: Days
    base_address: str
    drafts: bool = False

    def shown(self, policy: Policy) -> tuple[PolicyVersion, ...]:
        """The versions readers may see, oldest first: drafts only where asked for."""
        return self._shown[policy.id]

    def stage(self, policy: Policy, version: PolicyVersion) -> Stage:
        return self._stages[policy.id, version.label]

    @cached_property
    def _stages(self) -> dict[tuple[str, str], Stage]:
        """Worked out once: pages ask for stages many thousand times."""
        policies = self.library.policies.values()
        return {(p.id, v.label): p.stage(v, self.days.as_of) for p in policies for v in p.versions}

    @cached_property
    def _before(self) -> dict[tuple[str, str], PolicyVersion | None]:
        before: dict[tuple[str, str], PolicyVersion | None] = {}
        for policy, versions in self._shown.items():
            last = None
            for version in versions:
                before[policy, version.label] = last
                last = version if version.text else last
        return before

    @cached_property
    def _shown(self) -> dict[str, tuple[PolicyVersion, ...]]:
        return {
            p.id: tuple(v for v in p.versions if self.drafts or self.stage(p, v) is not Stage.DRAFT)
            for p in self.library.policies.values()
        }

    def policies(self) -> list[Policy]:
        """Policies with anything to show, by title."""
        shown = [p for p in self.library.policies.values() if any(v.text for v in self.shown(p))]
        return sorted(shown, key=lambda p: (self.title(p).casefold(), p.id))

    @cached_property
    def held(self) -> dict[str, Policy]:
        """The policies with a page, by title in lower case, by former id, and by id."""
        policies = self.policies()
        titles = {self.title(p).casefold(): p for p in policies}
        former = {old: p for p in policies for v in self.shown(p) if v.text for old in v.text.renamed_from}
        return titles | former | {p.id: p for p in policies}

    def title(self, policy: Policy) -> str:
        """The title of the version in force, or else of the latest shown."""
        current = self.current(policy)
        return current.text.title if current and current.text else policy.id

    def current(self, policy: Policy) -> PolicyVersion | None:
        """The version the policy's own page is about: the one in force, or else the last shown with a
        text."""
        texts = [v for v in self.shown(policy) if v.text]
        return policy.in_force(self.days.as_of) or (texts[-1] if texts else None)

    def before(self, policy: Policy, version: PolicyVersion) -> PolicyVersion | None:
        """The nearest earlier version with a text that is shown."""
        return self._before[policy.id, version.label]


@dataclass(frozen=True)
class TextBody:
    """The rendered text of a version."""

    version: PolicyVersion


@dataclass(frozen=True)
class RedlineBody:
    """The rendered redline between two versions."""

    old: PolicyVersion
    new: PolicyVersion


@dataclass(frozen=True)
class FrozenPage:
    """A page stamped into the shell: HTML around a body that is rendered once and kept.

    `address` is the page's folder below the site's root, always three deep.
    """

    address: str
    title: str
    heading: str
    description: str
    head: str
    body: TextBody | RedlineBody | None
    foot: str = ""
    living: bool = False  # a text in force or still to come, whose links should lead somewhere


@dataclass(frozen=True)
class Site:
    """All a generator needs: `pages` are Markdown for it to render, `frozen` are stamped, `files` are
    published as they are.

    `pages` and `files` are keyed by their path; `nav` lists the policies' pages for the navigation, in order.
    `known`, `shown` and `in_force` are ids of policies: all there are, those with a page, those with a text
    in force; `moved` leads from former ids to those they have become.
    """

    pages: Mapping[str, str]
    frozen: tuple[FrozenPage, ...]
    files: Mapping[str, str]
    nav: tuple[tuple[str, str], ...] = ()
    known: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()
    in_force: frozenset[str] = frozenset()
    moved: Mapping[str, str] = field(default_factory=dict)
