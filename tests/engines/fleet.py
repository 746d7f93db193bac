"""Workers as processes of their own, on either engine, and the brokers between them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from kombu import Connection
from sqlalchemy import select

from outreach.core import process
from outreach.core.db import Database
from outreach.engines.celery import QUEUES
from outreach.mail.models import Batch

ROOT = Path(__file__).parents[2]
REDIS = os.environ.get("OUTREACH_TEST_REDIS", "")
RABBITMQ = os.environ.get("OUTREACH_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//")


def missing(what: str) -> None:
    """Leave the test out, or fail where CI=true does not allow that."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is not reachable, and CI=true does not allow leaving it out")
    pytest.skip(f"left out: no {what}")


def until(fact: Callable[[], object], what: str, within_s: float = 60.0) -> None:
    """Wait until it is so."""
    end = time.monotonic() + within_s
    while not fact():
        if time.monotonic() > end:
            pytest.fail(f"not within {within_s:.0f} s: {what}")
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class OwnRedis:
    """A Redis server of this test's own, which keeps nothing on the disk."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._start()

    def forget(self) -> None:
        """Die, and come back empty."""
        self.close()
        time.sleep(1)
        self._start()

    def close(self) -> None:
        """SIGKILL: nobody is told."""
        self._server.kill()
        self._server.wait()

    def _start(self) -> None:
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--daemonize", "no"]
        self._server = subprocess.Popen(["redis-server", *words], stdout=subprocess.DEVNULL)
        client = redis.Redis.from_url(self.url)
        until(lambda: _answers(client), "Redis answers", within_s=10)
        client.close()


class GivenRedis:
    """The Redis server at OUTREACH_TEST_REDIS; its database is emptied."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = redis.Redis.from_url(url)
        if not _answers(self._client):
            missing("Redis at OUTREACH_TEST_REDIS")
        self.forget()

    def forget(self) -> None:
        """Lose all messages."""
        self._client.flushdb()

    def close(self) -> None:
        """Leave nothing behind."""
        self.forget()
        self._client.close()


class RabbitMq:
    """The RabbitMQ server at OUTREACH_TEST_RABBITMQ, in a virtual host of this test's own where
    this machine's server lets us make one; otherwise our queues there are removed."""

    def __init__(self) -> None:
        self._host = f"outreach-{uuid.uuid4().hex[:12]}"
        self.url = urlsplit(RABBITMQ)._replace(path=f"/{self._host}").geturl()
        if not self._rule("add_vhost", self._host):
            self._host, self.url = "", RABBITMQ
        elif not self._rule("set_permissions", "-p", self._host, _user(), ".*", ".*", ".*"):
            pytest.fail("RabbitMQ made a virtual host and lets nobody into it")
        try:
            self.forget()
        except OSError:
            missing("RabbitMQ at OUTREACH_TEST_RABBITMQ")

    def forget(self) -> None:
        """Lose all messages."""
        with Connection(self.url, connect_timeout=3) as connection:
            for queue in QUEUES:
                with connection.channel() as channel:
                    channel.queue_delete(queue)

    def close(self) -> None:
        """Leave nothing behind."""
        self.forget()
        if self._host:
            self._rule("delete_vhost", self._host)

    def _rule(self, *words: str) -> bool:
        command = shutil.which("rabbitmqctl", path=f"{os.environ['PATH']}:/usr/sbin")
        if command is None:
            return False
        return subprocess.run([command, "-q", *words], capture_output=True).returncode == 0


def _user() -> str:
    return Connection(RABBITMQ).userid or "guest"


Broker = OwnRedis | GivenRedis | RabbitMq


@contextmanager
def broker(kind: str) -> Iterator[Broker | None]:
    """What carries ids between workers: `redis`, `rabbitmq`, or nothing for `inprocess`."""
    made: Broker | None = None
    if kind == "rabbitmq":
        made = RabbitMq()
    elif kind == "redis" and REDIS:
        made = GivenRedis(REDIS)
    elif kind == "redis":
        if shutil.which("redis-server") is None:
            missing("Redis: neither redis-server nor OUTREACH_TEST_REDIS")
        made = OwnRedis()
    yield made
    if made:
        made.close()


@dataclass
class Fleet:
    """Workers on one database, and with a broker beats as well; nothing runs yet."""

    db: Database
    folder: Path
    broker: Broker | None
    settings: dict[str, str]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    beats: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, beats: int = 1) -> None:
        """Two workers; with a broker, so many beats."""
        for _ in range(2):
            self.start_worker()
        for _ in range(beats if self.broker else 0):
            self.start_beat()

    def start_beat(self) -> None:
        """One beat more."""
        schedule = str(self.folder / f"beat-{len(self.beats)}")
        self.beats.append(self._celery("beat", "-s", schedule, "--pidfile="))

    def start_worker(self) -> None:
        """One worker more; on Celery it has two children."""
        if self.broker is None:
            self.workers.append(self._run("-m", "outreach.cli", "worker"))
        else:
            name = f"w{len(self.workers)}-{time.monotonic_ns()}@test"
            self.workers.append(self._celery("worker", "-c", "2", "-n", name))

    def kill_a_sender(self) -> None:
        """SIGKILL for the process that holds a batch: a worker, or a child of one."""
        pids: list[int] = []
        until(lambda: pids.extend(self._senders()) or pids, "somebody sends")
        os.kill(pids[0], signal.SIGKILL)
        if self.broker is None:
            dead = next(worker for worker in self.workers if worker.pid == pids[0])
            dead.wait()
            self.workers.remove(dead)

    def stop(self) -> float:
        """SIGTERM for all, as a service manager does; the seconds until the last one is gone."""
        began = time.monotonic()
        for process_ in (*self.workers, *self.beats):
            process_.terminate()
        for process_ in (*self.workers, *self.beats):
            process_.wait(timeout=60)
        self.workers, self.beats = [], []
        return time.monotonic() - began

    def _senders(self) -> list[int]:
        with self.db.reading() as session:
            owners = session.scalars(select(Batch.lease_owner).where(Batch.state == "submitting"))
            return [int(process.key(owner or "").rpartition(".")[2]) for owner in owners]

    def _celery(self, *words: str) -> subprocess.Popen[bytes]:
        return self._run("-m", "celery", "-A", "wsgi:celery", *words, "-l", "ERROR")

    def _run(self, *words: str) -> subprocess.Popen[bytes]:
        others = {k: v for k, v in os.environ.items() if not k.startswith("OUTREACH_")}
        ours = {
            "data_dir": str(self.folder),
            "database_url": self.db.url.render_as_string(hide_password=False),
            "log_level": "ERROR",
            "lease_s": "5",
            "broker_url": self.broker.url if self.broker else "",
            **self.settings,
        }
        environment = others | {f"OUTREACH_{name.upper()}": value for name, value in ours.items()}
        # Not in ROOT: a file .env there would be taken for settings.
        environment["PYTHONPATH"] = str(ROOT)
        return subprocess.Popen([sys.executable, *words], cwd=self.folder, env=environment)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
