"""What each command gets: settings, services built on first use, and the two ways to answer."""

from __future__ import annotations

import getpass
from functools import cached_property
from typing import Any

import click
import orjson

import config
from outreach.app import build_services
from outreach.core import migrations
from outreach.core.errors import Conflict
from outreach.services import Services

as_json = click.option("--json", "json_", is_flag=True, help="One JSON value for machines.")


class Context:
    """One run of the command line."""

    def __init__(self, settings: config.Settings) -> None:
        self.settings = settings

    @cached_property
    def services(self) -> Services:
        """The domain's services; an embedded database is made or brought up to date first.

        Raises Conflict while the schema of any other database is old.
        """
        services = self.services_on_any_schema
        if services.db.is_sqlite:
            migrations.upgrade(services.db)
        elif not migrations.is_current(services.db):
            raise Conflict("The database’s schema is old.", hint="Run `outreach db upgrade`.")
        return services

    @cached_property
    def services_on_any_schema(self) -> Services:
        """The services for the commands that look at the schema itself."""
        return build_services(self.settings)

    def close(self) -> None:
        """Give the database's connections back."""
        if "services_on_any_schema" in vars(self):
            self.services_on_any_schema.db.close()

    def say(self, text: str = "") -> None:
        """A line for a person."""
        click.echo(text)

    def print_json(self, value: Any) -> None:
        """One JSON value for a machine, on standard output."""
        click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def plural(number: int, one: str, many: str) -> str:
    """A number with what it counts: 1 row, 46,988 rows."""
    return f"{number:,} {one if number == 1 else many}"


def actor() -> str:
    """Who is at this terminal, for the audit log."""
    return f"{getpass.getuser()} (command line)"
