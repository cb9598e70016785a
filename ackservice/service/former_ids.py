"""The ids a policy goes by: what was recorded before it was renamed stays under its former ids, and is found by them."""

from __future__ import annotations

from ackservice.service.context import Service
from handbook.policy.errors import HandbookError
from handbook.policy.version import Policy


def former_ids(policy: Policy) -> tuple[str, ...]:
    """The former ids that the texts of a policy name, sorted."""
    named = {former for version in policy.versions if version.text for former in version.text.renamed_from}
    return tuple(sorted(named - {policy.id}))


def all_ids(policy: Policy) -> tuple[str, ...]:
    """A policy's id, then its former ones."""
    return (policy.id, *former_ids(policy))


def ids_in_handbook(service: Service, policy: str) -> tuple[str, ...]:
    """Every id of the policy of that id, present or former; none where the handbook has no such policy or has faults."""
    try:
        return all_ids(service.library().policy(policy))
    except (HandbookError, OSError):
        return ()
