"""Acknowledging: what a link shows, recording a person's own act, and its receipt."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ackservice.domain.notice import Notice, Window
from ackservice.domain.roster import Person
from ackservice.domain.status import Standing, has_left, window
from ackservice.errors import LinkForged, LinkOfLeaver, LinkRevoked, NotAllowed, NotFound, NoticeIsClosed
from ackservice.links import Purpose
from ackservice.service.context import AsOf, Service
from ackservice.service.standing import find_notice, is_newer, notices_of_version, standings, takes_over
from ackservice.storage import acknowledgements, cuts, deliveries, notices
from ackservice.storage import roster as roster_rows
from ackservice.storage.store import Transaction, moment
from handbook.policy.version import Change, label_key

LONGEST_NAME = 300


class LinkState(StrEnum):
    """What a good link leads to."""

    TO_READ = "to read"
    ACKNOWLEDGED = "acknowledged"
    SUPERSEDED = "superseded"
    NOTHING_TO_DO = "nothing to do"  # a clarification or a withdrawal: told, not asked


@dataclass(frozen=True)
class LinkView:
    """Everything the page behind a link shows. `shown` is the newest clarification of the version, or the
    notice itself."""

    state: LinkState
    person: Person
    notice: Notice
    entry: notices.Entry
    standing: Standing
    window: Window
    text: str
    shown: Notice
    previous_text: str = (
        ""  # what the person acknowledged last, or the version before; empty where there is neither
    )
    previous_version: str = ""
    receipt_number: int | None = None
    newer: Notice | None = None
    newer_link_number: int | None = None


@dataclass(frozen=True)
class Receipt:
    """Proof of one acknowledgement. `head` is the ledger's head with this act as its last line."""

    number: int
    person: str
    title: str
    policy: str
    version: str
    digest: str
    effective_on: date
    acknowledged_at: datetime
    method: str
    typed_name: str
    signed_on: date | None
    recorded_by: str
    head: str
    withdrawn: bool = False


@dataclass(frozen=True)
class _Found:
    """What acknowledging has to know of a recipient, as of ledger line `cut`; `issued` are all notices of
    the policy."""

    state: LinkState
    person: Person
    notice: Notice
    standing: Standing
    shown: Notice
    issued: tuple[Notice, ...]
    cut: int


def view(service: Service, token: str, now: datetime) -> LinkView:
    """What a personal link leads to. Raises LinkForged, LinkRevoked, LinkOfLeaver or NoticeIsClosed."""
    number = service.links.number(Purpose.ACKNOWLEDGE, token)
    with service.store.read() as connection:
        return _view(connection, _find(service, connection, number, now))


def acknowledge(service: Service, token: str, typed_name: str, now: datetime) -> int:
    """Record that the holder of a link has read and understood; returns the receipt's number.

    Once only: acknowledging again returns the same number. The name is kept as typed. Raises as `view`, and
    NotAllowed when there is nothing to acknowledge or the name is empty or far too long.
    """
    number = service.links.number(Purpose.ACKNOWLEDGE, token)

    def once(tx: Transaction) -> int:
        found = _find(service, tx.connection, number, now)
        if found.state is LinkState.ACKNOWLEDGED:
            return found.standing.acknowledgement.id
        _refuse_unless_to_read(found)
        _refuse_unless_a_name(typed_name)
        return _record(service, tx, found, method="link", typed_name=typed_name)

    return service.group_commit.run(now, once)


def record_paper(
    service: Service,
    policy: str,
    version: str,
    person_id: str,
    *,
    signed_on: date,
    recorded_by: str,
    now: datetime,
) -> int:
    """Record a signed slip; returns the receipt's number. Raises NotFound, and NotAllowed for a date that
    cannot be."""
    today = service.today(now)
    if signed_on > today:
        raise NotAllowed(f"the slip cannot have been signed on {signed_on}, which is after today ({today})")
    with service.store.write(now) as tx:
        notice, recipient_id = find_recipient(service, tx.connection, policy, version, person_id)
        if signed_on < notice.issued_on:
            raise NotAllowed(
                f"the slip cannot have been signed on {signed_on}: the notice was given on {notice.issued_on}"
            )
        found = _find(service, tx.connection, recipient_id, now, by_link=False)
        if found.state is LinkState.ACKNOWLEDGED:
            label = receipt_label(found.standing.acknowledgement.id)
            raise NotAllowed(f"{found.person.name} has acknowledged already (receipt {label})")
        if found.state is not LinkState.TO_READ:
            raise NotAllowed(
                f"there is nothing to acknowledge in this notice for {found.person.name}: {found.state}"
            )
        return _record(service, tx, found, method="paper", signed_on=signed_on, recorded_by=recorded_by)


