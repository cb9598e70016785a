"""How many messages may go out now: so many a minute and so many a day, counted from what is recorded as
sent.

What counts is in the database, so the pace holds across restarts and processes.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from ackservice.storage import deliveries, queue_state
from handbook.policy.school import MailSettings

LANDING_SECONDS = 0.05  # after which messages on their way have been counted


def allowance(
    mail: MailSettings, connection: sqlite3.Connection, now: datetime, in_flight: int
) -> tuple[int, float | None]:
    """How many messages may go now beside those on their way and, when none may, the seconds until one may;
    None for not today."""
    sent_today = deliveries.sent_since(connection, now - timedelta(days=1))
    if sent_today >= mail.per_day:
        return 0, None
    minute_ago = now - timedelta(minutes=1)
    this_minute = deliveries.sent_since(connection, minute_ago)
    allowed = min(mail.per_day - sent_today, mail.per_minute - this_minute) - in_flight
    if allowed > 0 or this_minute < mail.per_minute:  # what is in flight lands in a moment
        return allowed, LANDING_SECONDS
    first = queue_state.first_sent_since(connection, minute_ago)
    return 0, max(LANDING_SECONDS, (first + timedelta(minutes=1) - now).total_seconds())


def minutes_to_send(mail: MailSettings, messages: int) -> int:
    """How long the set pace and daily cap make sending last, in whole minutes; the first minute's go at
    once."""
    if messages <= 0:
        return 0
    whole_days, rest = divmod(messages - 1, mail.per_day)
    return whole_days * 24 * 60 + rest // mail.per_minute
