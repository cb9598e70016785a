"""Closing a notice: nothing more is expected of anybody, and its links say so."""

from __future__ import annotations

from datetime import datetime

from ackservice.domain.notice import Notice
from ackservice.errors import NotAllowed
from ackservice.service.context import Service
from ackservice.service.standing import find_notice
from ackservice.storage import cuts, notices


def close_notice(
    service: Service,
    policy: str,
    version: str,
    *,
    reason: str,
    closed_by: str,
    now: datetime,
    round_: str = "",
) -> Notice:
    """Close the last notice of a version, or that of a round. Raises NotFound, and NotAllowed without a
    reason or when closed."""
    if not reason.strip():
        raise NotAllowed("closing a notice needs a reason, which is kept")
    with service.store.write(now) as tx:
        cut = cuts.last_cut(tx.connection)
        notice = find_notice(service, tx.connection, policy, version, cut, round_)
        if notice.id in notices.closed_ids(tx.connection, cut):
            raise NotAllowed(f"the notice of {policy} {version} has been closed already")
        tx.record("notice.closed", notice_id=notice.id, reason=reason.strip(), closed_by=closed_by)
    return notice
