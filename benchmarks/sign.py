"""How fast a petition's page is shown and signed, and whether every signature is kept once.

python -m benchmarks.sign --connections 64 --seconds 10 --json

In one run on a PostgreSQL of its own, with the load from one process: the same server with an empty
callable (the limit, once for each kind of request), the page for strangers, the page for people
whom their own letter's link names, and these people signing by one press. Then 64 connections press
two times for each person at the same instant. Afterwards everything is counted: the rows, the
letters that thank, the events, and the count that the page shows.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import click
import requests
from sqlalchemy import exists, func, select

from benchmarks.door import server, write_letters
from benchmarks.door_visitors import Pace, knock
from benchmarks.postgres import installed
from benchmarks.sign_twice import press_twice
from outreach.core import log
from outreach.core.clock import now
from outreach.mail.models import BATCHES, Delivery
from outreach.petitions import queries, tally
from outreach.petitions.models import Petition, Signature
from outreach.petitions.pages import RECOGNISE
from outreach.services import Services
from outreach.tracking.models import Event

_COUNT = re.compile(r'<p class="big">([\d,]+)</p>')


@dataclass(frozen=True)
class Visitors:
    """Who comes: the petition's path, and for each person the letter's link and the press."""

    page: str
    known: list[str]
    presses: list[str]


@dataclass(frozen=True)
class Measured:
    """A pace, and the microseconds of processor time that each answer took, by what used them; they
    depend less than the pace on who else uses the machine."""

    pace: Pace
    cpu_us: Mapping[str, float]

    @property
    def all_us(self) -> float:
        """In all processes, our own and PostgreSQL's."""
        return sum(self.cpu_us.values())


@click.command()
@click.option("--connections", default=64, show_default=True)
@click.option("--seconds", default=10.0, show_default=True, help="Of each part.")
@click.option("--workers", default=2, show_default=True, help="Web processes.")
@click.option("--people", default=100_000, show_default=True, help="Who got a letter.")
@click.option("--json", "as_json", is_flag=True)
def main(connections: int, seconds: float, workers: int, people: int, as_json: bool) -> None:
    """Show and sign a petition, and print what became of it."""
    log.configure(level="WARNING")
    with installed(workers) as (_, settings, services):
        write_letters(services, people)
        visitors = who_comes(services, people)

        def measured(port: int, paths: list[str], *, post: bool = False) -> Measured:
            before = cpu_s()
            pace = knock(port, paths, connections=connections, seconds=seconds, post=post)
            while letters_wait(services):
                time.sleep(0.1)
            answers = max(pace.requests, 1)
            us = {kind: (spent - before[kind]) / answers * 1e6 for kind, spent in cpu_s().items()}
            return Measured(pace, us)

        twice, rest = visitors.presses[:1000], visitors.presses[1000:]
        with server(settings | {"door_threads": "64"}, "benchmarks.door_others:empty") as port:
            limits = measured(port, visitors.known), measured(port, rest, post=True)
        with server(settings) as port:
            knock(port, [visitors.page], connections=connections, seconds=1)
            strangers = measured(port, [visitors.page])
            known = measured(port, visitors.known)
            signing = measured(port, rest, post=True)
            result = figures(limits, strangers, known, signing)
            pressed = press_twice(port, twice, connections=connections)
            shown = count_on_page(port, visitors.page)
        result |= kept(services, signing.pace, len(rest), pressed, shown)
    if as_json:
        click.echo(json.dumps(result))
    else:
        for name, value in result.items():
            click.echo(f"{name:<28} {value}")


def who_comes(services: Services, people: int) -> Visitors:
    """A link and a press of their own for each of the letters."""
    with services.db.reading() as session:
        petition = session.scalars(select(Petition)).one()
        version = queries.current_version(session, petition)
    page = f"/petitions/{petition.slug}"
    until = now() + timedelta(days=1)
    letters = [services.tokens.seal(RECOGNISE, i, expires=until) for i in range(1, people + 1)]
    return Visitors(
        page,
        [f"{page}?letter={token}" for token in letters],
        [
            f"{page}/sign {urlencode({'wording': version.fingerprint, 'letter': token})}"
            for token in letters
        ],
    )


