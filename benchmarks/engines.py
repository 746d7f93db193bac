"""The same blast by one `outreach worker`, and by Celery workers on Redis.

python -m benchmarks.engines --recipients 50000 --json

Into the null provider, on PostgreSQL, real processes; from the frozen audience to the last outcome.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path

import click
from sqlalchemy import func, select

import config
from benchmarks import limits, world
from outreach.app import build_services
from outreach.blasts import queries, schedule
from outreach.blasts.models import CheckOverride
from outreach.core import log, migrations
from outreach.core.clock import now
from outreach.engines.celery import build
from outreach.mail.models import Batch
from outreach.services import Services
from tests.engines.fleet import Fleet, broker, until

STARTED_S = 60.0


@click.command()
@click.option("--recipients", default=50_000, show_default=True)
@click.option(
    "--workers", default=2, show_default=True, help="Celery workers, of two children each."
)
@click.option("--json", "as_json", is_flag=True)
def main(recipients: int, workers: int, as_json: bool) -> None:
    """Send one blast in each way and print how the paces compare."""
    log.configure(level="WARNING")
    result: dict[str, float] = {
        "recipients": recipients,
        "one_worker_per_second": round(run("inprocess", 1, recipients)),
        "celery_workers": workers,
        "celery_per_second": round(run("redis", workers, recipients)),
        "cores": os.cpu_count() or 0,
    }
    ratio = result["celery_per_second"] / result["one_worker_per_second"]
    result["ratio"] = round(ratio, 2)
    if as_json:
        click.echo(json.dumps(result))
    else:
        for name, value in result.items():
            click.echo(f"{name:<24} {value}")


def run(kind: str, workers: int, recipients: int) -> float:
    """Letters a second."""
    with tempfile.TemporaryDirectory() as folder, limits.postgres_database() as url:
        services = build_services(
            config.load(_env_file=None, provider="null", data_dir=Path(folder), database_url=url)
        )
        migrations.upgrade(services.db)
        blast_id = world.build(services.db, recipients)
        with broker(kind) as carrier:
            settings = {"provider": "null", "lease_s": "120"}
            fleet = Fleet(services.db, Path(folder), carrier, settings)
            for _ in range(workers):
                fleet.start_worker()
            if carrier is None:
                until(services.alive_file.exists, "the worker runs", STARTED_S)
            else:
                fleet.start_beat()
                inspect = build(carrier.url, lambda: services).control.inspect(timeout=2)
                until(lambda: len(inspect.ping() or {}) == workers, "Celery runs", STARTED_S)
            time.sleep(5)  # what starting costs is over
            pace = measure(services, blast_id, recipients)
            fleet.stop()
        services.db.close()
    return pace


def measure(services: Services, blast_id: int, recipients: int) -> float:
    """Let the blast leave, and see when its last batch is done."""
    with services.db.transaction() as session:
        blast = queries.by_id(session, blast_id)
        session.add(
            CheckOverride(
                blast_id=blast_id, check="citations.unchecked", reason="benchmark", actor="us"
            )
        )
        schedule.schedule(session, blast, at=now(), actor="us", base_url=services.base_url)

    def finished() -> bool:
        with services.db.reading() as session:
            return queries.by_id(session, blast_id).state == "finished"

    until(finished, "the blast is finished", 600)
    with services.db.reading() as session:
        began = queries.by_id(session, blast_id).started_at
        ended = session.scalar(select(func.max(Batch.done_at)))
    if began is None or ended is None:
        raise SystemExit("Nothing was sent.")
    return recipients / (ended - began).total_seconds()


if __name__ == "__main__":
    main()
