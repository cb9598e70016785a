"""The settings of the service: from the environment, where secrets live, and from `school.toml`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ackservice.errors import SettingsError
from handbook.policy.library import load_school
from handbook.policy.school import Contact, School


@dataclass(frozen=True)
class Settings:
    """Where things are and how mail goes out. Secrets never show in its text."""

    school: School
    handbook: Path
    database: Path
    base_url: str
    mail: str = field(default="outbox:var/outbox", repr=False)
    secret_keys: tuple[str, ...] = field(default=(), repr=False)
    proxy_secret: str = field(default="", repr=False)
    build_hook: str = field(default="", repr=False)

    @property
    def mail_host(self) -> str:
        """The right side of every Message-ID."""
        return urlsplit(self.base_url).hostname or "localhost"

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    def link(self, path: str) -> str:
        """The whole address of a path that begins with a slash."""
        return self.base_url + path

    def contact(self, role: str) -> Contact:
        """Who holds a role; the Business Manager, or whoever is named first, where the role is not in
        school.toml."""
        contacts = self.school.contacts
        return contacts.get(role) or contacts.get("Business Manager") or next(iter(contacts.values()))


def settings_from(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in force. Raises SettingsError, and FaultsFound for faults of `school.toml`."""
    root = Path(environ.get("ACK_HANDBOOK") or ".")
    if not (root / "school.toml").is_file():
        raise SettingsError(
            f"there is no school.toml in {root.resolve()}: go to the folder of the handbook, or name it in "
            "ACK_HANDBOOK"
        )
    school = load_school(root)
    return Settings(
        school=school,
        handbook=root,
        database=Path(environ.get("ACK_DATABASE") or "var/ack.db"),
        base_url=base_url(environ.get("ACK_BASE_URL") or school.base_address),
        mail=environ.get("ACK_MAIL") or "outbox:var/outbox",
        secret_keys=tuple(
            key.strip() for key in environ.get("ACK_SECRET_KEYS", "").split(",") if key.strip()
        ),
        proxy_secret=environ.get("ACK_PROXY_SECRET", ""),
        build_hook=environ.get("ACK_BUILD_HOOK", ""),
    )


def base_url(text: str) -> str:
    """A public base address without a slash at its end; raises SettingsError."""
    address = text.strip().rstrip("/")
    if not re.fullmatch(r"https?://[^\s/?#@]+", address):
        raise SettingsError(
            f"the base address {text!r} is not of the form https://policies.school.example "
            "(ACK_BASE_URL, or base_address in school.toml)"
        )
    return address
