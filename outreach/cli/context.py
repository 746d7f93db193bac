"""What each command gets: settings, services built on first use, and the two ways to answer."""

from __future__ import annotations

import getpass
from functools import cached_property
from typing import Any

import click
import orjson

import config
from outreach.app import build_services
from outreach.services import Services


class Context:
    """One run of the command line."""

    def __init__(self, settings: config.Settings) -> None:
        self.settings = settings

    @cached_property
    def services(self) -> Services:
        """The domain's services, on the database of the settings."""
        return build_services(self.settings)

    def say(self, text: str = "") -> None:
        """A line for a person."""
        click.echo(text)

    def print_json(self, value: Any) -> None:
        """One JSON value for a machine, on standard output."""
        click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def actor() -> str:
    """Who is at this terminal, for the audit log."""
    return f"{getpass.getuser()} (command line)"
