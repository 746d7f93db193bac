"""How fast a blast leaves: audience frozen, each letter claimed, filled, handed over, recorded.

python -m benchmarks.send --provider null --recipients 100000 --json
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from urllib.parse import urlsplit

import click

import config
from benchmarks import limits, world
from benchmarks.sendgrid_sink import sendgrid_sink
from outreach.app import build_services
from outreach.blasts import queries, schedule
from outreach.blasts.compose import compose, preview
from outreach.blasts.models import CheckOverride
from outreach.blasts.progress import progress_of
from outreach.core import log, migrations
from outreach.jobs import sending
from outreach.mail.plan import Recipient
from outreach.providers.sendgrid_request import MAX_PEOPLE, RequestMaker
from outreach.services import Services


@click.command()
@click.option(
    "--provider", type=click.Choice(["null", "mailbox", "smtp", "sendgrid"]), default="null"
)
@click.option("--recipients", default=100_000, show_default=True)
@click.option(
    "--database",
    type=click.Choice(["sqlite", "postgresql"]),
    help="Default: PostgreSQL for smtp and sendgrid, SQLite otherwise; new, removed afterwards.",
)
@click.option("--processes", default=1, show_default=True, help="How many workers send it.")
@click.option("--json", "as_json", is_flag=True)
def main(
    provider: str, recipients: int, database: str | None, processes: int, as_json: bool
) -> None:
    """Send one blast to that many people and print what it took."""
    database = database or ("postgresql" if provider in ("smtp", "sendgrid") else "sqlite")
    with ExitStack() as held:
        settings = {"data_dir": Path(held.enter_context(tempfile.TemporaryDirectory()))}
        if database == "postgresql":
            settings["database_url"] = held.enter_context(limits.postgres_database())
        if provider == "smtp":
            port = held.enter_context(limits.smtp_sink())
            settings |= {"smtp_port": port, "smtp_connections": limits.SESSIONS}
        if provider == "sendgrid":
            url, _ = held.enter_context(sendgrid_sink())
            settings |= {"sendgrid_url": url, "sendgrid_api_key": "a key"}
        log.configure(level="WARNING")
        settings |= {"provider": provider, "secret_key": "x" * 40}
        services = build_services(config.load(_env_file=None, **settings))
        migrations.upgrade(services.db)
        blast_id = world.build(services.db, recipients)
        with helpers(settings, processes - 1) as started:
            result = measure(services, blast_id, recipients, started)
        if provider == "smtp":
            limit = limits.smtp_source(
                port, min(recipients, 50_000), letter_size(services, blast_id)
            )
            result["limit_per_second"] = round(limit)
            result["ratio_to_limit"] = round(result["letters_per_second"] / limit, 2)
        if provider == "sendgrid":
            limit = sendgrid_ceiling(services, blast_id, url, recipients)
            result["limit_per_second"] = round(limit)
            result["ratio_to_limit"] = round(result["letters_per_second"] / limit, 2)
        services.provider.close()
        services.db.close()
    if as_json:
        click.echo(json.dumps(result))
    else:
        for name, value in result.items():
            click.echo(f"{name:<24} {value}")


def letter_size(services: Services, blast_id: int) -> int:
    """Bytes of one letter of the blast."""
    with services.db.reading() as session:
        blast = queries.by_id(session, blast_id)
        return len(preview(session, blast, blast.variants[0], None, services.base_url).source)


def sendgrid_ceiling(services: Services, blast_id: int, url: str, recipients: int) -> float:
    """Recipients a second that the sink takes of one written request, sent again and again over
    kept connections, as many at a time as the provider has lanes."""
    with services.db.reading() as session:
        blast = queries.by_id(session, blast_id)
        plan = compose(session, blast, blast.variants[0], services.base_url).plan
    maker, values = RequestMaker(plan), plan.values_of([""] * len(plan.fields))
    people = [Recipient(i, f"person{i}@example.org", "", values) for i in range(MAX_PEOPLE)]
    body = maker.request(maker.personalizations(people), {})
    rounds = max(recipients // MAX_PEOPLE // services.provider.lanes, 1)

    def lane() -> None:
        connection = HTTPConnection(urlsplit(url).netloc)
        for _ in range(rounds):
            connection.request("POST", "/v3/mail/send", body)
            connection.getresponse().read()
        connection.close()

    started = time.perf_counter()
    with ThreadPoolExecutor(services.provider.lanes) as pool:
        for running in [pool.submit(lane) for _ in range(services.provider.lanes)]:
            running.result()
    return rounds * services.provider.lanes * MAX_PEOPLE / (time.perf_counter() - started)


@contextmanager
def helpers(settings: dict[str, object], number: int) -> Iterator[Helpers]:
    """Further worker processes that send once they are told to."""
    spawning = multiprocessing.get_context("spawn")
    told, cost = spawning.Event(), spawning.Queue()
    processes = [
        spawning.Process(target=_help, args=(settings, told, cost), daemon=True)
        for _ in range(number)
    ]
    for process in processes:
        process.start()
        cost.get(timeout=60)  # it is ready
    yield Helpers(told, cost, number)
    for process in processes:
        process.join(timeout=60)


@dataclass(frozen=True)
class Helpers:
    """Worker processes beside this one; each tells in the end what it took."""

    told: Event
    cost: Queue[tuple[float, float]]
    number: int


def _help(settings: dict[str, object], told: Event, cost: Queue[tuple[float, float]]) -> None:
    log.configure(level="WARNING")
    services = build_services(config.load(_env_file=None, **settings))
    cost.put((0.0, 0.0))
    told.wait()
    cpu = time.process_time()
    sending.send(services, threading.Event())
    cost.put((time.process_time() - cpu, _peak_mb()))
    services.provider.close()
    services.db.close()


def measure(
    services: Services, blast_id: int, recipients: int, others: Helpers
) -> dict[str, float]:
    """From the instant at which the blast is due to its last recorded outcome."""
    stop = threading.Event()
    with services.db.transaction() as session:
        blast = queries.by_id(session, blast_id)
        session.add(
            CheckOverride(
                blast_id=blast_id,
                check="citations.unchecked",
                reason="benchmark",
                actor="benchmark",
            )
        )
        schedule.schedule(session, blast, at=None, actor="benchmark", base_url=services.base_url)
    started, cpu = time.perf_counter(), time.process_time()
    sending.start_due_blasts(services, stop)
    frozen = time.perf_counter()
    others.told.set()
    sending.send(services, stop)
    costs = [others.cost.get(timeout=600) for _ in range(others.number)]
    sending.send(services, stop)  # whoever was last ends the blast
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    with services.db.reading() as session:
        progress = progress_of(session, queries.by_id(session, blast_id))
    if progress.by_state != {"accepted": recipients} or progress.state != "finished":
        raise SystemExit(f"Not everyone got it: {progress}")
    return {
        "recipients": recipients,
        "processes": others.number + 1,
        "letters_per_second": round(recipients / seconds),
        "cpu_us_per_letter": round((cpu + sum(c for c, _ in costs)) / recipients * 1e6, 1),
        "peak_rss_mb": round(_peak_mb() + sum(rss for _, rss in costs), 1),
        "freeze_seconds": round(frozen - started, 2),
        "send_seconds": round(seconds - (frozen - started), 2),
    }


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
