"""A PostgreSQL of our own, as the packages install it, which a trial may stop and start again; and
an installation of Outreach on it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg

import config
from benchmarks.limits import program
from outreach.app import build_services
from outreach.core import migrations
from outreach.services import Services

USER = "postgres"  # it refuses to run as root


class Postgres:
    """One server with an empty database, on a port of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"
        self._folder = folder
        self._user = {"user": USER} if os.geteuid() == 0 else {}
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "-D", str(folder), "-U", USER, "-A", "trust", "-E", "UTF8")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = ["-p", str(self.port), "-h", "127.0.0.1", "-k", str(self._folder)]
        self._process = subprocess.Popen(
            [program("postgres"), "-D", str(self._folder), *options],
            stderr=subprocess.DEVNULL,
            **self._user,  # type: ignore[call-overload]
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise SystemExit("PostgreSQL did not start.")

    def crash(self) -> None:
        """End it as a loss of power would: it has to recover when it starts again."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        """End it, whoever is connected."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def _run(self, *words: str) -> None:
        command = [program(words[0]), *words[1:]]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **self._user)  # type: ignore[call-overload]


@contextmanager
def own_postgres() -> Iterator[Postgres]:
    """A running server; it and its data are gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            Path(folder).chmod(0o711)
            subprocess.run(["chown", USER, str(data)], check=True)
        server = Postgres(data)
        server.start()
        try:
            yield server
        finally:
            server.stop()


class Installed(NamedTuple):
    """An empty installation. `settings`: as `benchmarks.door.server` takes them."""

    database: Postgres
    settings: dict[str, str]
    services: Services


@contextmanager
def installed(workers: int) -> Iterator[Installed]:
    """An installation with so many web processes that writes to nobody, gone afterwards."""
    with own_postgres() as database, tempfile.TemporaryDirectory() as folder:
        settings = {
            "database_url": database.url,
            "data_dir": folder,
            "secret_key": "x" * 40,
            "provider": "null",
            "web_workers": str(workers),
            "log_level": "ERROR",
        }
        services = build_services(config.load(_env_file=None, **settings))
        migrations.upgrade(services.db)
        yield Installed(database, settings, services)
        services.db.close()
