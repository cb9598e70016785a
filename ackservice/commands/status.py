"""`ack status`, `ack export`: who has been notified, and who has acknowledged."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import click

from ackservice.commands.app import App
from ackservice.commands.tables import table
from ackservice.domain.status import Status
from ackservice.service import exporting
from handbook.day_type import DAY
from handbook.policy.library import writing_whole

_SHOWN = (
    "person_id",
    "name",
    "category",
    "round",
    "notified_on",
    "in_time",
    "due_on",
    "status",
    "overdue",
    "note",
    "acknowledged_at",
)
_AS_OF = click.option(
    "--as-of", type=DAY, help="As at the end of that day, from what had been recorded by then."
)
_ROUND = click.option("--round", "round_", default="", help="One round by its name; all of them otherwise.")


@click.command()
@click.argument("policy")
@click.argument("version")
@_AS_OF
@_ROUND
@click.option("--json", "as_json", is_flag=True, help="For scripts: the same as the JSON export.")
@click.pass_obj
def status(app: App, policy: str, version: str, as_of: date | None, round_: str, as_json: bool) -> None:
    """Show who was notified of POLICY VERSION, in time or not, and who has acknowledged.

    \b
    Example: ack status social-media 2021-09 --as-of 2021-08-31
    """
    report = exporting.of_version(app.service, policy, version, on=as_of, now=app.clock.now(), round_=round_)
    if as_json:
        _write_out(exporting.render(report, "json"))
        return
    on, book, figures = report.as_of.on, report.book, report.figures
    for notice in report.notices:
        ending = book.ending(notice, on)
        click.echo(
            f"{notice.title} {notice.version}{f' ({notice.round})' if notice.round else ''}, "
            f"effective {book.effective_on(notice)}, as at {on}: {book.state(notice, on)}"
            + (f" since {ending.at.on}" if ending else "")
            + (f", {ending.reason}" if ending and ending.reason else "")
        )
    click.echo(table(_SHOWN, [[row[column] for column in _SHOWN] for row in report.rows()]))
    by_status = ", ".join(f"{figures.of(status)} {status}" for status in Status if figures.of(status))
    click.echo(
        f"{figures.total} recipients: {by_status}; {figures.owing} outstanding, {figures.overdue} overdue"
    )
    click.echo(f"Ledger head: {report.as_of.head}")


@click.command()
@click.argument("policy")
@click.argument("version")
@click.option("--format", "format_", type=click.Choice(["csv", "xlsx", "json"]), required=True)
@_AS_OF
@_ROUND
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write; `-` for standard output.",
)
@click.pass_obj
def export(
    app: App, policy: str, version: str, format_: str, as_of: date | None, round_: str, output: Path | None
) -> None:
    """Write one row for everybody who was ever a recipient of POLICY VERSION. The same past day always gives
    the same bytes.

    \b
    Example: ack export social-media 2021-09 --format csv --as-of 2021-08-31
    """
    report = exporting.of_version(app.service, policy, version, on=as_of, now=app.clock.now(), round_=round_)
    content = exporting.render(report, format_)
    if output is not None and str(output) == "-":
        _write_out(content)
        return
    target = output or Path(report.file_name(format_))
    with writing_whole(target) as stream:
        stream.writelines(content)
    people = len(report.recipients)
    click.echo(f"{target}: {people} recipients, as at {report.as_of.on}, ledger head {report.as_of.head}")


def _write_out(parts: Iterable[bytes]) -> None:
    """Write to standard output byte for byte, whatever the terminal's encoding."""
    sys.stdout.flush()
    sys.stdout.buffer.writelines(parts)
    sys.stdout.buffer.flush()
