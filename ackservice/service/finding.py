"""Which notice is meant: by its policy and version, as on the command line, or by its number, as at the
desk."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from ackservice.domain.notice import Notice
from ackservice.errors import NotFound
from ackservice.service.context import Service
from ackservice.service.standing import find_notice
from ackservice.storage import notices

Find = Callable[[sqlite3.Connection, int], Notice]
"""Finds a notice among those issued up to a ledger line; raises NotFound."""


def by_version(service: Service, policy: str, version: str, round_: str = "") -> Find:
    """The last notice of a version, or that of the round named."""
    return lambda connection, cut: find_notice(service, connection, policy, version, cut, round_)


def by_number(notice_id: int) -> Find:
    """The notice of that number."""

    def find(connection: sqlite3.Connection, cut: int) -> Notice:
        found = notices.notice(connection, notice_id)
        if found is None or found.id > cut:
            raise NotFound("there is no such notice, or it had not been given by then")
        return found

    return find
