"""outreach lists: named groups of supporters, and the files that define them."""

from __future__ import annotations

from pathlib import Path

import click

from outreach.accounts import audit
from outreach.accounts.queries import the_organisation
from outreach.cli.context import Context, actor, as_json
from outreach.cli.imports import take_in
from outreach.supporters import csvfile
from outreach.supporters import lists as supporter_lists


@click.group("lists")
def lists() -> None:
    """Named groups that supporters belong to."""


@lists.command("list")
@as_json
@click.pass_obj
def list_(context: Context, json_: bool) -> None:
    """Show every list with the number of people on it."""
    with context.services.db.reading() as session:
        found = supporter_lists.summaries(session)
    if json_:
        context.print_json(
            [
                {
                    "name": each.supporter_list.name,
                    "members": each.members,
                    "wording": each.supporter_list.wording,
                }
                for each in found
            ]
        )
        return
    for each in found:
        context.say(f"{each.members:>12,}  {each.supporter_list.name}")
    if not found:
        context.say("No list yet. Make one: outreach lists create NAME")


@lists.command()
@click.argument("name")
@click.option("--wording", default="", help="What people agree to when they join.")
@click.pass_obj
def create(context: Context, name: str, wording: str) -> None:
    """Make an empty list."""
    with context.services.db.transaction() as session:
        made = supporter_lists.create(session, the_organisation(session), name, wording)
        audit.record(session, actor=actor(), action="list.create", subject=f"list:{made.id}")
        context.say(f"“{made.name}” is made. It is empty.")


@lists.command()
@click.argument("path", type=click.Path(path_type=Path))
@as_json
@click.pass_obj
def load(context: Context, path: Path, json_: bool) -> None:
    """Make the list that a TOML file defines and import the supporters it names.

    Loading again updates the people and the wording and adds nobody twice.
    """
    definition = supporter_lists.read_definition(path)
    take_in(
        context,
        definition.file,
        csvfile.inspect(definition.file),
        list_name=definition.name,
        wording=definition.wording,
        basis=definition.basis,
        json_=json_,
    )
