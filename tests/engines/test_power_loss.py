"""A machine goes dark in the middle of a blast: another one takes over, nobody gets two letters.

The machine is a network namespace of its own, whose only way out is a cable: sockets in the file
system that lead to the database and to the mail server. Power loss: the cable carries nothing more,
not even the end of a connection, and the processes are gone.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

import config
from benchmarks import crash, world
from benchmarks.takers import SmtpTaker
from outreach.app import build_services
from outreach.blasts import queries
from outreach.core import migrations
from outreach.mail.models import Delivery
from outreach.services import Services
from tests.conftest import postgres_database

PEOPLE = 6_000
LEASE_S = 10

# Runs in the namespace: what listens here on a port leads through a file to the world outside.
INSIDE = """
import os, socket, subprocess, sys, threading
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass

def lead(port, path):
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        inside, _ = listener.accept()
        outside = socket.socket(socket.AF_UNIX)
        outside.connect(path)
        for ends in ((inside, outside), (outside, inside)):
            threading.Thread(target=pump, args=ends, daemon=True).start()

for port, path in (pair.split("=") for pair in sys.argv[1:]):
    threading.Thread(target=lead, args=(int(port), path), daemon=True).start()
sys.exit(subprocess.run([sys.executable, "-m", "outreach.cli", "worker"]).returncode)
"""


class Cable:
    """Leads connections to files of a folder on to ports, until it is cut."""

    def __init__(self, folder: Path) -> None:
        self.cut = threading.Event()
        self._folder = folder
        self._held: list[socket.socket] = []

    def lead(self, name: str, port: int) -> Path:
        """The file that leads to 127.0.0.1:`port`."""
        path = self._folder / name
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(64)
        self._held.append(listener)
        threading.Thread(target=self._accept, args=(listener, port), daemon=True).start()
        return path

    def close(self) -> None:
        """Give everything back."""
        self.cut.set()
        for one in self._held:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self, listener: socket.socket, port: int) -> None:
        with suppress(OSError):
            while True:
                inside, _ = listener.accept()
                outside = socket.create_connection(("127.0.0.1", port))
                self._held += [inside, outside]
                for ends in ((inside, outside), (outside, inside)):
                    threading.Thread(target=self._pump, args=ends, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self.cut.is_set():
                    return  # and the other end is told nothing
                target.sendall(data)
            if not self.cut.is_set():
                target.shutdown(socket.SHUT_WR)


@contextmanager
def machine(
    settings: dict[str, object], ports: dict[int, Path]
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a network namespace, led to the world by files."""
    leads = [f"{port}={path}" for port, path in ports.items()]
    own = {f"OUTREACH_{name.upper()}": str(value) for name, value in settings.items()}
    running = subprocess.Popen(
        ["unshare", "--net", sys.executable, "-c", INSIDE, *leads],
        env={**os.environ, **own},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def _needs_namespaces() -> None:
    if (
        not shutil.which("ip")
        or subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("left out: network namespaces need root and iproute2")


def test_when_a_machine_loses_its_power_another_one_goes_on(tmp_path: Path) -> None:
    _needs_namespaces()
    with ExitStack() as held:
        url = held.enter_context(postgres_database())
        taker = held.enter_context(SmtpTaker())
        cable = Cable(tmp_path)
        held.callback(cable.close)
        address = make_url(url)
        inside = {
            5499: cable.lead("database", address.port or 5432),
            2599: cable.lead("mail", taker.port),
        }
        given = {"secret_key": "x" * 40, "lease_s": LEASE_S, **taker.settings()}
        here = given | {"data_dir": tmp_path / "here", "database_url": url}
        there = given | {
            "data_dir": tmp_path / "there",
            "database_url": address.set(host="127.0.0.1", port=5499).render_as_string(False),
            "smtp_port": 2599,
        }
        services = build_services(config.load(_env_file=None, **here))
        held.callback(services.db.close)
        migrations.upgrade(services.db)
        blast_id = world.build(services.db, PEOPLE)
        crash.schedule_now(services, blast_id)
        with machine(there, inside) as lost:
            _wait(lambda: taker.taken.total() > 500)
            cable.cut.set()
            os.killpg(lost.pid, signal.SIGKILL)
        after = crash.worker(here)
        held.callback(crash.end, after)
        _wait(lambda: _state(services, blast_id) == "finished", seconds=120)
        with services.db.reading() as session:
            states = dict(
                session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).all()
            )
            accepted = set(session.scalars(select(Delivery.id).where(Delivery.state == "accepted")))
    assert sum(states.values()) == PEOPLE
    assert set(states) <= {"accepted", "unknown"}
    assert 0 < states["unknown"] <= 2 * 200  # two parts were in the air, and nobody can ask
    assert max(taker.taken.values()) == 1
    assert accepted <= set(taker.taken)


def _state(services: Services, blast_id: int) -> str:
    with services.db.reading() as session:
        return queries.by_id(session, blast_id).state


def _wait(until: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.05)
