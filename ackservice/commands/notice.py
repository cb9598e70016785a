"""`ack notice`: give notice, and what is done to notices afterwards."""

from __future__ import annotations

import sys
from datetime import date

import click

from ackservice.commands.app import App
from ackservice.commands.tables import table
from ackservice.domain.notice import Notice
from ackservice.service import issuing, notice_acts, preview, statuses
from ackservice.service.issuing import MailingPreview, Mode
from ackservice.service.notice_acts import ActDone
from handbook.day_type import DAY

_ROUND = click.option("--round", "round_", default="", help="A round by its name; the newest otherwise.")


@click.group()
def notice() -> None:
    """Give notice of versions, recall, postpone or close a notice, add somebody, list the notices given."""


@notice.command()
@click.argument("versions", nargs=-1, metavar="POLICY VERSION [POLICY VERSION ...]")
@click.option("--all-on-notice", is_flag=True, help="Every approved version to come without a notice.")
@click.option(
    "--in-force",
    is_flag=True,
    help="Ask about what is in force already: these versions, or all that nobody was given.",
)
@click.option("--again", default="", metavar="ROUND", help="A new round for versions in force, with a name.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen, and show the first e-mail.")
@click.option("--yes", is_flag=True, help="Do not ask in a terminal whether to go ahead.")
@click.option(
    "--allow-short-notice", "reason", default="", metavar="REASON", help="Go ahead although it is late; kept."
)
@click.option(
    "--allow-unpublished",
    "unpublished_reason",
    default="",
    metavar="REASON",
    help="Go ahead although a page is not public yet; kept.",
)
@click.pass_obj
def issue(
    app: App,
    versions: tuple[str, ...],
    all_on_notice: bool,
    in_force: bool,
    again: str,
    dry_run: bool,
    yes: bool,
    reason: str,
    unpublished_reason: str,
) -> None:
    """Give notice of POLICY VERSION, of one or several in one e-mail a person: records who is a recipient and
    queues the messages, which `ack send` sends. In a terminal it says how many first, and asks.

    \b
    Examples:
      ack notice issue social-media 2021-09 --dry-run
      ack notice issue social-media 2021-09 data-protection 2021-09
      ack notice issue --in-force
      ack notice issue safeguarding 2025-09 --again "School year 2026/27"
    """
    now = app.clock.now()
    if again and in_force:
        raise click.UsageError("--again asks once more, --in-force for the first time: give one of them")
    mode = Mode.AGAIN if again else Mode.IN_FORCE if in_force else Mode.CHANGE
    wanted = _wanted(app, versions, all_on_notice, mode)
    if dry_run:
        mailing = issuing.preview(app.service, wanted, now=now, mode=mode, round_=again)
        click.echo(preview.in_words(app.service, mailing))
        email = preview.first_email(app.service, mailing, now)
        click.echo("\nThe first e-mail:\n" + email if email else "\nNo e-mail: everyone is told on paper.")
        click.echo("\nNothing was issued or sent (dry run).")
        return
    if sys.stdin.isatty() and not yes:
        mailing = issuing.preview(app.service, wanted, now=now, mode=mode, round_=again)
        click.echo(preview.in_words(app.service, mailing))
        click.confirm("Give notice to them now?", abort=True)
    done = issuing.issue(
        app.service,
        wanted,
        now=now,
        issued_by=app.user,
        mode=mode,
        round_=again,
        short_reason=reason,
        unpublished_reason=unpublished_reason,
    )
    _say_issued(done)


@notice.command()
@click.argument("policy")
@click.argument("version")
@click.option("--reason", required=True, help="Why it was a mistake; kept.")
@_ROUND
@click.pass_obj
def recall(app: App, policy: str, version: str, reason: str, round_: str) -> None:
    """Recall the notice of POLICY VERSION before it takes effect: it asks nothing, and who was told is
    told so.

    \b
    Example: ack notice recall social-media 2021-09 --reason "The Board had approved another text"
    """
    found = _notice(app, policy, version, round_)
    done = notice_acts.recall(app.service, found.id, reason=reason, by=app.user, now=app.clock.now())
    _say_done("recalled", done)


