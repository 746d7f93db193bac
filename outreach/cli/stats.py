"""`outreach stats`: what screens count with, proved and mended."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
from sqlalchemy import select

from outreach.analytics.days import proof as day_proof
from outreach.analytics.rollups import proof
from outreach.blasts import queries
from outreach.blasts.models import Blast
from outreach.cli.context import Context, as_json, plural
from outreach.core.clock import now
from outreach.tracking import partitions
from outreach.tracking.catch_up import catch_up

DIFFERENT = 1  # the exit code of a check that found a difference


@click.group("stats")
def stats() -> None:
    """The figures of all blasts, and the proof that they equal the events."""


@stats.command("recount")
@click.argument("blast", required=False)
@click.option("--check", is_flag=True, help="Only compare; exit 1 where a figure differs.")
@as_json
@click.pass_obj
def recount_(context: Context, blast: str | None, check: bool, json_: bool) -> None:
    """Recount BLAST, or every blast, from the rows themselves, and name what differs.

    Without --check, figures that differ are counted anew.
    """
    db = context.services.db
    catch_up(db, wait=True)
    with db.reading() as session:
        if blast is None:
            chosen = session.scalars(select(Blast).order_by(Blast.id)).all()
        else:
            chosen = [queries.named(session, blast)]
    forgotten = _forgotten(chosen, context.services.events_keep_months)
    compare = proof.check if check else proof.mend
    differing = {}
    for one in chosen:
        if one.id in forgotten:
            continue
        found = compare(db, one.id)
        if found:
            differing[one.id] = found
        if found and not json_:
            context.say(f"{one.name} (blast {one.id}):")
            for line in found:
                context.say(f"  {line}")
    by_day = [] if blast else (day_proof.check if check else day_proof.mend)(db)
    if by_day and not json_:
        context.say("By day:")
        for line in by_day:
            context.say(f"  {line}")
    if json_:
        context.print_json(
            {
                "blasts": len(chosen) - len(forgotten),
                "left_out": sorted(forgotten),
                "equal": not differing and not by_day,
                "mended": bool(differing or by_day) and not check,
                "days": by_day,
                "differences": {str(blast_id): found for blast_id, found in differing.items()},
            }
        )
    else:
        context.say(_outcome(len(chosen) - len(forgotten), len(differing), check=check))
        if blast is None:
            said = "Growth of the list, recounted from the consent ledger: "
            context.say(said + ("equal." if not by_day else "not equal." if check else "mended."))
        if forgotten:
            left_out = plural(len(forgotten), "blast", "blasts")
            context.say(f"{left_out} left out: their events are no longer kept.")
    if (differing or by_day) and check:
        sys.exit(DIFFERENT)


def _forgotten(blasts: Sequence[Blast], months: int) -> set[int]:
    """Blasts that a recount can't do justice to any more; their figures stay as they are."""
    if not months:
        return set()
    since = partitions.month_of(now(), -months)
    return {blast.id for blast in blasts if blast.frozen_at and blast.frozen_at < since}


def _outcome(blasts: int, differing: int, *, check: bool) -> str:
    said = f"{plural(blasts, 'blast', 'blasts')} recounted from the events: "
    if not differing:
        return said + "equal."
    if check:
        return said + f"{differing:,} not equal. Mend: outreach stats recount"
    return said + f"{differing:,} counted anew, and equal now."
