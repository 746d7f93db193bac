"""`outreach reports`: the overview’s screens at the terminal."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from outreach.accounts.queries import the_organisation
from outreach.analytics import cohorts, days, growth, overview_charts, rollup, wording
from outreach.cli.context import Context, as_json
from outreach.core.clock import now
from outreach.tracking.catch_up import catch_up

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group("reports")
def reports() -> None:
    """What all blasts and petitions brought: growth of the list, cohorts."""


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
            context.say(f"  {number} months on: {wording.rate(cell.rate, 'reached')}")


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
