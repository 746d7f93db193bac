"""`outreach db`: the schema."""

from __future__ import annotations

import click

from outreach.cli.context import Context
from outreach.core import migrations
from outreach.core.db import Database
from outreach.core.errors import Conflict


@click.group()
def db() -> None:
    """The database's schema."""


@db.command()
@click.pass_obj
def upgrade(context: Context) -> None:
    """Bring the schema to the newest version; running it again does nothing."""
    migrations.upgrade(context.services.db)
    context.say("The database is up to date.")


@db.command()
@click.pass_obj
def check(context: Context) -> None:
    """Say whether the schema is the newest; exit code 2 when it is not."""
    require_current(context.services.db)
    context.say("The database is up to date.")


def require_current(database: Database) -> None:
    """Raises Conflict while the schema is old; an embedded database is brought up at once."""
    if database.is_sqlite:
        migrations.upgrade(database)
    elif not migrations.is_current(database):
        raise Conflict("The database’s schema is old.", hint="Run `outreach db upgrade`.")
