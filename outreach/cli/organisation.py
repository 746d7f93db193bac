"""`outreach accounts organisation`: who speaks in the letters."""

from __future__ import annotations

import click

from outreach.accounts.operations import edit_organisation, organisation_values
from outreach.accounts.queries import the_organisation
from outreach.cli.context import Context, actor, as_json
from outreach.core.errors import BadInput

LABELS = {
    "name": "Name",
    "postal_address": "Postal address",
    "sender_name": "Sender’s name",
    "sender_address": "Sender’s address",
    "reply_to": "Replies go to",
    "timezone": "Time zone",
    "language": "Language",
    "country": "Country",
    "quiet_hours": "Quiet hours",
}

EMPTY = {"reply_to": "the sender’s address", "country": "not said", "quiet_hours": "none"}


@click.group("organisation")
def organisation() -> None:
    """Who speaks in the letters: name, postal address, sender, time zone."""


@organisation.command()
@as_json
@click.pass_obj
def show(context: Context, json_: bool) -> None:
    """Show the organisation."""
    with context.services.db.reading() as session:
        values = organisation_values(the_organisation(session))
    if json_:
        context.print_json(values)
        return
    for field, label in LABELS.items():
        lines = values[field].splitlines() or [EMPTY[field]]
        context.say(f"{label + ':':<18}{lines[0]}")
        for line in lines[1:]:
            context.say(f"{'':18}{line}")


@organisation.command()
@click.option("--name")
@click.option("--postal-address", help="Shown in each letter; lines are parted by line breaks.")
@click.option("--sender-name", help="The name that letters come from.")
@click.option("--sender-address", help="The address that letters come from.")
@click.option("--reply-to", help="Where replies go; empty: to the sender’s address.")
@click.option("--timezone", help="Such as Europe/Paris.")
@click.option("--language", help="Of the letters, such as en.")
@click.option("--country", help="Of most supporters, such as US; what consent they are asked for.")
@click.option("--quiet-hours", help="Blasts don’t leave then: 21:00-08:00; empty: none.")
@click.pass_obj
def edit(context: Context, /, **given: str | None) -> None:
    """Change what is given; the rest stays. Blasts that have started keep what they had."""
    changes = {field: value for field, value in given.items() if value is not None}
    if not changes:
        raise BadInput("Nothing to change was given.", hint="See --help for what can be changed.")
    with context.services.db.transaction() as session:
        changed = edit_organisation(session, the_organisation(session), changes, actor=actor())
    said = ", ".join(LABELS[field].lower() for field in changed)
    context.say(f"Changed: {said}." if changed else "That is what it was: nothing changed.")
    if {"sender_name", "sender_address"} & set(changed):
        context.say("Blasts that are drafted already keep the sender that stands in them.")
