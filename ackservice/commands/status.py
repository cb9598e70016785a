"""`ack status`, `ack export`: who stands where."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import click

from ackservice.commands.app import App
from ackservice.commands.tables import table
from ackservice.domain import export as formats
from ackservice.service import exporting, standing
from handbook.day_type import DAY
from handbook.policy.library import writing_whole

_SHOWN = (
    "person_id",
    "name",
    "category",
    "notified_on",
    "in_time",
    "due_on",
    "status",
    "overdue",
    "acknowledged_at",
)


@click.command()
@click.argument("policy")
@click.argument("version")
@click.option("--as-of", type=DAY, help="As at the end of that day, from what had been recorded by then.")
@click.option("--round", "round_", default="", help="A round by its name; the last one otherwise.")
@click.option("--json", "as_json", is_flag=True, help="For scripts: the same as the JSON export.")
@click.pass_obj
def status(app: App, policy: str, version: str, as_of: date | None, round_: str, as_json: bool) -> None:
    """Show who was told of POLICY VERSION, in time or not, and who has acknowledged.

    \b
    Example: ack status social-media 2021-09 --as-of 2021-08-31
    """
    report = standing.report(app.service, policy, version, on=as_of, now=app.clock.now(), round_=round_)
    if as_json:
        _write_out(exporting.render(report, "json"))
        return
    click.echo(
        f"{report.notice.title} {report.notice.version}, effective {report.notice.effective_on}, as at "
        f"{report.as_of.on}"
    )
    click.echo(table(_SHOWN, [[row[column] for column in _SHOWN] for row in report.rows]))
    counted = formats.counts(report.rows)
    by_status = ", ".join(f"{number} {name}" for name, number in counted.by_status.items() if number)
    click.echo(f"{counted.total} people: {by_status}; {counted.overdue} overdue")
    click.echo(f"Ledger head: {report.as_of.head}")


@click.command()
@click.argument("policy")
@click.argument("version")
@click.option("--format", "format_", type=click.Choice(["csv", "xlsx", "json"]), required=True)
@click.option("--as-of", type=DAY, help="As at the end of that day, from what had been recorded by then.")
@click.option("--round", "round_", default="", help="A round by its name; the last one otherwise.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write; `-` for standard output.",
)
@click.pass_obj
def export(
    app: App, policy: str, version: str, format_: str, as_of: date | None, round_: str, output: Path | None
) -> None:
    """Write one row for each recipient of POLICY VERSION. The same past day always gives the same bytes.

    \b
    Example: ack export social-media 2021-09 --format csv --as-of 2021-08-31
    """
    report = standing.report(app.service, policy, version, on=as_of, now=app.clock.now(), round_=round_)
    content = exporting.render(report, format_)
    if output is not None and str(output) == "-":
        _write_out(content)
        return
    target = output or Path(
        formats.file_name(report.notice.policy, report.notice.version, report.as_of.on, format_)
    )
    with writing_whole(target) as stream:
        stream.writelines(content)
    click.echo(
        f"{target}: {len(report.rows)} people, as at {report.as_of.on}, ledger head {report.as_of.head}"
    )


def _write_out(parts: Iterable[bytes]) -> None:
    """Write to standard output byte for byte, whatever the terminal's encoding."""
    sys.stdout.flush()
    sys.stdout.buffer.writelines(parts)
    sys.stdout.buffer.flush()
