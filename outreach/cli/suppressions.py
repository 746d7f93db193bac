"""outreach suppressions: exchange them with the provider's own lists."""

from __future__ import annotations

from dataclasses import asdict

import click

from outreach.cli.context import Context, as_json
from outreach.consent.exchange import KeepsSuppressions, exchange
from outreach.core.errors import Conflict


@click.group("suppressions")
def suppressions() -> None:
    """Addresses that must not be written to, here and at the provider."""


@suppressions.command()
@as_json
@click.pass_obj
def sync(context: Context, json_: bool) -> None:
    """Read the provider's lists into ours, and tell it what is suppressed here.

    A worker does it every quarter of an hour; doing it twice changes nothing.
    """
    provider = context.services.provider
    if not isinstance(provider, KeepsSuppressions):
        raise Conflict(
            f"The provider “{provider.name}” keeps no lists of its own. Nothing was changed.",
            hint="This is for OUTREACH_PROVIDER=sendgrid.",
        )
    found = exchange(context.services.db, provider.suppression_lists())
    if json_:
        context.print_json(asdict(found))
        return
    for name, number in found.read.items():
        context.say(f"Read from {name.replace('_', ' ')}: {number:,}")
    context.say(f"New here: {found.new:,}. Told to {provider.name}: {found.told:,}.")
