"""How fast SendGrid's signed events get in, through the server that `outreach serve` starts.

python -m benchmarks.webhook --events 200000 --json

Beside it, measured in the same run: the same bodies posted to an application that only reads them,
and a bare COPY of what was stored into an empty table with the same indexes. `cpu_us_per_event` is
what server and database computed for an event, also where a machine has other things to do.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import click
import psycopg
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select, text

import config
from benchmarks import limits, world
from benchmarks.sendgrid_bodies import Posted, message_id, posted, public_key
from outreach.app import build_services
from outreach.consent.models import Suppression
from outreach.core import log, migrations
from outreach.core.bulk import count_anew, insert_rows
from outreach.core.clock import now
from outreach.mail.models import DELIVERIES, Delivery
from outreach.services import Services
from outreach.tracking import partitions
from outreach.tracking.models import Event

ROOT = Path(__file__).parents[1]
PATH = "/hooks/sendgrid"
_STARTED_S = 60.0


@click.command()
@click.option("--events", default=200_000, show_default=True)
@click.option("--duplicates", default=10, show_default=True, help="Percent that come again.")
@click.option("--connections", default=4, show_default=True, help="Of SendGrid's servers.")
@click.option("--workers", default=2, show_default=True, help="Web processes.")
@click.option("--json", "as_json", is_flag=True)
def main(events: int, duplicates: int, connections: int, workers: int, as_json: bool) -> None:
    """Post so many events, count in the database what came of them, and print the pace."""
    log.configure(level="WARNING")
    key = ec.generate_private_key(ec.SECP256R1())
    with ExitStack() as held:
        folder = held.enter_context(tempfile.TemporaryDirectory())
        settings = {
            "data_dir": folder,
            "database_url": held.enter_context(limits.postgres_database()),
            "secret_key": "x" * 40,
            "provider": "null",
            "web_workers": str(workers),
            "log_level": "WARNING",
            "sendgrid_webhook_keys": public_key(key),
        }
        services = build_services(config.load(_env_file=None, **settings))
        migrations.upgrade(services.db)
        told = posted(key, events, duplicates / 100, now() - timedelta(hours=8))
        partitions.keep(services.db, now())
        write_letters(services, sum(told.states.values()))
        with server(settings, ["-m", "granian", *_EMPTY, "--workers", str(workers)]) as port:
            empty = post(port, told, connections)
        with server(settings, ["-m", "outreach.cli", "serve"]) as port:
            cpu = cpu_seconds(services)
            seconds = post(port, told, connections)
            cpu = cpu_seconds(services) - cpu
        result = found(services, told) | {
            "events_per_second": round(events / seconds),
            "limit_per_second": round(bare_copy(settings["database_url"])),
            "reading_per_second": round(events / empty),
            "cpu_us_per_event": round(cpu / events * 1e6, 1),
            "seconds": round(seconds, 2),
            "bodies": len(told.bodies),
        }
        services.db.close()
    click.echo(
        json.dumps(result) if as_json else "\n".join(f"{k:<24} {v}" for k, v in result.items())
    )


def write_letters(services: Services, letters: int) -> None:
    """A blast that a provider accepted for so many people."""
    blast_id, at = world.build(services.db, letters), now()
    columns = ["id", "blast_id", "supporter_id", "kind", "state", "attempts", "accepted_at",
               "provider_ref"]  # fmt: skip
    with services.db.connection() as connection:
        insert_rows(
            connection,
            DELIVERIES,
            columns,
            (
                (i, blast_id, i, "blast", "accepted", 0, at, message_id(i))
                for i in range(1, letters + 1)
            ),
        )
        count_anew(connection, ["deliveries", "supporters"])


_EMPTY = ["--interface", "wsgi", "--blocking-threads", "4", "--no-ws", "--log-level", "critical",
          "--workers-kill-timeout", "5",           "benchmarks.webhook:empty"]  # fmt: skip


def empty(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The limit of the server: a body is read, and nobody takes note of it."""
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("204 No Content", [])
    return [b""]


@contextmanager
def server(settings: dict[str, str], command: list[str]) -> Iterator[int]:
    """The port of a server that runs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    ours = {f"OUTREACH_{name.upper()}": value for name, value in settings.items()}
    ours |= {"OUTREACH_PORT": str(port), "GRANIAN_PORT": str(port), "PYTHONPATH": str(ROOT)}
    others = {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")}
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=settings["data_dir"],
        env=others | ours,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _STARTED_S
    while time.monotonic() < deadline and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise SystemExit("The server did not start.")


def post(port: int, told: Posted, connections: int) -> float:
    """Seconds until every body is answered, over so many kept connections."""
    waiting = iter(told.bodies)  # next() of a list's iterator is one step: threads share it

    def lane(_number: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=120)
        for body, headers in waiting:
            connection.request("POST", PATH, body, headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 204:
                raise SystemExit(f"Answered with {answer.status}: {said.decode()[:400]}")
        connection.close()

    started = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(lane, range(connections)))
    return time.perf_counter() - started


def cpu_seconds(services: Services) -> float:
    """What the server and its database have computed so far, whatever else this machine does."""
    with services.db.reading() as session:
        mine = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        pids = list(session.scalars(text(mine)))
    waiting = [os.getpid()]
    while waiting:
        lists = Path(f"/proc/{waiting.pop()}/task").glob("*/children")
        below = [int(pid) for listed in lists for pid in listed.read_text().split()]
        pids += below
        waiting += below
    ticks = 0
    for pid in pids:
        with suppress(FileNotFoundError):  # it ended meanwhile
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def found(services: Services, told: Posted) -> dict[str, float]:
    """What the database holds now; ends the run where it is not what the events say."""
    with services.db.reading() as session:
        stored = session.scalar(select(func.count()).select_from(Event)) or 0
        counts = select(Delivery.state, func.count()).group_by(Delivery.state)
        states = {row[0]: row[1] for row in session.execute(counts)}
        suppressed = session.scalar(select(func.count()).select_from(Suppression))
    if (stored, states, suppressed) != (told.distinct, told.states, told.suppressed):
        raise SystemExit(
            f"Stored {stored} of {told.distinct}, {states} instead of {told.states}, "
            f"{suppressed} suppressed instead of {told.suppressed}"
        )
    return {"events": told.events, "stored": stored, "duplicates_dropped": told.events - stored}


def bare_copy(url: str) -> float:
    """Rows a second that PostgreSQL alone copies into a table like that of the events, over two
    connections, a thousand at a time; each part is committed."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE bare (LIKE events INCLUDING ALL)")
        with connection.cursor().copy("COPY (SELECT * FROM events) TO STDOUT") as copy:
            rows = [bytes(row) for row in copy]
    parts = [b"".join(rows[at : at + 1000]) for at in range(0, len(rows), 1000)]
    waiting = iter(parts)

    def lane(_number: int) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            for part in waiting:
                with connection.cursor().copy("COPY bare FROM STDIN") as copy:
                    copy.write(part)

    started = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lane, range(2)))
    return len(rows) / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
