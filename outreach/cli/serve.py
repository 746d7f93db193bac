"""`outreach serve` and `outreach worker`: the processes.

`serve` is one command: granian with its web processes, and one worker process beside them.
`worker` is the same command that an operator runs by itself at scale.
"""

from __future__ import annotations

import ctypes
import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from sqlalchemy.exc import OperationalError

from outreach.app import ROOT
from outreach.cli.context import Context
from outreach.core import log, metrics
from outreach.core.errors import Conflict
from outreach.engines import inprocess
from outreach.engines.metrics_door import open_door
from outreach.tracking import link_copy

_log = log.get(__name__)

_PR_SET_PDEATHSIG = 1
_RESTART_AFTER_S = 1.0


@click.command()
@click.option("--with-parent", type=int, hidden=True, help="Process id that this one ends with.")
@click.pass_obj
def worker(context: Context, with_parent: int | None) -> None:
    """Run the background jobs and the sender, until SIGTERM; the letters in hand end first."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    if with_parent is not None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != with_parent:  # it died before the line above
            return
    services, settings = context.services, context.settings
    if services.metrics_token:
        metrics.begin(services.metrics_folder)
    if settings.metrics_port:
        open_door(settings.host, settings.metrics_port, lambda: services)
    inprocess.run(services, stop)


@click.command()
@click.option("--host", help="Address to listen on; default: OUTREACH_HOST.")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port to listen on; default: OUTREACH_PORT."
)
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Web processes; default: OUTREACH_WEB_WORKERS."
)
@click.pass_obj
def serve(context: Context, host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the web application and run one worker beside it."""
    settings = context.settings
    host, port = host or settings.host, port or settings.port
    with _only_one(settings.data_dir / "serve.lock"):
        must_be_free(host, port)
        _close_database(context)  # before the web processes fork
        context.say(f"Console          http://{host}:{port}/console/")
        context.say(f"Letters lead to  {settings.base_url}")
        context.say("Ctrl-C ends it.")
        run_server(
            host,
            port,
            workers=workers or settings.web_workers,
            threads=settings.web_threads + settings.door_threads,
            with_worker=not settings.broker_url,
        )


def _close_database(context: Context) -> None:
    """Connect once, which finds out what is wrong, and let go.

    A server that was here before starts without its database: links lead by its own copy.
    """
    try:
        context.services.db.close()
    except OperationalError:
        database = context.services_on_any_schema.db
        if database.is_sqlite or not link_copy.has_any(context.settings.data_dir):
            raise
        database.close()
        context.say("The database does not answer. Letters’ links lead on, and clicks and people")
        context.say("who leave are kept until it is back; everything else waits for it.")


def run_server(host: str, port: int, *, workers: int, threads: int, with_worker: bool) -> None:
    """Serve until SIGTERM or SIGINT; the worker process is started, watched and ended here."""
    server = Granian(
        "wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        websockets=False,
        working_dir=ROOT,
        log_level=LogLevels.warning,
        workers_kill_timeout=10,
        respawn_failed_workers=True,
    )
    # Many threads are meant: a click waits in one for its commit, and does nothing meanwhile.
    logging.getLogger("_granian").addFilter(lambda said: "Python threads" not in said.getMessage())
    keeper = _WorkerKeeper()
    if with_worker:
        server.on_startup(keeper.start)
        server.on_shutdown(keeper.stop)
    server.serve()


class _WorkerKeeper:
    """Keeps one worker process running: starts it again when it dies, ends it with the server."""

    def __init__(self) -> None:
        self._ending = threading.Event()
        self._spawning = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="worker-keeper", daemon=True)

    def start(self) -> None:
        """Start the worker and the thread that watches it."""
        # A web process forked while Popen runs keeps Popen's pipe open, and Popen then waits for
        # ever: the two take turns.
        os.register_at_fork(
            before=self._spawning.acquire,
            after_in_parent=self._spawning.release,
            after_in_child=self._spawning.release,
        )
        self._thread.start()

    def stop(self) -> None:
        """Ask the worker to end, and wait until its letters in hand are done."""
        self._ending.set()
        self._thread.join()

    def _watch(self) -> None:
        # The child's parent-death signal follows the *thread* that started it: this one stays.
        while not self._ending.is_set():
            command = [sys.executable, "-m", "outreach.cli", "worker"]
            command += ["--with-parent", str(os.getpid())]
            with self._spawning:
                process = subprocess.Popen(command, cwd=ROOT)
            while process.poll() is None and not self._ending.wait(0.2):
                pass
            if self._ending.is_set():
                process.terminate()
                process.wait()
                return
            _log.error("worker.died", code=process.returncode)
            self._ending.wait(_RESTART_AFTER_S)


def must_be_free(host: str, port: int) -> None:
    """Two servers would share a port without a word, and supporters reach either of them.

    Raises Conflict where somebody listens there already, and where nobody may.
    """
    try:
        kind, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # not the web's REUSEPORT
            probe.bind(address)
    except OSError as error:
        raise Conflict(
            f"{host}:{port} can’t be listened on: {error.strerror}. Nothing was started.",
            hint="Stop what runs there, or give another port with --port.",
        ) from None


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Hold a lock file: one server, and with it one worker, on a data folder."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                f"A server runs already on the data in {path.parent}.",
                hint="Stop it first, or set OUTREACH_DATA_DIR to another folder.",
            ) from None
        yield
