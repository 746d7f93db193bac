"""How fast the letters' door is when every click is durable before its answer, and what it keeps.

python -m benchmarks.door --connections 64 --seconds 10 --json

In one run on a PostgreSQL of its own: the same server with an empty callable (the limit), a plain
Flask view with one INSERT for each click, and the door. Then the door again, while PostgreSQL is
ended as by a loss of power and started again; every click that was led on must be stored once.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import psycopg
import requests

from benchmarks import world
from benchmarks.door_visitors import Pace, knock, visit
from benchmarks.postgres import Postgres, installed
from outreach.core import log
from outreach.core.bulk import count_anew, insert_rows
from outreach.core.clock import now
from outreach.core.db import Base
from outreach.services import Services
from outreach.tracking import links, spool
from outreach.tracking.links import NewLink

ROOT = Path(__file__).parents[1]
ASK = 8  # the slot of the letters' button


@click.command()
@click.option("--connections", default=64, show_default=True)
@click.option("--seconds", default=10.0, show_default=True, help="Of each of the four parts.")
@click.option("--workers", default=2, show_default=True, help="Web processes.")
@click.option("--letters", default=300_000, show_default=True, help="Letters that are clicked in.")
@click.option("--json", "as_json", is_flag=True)
def main(connections: int, seconds: float, workers: int, letters: int, as_json: bool) -> None:
    """Knock at the door and print what it can do."""
    log.configure(level="WARNING")
    with installed(workers) as (database, settings, services):
        settings["door_threads"] = str(max(connections // workers, 4))
        paths = write_letters(services, letters)
        load = {"connections": connections, "seconds": seconds}
        with server(settings, "benchmarks.door_others:empty") as port:
            limit = knock(port, paths, **load)  # type: ignore[arg-type]
        with server(settings, "benchmarks.door_others:plain", factory=True) as port:
            plain = knock(port, paths, **load)  # type: ignore[arg-type]
        with server(settings) as port:
            third = letters // 3
            warm, first, last = paths[:third], paths[third : 2 * third], paths[2 * third :]
            knock(port, warm, connections=connections, seconds=1)
            pace = knock(port, first, **load)  # type: ignore[arg-type]
            result = figures(pace, limit, plain) | stored(services, pace, third, 2 * third)
            result |= outage(services, database, port, last, 2 * third, **load)  # type: ignore[arg-type]
    if as_json:
        click.echo(json.dumps(result))
    else:
        for name, value in result.items():
            click.echo(f"{name:<24} {value}")


def write_letters(services: Services, letters: int) -> list[str]:
    """A blast that was accepted for so many people; the paths of their buttons."""
    blast_id = world.build(services.db, letters)
    at = now()
    with services.db.transaction() as session:
        page = f"{services.base_url}/petitions/count-every-letter"
        links.store(session, blast_id, [NewLink(ASK, links.ASK, page, "Sign the petition")])
    with services.db.connection() as connection:
        insert_rows(
            connection,
            Base.metadata.tables["deliveries"],
            ["id", "blast_id", "supporter_id", "kind", "state", "attempts", "accepted_at"],
            ((i, blast_id, i, "blast", "accepted", 0, at) for i in range(1, letters + 1)),
        )
        connection.exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence('deliveries', 'id'), %s)", (letters,)
        )
        count_anew(connection, ["deliveries", "supporters"])
    tokens = services.tokens
    return [f"/c/{tokens.letter(i, blast_id, [ASK])[0]}" for i in range(1, letters + 1)]


@contextmanager
def server(settings: dict[str, str], target: str = "", *, factory: bool = False) -> Iterator[int]:
    """The port of `outreach serve`, or of the same server with another application."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    others = {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")}
    ours = {f"OUTREACH_{name.upper()}": value for name, value in settings.items()}
    ours |= {"OUTREACH_PORT": str(port), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "outreach.cli", "serve"]
    if target:
        threads = 4 + int(settings["door_threads"])
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port),
                   "--workers", settings["web_workers"], "--blocking-threads", str(threads),
                   "--no-ws", "--log-level", "critical", target]  # fmt: skip
        command += ["--factory"] if factory else []
    process = subprocess.Popen(
        command, cwd=settings["data_dir"], env=others | ours, stdout=subprocess.DEVNULL
    )
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5, allow_redirects=False)
        except requests.RequestException:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("The server did not start.")


def figures(pace: Pace, limit: Pace, plain: Pace) -> dict[str, float]:
    """The door beside what it is measured against."""
    return {
        "requests_per_second": round(pace.per_second),
        "limit_per_second": round(limit.per_second),
        "p50_ms": round(pace.p50_ms, 2),
        "p99_ms": round(pace.p99_ms, 2),
        "errors": pace.errors,
        "flask_per_second": round(plain.per_second),
        "flask_p99_ms": round(plain.p99_ms, 2),
    }


def stored(services: Services, pace: Pace, start: int, end: int) -> dict[str, int]:
    """What became of the clicks of the pace, one in each of these letters: answered ones must be
    stored, each once.

    wrk does not say which were answered when it hung up: as many as it had connections may be
    stored beyond those.
    """
    if pace.requests > end - start:
        raise SystemExit("More clicks than letters: ask for more with --letters.")
    letters = clicked_in(services, start, end)
    distinct = len(set(letters))
    return {
        "stored": distinct,
        "lost": max(pace.requests - distinct, 0),
        "doubled": len(letters) - distinct,
    }


def clicked_in(services: Services, start: int, end: int) -> list[int]:
    """Of the paths from `start` to before `end` the place of each click that is stored."""
    with services.db.connection() as connection:
        rows = connection.exec_driver_sql(
            "SELECT delivery_id FROM events WHERE kind = 'clicked' AND delivery_id > %s "
            "AND delivery_id <= %s",
            (start, end),
        )
        return [row[0] - 1 for row in rows]


def outage(
    services: Services, database: Postgres, port: int, paths: list[str], first: int, *,
    connections: int, seconds: float,
) -> dict[str, float]:  # fmt: skip
    """Visitors go on clicking while PostgreSQL is away for a third of the time. `first`: the place
    of these paths among all."""
    services.db.close()

    def away() -> None:
        time.sleep(seconds / 3)
        database.crash()
        time.sleep(seconds / 3)
        database.start()

    meanwhile = threading.Thread(target=away)
    meanwhile.start()
    visits = visit(port, paths, connections=connections, seconds=seconds)
    meanwhile.join()
    kept = spool.path_in(services.data_dir)
    deadline = time.monotonic() + 120
    while spool.size(kept) and time.monotonic() < deadline:
        time.sleep(0.2)
    try:
        found = [place - first for place in clicked_in(services, first, first + len(paths))]
    except psycopg.Error as error:
        raise SystemExit(f"PostgreSQL did not come back: {error}") from None
    return {
        "outage_clicks": len(visits.led),
        "outage_failed": visits.failed,
        "outage_slowest_ms": round(visits.slowest_ms, 1),
        "outage_stored": len(set(found)),
        "outage_lost": len(visits.led - set(found)),
        "outage_doubled": len(found) - len(set(found)),
    }


if __name__ == "__main__":
    main()
