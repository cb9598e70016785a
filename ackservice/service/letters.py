"""Letters for people without e-mail, one printed page each, and the poster for the staff room.

The link in a letter is the person's own, as good as the one in an e-mail: who may print letters may do
anything at the desk. Printing records nothing. A person's day of notice is the day the letter is handed
over, which is recorded by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from ackservice.domain.notice import Notice
from ackservice.domain.status import Standing, Status, status_of
from ackservice.errors import NotFound
from ackservice.mail.messages import NoticeItem
from ackservice.service import composing, papers
from ackservice.service.context import AsOf, Service
from ackservice.service.finding import Find
from ackservice.service.papers.qr import qr
from ackservice.service.standing import standings
from ackservice.storage import notices
from handbook.policy.notice_period import last_day_of_notice
from handbook.policy.school import Contact

STYLE = "letters.css"
DIGEST_SHOWN = 12  # characters on the slip: enough to tell texts apart by eye
MOST_CHANGES = 6  # in a letter, which is one page


@dataclass(frozen=True)
class Candidate:
    """Somebody a letter can be for, and where they stand."""

    recipient_id: int
    person_id: str
    name: str
    category: str
    status: Status
    notified_on: date | None


@dataclass(frozen=True)
class Letter:
    """What one letter says beside what is the same in all."""

    person_id: str
    name: str
    item: NoticeItem
    qr: str


def candidates(service: Service, find: Find, *, now: datetime) -> tuple[Notice, list[Candidate]]:
    """Everybody a letter helps: people without an address, and those whose e-mail came back, as long as
    something is expected.

    Raises NotFound when there is no such notice.
    """
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, now)
        notice = find(connection, as_of.cut)
        found = []
        for standing in standings(service, connection, notice, as_of):
            status = status_of(notice, standing, as_of.on)
            needs_paper = not standing.current_email or status is Status.UNDELIVERABLE
            if needs_paper and not status.is_settled:
                found.append(
                    Candidate(
                        standing.id,
                        standing.person_id,
                        standing.name,
                        standing.category,
                        status,
                        standing.notified_on,
                    )
                )
    return notice, found


def write(
    service: Service, find: Find, *, now: datetime, people: Collection[str] = (), style_address: str = ""
) -> tuple[str, int]:
    """A page of HTML with the letters, and how many: to everyone whose letter is to be handed over, or to
    the people named.

    The style sheet is within the page, or linked where an address for it is given. Raises NotFound when
    there is no such notice, nobody to write to, or somebody named who is no recipient or from whom nothing
    is expected.
    """
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, now)
        notice = find(connection, as_of.cut)
        chosen = [
            s for s in standings(service, connection, notice, as_of) if _is_wanted(notice, s, as_of, people)
        ]
        _refuse_missing(notice, people, {standing.person_id for standing in chosen})
        entry = notices.entry(connection, notice.id)
        letters = [_letter(service, connection, notice, entry, standing, as_of) for standing in chosen]
    values = _shared(service, notice, style_address)
    page = papers.write("letters.html", letters=letters, today=as_of.on, most=MOST_CHANGES, **values)
    return page, len(letters)


def poster(service: Service, find: Find, *, now: datetime, style_address: str = "") -> str:
    """A page of HTML with the poster: what changes from when, and a QR code to the change in the handbook."""
    with service.store.read() as connection:
        as_of = service.as_of(connection, None, now)
        notice = find(connection, as_of.cut)
        entry = notices.entry(connection, notice.id)
    address = service.settings.link(handbook_path(notice, entry.previous_version))
    code = qr(address, "QR code: the change in the handbook")
    return papers.write(
        "poster.html", entry=entry, address=address, qr=code, **_shared(service, notice, style_address)
    )


def handbook_path(notice: Notice, previous_version: str | None) -> str:
    """Where the handbook shows a change: the comparison with the version before, else the text, else the
    policy."""
    if notice.digest is None:
        return f"/policies/{notice.policy}/"
    compared = f"{previous_version}..{notice.version}" if previous_version else notice.version
    return f"/policies/{notice.policy}/{compared}/"


def _is_wanted(notice: Notice, standing: Standing, as_of: AsOf, people: Collection[str]) -> bool:
    status = status_of(notice, standing, as_of.on)
    if people:
        return standing.person_id in people and not status.is_settled
    return status is Status.ON_PAPER


def _refuse_missing(notice: Notice, people: Collection[str], found: set[str]) -> None:
    missing = sorted(set(people) - found)
    if missing:
        raise NotFound(
            f"no letter can be made for {', '.join(missing)}: not a recipient of {notice.policy} {notice.version}, "
            "or nothing is expected from them any more"
        )
    if not found:
        raise NotFound(
            f"nobody is to be told of {notice.policy} {notice.version} on paper; name people to print letters for them"
        )


def _letter(
    service: Service, connection, notice: Notice, entry: notices.Entry, standing: Standing, as_of: AsOf
) -> Letter:
    link = service.acknowledge_link(notices.link_number(connection, standing.id))
    item = composing.notice_item(service, notice, standing, entry, link, as_of)
    return Letter(
        standing.person_id, standing.name, item, qr(link, f"QR code: the personal link of {standing.name}")
    )


def _shared(service: Service, notice: Notice, style_address: str) -> dict[str, object]:
    manager: Contact = service.settings.contact("Business Manager")
    rule = notice.rule
    return {
        "school": service.settings.school.name,
        "notice": notice,
        "manager": manager,
        "fingerprint": notice.digest[7 : 7 + DIGEST_SHOWN] if notice.digest else "",
        "last_day": last_day_of_notice(notice.effective_on, rule.period_months, deemed_days=rule.deemed_days),
        "style_address": style_address,
        "style": "" if style_address else papers.style(STYLE),
    }
