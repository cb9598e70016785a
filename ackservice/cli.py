"""The command `ack`: the group, what its commands share, and the one place where an error becomes a message
and an exit code."""

from __future__ import annotations

import getpass
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import click

from ackservice.clock import Clock, SystemClock
from ackservice.config import Settings, settings_from
from ackservice.errors import AckError
from ackservice.mail.errors import MailError
from ackservice.mail.transports import Transport, transport_from
from ackservice.service.context import Service
from handbook.policy.errors import HandbookError


@dataclass
class App:
    """What the commands work with: the environment, the clock, and how to wait."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    clock: Clock = field(default_factory=SystemClock)
    wait: Callable[[float], None] = time.sleep

    @cached_property
    def settings(self) -> Settings:
        return settings_from(self.environ)

    @cached_property
    def service(self) -> Service:
        return Service.open(self.settings)

    @cached_property
    def transport(self) -> Transport:
        return transport_from(self.settings.mail, self.settings.school.mail, self.environ)

    @property
    def user(self) -> str:
        """Who is at the keyboard, as the ledger keeps it."""
        try:
            return f"{getpass.getuser()} (command line)"
        except (KeyError, OSError):
            return "command line"


class Commands(click.Group):
    """A group whose expected errors are one plain sentence and exit 1, never a traceback."""

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


def progress_bar(total: int):
    """A progress bar in a terminal, nothing elsewhere."""
    return click.progressbar(
        length=total, label="Sending", show_eta=True, hidden=not sys.stderr.isatty(), file=sys.stderr
    )


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="staff-handbook", message="%(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Give notice of changed policies, and prove who was told and who acknowledged.

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


from ackservice.commands import (
    evidence,
    managers,
    notice,
    paper,
    roster,
    sending,
    serving,
    status,
    takeaways,
    upkeep,
)

for _module in (roster, notice, sending, status, paper, evidence, managers, serving, upkeep, takeaways):
    _module.register(main)
