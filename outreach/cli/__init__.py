"""The command line: everything that the screens do, and what runs the servers.

Each command's module is imported when it is called for: with all of them comes the whole house, a
second or two before a word is said.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from textwrap import shorten

import click

# By name: the module below that holds it, and what it says of itself (a test compares the two).
COMMANDS = {
    "accounts": (
        "accounts",
        "People who may sign in to the console; the first one makes the organisation.",
    ),
    "lists": ("lists", "Named groups that supporters belong to."),
    "supporters": (
        "supporters",
        "People with an email address: imported, exported, added, suppressed, shown.",
    ),
    "suppressions": (
        "suppressions",
        "Addresses that must not be written to, here and at the provider.",
    ),
    "segments": (
        "segments",
        "Questions about supporters: who is on a list, signed, opened, lives somewhere.",
    ),
    "petitions": ("petitions", "Petitions: texts that people put their name under."),
    "sources": ("sources", "Sources: published things that petitions and letters lean on."),
    "blasts": ("blasts", "Blasts: one ask to one audience at one time."),
    "deliveries": ("deliveries", "Letters of which it is unknown whether they left."),
    "pace": ("pace", "How fast letters leave."),
    "mailbox": ("mailbox", "Letters that the local mailbox took."),
    "bounces": ("bounces", "Bounce mail and complaints."),
    "tracking": (
        "tracking",
        "Human or machine: try the rules on a log, change them, judge all history anew.",
    ),
    "stats": ("stats", "The figures of all blasts, and the proof that they equal the events."),
    "reports": ("reports", "What all blasts and petitions brought: pages, notes, growth, cohorts."),
    "analytics": ("analytics", "SQL views for your own tool, and who may read them."),
    "deliverability": (
        "deliverability",
        "Show the deliverability score card: records, complaints, bounces, unsubscribing.",
    ),
    "dkim": ("dkim", "Check the keys that sign letters, and print their DNS records."),
    "db": ("database", "The database's schema."),
    "serve": ("serve", "Serve the web application and run one worker beside it."),
    "worker": (
        "serve",
        "Run the background jobs and the sender, until SIGTERM; the letters in hand end first.",
    ),
    "doctor": (
        "doctor",
        "Check settings, database, provider, DNS, clock, worker and kept files; sends nothing.",
    ),
    "demo": (
        "demo",
        "Run the main job on sample content with simulated people, then go on serving.",
    ),
}


class Outreach(click.Group):
    """The root command: knows its commands by name, and turns our errors into two lines and an
    exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the alphabet, as click has them."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        found: click.Command = getattr(import_module(f"outreach.cli.{module}"), cmd_name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from their names alone."""
        room = formatter.width - 6 - max(map(len, COMMANDS))
        rows = [
            (name, shorten(COMMANDS[name][1], room, placeholder="..."))
            for name in self.list_commands(ctx)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> object:
        """2 for what the caller can put right, 1 for what they can't."""
        answered: Callable[[Callable[[], object]], object] = _running("answered")
        return answered(lambda: super(Outreach, self).invoke(ctx))


def _running(name: str) -> Callable[..., object]:
    found: Callable[..., object] = getattr(import_module("outreach.cli.running"), name)
    return found


@click.group(cls=Outreach)
@click.version_option(package_name="outreach")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Petitions, letters that ask for signatures, and figures that can be recounted."""
    _running("begin")(ctx)
