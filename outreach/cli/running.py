"""What every command begins with, and how it ends where it can't go on."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click
from pydantic import ValidationError
from sqlalchemy.exc import DatabaseError, OperationalError

import config
from outreach.cli.bounces import TRY_AGAIN
from outreach.cli.context import Context
from outreach.core import log
from outreach.core.errors import BadInput, Conflict, NotFound, OutreachError

# Away, or no database at all; the other kinds of DatabaseError are faults of ours.
_UNUSABLE = (OperationalError, DatabaseError)


def begin(ctx: click.Context) -> None:
    """Read the settings and give the command its context."""
    # A mail server throws a message away on any other code than its own “later”.
    unusable = TRY_AGAIN if ctx.invoked_subcommand == "bounces" else 2
    try:
        settings = config.load()
    except ValidationError as error:
        for fault in error.errors():
            name = "".join(f" OUTREACH_{part}".upper() for part in fault["loc"])
            said = fault["msg"].removeprefix("Value error, ")
            click.echo(f"Error: setting{name}: {said}", err=True)
        click.echo("What to do: docs/settings.md lists every setting.", err=True)
        sys.exit(unusable)
    except OSError as error:
        click.echo(
            f"Error: the data folder can’t be used: {error.strerror}: {error.filename}", err=True
        )
        click.echo("What to do: set OUTREACH_DATA_DIR to a folder that you may write in.", err=True)
        sys.exit(unusable)
    # A person at a terminal reads the command's own words; servers log what they do.
    level = settings.log_level if ctx.invoked_subcommand in ("serve", "worker") else "WARNING"
    log.configure(level=level, as_json=settings.log_json)
    ctx.obj = Context(settings)
    ctx.call_on_close(ctx.obj.close)


def answered(command: Callable[[], object]) -> object:
    """Run a command; our errors become two lines and an exit code."""
    try:
        return command()
    except OutreachError as error:
        click.echo(f"Error: {error.message}", err=True)
        if error.hint:
            click.echo(f"What to do: {error.hint}", err=True)
        sys.exit(2 if isinstance(error, (BadInput, NotFound, Conflict)) else 1)
    except DatabaseError as error:
        if type(error) not in _UNUSABLE:
            raise
        first = str(error.orig).splitlines()[0]
        click.echo(f"Error: the database can’t be used: {first}", err=True)
        click.echo(
            "What to do: check OUTREACH_DATABASE_URL and OUTREACH_DATA_DIR, "
            "then run `outreach db upgrade`.",
            err=True,
        )
        sys.exit(1)
