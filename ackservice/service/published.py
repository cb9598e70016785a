"""Whether the page of a version is public before its notice goes out, and making it so.

`ack serve` has the handbook in a folder of its own, which is built first. A static host is looked at under
the
public address: the text there must have the digest of the text that notice is given of.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import requests

from ackservice.errors import NotPublished
from ackservice.service.building import Site
from ackservice.service.context import Service
from handbook.policy.digest import digest_of
from handbook.policy.version import PolicyVersion

SECONDS = 20


def not_public(service: Service, versions: Sequence[PolicyVersion]) -> list[PolicyVersion]:
    """Those versions whose text is not public as it was approved; none where no e-mail reaches anybody, or
    where issuing builds the pages first."""
    if _embedded(service) or service.settings.mail.startswith("outbox:"):
        return []
    return [v for v in versions if v.text and _at_public_address(service, v) != v.text.digest]


def publish(
    service: Service, versions: Sequence[PolicyVersion], reason: str, now: datetime
) -> list[PolicyVersion]:
    """Have the pages of these versions made public; returns those that are not, where a reason is given.

    Raises NotPublished without one, having asked the static host for a build where that can be asked.
    """
    site = _embedded(service)
    missing = _not_in_folder(site, versions) if site else not_public(service, versions)
    trouble = ""
    if missing and site:
        trouble = site.follow(service.today(now))
        missing = _not_in_folder(site, versions)
    if missing and not reason:
        names = [f"{v.policy} {v.label}" for v in missing]
        trouble = trouble if site else _ask_for_build(service)
        raise NotPublished(missing[0].policy, missing[0].label, names, trouble)
    return missing


def _embedded(service: Service) -> Site | None:
    """The pages that `ack serve` shows; None with a static host."""
    site = Site(service.settings)
    return site if site.folder.is_dir() and not service.settings.build_hook else None


def _at_public_address(service: Service, version: PolicyVersion) -> str:
    """The digest of the text at its public address; empty where there is none."""
    address = service.settings.link(f"/policies/{version.policy}/{version.label}.md")
    try:
        answer = requests.get(address, timeout=SECONDS, allow_redirects=False)
    except requests.RequestException:
        return ""
    return _digest(answer.content) if answer.status_code == requests.codes.ok else ""


def _not_in_folder(site: Site, versions: Sequence[PolicyVersion]) -> list[PolicyVersion]:
    return [v for v in versions if v.text and _in_folder(site.folder, v) != v.text.digest]


def _in_folder(folder: Path, version: PolicyVersion) -> str:
    try:
        return _digest((folder / "policies" / version.policy / f"{version.label}.md").read_bytes())
    except OSError:
        return ""


def _digest(content: bytes) -> str:
    return digest_of(content.decode("utf-8", errors="replace"))


def _ask_for_build(service: Service) -> str:
    """Ask the static host for a build; returns what to do next."""
    hook = service.settings.build_hook
    if not hook:
        return (
            "Build and publish the handbook, or set ACK_BUILD_HOOK so that it is asked for; then issue again."
        )
    try:
        answer = requests.post(hook, timeout=SECONDS, allow_redirects=False)
        went_well = answer.status_code < 300
    except requests.RequestException:
        went_well = False
    if went_well:
        return "The static host has been asked to build the handbook: issue again in a few minutes."
    return "The static host could not be asked to build the handbook; check ACK_BUILD_HOOK."
