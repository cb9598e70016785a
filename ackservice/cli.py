"""The command `ack`: its commands by name, and the one place where an error becomes a message and an exit
code."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from ackservice.commands.app import App
from ackservice.errors import AckError
from ackservice.mail.errors import MailError
from handbook.policy.errors import HandbookError

# Each command with its module and its line in the list of `ack --help`. A module is imported when its command
# is called, so that `ack --help` loads no library of mail, web or spreadsheets.
COMMANDS = {
    "backup": ("evidence:backup", "Write a complete copy of the database to FILE."),
    "bounces": ("sending:bounces", "Read returned mail from SOURCE."),
    "demo": ("serving:demo", "Replay the change of September 2021 with made-up people."),
    "doctor": (
        "upkeep:doctor",
        "Look at everything the service needs; exit 1 when something must be mended.",
    ),
    "due": ("sending:due", "Do everything that is due now, and nothing twice: for cron or a timer."),
    "evidence": ("takeaways:evidence", "Write the evidence pack of POLICY VERSION as a ZIP."),
    "excuse": ("paper:excuse", "Record that PERSON need not acknowledge, with the reason."),
    "export": ("status:export", "Write one row for each recipient of POLICY VERSION."),
    "letter-given": ("paper:letter_given", "Record that a letter was handed to PERSON."),
    "letters": ("takeaways:letters", "Write the letters about POLICY VERSION, to print."),
    "mail": ("sending:mail", "How e-mail goes out: send a message to try it."),
    "manager-link": ("managers:manager_link", "Print a link with which a manager signs in at the desk."),
    "migrate": ("evidence:migrate", "Create the database, or bring it up to this version of the software."),
    "notice": ("notice:notice", "Give notice of a version to everyone concerned, list the notices given."),
    "paper": ("paper:paper", "Record that PERSON acknowledged on a signed slip."),
    "person": ("upkeep:person", "What is held of one person: export it, or erase it once they have left."),
    "remind": ("sending:remind", "Remind everyone whose reminder is due, and send what is due."),
    "roster": ("roster:roster", "Who works here: import the spreadsheet's CSV, list people."),
    "send": ("sending:send", "Send the messages that are due, at the pace set in school.toml."),
    "serve": ("serving:serve", "Run the service: the pages, and the due work beside them."),
    "status": ("status:status", "Show who was notified of POLICY VERSION, and who has acknowledged."),
    "take-back": ("paper:take_back", "Take back a letter, slip, excuse, answer or acknowledgement."),
    "verify": ("evidence:verify", "Check the ledger's chain, every record and every text."),
}


class Commands(click.Group):
    """Commands imported when they are called. Their expected errors are one plain sentence and exit 1, never
    a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(f"ackservice.commands.{module}"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (AckError, HandbookError, MailError) as error:
            raise click.ClickException(str(error)) from error
        except (PermissionError, FileNotFoundError, IsADirectoryError) as error:
            raise click.ClickException(f"{error.filename}: {error.strerror}") from error
        except BrokenPipeError:
            raise  # click ends quietly: who reads the output has seen enough
        except OSError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="staff-handbook", message="%(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Give notice of changed policies, and prove who was notified and who acknowledged.

    \b
    Example:
      ack migrate
      ack roster import staff.csv
      ack notice issue social-media 2021-09 --dry-run
      ack status social-media 2021-09
    """
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a letter of a name shows ? for it
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    ctx.obj = ctx.obj or App()
