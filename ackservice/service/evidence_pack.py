"""The evidence pack: one ZIP that shows, without this software, who was told of a version when and who
acknowledged it.

Everything in it had been recorded by the end of the day it is made for, and comes from the database alone,
so it can be made years later and without the handbook. The same past day gives the same bytes (people erased
since excepted): sorted entries, the day itself as their date, nothing of today. What is not recorded but
set, the school's name and time zone, is the exception.

The ledger seals personal values under a salt. The pack opens the seals of exactly those lines whose values
stand in its other files: a name in a table proves nothing until it can be held against the ledger. This
tells nobody more than the tables do, since each line has a salt of its own; every other line stays sealed.
It does mean that a person erased later stays provable by who holds a pack made before, as they stay readable
in it: packs are kept as long as the school's rules for records say, and no longer.
"""

from __future__ import annotations

import csv
import hashlib
import io
import sqlite3
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

import handbook
from ackservice.domain import export
from ackservice.domain.export_text import literal
from ackservice.domain.history import Act
from ackservice.domain.notice import Notice
from ackservice.domain.status import Status
from ackservice.service import exporting, papers
from ackservice.service.context import AsOf, Service
from ackservice.service.exporting import Report
from ackservice.storage import notices
from ackservice.storage.evidence import Concerned
from ackservice.storage.notices import KeptEntry
from ackservice.storage.store import moment
from handbook.pages import render
from handbook.policy.notice_period import last_day_of_notice
from handbook.redline.compare import redline

REDLINE_STYLE = Path(handbook.__file__).parent / "overrides" / "assets" / "redline.css"
DELIVERIES = (
    "ledger_line",
    "person_id",
    "name",
    "kind",
    "when",
    "address",
    "outcome",
    "message_id",
    "detail",
)
MOST_NAMED = 14  # on the summary, which is one page


@dataclass(frozen=True)
class _Sources:
    """What every file of the pack is made from: the notices of a version, and what was kept of the last."""

    service: Service
    connection: sqlite3.Connection
    report: Report
    entry: KeptEntry
    concerned: Concerned

    @property
    def notice(self) -> Notice:
        return self.report.notice

    @property
    def effective_on(self) -> date:
        return self.report.book.effective_on(self.notice)

    @property
    def as_of(self) -> AsOf:
        return self.report.as_of


def name_of(policy: str, version: str, on: date) -> str:
    """The name of a pack's file, and of the folder in it, without an ending."""
    return export.file_name(policy, version, on, "csv").removesuffix(".csv").replace("-status-", "-evidence-")


def write(
    service: Service,
    stream: BinaryIO,
    policy: str,
    version: str,
    *,
    on: date | None,
    now: datetime,
    round_: str = "",
) -> Report:
    """Write the pack of a version, of all its notices or of one round, as at the end of that day, into a file
    open for writing and seeking. Returns what it is about.

    Raises NotFound when no such notice had been issued by then, and NotAllowed for a day to come.
    """
    report = exporting.of_version(service, policy, version, on=on, now=now, round_=round_)
    with service.store.read() as connection:
        entry = notices.kept_entry(connection, report.notice.id, report.as_of.cut)
        of_policy = report.book.of_policy([report.notice.policy])
        concerned = Concerned(connection, report.notices, of_policy, report.as_of.cut)
        folder = name_of(*report.name, report.as_of.on)
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            sources = _Sources(service, connection, report, entry, concerned)
            _fill(_Folder(archive, folder, report.as_of.on), sources)
    return report


class _Folder:
    """The one folder of an archive: writes files under fixed dates and keeps their SHA-256."""

    def __init__(self, archive: zipfile.ZipFile, name: str, on: date):
        self.archive = archive
        self.name = name
        self.date_time = (on.year, on.month, on.day, 0, 0, 0)
        self.sums: dict[str, str] = {}

    def add(self, path: str, parts: Iterable[bytes]) -> None:
        info = zipfile.ZipInfo(f"{self.name}/{path}", self.date_time)
        info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
        total = hashlib.sha256()
        with self.archive.open(info, "w", force_zip64=True) as file:
            for part in parts:
                total.update(part)
                file.write(part)
        self.sums[path] = total.hexdigest()


def _fill(folder: _Folder, sources: _Sources) -> None:
    for path, make in sorted(_files(sources).items()):
        folder.add(path, make())
    lines = "".join(f"{digest}  {path}\n" for path, digest in sorted(folder.sums.items()))
    folder.add("SHA256SUMS", [lines.encode()])


