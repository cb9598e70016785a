"""Lists all policies and versions for machines: `policies.json`, as `policies.schema.json` beside this file
describes it."""

from __future__ import annotations

import json
from datetime import date

from handbook.policy.notice_period import last_day_of_notice
from handbook.policy.school import School
from handbook.policy.version import Library, Policy, PolicyVersion, Stage

FORMAT = 1  # raised when a reader of the last format could misread the next


def policies_json(
    library: Library,
    school: School,
    on: date,
    built_on: date,
    drafts: bool = False,
    base_address: str | None = None,
) -> dict:
    """Every policy and version as it stands on a day, ready for `json.dumps`; drafts only when asked for.

    `base_address` stands in for the school's, as in a preview.
    """
    base = (base_address or school.base_address).rstrip("/")
    policies = [
        _policy(library.policies[name], school, on, drafts, base) for name in sorted(library.policies)
    ]
    return {
        "format": FORMAT,
        "school": school.name,
        "address": f"{base}/",
        "as_of": on.isoformat(),
        "built_on": built_on.isoformat(),
        "policies": [policy for policy in policies if policy["versions"]],
    }


def manifest(
    library: Library,
    school: School,
    on: date,
    built_on: date | None = None,
    drafts: bool = False,
    base_address: str | None = None,
) -> str:
    """`policies.json` as text; built on the day it speaks of unless told otherwise."""
    listed = policies_json(library, school, on, built_on or on, drafts, base_address)
    return json.dumps(listed, indent=2, ensure_ascii=False) + "\n"


def _policy(policy: Policy, school: School, on: date, drafts: bool, base: str) -> dict:
    shown = [v for v in policy.versions if drafts or policy.stage(v, on) is not Stage.DRAFT]
    in_force, effective = policy.in_force(on), policy.latest_in_effect(on)
    texts = [v.text for v in shown if v.text]
    text = in_force.text if in_force else (texts[-1] if texts else None)
    return {
        "id": policy.id,
        "title": text.title if text else policy.id,
        "owner": text.owner if text else None,
        "page": f"{base}/policies/{policy.id}/",
        "in_force": in_force.label if in_force else None,
        "on_notice": [v.label for v in policy.on_notice(on)],
        "withdrawn_on": effective.effective_on.isoformat() if effective and effective.is_withdrawal else None,
        "related": list(text.related) if text else [],
        "renamed_from": sorted({old for t in texts for old in t.renamed_from}),
        "versions": [_version(policy, v, shown[:n], school, on, base) for n, v in enumerate(shown)],
    }


def _version(
    policy: Policy, version: PolicyVersion, earlier: list[PolicyVersion], school: School, on: date, base: str
) -> dict:
    entry, text = version.entry, version.text
    before = next((v for v in reversed(earlier) if v.text), None)
    folder = f"{base}/policies/{policy.id}"
    is_approved = version.is_approved(on)
    return {
        "version": version.label,
        "title": text.title if text else None,
        "stage": str(policy.stage(version, on)),
        "change": str(entry.change),
        "must_be_acknowledged": entry.change.must_be_acknowledged,
        "supersedes": entry.supersedes,
        "effective_on": version.effective_on.isoformat(),
        "last_day_of_notice": _last_day_of_notice(version, school),
        "review_by": text.review_by.isoformat() if text and text.review_by else None,
        "audience": "all" if not (text and text.audience) else list(text.audience),
        "approved_by": entry.approved_by if is_approved else None,
        "approved_on": entry.approved_on.isoformat() if is_approved and entry.approved_on else None,
        "digest": text.digest if text else None,
        "seal": entry.seal if is_approved else None,
        "page": f"{folder}/{version.label}/",
        "text": f"{folder}/{version.label}.md" if text else None,
        "redline": f"{folder}/{before.label}..{version.label}/" if text and before else None,
        "changes": [{"section": c.section, "what": c.what, "text": c.text} for c in entry.changes],
    }


def _last_day_of_notice(version: PolicyVersion, school: School) -> str:
    last = last_day_of_notice(version.effective_on, school.notice.period_months, school.notice.deemed_days)
    return last.isoformat()