def letters_wait(services: Services) -> bool:
    """Whether the worker still has letters to send: they are part of what a signature takes."""
    with services.db.reading() as session:
        return bool(session.scalar(select(exists().where(BATCHES.c.state != "done"))))


def cpu_s() -> Counter[str]:
    """Processor time that everything we started has taken: "web", "worker" and "database"."""
    parents, spent = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            words = path.read_text().rpartition(")")[2].split()
            command = (path.parent / "cmdline").read_bytes()
            kind = "database" if command.startswith((b"postgres:", b"/usr/lib/postgres")) else "web"
            kind = "worker" if b"\0worker\0" in command else kind
            parents[int(path.parent.name)] = int(words[1])
            # Of itself, and of those that it started and that ended.
            spent[int(path.parent.name)] = kind, sum(map(int, words[11:15]))
    mine, found = {os.getpid()}, True
    while found:
        found = {pid for pid, parent in parents.items() if parent in mine} - mine
        mine |= found
    ours: Counter[str] = Counter()
    for pid in mine - {os.getpid()}:
        kind, ticks = spent[pid]
        ours[kind] += ticks / os.sysconf("SC_CLK_TCK")  # type: ignore[assignment]
    return ours


def figures(
    limits: tuple[Measured, Measured], strangers: Measured, known: Measured, signing: Measured
) -> dict[str, float]:
    """The page and the press beside what the same server can do at all.

    `pages_per_second` is the page that everybody gets; the page of people whom their letters' links
    name, which the database has to be asked for, stands beside it.
    """
    return {
        "pages_per_second": round(strangers.pace.per_second),
        "signatures_per_second": round(signing.pace.per_second),
        "limit_per_second": round(limits[0].pace.per_second),
        "signing_limit_per_second": round(limits[1].pace.per_second),
        "recognised_pages_per_second": round(known.pace.per_second),
        "pages_p99_ms": round(strangers.pace.p99_ms, 2),
        "recognised_pages_p99_ms": round(known.pace.p99_ms, 2),
        "signing_p99_ms": round(signing.pace.p99_ms, 2),
        "page_cpu_us": round(strangers.all_us),
        "recognised_page_cpu_us": round(known.all_us),
        "signature_cpu_us": round(signing.all_us),
        **{f"signature_{kind}_us": round(us) for kind, us in sorted(signing.cpu_us.items())},
        "limit_cpu_us": round(limits[0].all_us),
        "errors": strangers.pace.errors + known.pace.errors + signing.pace.errors,
    }


def kept(
    services: Services, signing: Pace, people: int, pressed: int, shown: int
) -> dict[str, int]:
    """What became of the presses: every one that was answered must be there, once.

    wrk does not say which were answered when it hung up: as many as it had connections may be
    stored beyond those. Double is a second letter or event of one person, and whatever one of the
    counts has above another.
    """
    if signing.requests > people:
        raise SystemExit("More presses than people: ask for more with --people.")
    with services.db.reading() as session:
        petition = session.scalars(select(Petition)).one()
        people_signed = select(func.count(Signature.supporter_id.distinct()))
        stored = session.scalar(people_signed.where(Signature.state == "verified")) or 0
        thanked = session.scalar(select(func.count()).where(Delivery.kind == "thanks")) or 0
        events = session.scalar(select(func.count()).where(Event.kind == "signed")) or 0
        counts = [tally.count(session, petition.id), tally.recount(session, petition.id)]
    everything = [thanked, events, shown, *counts]
    answered = signing.requests - signing.errors + pressed
    return {
        "stored": stored,
        "lost": max(answered - min(stored, *everything), 0),
        "doubled": sum(max(found - stored, 0) for found in everything),
    }


def count_on_page(port: int, page: str) -> int:
    """The number that the page shows at once after the last press, and after two seconds."""
    time.sleep(2)
    found = _COUNT.search(requests.get(f"http://127.0.0.1:{port}{page}", timeout=30).text)
    return int(found[1].replace(",", "")) if found else 0


if __name__ == "__main__":
    main()
