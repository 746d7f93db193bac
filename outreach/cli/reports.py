"""`outreach reports`: the overview’s screens at the terminal."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from outreach.accounts.queries import the_organisation
from outreach.analytics.days import cohorts, conversion, days, growth
from outreach.analytics.intervals import Rate
from outreach.analytics.overview import charts as overview_charts
from outreach.analytics.overview import cited
from outreach.analytics.rollups import rollup
from outreach.cli.comparing import compare_segments
from outreach.cli.context import Context, as_json
from outreach.cli.saved import views
from outreach.core.clock import now
from outreach.tracking.catch_up import catch_up

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group("reports")
def reports() -> None:
    """What all blasts and petitions brought: pages, notes, growth, cohorts."""


@reports.command("growth")
@click.option("--by", type=click.Choice(list(growth.STEPS)), default=growth.MONTH)
@click.option("--from", "since", type=_DAY, help="A day of the first week or month.")
@click.option("--to", "until", type=_DAY, help="A day of the last one.")
@as_json
@click.pass_obj
def growth_(
    context: Context, by: str, since: datetime | None, until: datetime | None, json_: bool
) -> None:
    """Who joined by what, who came back, who left, by week or month."""
    db = context.services.db
    days.advance(db, growth.PEOPLE)
    with db.reading() as session:
        found = growth.growth(
            session, _today(session), by=by, since=_date(since), until=_date(until)
        )
    if json_:
        context.print_json([_period(one) for one in found.periods])
        return
    for one in found.periods:
        sources = ", ".join(
            f"{growth.SOURCES[name].lower()} {one.joined[name]:,}" for name in found.sources
        )
        context.say(
            f"{overview_charts.label(one, by)}: {one.joined.total():,} joined ({sources}), "
            f"{one.returned:,} came back, {one.left:,} left; {one.agreed:,} agree at its end"
        )


@reports.command("cohorts")
@click.option("--what", type=click.Choice(list(cohorts.WHATS)), default="opened")
@as_json
@click.pass_obj
def cohorts_(context: Context, what: str, json_: bool) -> None:
    """Of those who joined together: who opened, clicked or signed in each month since."""
    db = context.services.db
    catch_up(db, wait=True)
    rollup.advance(db)
    for subject in (growth.PEOPLE, cohorts.COHORTS):
        days.advance(db, subject)
    with db.reading() as session:
        found = cohorts.cohorts(session, _today(session), what)
    if json_:
        context.print_json([_cohort(one) for one in found.cohorts])
        return
    for one in found.cohorts:
        if one.cells:
            context.say(f"Joined in {one.month:%B %Y}, {one.joined:,} people; {what}:")
        for number, cell in one.cells.items():
            context.say(f"  {number} months on: {_rate(cell.rate, 'reached')}")


@reports.command("petitions")
@click.option("--from", "since", type=_DAY, help="The first day.")
@click.option("--to", "until", type=_DAY, help="The last day.")
@as_json
@click.pass_obj
def petitions_(
    context: Context, since: datetime | None, until: datetime | None, json_: bool
) -> None:
    """Who came to petitions’ pages by what, and how many of them signed."""
    db = context.services.db
    days.advance(db, conversion.VISITS)
    with db.reading() as session:
        found = conversion.conversion(session, _date(since), _date(until))
    lines = (found.all, *found.petitions)
    if json_:
        context.print_json([_visits(one) for one in lines])
        return
    for one in lines:
        context.say(f"{one.headline}: {_rate(one.whole, 'visits')}")
        for source in one.sources:
            said = f"{source.signed:,} signed"
            if source.rate.of:
                said = _rate(source.rate, "visits")
            context.say(f"  {conversion.SOURCES[source.name]}: {said}")


@reports.command("citations")
@click.option("--by-source", is_flag=True, help="All petitions together.")
@as_json
@click.pass_obj
def citations_(context: Context, by_source: bool, json_: bool) -> None:
    """Which notes and sources people followed from letters."""
    db = context.services.db
    catch_up(db, wait=True)
    rollup.advance(db)
    with db.reading() as session:
        found = cited.cited_anywhere(session) if by_source else cited.cited(session)
    if json_:
        context.print_json([_cited(one) for one in found])
        return
    for one in found:
        context.say(f"{one.title} ({one.headline})")
        context.say(f"  its number: {_rate(one.note, 'delivered')}")
        context.say(f"  the source: {_rate(one.source, 'delivered')}")


def _rate(rate: Rate, noun: str) -> str:
    """33 of 210 visits, 16 % (95 % interval 11 to 21 %)."""
    if not rate.of:
        return f"no rate: nobody {noun}"
    said = f"{rate.count:,} of {rate.of:,} {noun}, {rate.percent}"
    return f"{said} (95 % interval {rate.between})"


def _visits(one: conversion.PetitionVisits) -> dict[str, object]:
    return {
        "petition": one.petition_id,
        "headline": one.headline,
        "sources": {
            source.name: {
                **source.rate.to_json(),
                "signed": source.signed,
                "machines": source.machines,
            }
            for source in one.sources
        },
    }


def _cited(one: cited.Cited) -> dict[str, object]:
    return {
        "petition": one.petition_id,
        "headline": one.headline,
        "source": one.title,
        "url": one.url,
        "note_followed": one.note.to_json(),
        "source_followed": one.source.to_json(),
    }


def _today(session: Session) -> date:
    return now().astimezone(ZoneInfo(the_organisation(session).timezone)).date()


def _cohort(one: cohorts.Cohort) -> dict[str, object]:
    return {
        "month": f"{one.month:%Y-%m}",
        "joined": one.joined,
        "months": {str(number): cell.rate.to_json() for number, cell in one.cells.items()},
    }


def _date(said: datetime | None) -> date | None:
    return said.date() if said else None


def _period(one: growth.Period) -> dict[str, object]:
    return {
        "from": one.first.isoformat(),
        "to": one.last.isoformat(),
        "joined": {name: one.joined[name] for name in growth.SOURCES},
        "came_back": one.returned,
        "left": one.left,
        "net": one.net,
        "agreed": one.agreed,
    }


reports.add_command(compare_segments)
reports.add_command(views)