@notice.command()
@click.argument("policy")
@click.argument("version")
@click.option(
    "--effective",
    "effective_on",
    type=DAY,
    required=True,
    help="The later day, as approved anew, YYYY-MM-DD.",
)
@click.option("--reason", required=True, help="Why it takes effect later; kept.")
@click.pass_obj
def postpone(app: App, policy: str, version: str, effective_on: date, reason: str) -> None:
    """Move the notice of POLICY VERSION to the later date its version has been approved anew with.

    \b
    Example: ack notice postpone social-media 2021-09 --effective 2021-10-01 --reason "Training comes first"
    """
    found = _notice(app, policy, version, "")
    done = notice_acts.postpone(
        app.service,
        found.id,
        effective_on=effective_on,
        reason=reason,
        by=app.user,
        now=app.clock.now(),
    )
    _say_done(f"postponed to {effective_on}", done)


@notice.command()
@click.argument("policy")
@click.argument("version")
@click.option("--reason", required=True, help="Why nothing more is expected of anybody; kept.")
@_ROUND
@click.pass_obj
def close(app: App, policy: str, version: str, reason: str, round_: str) -> None:
    """Close the notice of POLICY VERSION: no more messages, and its links say that it is closed.

    \b
    Example: ack notice close social-media 2021-09 --reason "Replaced by the trust's own policy"
    """
    found = _notice(app, policy, version, round_)
    _say_done(
        "closed", notice_acts.close(app.service, found.id, reason=reason, by=app.user, now=app.clock.now())
    )


@notice.command()
@click.argument("policy")
@click.argument("version")
@click.argument("person")
@click.option("--reason", required=True, help="Why somebody outside the audience is asked; kept.")
@_ROUND
@click.pass_obj
def add(app: App, policy: str, version: str, person: str, reason: str, round_: str) -> None:
    """Ask PERSON (a person_id) too, who is outside the audience of POLICY VERSION.

    \b
    Example: ack notice add social-media 2021-09 P017 --reason "Runs the school's account"
    """
    found = _notice(app, policy, version, round_)
    done = notice_acts.add_by_name(
        app.service, found.id, person, reason=reason, by=app.user, now=app.clock.now()
    )
    how = "an e-mail is queued" if done.by_email else "on paper: see ack letters"
    click.echo(f"{person} is a recipient of {found.title} {found.version} now; {how}.")


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


def _wanted(app: App, versions: tuple[str, ...], all_on_notice: bool, mode: Mode) -> list[tuple[str, str]]:
    """The versions named, or all that the options mean. Raises UsageError."""
    if len(versions) % 2:
        raise click.UsageError("expected pairs of POLICY and VERSION")
    wanted = list(zip(versions[::2], versions[1::2], strict=True))
    now = app.clock.now()
    if all_on_notice:
        if wanted or mode is not Mode.CHANGE:
            raise click.UsageError("--all-on-notice stands alone")
        wanted = issuing.all_on_notice(app.service, now)
    elif not wanted and mode is Mode.IN_FORCE:
        wanted = issuing.all_in_force_without_notice(app.service, now)
    elif not wanted:
        raise click.UsageError("name a POLICY and VERSION, or give --all-on-notice or --in-force")
    return wanted


def _notice(app: App, policy: str, version: str, round_: str) -> Notice:
    """The newest notice of a version. Raises NotFound."""
    service = app.service
    with service.store.read() as connection:
        book = statuses.book_at(service, connection, service.as_of(connection, None, app.clock.now()))
        return statuses.notice_of_version(service, book, policy, version, round_)


def _say_issued(done: MailingPreview) -> None:
    for item in done.items:
        notice = item.notice
        click.echo(f"Notice issued: {notice.title} {notice.version}, effective {item.version.effective_on}.")
    people = "1 person" if len(done.people) == 1 else f"{len(done.people)} people"
    click.echo(f"{people} concerned: {done.by_email} by e-mail (queued), {done.on_paper} on paper.")
    if done.short_by_days:
        days = "1 day" if done.short_by_days == 1 else f"{done.short_by_days} days"
        click.echo(f"Short notice by {days}; the reason is kept.")
    elif done.late_by_pace:
        click.echo("Sending passes midnight of the last day; the reason is kept.")
    click.echo("Send them with: ack send" + ("; letters with: ack letters" if done.on_paper else ""))


def _say_done(what: str, done: ActDone) -> None:
    notice = done.notice
    round_ = f" ({notice.round})" if notice.round else ""
    click.echo(f"Notice {what}: {notice.title} {notice.version}{round_}. The reason is kept.")
    if done.by_email or done.on_paper:
        click.echo(
            f"Who was told of it is told so: {done.by_email} by e-mail (queued), {done.on_paper} by letter."
        )
