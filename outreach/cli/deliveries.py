"""outreach deliveries: letters of which it is unknown whether they left."""

from __future__ import annotations

from dataclasses import asdict

import click

from outreach.blasts import queries, standing
from outreach.cli.context import Context, actor, as_json, plural
from outreach.core.errors import BadInput

ID = click.IntRange(1, 2**63 - 1)


@click.group()
def deliveries() -> None:
    """Letters of which it is unknown whether they left. BLAST is a name or a number."""


@deliveries.command()
@click.option("--blast", help="Only of this blast.")
@as_json
@click.pass_obj
def unknown(context: Context, blast: str | None, json_: bool) -> None:
    """List them; they are never sent again by themselves, and reports may still settle them."""
    with context.services.db.reading() as session:
        chosen = queries.named(session, blast) if blast else None
        found = standing.unknown(session, chosen)
    if json_:
        context.print_json([asdict(letter) for letter in found])
        return
    for letter in found:
        context.say(f"{letter.delivery_id:>8}  {letter.address}  {letter.blast or letter.kind}")
        if letter.reason:
            context.say(f"{'':10}{letter.reason}")
    context.say(f"{len(found):,} unknown.")


@deliveries.command()
@click.argument("ids", type=ID, nargs=-1, required=True, metavar="ID…")
@click.option("--as", "as_", type=click.Choice(tuple(standing.SETTLED)), required=True)
@click.option("--reason", required=True, help="How you know; kept under your name.")
@click.pass_obj
def settle(context: Context, ids: tuple[int, ...], as_: str, reason: str) -> None:
    """Say what became of unknown letters; nothing is sent."""
    with context.services.db.transaction() as session:
        standing.settle(session, ids, as_=as_, reason=reason, actor=actor())
    context.say(f"{plural(len(set(ids)), 'letter counts', 'letters count')} as {as_}.")


@deliveries.command()
@click.argument("ids", type=ID, nargs=-1, metavar="[ID…]")
@click.option("--blast", help="All unknown ones of this blast.")
@click.confirmation_option(prompt=f"{standing.TWICE} Send again?")
@click.pass_obj
def resend(context: Context, ids: tuple[int, ...], blast: str | None) -> None:
    """Send unknown or refused letters again; the same person may get one twice."""
    if bool(ids) == bool(blast):
        raise BadInput(
            "Name letters or a blast, and not both; nothing was changed.",
            hint="outreach deliveries resend 17 18, or: outreach deliveries resend --blast NAME",
        )
    with context.services.db.transaction() as session:
        if blast:
            chosen = queries.named(session, blast, lock=True)
            back = standing.resend_unknown(session, chosen, actor=actor())
            paused = chosen.state == "paused"
        else:
            back, paused = standing.resend(session, ids, actor=actor()), False
    context.say(standing.sent_again(back, paused=paused))
