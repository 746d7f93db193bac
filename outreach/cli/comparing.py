"""`outreach blasts compare`: two blasts held against each other."""

from __future__ import annotations

import click

from outreach.analytics import compare as comparing
from outreach.analytics import rollup, wording
from outreach.blasts import queries
from outreach.cli.context import Context, as_json
from outreach.tracking.catch_up import catch_up


@click.command()
@click.argument("a")
@click.argument("b")
@as_json
@click.pass_obj
def compare(context: Context, a: str, b: str, json_: bool) -> None:
    """Blast B held against blast A: each rate, and what chance alone can explain."""
    db = context.services.db
    catch_up(db, wait=True)
    rollup.advance(db)
    with db.reading() as session:
        first, second = (queries.named(session, name).id for name in (a, b))
        found = comparing.compare(session, first, second)
    if json_:
        context.print_json(found.to_json())
        return
    context.say(f"A: {found.a.name}\nB: {found.b.name}\n")
    for one in found.rates:
        context.say(f"{one.title}: {one.said}")
        context.say(f"  A {wording.rate(one.a, one.of)}\n  B {wording.rate(one.b, one.of)}")
        context.say(f"  B less A: {one.difference} (95 % interval {one.between})")
    context.say("\n" + " ".join(found.cautions))
