"""`outreach bounces`: bounce mail, handed over by the mail server."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import click
from sqlalchemy.exc import OperationalError

from outreach.cli.context import Context
from outreach.core import log
from outreach.core.errors import BadInput, OutreachError
from outreach.mail.dsn import MAX_BYTES
from outreach.tracking.bounces import Bounces

_log = log.get(__name__)
TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h: mail servers keep the message and come back with it


@click.group()
def bounces() -> None:
    """Bounce mail and complaints."""


@bounces.command()
@click.pass_obj
def read(context: Context) -> None:
    """Take one message from standard input, as a mail server pipes it.

    Exit code 0 when it need not be kept any more, 75 when it is to be brought again.
    """
    stream = sys.stdin.buffer
    source = stream.read(MAX_BYTES)
    while stream.read(MAX_BYTES):  # a closed pipe would look like a failure to the mail server
        pass
    try:
        context.say(_taken(context, source))
    except OutreachError as error:
        raise _again(error.message) from error
    except Exception as error:  # whatever it is, the mail server must not throw the message away
        if not isinstance(error, OperationalError):
            _log.exception("bounces.not_taken")
        raise _again(type(error).__name__) from error


def _again(why: str) -> SystemExit:
    click.echo(f"Error: {why}", err=True)
    click.echo("What to do: bring the message again; nothing of it was stored.", err=True)
    return SystemExit(TRY_AGAIN)


def _taken(context: Context, source: bytes) -> str:
    services = context.services
    if services.return_paths is None:
        raise BadInput("OUTREACH_BOUNCE_ADDRESS is empty: no letter asked for bounce mail.")
    verdict = Bounces(services.db, services.tokens, services.return_paths).take(source)
    if verdict.is_settled:
        return f"The message: {verdict.value}."
    path = _set_aside(services.data_dir / "bounces", source)
    return f"The message: {verdict.value}. It is kept as {path}."


def _set_aside(folder: Path, source: bytes) -> Path:
    """Keep a message for a person; on the disk when this returns."""
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.blake2b(source, digest_size=16).hexdigest()
    path, half = folder / f"{name}.eml", folder / f"{name}.{os.getpid()}.tmp"
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(source)
        file.flush()
        os.fsync(file.fileno())
    return half.replace(path)
