"""Keeping what a notice is about: its text, the text before it and the change entry, each under its
digest."""

from __future__ import annotations

from ackservice.ledger import canonical
from ackservice.storage.store import Transaction
from handbook.policy.version import Policy, PolicyVersion


def keep_texts(tx: Transaction, policy: Policy, version: PolicyVersion) -> dict[str, object]:
    """Keep the texts and the change entry of a version; returns what the notice's row says of them."""
    previous = policy.before(version)
    if version.text:
        tx.keep_document(version.text.canonical)
    kept: dict[str, object] = {"entry_digest": keep_entry(tx, policy, version)}
    if previous and previous.text:
        kept["previous_version"] = previous.label
        kept["previous_digest"] = tx.keep_document(previous.text.canonical)
    return kept


def keep_entry(tx: Transaction, policy: Policy, version: PolicyVersion) -> str:
    """Keep the change entry alone; returns its digest.

    The entry names the policy's former ids, so that its notices are known as one policy's years later and
    without the handbook.
    """
    previous = policy.before(version)
    text = version.text or (previous.text if previous else None)
    entry = version.entry
    return tx.keep_document(
        canonical(
            {
                "policy": entry.policy,
                **({"former_ids": list(policy.former_ids)} if policy.former_ids else {}),
                "version": entry.version,
                "change": str(entry.change),
                "supersedes": entry.supersedes,
                "approved_by": entry.approved_by,
                "approved_on": entry.approved_on.isoformat() if entry.approved_on else None,
                "seal": entry.seal,
                "summary": entry.summary,
                "changes": [
                    {"section": item.section, "what": item.what, "text": item.text} for item in entry.changes
                ],
                "owner": text.owner if text else "",
                "questions": text.questions if text else "",
                "suggestions": text.suggestions if text else "",
                "review_by": text.review_by.isoformat() if text and text.review_by else None,
            }
        )
    )
