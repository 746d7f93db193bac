"""Blasts, and segments, held against each other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from outreach.accounts.queries import the_organisation
from outreach.analytics.overview import compare as comparing
from outreach.analytics.overview import compare_segments as segments
from outreach.analytics.report import wording
from outreach.analytics.rollups import rollup
from outreach.blasts import queries
from outreach.cli.context import Context, as_json, plural
from outreach.tracking.catch_up import catch_up

_DAY = click.DateTime(formats=["%Y-%m-%d"])


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
    _say(context, found.rates, found.cautions)


@click.command("compare-segments")
@click.argument("a")
@click.argument("b")
@click.option("--blast", "blasts", multiple=True, help="Name or number; again for each.")
@click.option("--from", "since", type=_DAY, help="Blasts that started on this day or later.")
@click.option("--to", "until", type=_DAY, help="And on this day at the latest.")
@as_json
@click.pass_obj
def compare_segments(
    context: Context,
    a: str,
    b: str,
    blasts: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    json_: bool,
) -> None:
    """Segment B held against segment A over the same blasts, by who was in them at the freeze."""
    db = context.services.db
    catch_up(db, wait=True)
    rollup.advance(db)
    with db.reading() as session:
        found = segments.compare(
            session,
            a,
            b,
            ZoneInfo(the_organisation(session).timezone),
            blasts=[queries.named(session, name).id for name in blasts],
            since=since.date() if since else None,
            until=until.date() if until else None,
        )
    if json_:
        context.print_json(found.to_json())
        return
    context.say(f"A: {a}\nB: {b}\nOver {plural(len(found.blasts), 'blast', 'blasts')}.\n")
    _say(context, found.rates, found.cautions)


def _say(context: Context, rates: Iterable[comparing.Difference], cautions: Iterable[str]) -> None:
    for one in rates:
        context.say(f"{one.title}: {one.said}")
        context.say(f"  A {wording.rate(one.a, one.of)}\n  B {wording.rate(one.b, one.of)}")
        context.say(f"  B less A: {one.difference} (95 % interval {one.between})")
    context.say("\n" + " ".join(cautions))
