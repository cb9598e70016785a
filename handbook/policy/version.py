"""What a policy, its versions and their change entries are, and their stages as functions of a date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

from handbook.policy.digest import canonical_text, digest_of
from handbook.policy.errors import Fault, FaultsFound, UnknownPolicy, UnknownVersion

LABEL = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])(?:\.(?:[2-9]|[1-9]\d))?\Z")
POLICY_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")


class Change(StrEnum):
    """How a version relates to the one before it."""

    NEW = "new"
    MATERIAL = "material"
    CLARIFICATION = "clarification"
    WITHDRAWN = "withdrawn"

    @property
    def must_be_acknowledged(self) -> bool:
        """New and material versions must be acknowledged; clarifications and withdrawals are only
        notified."""
        return self in (Change.NEW, Change.MATERIAL)


class Stage(StrEnum):
    """Where a version stands on a given day."""

    DRAFT = "draft"
    ON_NOTICE = "on notice"
    IN_FORCE = "in force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


def label_key(label: str) -> tuple[str, int]:
    """Sort key of a version label: `2021-09` before `2021-09.2` before `2021-10`."""
    month, _, number = label.partition(".")
    return month, int(number or 1)


@dataclass(frozen=True)
class ChangeItem:
    """One change within a version: the section it is in, what was done there, and a sentence telling it."""

    section: str
    what: str  # added | removed | reworded | moved
    text: str


@dataclass(frozen=True)
class ChangeEntry:
    """The change entry of a version (`changelog/<policy>/<version>.md`): why it exists and who approved it.

    `effective_on` is set for withdrawals only, which have no text of their own.
    `digest` and `seal` are as written in the file, and None until `handbook approve` has written them.
    """

    policy: str
    version: str
    change: Change
    summary: str  # Markdown, two or three sentences to staff
    supersedes: str | None = None
    approved_by: str | None = None
    approved_on: date | None = None
    digest: str | None = None
    seal: str | None = None
    changes: tuple[ChangeItem, ...] = ()
    effective_on: date | None = None
    path: str = ""


@dataclass(frozen=True)
class PolicyText:
    """The text of one version (`handbook/docs/policies/<policy>/<version>.md`) with its front matter.

    An empty `audience` means everyone.
    """

    policy: str
    version: str
    title: str
    owner: str
    effective_on: date
    body: str
    audience: tuple[str, ...] = ()
    review_by: date | None = None
    related: tuple[str, ...] = ()
    questions: str = ""  # a role; the owner where the file does not say
    suggestions: str = ""  # a role; the owner where the file does not say
    keywords: tuple[str, ...] = ()
    renamed_from: tuple[str, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)
    path: str = ""
    body_line: int = 1  # line of the file on which the body starts

    @cached_property
    def canonical(self) -> str:
        """The text the digest is taken over, and exactly what is published as `<version>.md`."""
        return canonical_text(self.title, self.body)

    @cached_property
    def digest(self) -> str:
        """`sha256:` and the hexadecimal SHA-256 of the canonical text."""
        return digest_of(self.canonical)


@dataclass(frozen=True)
class PolicyVersion:
    """One version: its change entry, and its text unless it is a withdrawal."""

    entry: ChangeEntry
    text: PolicyText | None

    @property
    def policy(self) -> str:
        return self.entry.policy

    @property
    def label(self) -> str:
        return self.entry.version

    @property
    def is_withdrawal(self) -> bool:
        return self.entry.change is Change.WITHDRAWN

    @property
    def effective_on(self) -> date:
        day = self.text.effective_on if self.text else self.entry.effective_on
        assert day is not None  # the library refuses a version without one
        return day

    def is_approved(self, on: date) -> bool:
        """Whether an approval is recorded and was given by that day."""
        return (
            bool(self.entry.approved_by)
            and self.entry.approved_on is not None
            and self.entry.approved_on <= on
        )


@dataclass(frozen=True)
class Policy:
    """A policy: its versions in the order of their labels, which is also the order of their effective
    dates."""

    id: str
    versions: tuple[PolicyVersion, ...]

    @property
    def former_ids(self) -> tuple[str, ...]:
        """The ids the policy had before, as its texts name them, sorted."""
        named = {former for version in self.versions if version.text for former in version.text.renamed_from}
        return tuple(sorted(named - {self.id}))

    @property
    def all_ids(self) -> tuple[str, ...]:
        """The policy's id, then its former ones."""
        return (self.id, *self.former_ids)

    def version(self, label: str) -> PolicyVersion:
        """The version of that label; raises UnknownVersion."""
        for version in self.versions:
            if version.label == label:
                return version
        raise UnknownVersion(self.id, label, [v.label for v in self.versions])

    def latest_in_effect(self, on: date) -> PolicyVersion | None:
        """The last approved version or withdrawal whose effective date has come."""
        return next((v for v in reversed(self.versions) if v.is_approved(on) and v.effective_on <= on), None)

    def in_force(self, on: date) -> PolicyVersion | None:
        """The version that binds on that day: none before the first, and none after a withdrawal."""
        latest = self.latest_in_effect(on)
        return None if latest is None or latest.is_withdrawal else latest

    def binding(self, on: date) -> PolicyVersion | None:
        """The latest new or material version in effect, which clarifications may follow; None after a
        withdrawal."""
        in_force = self.in_force(on)
        return self.clarified_by(in_force) if in_force else None

    def clarified_by(self, version: PolicyVersion) -> PolicyVersion:
        """The new or material version that a clarification clarifies; any other version itself."""
        while version.entry.change is Change.CLARIFICATION and (before := self.before(version)):
            version = before
        return version

    def on_notice(self, on: date) -> tuple[PolicyVersion, ...]:
        """Approved versions and withdrawals still to come, the next one first."""
        return tuple(v for v in self.versions if self.stage(v, on) is Stage.ON_NOTICE)

    def stage(self, version: PolicyVersion, on: date) -> Stage:
        """The stage of one of this policy's versions on that day."""
        if not version.is_approved(on):
            return Stage.DRAFT
        latest = self.latest_in_effect(on)
        is_withdrawn = latest and latest.is_withdrawal and label_key(version.label) <= label_key(latest.label)
        if version.effective_on > on:
            return Stage.WITHDRAWN if is_withdrawn else Stage.ON_NOTICE
        if latest is None or version is latest:
            return Stage.WITHDRAWN if version.is_withdrawal else Stage.IN_FORCE
        if not is_withdrawn:
            return Stage.SUPERSEDED
        in_effect = [v for v in self.versions if v.is_approved(on) and v.effective_on <= latest.effective_on]
        return Stage.WITHDRAWN if in_effect[-2:-1] == [version] else Stage.SUPERSEDED

    def before(self, version: PolicyVersion) -> PolicyVersion | None:
        """The neighbour with a text just before this version, if any."""
        key = label_key(version.label)
        return next((v for v in reversed(self.versions) if v.text and label_key(v.label) < key), None)

    def after(self, version: PolicyVersion) -> PolicyVersion | None:
        """The neighbour just after this version, if any."""
        key = label_key(version.label)
        return next((v for v in self.versions if label_key(v.label) > key), None)


@dataclass(frozen=True)
class Library:
    """Every policy of a school, by id; `faulty` are those left out, with their faults."""

    policies: Mapping[str, Policy]
    faulty: Mapping[str, tuple[Fault, ...]] = field(default_factory=dict)

    def policy(self, policy: str) -> Policy:
        """The policy of that id, also under a former id; raises UnknownPolicy, and FaultsFound for a
        faulty one."""
        if policy in self.policies:
            return self.policies[policy]
        if policy in self.faulty:
            raise FaultsFound(self.faulty[policy])
        for candidate in self.policies.values():
            if policy in candidate.former_ids:
                return candidate
        raise UnknownPolicy(policy, self.policies)

    def version(self, policy: str, label: str) -> PolicyVersion:
        """One version; raises UnknownPolicy or UnknownVersion."""
        return self.policy(policy).version(label)
