"""outreach segments: count, sample and explain rules; save them under a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TypeVar

import click
from sqlalchemy.orm import Session

from outreach.accounts.queries import the_organisation
from outreach.audiences import operations, queries
from outreach.audiences.rules import Rule, parse
from outreach.cli.context import Context, as_json, plural
from outreach.core.errors import BadInput

Command = TypeVar("Command", bound=Callable[..., None])


@click.group("segments")
def segments() -> None:
    """Questions about supporters: who is on a list, signed, opened, lives somewhere."""


def _rules(command: Command) -> Command:
    """Let a command take RULES, or --name of a saved segment in their place."""
    argument = click.argument("rules", required=False)
    option = click.option("--name", "saved", metavar="SAVED", help="A saved segment's rules.")
    return argument(option(command))


@segments.command()
@_rules
@as_json
@click.pass_obj
def count(context: Context, rules: str | None, saved: str | None, json_: bool) -> None:
    """Say how many supporters RULES choose."""
    with context.services.db.reading() as session:
        number = queries.count(session, _chosen(session, rules, saved))
    if json_:
        context.print_json({"count": number})
    else:
        context.say(_people(number))


@segments.command()
@_rules
@click.option("-n", "size", type=click.IntRange(1, 10_000), default=10, show_default=True)
@as_json
@click.pass_obj
def sample(context: Context, rules: str | None, saved: str | None, size: int, json_: bool) -> None:
    """Show some of those whom RULES choose, mixed, the same ones each time."""
    with context.services.db.reading() as session:
        rule = _chosen(session, rules, saved)
        number = queries.count(session, rule)
        people = queries.sample(session, rule, size)
    if json_:
        context.print_json({"count": number, "sample": [asdict(one) for one in people]})
        return
    context.say(f"{len(people):,} of {_people(number)}")
    for one in people:
        context.say("  " + "  ".join(filter(None, (one.email, one.name, one.place))))


@segments.command()
@_rules
@as_json
@click.pass_obj
def explain(context: Context, rules: str | None, saved: str | None, json_: bool) -> None:
    """Say how many each part of RULES chooses by itself."""
    with context.services.db.reading() as session:
        parts = queries.explain(session, _chosen(session, rules, saved))
    if json_:
        context.print_json({"parts": [{"rules": text, "count": n} for text, n in parts]})
        return
    width = max(len(f"{number:,}") for _, number in parts)
    for text, number in parts:
        context.say(f"{number:>{width},}  {text}")


@segments.command()
@click.argument("name")
@click.argument("rules")
@click.pass_obj
def save(context: Context, name: str, rules: str) -> None:
    """Keep RULES under NAME; a segment of that name gets the new rules."""
    with context.services.db.transaction() as session:
        segment = operations.save(session, the_organisation(session), name, rules)
        number = queries.count(session, queries.rule_of(segment))
        context.say(f"Saved “{segment.name}”: {_people(number)} at present.")


@segments.command("list")
@as_json
@click.pass_obj
def list_(context: Context, json_: bool) -> None:
    """Show the saved segments and their rules."""
    with context.services.db.reading() as session:
        saved = [(segment.name, segment.rules) for segment in queries.all_segments(session)]
    if json_:
        context.print_json({"segments": [{"name": name, "rules": text} for name, text in saved]})
        return
    if not saved:
        context.say("No segment is saved yet. Keep one: outreach segments save NAME 'RULES'")
    for name, text in saved:
        context.say(f"{name}: {text}")


@segments.command()
@click.argument("name")
@click.pass_obj
def delete(context: Context, name: str) -> None:
    """Forget the segment NAME; its people stay."""
    with context.services.db.transaction() as session:
        operations.delete(session, queries.by_name(session, name))
    context.say(f"Deleted “{name}”. Its people were not touched.")


def _chosen(session: Session, rules: str | None, saved: str | None) -> Rule:
    if (rules is None) == (saved is None):
        raise BadInput(
            "Give either RULES or the --name of a saved segment.",
            hint="For example: outreach segments count 'list \"Westhaven\" and not signed any'",
            field="rules",
        )
    if saved is not None:
        return queries.rule_of(queries.by_name(session, saved))
    return parse(rules or "")


def _people(number: int) -> str:
    return plural(number, "supporter", "supporters")
