"""The one place of the handbook that reads a clock; only commands and the generator's hooks ask it."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/London")


def today() -> date:
    """The day at the school; the day of SOURCE_DATE_EPOCH where that is set, so that a build can be
    repeated."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return now.astimezone(ZONE).date()