def record_letter(
    service: Service,
    policy: str,
    version: str,
    person_id: str,
    *,
    given_on: date,
    recorded_by: str,
    now: datetime,
) -> int:
    """Record that a letter was handed over; that day is the person's day of notice."""
    today = service.today(now)
    if given_on > today:
        raise NotAllowed(
            f"the letter cannot have been handed over on {given_on}, which is after today ({today})"
        )
    with service.store.write(now) as tx:
        notice, recipient_id = find_recipient(service, tx.connection, policy, version, person_id)
        if given_on < notice.issued_on:
            raise NotAllowed(
                f"the letter cannot have been handed over on {given_on}: the notice is of {notice.issued_on}"
            )
        return tx.record(
            "letter.given", recipient_id=recipient_id, given_on=given_on.isoformat(), recorded_by=recorded_by
        )


def receipt(service: Service, token: str) -> Receipt:
    """The receipt behind a receipt link. Raises LinkForged, and LinkRevoked once the person's data has been
    erased."""
    number = service.links.number(Purpose.RECEIPT, token)
    with service.store.read() as connection:
        found = receipt_of(connection, number)
    if found is None:
        raise LinkForged("this link is not one of ours, or a part of it is missing")
    if not found.person:
        raise LinkRevoked("the records of this person have been erased")
    return found


def receipt_numbered(service: Service, number: int) -> Receipt | None:
    """The receipt of an acknowledgement, for whoever holds its link already."""
    with service.store.read() as connection:
        return receipt_of(connection, number)


def receipt_of(connection: sqlite3.Connection, number: int) -> Receipt | None:
    """The receipt of an acknowledgement, or None when there is none of that number."""
    row = acknowledgements.receipt(connection, number)
    if row is None:
        return None
    return Receipt(
        number=row["id"],
        person=row["name"] or "",
        title=row["title"],
        policy=row["policy"],
        version=row["version"],
        digest=row["digest"],
        effective_on=date.fromisoformat(row["effective_on"]),
        acknowledged_at=moment(row["at"]),
        method=row["method"],
        typed_name=row["typed_name"] or "",
        signed_on=roster_rows.day_or_none(row["signed_on"]),
        recorded_by=row["recorded_by"] or "",
        head=cuts.head_at(connection, row["id"]),
        withdrawn=bool(row["withdrawn"]),
    )


def receipt_label(number: int) -> str:
    """A receipt number as people see it: R-000123, the number of its ledger line."""
    return f"R-{number:06d}"


def find_recipient(
    service: Service, connection: sqlite3.Connection, policy: str, version: str, person_id: str
) -> tuple[Notice, int]:
    """The last notice of a version that a person has, and their recipient number in it; raises NotFound."""
    cut = cuts.last_cut(connection)
    find_notice(service, connection, policy, version, cut)
    own = {
        notice_id: recipient_id
        for recipient_id, notice_id in notices.recipients_of_person(connection, person_id)
    }
    for notice in reversed(notices_of_version(service, connection, policy, version, cut)):
        if notice.id in own:
            return notice, own[notice.id]
    raise NotFound(
        f"{person_id!r} is not a recipient of the notice of {policy} {version}; see: ack status {policy} {version}"
    )


def _record(service: Service, tx: Transaction, found: _Found, *, method: str, **how: object) -> int:
    signed_on = how.pop("signed_on", None)
    receipt_number = tx.record(
        "acknowledged",
        recipient_id=found.standing.id,
        person_id=found.person.person_id,
        policy=found.shown.policy,
        version=found.shown.version,
        digest=found.shown.digest,
        method=method,
        signed_on=signed_on.isoformat() if signed_on else None,
        **how,
    )
    if found.person.email:
        deliveries.add(
            tx,
            "receipt",
            host=service.settings.mail_host,
            person_id=found.person.person_id,
            address=found.person.email,
            items=[found.standing.id],
            payload={"receipt": receipt_number},
        )
    return receipt_number


