"""How fast an audience becomes deliveries and batches: consent gate and reasons included.

python -m benchmarks.freeze --recipients 200000 --json
"""

from __future__ import annotations

import json
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import click

import config
from benchmarks import limits, world
from outreach.app import build_services
from outreach.blasts import queries
from outreach.blasts.freeze import freeze
from outreach.blasts.variants import add
from outreach.core import log, migrations


@click.command()
@click.option("--recipients", default=200_000, show_default=True)
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), default="postgresql")
@click.option("--variants", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def main(recipients: int, database: str, variants: int, as_json: bool) -> None:
    """Freeze one blast to that many people and print what it took."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        url = held.enter_context(limits.postgres_database()) if database == "postgresql" else ""
        log.configure(level="WARNING")
        services = build_services(
            config.load(_env_file=None, data_dir=folder, provider="null", database_url=url)
        )
        migrations.upgrade(services.db)
        blast_id = world.build(services.db, recipients)
        with services.db.transaction() as session:
            blast = queries.by_id(session, blast_id)
            for number in range(1, variants):
                added = add(session, blast, actor="benchmark")
                added.subject = f"Subject {number}"
            blast.state = "scheduled"
            started = time.perf_counter()
            waiting = freeze(session, blast, base_url=services.base_url, batch_size=1000)
        seconds = time.perf_counter() - started
        services.db.close()
    if waiting != recipients:
        raise SystemExit(f"Not everyone is in it: {waiting} of {recipients}")
    result = {
        "recipients": recipients,
        "deliveries_per_second": round(recipients / seconds),
        "seconds": round(seconds, 2),
    }
    click.echo(
        json.dumps(result) if as_json else "\n".join(f"{k:<24} {v}" for k, v in result.items())
    )


if __name__ == "__main__":
    main()
