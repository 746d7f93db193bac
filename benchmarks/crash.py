"""Kill the sender again and again in the middle of a blast: who got no letter, who got two?

A worker process (`outreach worker`) sends a blast to a server that remembers whose letters it
took. It is killed with SIGKILL at random moments and started again; a blast that ends before there
were kills enough is followed by another one. In the end the ledger is compared with what was taken.

python -m benchmarks.crash --provider smtp --kills 50 --recipients 20000 --json
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click
from sqlalchemy import func, select

import config
from benchmarks import limits, world
from benchmarks.takers import SendGridTaker, SmtpTaker
from outreach.app import build_services
from outreach.blasts import queries, schedule
from outreach.blasts.models import CheckOverride
from outreach.core import log, migrations
from outreach.core.db import Database
from outreach.mail.models import Batch, Delivery
from outreach.mail.outbox import HELD
from outreach.services import Services

_LONGEST_S = 600.0


@dataclass
class Trial:
    """What the kills met."""

    kills: int = 0
    blasts: int = 1
    in_flight: int = 0  # letters that the ledger had handed over without an outcome, over all kills
    on_the_wire: int = 0  # of these the server had them, or a part of them


@click.command()
@click.option("--provider", type=click.Choice(["smtp", "sendgrid"]), default="smtp")
@click.option("--recipients", default=20_000, show_default=True)
@click.option("--kills", default=50, show_default=True)
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), default="postgresql")
@click.option("--seed", default=1, show_default=True, help="Of the moments of the kills.")
@click.option("--json", "as_json", is_flag=True)
def main(
    provider: Literal["smtp", "sendgrid"],
    recipients: int,
    kills: int,
    database: Literal["sqlite", "postgresql"],
    seed: int,
    as_json: bool,
) -> None:
    """Send blasts under kills and print what the ledger says of it."""
    log.configure(level="ERROR")
    result = run(provider, recipients, kills, database, seed)
    click.echo(
        json.dumps(result) if as_json else "\n".join(f"{k:<24} {v}" for k, v in result.items())
    )
    if result["duplicates"] or result["missing"]:
        raise SystemExit(1)


def run(
    provider: Literal["smtp", "sendgrid"],
    recipients: int,
    kills: int,
    database: Literal["sqlite", "postgresql"] = "postgresql",
    seed: int = 1,
) -> dict[str, int]:
    """The whole trial. Keys: kills, blasts, recipients (of each), accepted, duplicates, missing,
    unknown, in_flight, on_the_wire."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        taker = held.enter_context(SmtpTaker() if provider == "smtp" else SendGridTaker())
        url = held.enter_context(limits.postgres_database()) if database == "postgresql" else ""
        given = {"data_dir": folder, "database_url": url, "secret_key": "x" * 40}
        settings = given | taker.settings()
        services = build_services(config.load(_env_file=None, **settings))
        migrations.upgrade(services.db)
        blast_id = world.build(services.db, recipients)
        schedule_now(services, blast_id)
        trial = Trial()
        dice = random.Random(seed)
        while trial.kills < kills:
            if _ended(services.db, blast_id):
                trial.blasts += 1
                blast_id = world.add_blast(services.db, f"Benchmark {trial.blasts}")
                schedule_now(services, blast_id)
            _life(settings, services.db, taker, trial, dice)
        _last_life(settings, services.db, blast_id)
        result = _compared(services.db, taker.taken)
        services.db.close()
    return {
        "kills": trial.kills,
        "blasts": trial.blasts,
        "recipients": recipients,
        **result,
        "in_flight": trial.in_flight,
        "on_the_wire": trial.on_the_wire,
    }


def schedule_now(services: Services, blast_id: int) -> None:
    """Let the blast be due."""
    with services.db.transaction() as session:
        blast = queries.by_id(session, blast_id)
        unchecked = {"check": "citations.unchecked", "reason": "benchmark", "actor": "benchmark"}
        session.add(CheckOverride(blast_id=blast_id, **unchecked))
        schedule.schedule(session, blast, at=None, actor="benchmark", base_url=services.base_url)


def _life(
    settings: dict[str, object],
    db: Database,
    taker: SmtpTaker | SendGridTaker,
    trial: Trial,
    dice: random.Random,
) -> None:
    """Start a worker, let it send for a moment, kill it."""
    before = taker.taken.total()
    running = worker(settings)
    try:
        deadline = time.monotonic() + 30
        while taker.taken.total() == before and time.monotonic() < deadline:
            if running.poll() is not None:
                raise SystemExit(f"The worker ended by itself: {_said(settings)}")
            time.sleep(0.005)
        time.sleep(dice.uniform(0, 0.25))
    finally:
        running.kill()
        running.wait()
    trial.kills += 1
    torn = taker.torn()
    doubtful = _in_doubt(db)
    trial.in_flight += len(doubtful)
    trial.on_the_wire += torn + sum(taker.taken[delivery] > 0 for delivery in doubtful)


def _last_life(settings: dict[str, object], db: Database, blast_id: int) -> None:
    running = worker(settings)
    try:
        deadline = time.monotonic() + _LONGEST_S
        while not _ended(db, blast_id):
            if time.monotonic() > deadline:
                raise SystemExit("The blast does not come to an end.")
            time.sleep(0.2)
    finally:
        end(running)


def worker(settings: dict[str, object]) -> subprocess.Popen[bytes]:
    """Start `outreach worker` with these settings."""
    own = {f"OUTREACH_{name.upper()}": str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "outreach.cli", "worker"]
    with _log_of(settings).open("wb") as said:
        return subprocess.Popen(command, env={**os.environ, **own}, stdout=said, stderr=said)


def _log_of(settings: dict[str, object]) -> Path:
    return Path(str(settings["data_dir"])) / "worker.log"


def _said(settings: dict[str, object]) -> str:
    return _log_of(settings).read_text(errors="replace")[-2000:]


def end(running: subprocess.Popen[bytes]) -> None:
    """Let a worker end what is in its hands."""
    running.terminate()
    running.wait()


def _ended(db: Database, blast_id: int) -> bool:
    with db.reading() as session:
        return queries.by_id(session, blast_id).state == "finished"


def _in_doubt(db: Database) -> list[int]:
    """Letters that the ledger calls handed over, without an outcome."""
    with db.reading() as session:
        return list(
            session.scalars(
                select(Delivery.id)
                .join(
                    Batch,
                    Delivery.id.between(Batch.first_id, Batch.handed_through)
                    & (Delivery.blast_id == Batch.blast_id),
                )
                .where(Batch.state.in_(HELD), Delivery.state == "pending")
            )
        )


def _compared(db: Database, taken: Counter[int]) -> dict[str, int]:
    with db.reading() as session:
        states = dict(
            session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).all()
        )
        accepted = set(session.scalars(select(Delivery.id).where(Delivery.state == "accepted")))
        known = accepted | set(
            session.scalars(select(Delivery.id).where(Delivery.state == "unknown"))
        )
        everyone = set(session.scalars(select(Delivery.id)))
    return {
        "accepted": states.get("accepted", 0),
        "duplicates": sum(times > 1 for times in taken.values()),
        # neither accepted nor named unknown, or called accepted and never taken
        "missing": len(everyone - known) + len(accepted - set(taken)),
        "unknown": states.get("unknown", 0),
    }


if __name__ == "__main__":
    main()