def _files(sources: _Sources) -> dict[str, Callable[[], Iterable[bytes]]]:
    """Each file's path and what makes it; only those there is something for."""
    connection, concerned = sources.connection, sources.concerned
    texts = _texts(sources)
    files: dict[str, Callable[[], Iterable[bytes]]] = {
        "README.txt": lambda: [_readme(sources, texts).encode()],
        "summary.html": lambda: [_summary(sources).encode()],
        "pack.css": lambda: [papers.style("pack.css").encode()],
        "change-entry.json": lambda: [notices.document(connection, sources.entry.digest).encode()],
        "deliveries.csv": lambda: _deliveries(sources),
        "ledger/chain.tsv": lambda: _tsv(concerned.chain()),
        "ledger/concerned.tsv": lambda: _tsv(concerned.lines()),
        "ledger/opened.tsv": lambda: _tsv(concerned.opened()),
        "ledger/head.txt": lambda: [f"{sources.as_of.head}\n".encode()],
    }
    for format_ in export.FORMATS:
        files[f"status.{format_}"] = partial(exporting.render, sources.report, format_)
    for path, text in texts.items():
        files[path] = partial(_encoded, text)
    if len(texts) == 2:
        files["redline.html"] = lambda: [_redline(sources, *texts.values()).encode()]
        files["redline.css"] = lambda: [REDLINE_STYLE.read_bytes()]
    return files


def _encoded(text: str) -> list[bytes]:
    return [text.encode()]


def _texts(sources: _Sources) -> dict[str, str]:
    """The text before and the text of the version, as far as there are such: exactly the bytes their digests
    are of."""
    entry, notice = sources.entry, sources.notice
    kept = ((entry.previous_version, entry.previous_digest), (notice.version, notice.digest))
    return {
        f"text/{label}.md": notices.document(sources.connection, digest)
        for label, digest in kept
        if label and digest
    }


def _redline(sources: _Sources, old: str, new: str) -> str:
    # The first line is the title, which the page has already.
    before, after = (render.body(text.partition("\n")[2]) for text in (old, new))
    return papers.write(
        "pack-redline.html",
        notice=sources.notice,
        effective_on=sources.effective_on,
        entry=sources.entry,
        redline=redline(before, after),
    )


def _summary(sources: _Sources) -> str:
    report, notice = sources.report, sources.notice
    issued_by, short_reason, unpublished_reason = notices.issued_by(sources.connection, notice.id)
    return papers.write(
        "pack-summary.html",
        school=sources.service.settings.school.name,
        notice=notice,
        notices=[
            (n, report.book.ending(n, sources.as_of.on), report.book.event(n, Act.POSTPONED))
            for n in report.notices
        ],
        effective_on=sources.effective_on,
        entry=sources.entry,
        approved_on=date.fromisoformat(sources.entry.approved_on) if sources.entry.approved_on else None,
        as_of=sources.as_of,
        figures=report.figures,
        statuses=list(Status),
        issued_by=issued_by,
        short_reason=short_reason,
        unpublished_reason=unpublished_reason,
        last_day=last_day_of_notice(
            sources.effective_on, notice.rule.period_months, deemed_days=notice.rule.deemed_days
        ),
        late=[row for row in report.recipients if row.window.in_time is False],
        outstanding=[row for row in report.recipients if row.owes],
        most=MOST_NAMED,
    )


def _readme(sources: _Sources, texts: dict[str, str]) -> str:
    names = [path.removeprefix("text/") for path in texts]
    return papers.write(
        "pack-readme.txt",
        school=sources.service.settings.school.name,
        notice=sources.notice,
        entry=sources.entry,
        as_of=sources.as_of,
        zone=sources.report.zone,
        name=names[-1] if sources.notice.digest else "",
        previous=names[0] if sources.entry.previous_digest else "",
        people=len(sources.report.recipients),
    )


def _deliveries(sources: _Sources) -> Iterator[bytes]:
    zone = ZoneInfo(sources.report.zone)
    page = io.StringIO(newline="")
    page.write("\ufeff")  # tells Excel that the file is UTF-8
    writer = csv.writer(page)
    writer.writerow(DELIVERIES)
    for row in sources.concerned.outcomes():
        when = row["given_on"] or moment(row["at"]).astimezone(zone).isoformat(timespec="seconds")
        texts = (
            row["person_id"],
            row["name"],
            row["kind"],
            when,
            row["address"],
            row["outcome"],
            row["message_id"],
            row["detail"],
        )
        writer.writerow([row["id"], *(literal(text or "") for text in texts)])
    yield page.getvalue().encode()


def _tsv(rows: Iterable[tuple[object, ...]]) -> Iterator[bytes]:
    """Values separated by tabs, untouched: canonical JSON holds neither tabs nor line ends."""
    for row in rows:
        yield ("\t".join(str(value) for value in row) + "\n").encode()
