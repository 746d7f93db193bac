"""An installation of its own: its data, its server as separate processes, and its command line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import orjson
import pytest
import requests
from click.testing import CliRunner
from sqlalchemy import select

import config
from outreach import cli
from outreach.app import build_services
from outreach.blasts import queries
from outreach.core import log
from outreach.core.db import Base
from outreach.demo.people import Letter, letters_in, read, wait_for_letters
from outreach.mail.models import Batch
from outreach.services import Services

ROOT = Path(__file__).parents[2]
COUNTED = (
    "rollup_changes",
    "rollups",
    "letter_acts",
    "letter_facets",
    "letter_slices",
    "trait_slices",
    "signature_credits",
    "day_changes",
    "day_figures",
    "day_marks",
    "page_visits",
)
OBSERVATIONS = frozenset(("events", "judgements", "judging_marks", *COUNTED))
WITHIN_S = 60.0


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its output as a machine reads it."""
        assert self.code == 0, self.err
        return orjson.loads(self.out)


@dataclass
class House:
    """One installation in a folder, with `settings` as environment variables without prefix."""

    folder: Path
    settings: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        port = _free_port()
        self.base_url = f"http://127.0.0.1:{port}"
        self.folder.mkdir()
        chosen = {"data_dir": str(self.folder), "port": str(port), "base_url": self.base_url}
        chosen |= {"web_workers": "1", "log_level": "ERROR", "sources_days": "0"} | self.settings
        others = {k: v for k, v in os.environ.items() if not k.startswith("OUTREACH_")}
        ours = {f"OUTREACH_{name.upper()}": value for name, value in chosen.items()}
        self.environment = others | ours
        with mock.patch.dict(os.environ, self.environment, clear=True):
            self.services: Services = build_services(config.load(_env_file=None))

    # Its processes

    def open(self, *, when: str = "/readyz") -> None:
        """Start `outreach serve` as a process group of its own, and wait until this door answers
        well: ready, or (/healthz) no more than alive."""
        command = [sys.executable, "-m", "outreach.cli", "serve"]
        # Not in ROOT: a file .env there would be taken for settings.
        env = self.environment | {"PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, cwd=self.folder, env=env, start_new_session=True)
        self.processes.append(process)
        wait_until(lambda: self._answers(when) or process.poll() is not None, "the server is ready")
        assert process.poll() is None, "the server ended by itself"

    def kill(self) -> None:
        """SIGKILL for server, web process and worker at once, as when the machine dies."""
        process = self.processes.pop()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_worker(self) -> None:
        """SIGKILL for the worker alone; the server is to start another one."""
        group = self.processes[-1].pid
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if b"worker" in words and os.getpgid(int(folder.name)) == group:
                    os.kill(int(folder.name), signal.SIGKILL)
                    return
            except (FileNotFoundError, ProcessLookupError):
                continue
        pytest.fail("no worker runs beside the server")

    def stop(self) -> None:
        """End the processes as an operator does."""
        while self.processes:
            process = self.processes.pop()
            process.terminate()
            process.wait(timeout=30)

    def close(self) -> None:
        """End everything."""
        self.stop()
        self.services.provider.close()
        self.services.db.close()

    def _answers(self, door: str) -> bool:
        try:
            return requests.get(f"{self.base_url}{door}", timeout=15).ok
        except requests.ConnectionError:
            return False

    # Its command line

    def outreach(self, *words: object, typed: str = "") -> Answer:
        """Run a command as it is typed; in this process, which saves loading everything anew."""
        opened: list[Services] = []

        def services_for(settings: config.Settings) -> Services:
            opened.append(build_services(settings))
            return opened[-1]

        with (
            mock.patch.dict(os.environ, self.environment, clear=True),
            mock.patch("outreach.cli.context.build_services", services_for),
        ):
            answer = CliRunner().invoke(cli.main, [str(word) for word in words], input=typed)
        log.configure(level="WARNING", as_json=False)  # the command's own stderr is closed
        for services in opened:
            services.provider.close()
            services.db.close()
        if answer.exception is not None and not isinstance(answer.exception, SystemExit):
            raise answer.exception
        return Answer(answer.exit_code, answer.stdout, answer.stderr)

    def report(self, blast: object) -> dict[str, Any]:
        """The figures of a blast, which must also equal their recount from the events."""
        found: dict[str, Any] = self.outreach("blasts", "report", blast, "--check", "--json").json
        return found

    # What can be seen of it

    def wait_for_blast(self, blast_id: int, state: str) -> None:
        """Wait until a blast is in this state."""

        def there() -> bool:
            with self.services.db.reading() as session:
                return queries.by_id(session, blast_id).state == state

        wait_until(there, f"the blast is {state}")

    def wait_for_quiet_outbox(self) -> None:
        """Wait until the worker has written down what became of every letter."""

        def quiet() -> bool:
            with self.services.db.reading() as session:
                return session.scalar(select(Batch.id).where(Batch.state != "done")) is None

        wait_until(quiet, "the outbox is empty")

    def letter(self, address: str) -> Letter:
        """The newest letter to this address, which may still be on its way."""
        return read(wait_for_letters(self.folder / "mailbox", {address}, WITHIN_S)[address])

    def letters(self) -> dict[str, Path]:
        """The newest letter's file by address."""
        return letters_in(self.folder / "mailbox")

    def rows(self, *, besides: frozenset[str] = OBSERVATIONS) -> dict[str, list[Any]]:
        """Everything that is stored, but for observations: no GET may change any of it."""
        with self.services.db.reading() as session:
            return {
                table.name: session.execute(select(table).order_by(*table.primary_key)).all()
                for table in Base.metadata.sorted_tables
                if table.name not in besides
            }


def wait_until(true: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> None:
    """Wait until something holds, and fail in words when it never does."""
    end = time.monotonic() + within_s
    while not true():
        if time.monotonic() > end:
            pytest.fail(f"after {within_s:.0f} s still not: {what}")
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def house(folder: Path, **settings: str) -> Iterator[House]:
    """An installation that is closed at the end, also after a failure."""
    made = House(folder, settings)
    try:
        yield made
    finally:
        made.close()
