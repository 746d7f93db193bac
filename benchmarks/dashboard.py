"""How long the data of each screen takes, and how fast new events are counted, on PostgreSQL.

python -m benchmarks.dashboard --events 20000000 --json
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

import config
from benchmarks import limits
from benchmarks.many_events import BETWEEN, BLASTS, START, ManyEvents
from outreach.analytics.days import cohorts, conversion, days, growth
from outreach.analytics.overview import (
    churn,
    cited,
    compare,
    compare_segments,
    dashboard,
    overview,
    timing,
)
from outreach.analytics.overview.overview import Asked
from outreach.analytics.report import reports, signers
from outreach.analytics.report.counting import timeline_of
from outreach.analytics.rollups import proof, rollup
from outreach.app import build_services
from outreach.core import log, migrations
from outreach.core.db import Database

TIMES = 7
UTC = ZoneInfo("UTC")
# After the last blast, whatever today is.
_LAST = (START + BLASTS * BETWEEN).date()
Read = Callable[[Session], object]


def screens() -> Mapping[str, Read]:
    """What each screen and command asks for, by its name."""
    everything = range(1, BLASTS + 1)
    return {
        "home": lambda session: dashboard.headlines(session, everything[-5:]),
        "all blasts": lambda session: overview.lines(session, Asked("sign", down=True), UTC),
        "compare two": lambda session: compare.compare(session, 1, BLASTS),
        "times and subjects": _times,
        "report of the newest": lambda session: reports.blast_report(session, BLASTS).to_json(),
        "report of the first": lambda session: reports.blast_report(session, 1).to_json(),
        "its chart": lambda session: timeline_of(session, BLASTS),
        "growth": lambda session: growth.growth(session, _LAST, by="week"),
        "cohorts": lambda session: cohorts.cohorts(session, _LAST, "clicked"),
        "petitions": lambda session: (conversion.conversion(session), cited.cited(session)),
        "leaving": lambda session: churn.churn(session, _LAST, UTC),
        "compare segments": _compare_segments,
        "who signed": lambda session: signers.page_of_signers(session, BLASTS, 1),
    }


def _times(session: Session) -> object:
    numbers = list(overview.numbers_of_variants(session))
    lines = overview.lines(session, Asked(), UTC, numbers)
    return timing.send_times(lines, UTC), timing.subjects(session, numbers)


def _compare_segments(session: Session) -> object:
    names = compare_segments.names(session)
    return compare_segments.compare(session, *names[:2], UTC) if names[1:] else None


@click.command()
@click.option("--events", default=20_000_000, show_default=True)
@click.option("--new", default=1_000_000, show_default=True, help="Events that come afterwards.")
@click.option("--blasts", default=10, show_default=True, help="The last ones, to which they come.")
@click.option("--recount", default=BLASTS, show_default=True, help="Of so many of the last blasts.")
@click.option("--json", "as_json", is_flag=True)
def main(events: int, new: int, blasts: int, recount: int, as_json: bool) -> None:
    """Build the world, count it, count what is new, look at every screen, recount."""
    log.configure(level="WARNING")
    took: dict[str, float] = {}
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        url = held.enter_context(limits.postgres_database())
        settings = config.load(_env_file=None, data_dir=folder, provider="null", database_url=url)
        db = build_services(settings).db
        held.callback(db.close)
        migrations.upgrade(db)
        world = ManyEvents(db, events)
        took["built_s"] = _seconds(world.build)
        took["first_count_s"] = _seconds(lambda: rollup.advance(db))
        took["days_counted_s"] = _seconds(lambda: _count_days(db))
        took["new_stored_s"] = _seconds(lambda: world.add(new, blasts))
        took["new_counted_s"] = _seconds(lambda: rollup.advance(db))
        took["new_days_counted_s"] = _seconds(lambda: _count_days(db))
        shown = {name: _look(db, read) for name, read in screens().items()}
        differing = {}
        began = time.perf_counter()
        for blast_id in range(BLASTS - recount + 1, BLASTS + 1):
            if found := proof.check(db, blast_id):
                differing[blast_id] = found[:3]
        took["recount_s"] = round(time.perf_counter() - began, 2)
    result = {
        "events": events,
        "new_events": new,
        **took,
        "slowest_ms": max(shown.values()),
        "screens": shown,
        "recount_equal": not differing,
        "recounted_blasts": recount,
        **({"differences": differing} if differing else {}),
    }
    click.echo(
        json.dumps(result) if as_json else "\n".join(f"{k:<20} {v}" for k, v in result.items())
    )
    if differing:
        raise SystemExit(1)


def _count_days(db: Database) -> None:
    for subject in (growth.PEOPLE, conversion.VISITS, cohorts.COHORTS):
        days.advance(db, subject)


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return round(time.perf_counter() - began, 2)


def _look(db: Database, read: Read) -> float:
    """Milliseconds that a screen's data takes: the median of TIMES, a connection at hand."""
    took = []
    for _ in range(TIMES):
        with db.reading() as session:
            began = time.perf_counter()
            read(session)
            took.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(took), 1)


if __name__ == "__main__":
    main()
