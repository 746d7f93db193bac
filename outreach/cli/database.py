"""`outreach db`: the schema."""

from __future__ import annotations

import click

from outreach.cli.context import Context
from outreach.core import migrations


@click.group()
def db() -> None:
    """The database's schema."""


@db.command()
@click.pass_obj
def upgrade(context: Context) -> None:
    """Bring the schema to the newest version; running it again does nothing."""
    migrations.upgrade(context.services_on_any_schema.db)
    context.say("The database is up to date.")


@db.command()
@click.pass_obj
def check(context: Context) -> None:
    """Say whether the schema is the newest; exit code 2 when it is not."""
    _ = context.services
    context.say("The database is up to date.")
