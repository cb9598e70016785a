"""`ack notice`: issue a notice and list what was issued."""

from __future__ import annotations

import click

from ackservice.commands.app import App
from ackservice.commands.tables import table
from ackservice.service import closing, issuing, preview


@click.group()
def notice() -> None:
    """Give notice of a version to everyone concerned, list the notices given."""


@notice.command()
@click.argument("policy")
@click.argument("version")
@click.option("--dry-run", is_flag=True, help="Only say what would happen, and show the first e-mail.")
@click.option(
    "--allow-short-notice", "reason", default="", metavar="REASON", help="Go ahead although it is late; kept."
)
@click.option("--again", default="", metavar="ROUND", help="A new round for a version in force, with a name.")
@click.pass_obj
def issue(app: App, policy: str, version: str, dry_run: bool, reason: str, again: str) -> None:
    """Give notice of POLICY VERSION: freezes who is told and queues the messages, which `ack send` sends.

    \b
    Examples:
      ack notice issue social-media 2021-09 --dry-run
      ack notice issue social-media 2021-09
      ack notice issue safeguarding 2025-09 --again "School year 2026/27"
    """
    now = app.clock.now()
    if dry_run:
        found = preview.preview_notice(app.service, policy, version, now=now, again=again)
        click.echo(preview.in_words(found))
        click.echo(
            "\nThe first e-mail:\n" + found.first_email
            if found.first_email
            else "\nNo e-mail: everyone is told on paper."
        )
        click.echo("\nNothing was issued or sent (dry run).")
        return
    done = issuing.issue(
        app.service, policy, version, now=now, issued_by=app.user, short_reason=reason, again=again
    )
    click.echo(
        f"Notice issued: {done.notice.title} {done.notice.version}, effective {done.notice.effective_on}."
    )
    people = "1 person" if len(done.people) == 1 else f"{len(done.people)} people"
    click.echo(f"{people} concerned: {done.by_email} by e-mail (queued), {done.on_paper} on paper.")
    if done.short_by_days:
        days = "1 day" if done.short_by_days == 1 else f"{done.short_by_days} days"
        click.echo(f"Short notice by {days}; the reason is kept.")
    click.echo("Send them with: ack send" + ("; letters with: ack letters" if done.on_paper else ""))


@notice.command()
@click.argument("policy")
@click.argument("version")
@click.option("--reason", required=True, help="Why nothing more is expected of anybody; kept.")
@click.option("--round", "round_", default="", help="A round by its name; the last one otherwise.")
@click.pass_obj
def close(app: App, policy: str, version: str, reason: str, round_: str) -> None:
    """Close the notice of POLICY VERSION: no more messages, and its links say that it is closed.

    \b
    Example: ack notice close social-media 2021-09 --reason "Replaced by the trust's own policy"
    """
    done = closing.close_notice(
        app.service, policy, version, reason=reason, closed_by=app.user, now=app.clock.now(), round_=round_
    )
    click.echo(
        f"Notice closed: {done.title} {done.version}{f' ({done.round})' if done.round else ''}. The reason is kept."
    )


@notice.command("list")
@click.pass_obj
def list_(app: App) -> None:
    """List the notices issued, newest last.

    \b
    Example: ack notice list
    """
    rows = preview.issued(app.service, app.clock.now())
    click.echo(
        table(["policy", "version", "given for", "round", "issued", "effective", "people", "state"], rows)
    )