def _find(
    service: Service, connection: sqlite3.Connection, number: int, now: datetime, *, by_link: bool = True
) -> _Found:
    link = notices.behind_link(connection, number)
    if link is None:
        raise LinkForged("this link is not one of ours, or a part of it is missing")
    if link.is_replaced and by_link:
        raise LinkRevoked("a newer link has been sent since")
    as_of = AsOf(service.today(now), link.cut, link.head)
    issued = notices.of_policy(connection, link.policy, as_of.cut)
    notice = next(n for n in issued if n.id == link.notice_id)
    standing = next(standings(service, connection, notice, as_of, link.recipient_id, of_policy=issued))
    person = roster_rows.person(connection, standing.person_id, as_of.cut)
    if by_link and (person is None or has_left(person.left_on, as_of.on)):
        raise LinkOfLeaver("the person this link was made for has left")
    if person is None:
        raise NotAllowed(
            f"the records of {standing.person_id!r} have been erased; nothing can be added to them"
        )
    state = _state(notice, standing)
    is_open = state in (LinkState.TO_READ, LinkState.NOTHING_TO_DO)
    if is_open and link.is_closed:
        raise NoticeIsClosed("this notice has been closed")
    return _Found(
        state, person, notice, standing, _newest_clarification(notice, issued), tuple(issued), as_of.cut
    )


def _view(connection: sqlite3.Connection, found: _Found) -> LinkView:
    shown, standing = found.shown, found.standing
    entry = notices.entry(connection, shown.id)
    return LinkView(
        state=found.state,
        person=found.person,
        notice=found.notice,
        entry=entry,
        standing=standing,
        window=window(found.notice, standing),
        text=notices.document(connection, shown.digest) if shown.digest else "",
        **_previous(connection, entry, found),
        shown=shown,
        receipt_number=standing.acknowledgement.id if standing.acknowledgement else None,
        **_newer(connection, found),
    )


def _refuse_unless_to_read(found: _Found) -> None:
    if found.state is not LinkState.TO_READ:
        raise NotAllowed("there is nothing to acknowledge here any more; open the link again to see why")


def _refuse_unless_a_name(typed_name: str) -> None:
    """Any text that shows; spaces and characters without a shape of their own are no name."""
    if not any(unicodedata.category(character)[0] not in "ZC" for character in typed_name):
        raise NotAllowed("type your full name in the box, as you would sign")
    if len(typed_name) > LONGEST_NAME:
        raise NotAllowed(f"the name is longer than {LONGEST_NAME} characters; type your full name only")


def _previous(connection: sqlite3.Connection, entry: notices.Entry, found: _Found) -> dict[str, str]:
    """What the text is compared with: what this person last acknowledged, or the version before where there
    is nothing."""
    shown = found.shown
    for row in acknowledgements.of_person(connection, found.person.person_id, shown.policy, found.cut):
        if label_key(row["version"]) < label_key(shown.version):
            return {
                "previous_version": row["version"],
                "previous_text": notices.document(connection, row["digest"]),
            }
    if not entry.previous_digest:
        return {}
    return {
        "previous_version": entry.previous_version or "",
        "previous_text": notices.document(connection, entry.previous_digest),
    }


def _state(notice: Notice, standing: Standing) -> LinkState:
    if standing.acknowledgement:
        return LinkState.ACKNOWLEDGED
    if standing.superseded:
        return LinkState.SUPERSEDED
    return LinkState.TO_READ if notice.must_be_acknowledged else LinkState.NOTHING_TO_DO


def _newest_clarification(notice: Notice, issued: Sequence[Notice]) -> Notice:
    """The last clarification of exactly this version, which is what its link shows; the notice itself where
    there is none."""
    shown = notice
    for later in sorted(issued, key=lambda n: label_key(n.version)):
        if label_key(later.version) <= label_key(notice.version):
            continue
        if later.change is not Change.CLARIFICATION:
            break
        shown = later
    return shown


def _newer(connection: sqlite3.Connection, found: _Found) -> dict[str, object]:
    """The newest notice that took this one over, and the person's own link to it where they have one."""
    later = [n for n in found.issued if takes_over(n, found.notice) or is_newer(n, found.notice)]
    if not found.standing.superseded or not later:
        return {}
    own = {
        notice_id: recipient
        for recipient, notice_id in notices.recipients_of_person(connection, found.person.person_id)
    }
    for candidate in reversed(later):
        if candidate.id in own:
            return {
                "newer": candidate,
                "newer_link_number": notices.link_number(connection, own[candidate.id]),
            }
    return {"newer": later[-1]}
