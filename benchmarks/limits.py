"""What letters are sent to, and how fast the reference sender fills it: Postfix's test programs.

smtp-sink takes every letter and forgets it; smtp-source, its counterpart in C, is the limit that a
sender on the same machine is measured against.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

SESSIONS = 50
POSTGRES = os.environ.get("OUTREACH_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")


_PACKAGES = {"smtp-sink": "postfix", "smtp-source": "postfix", "wrk": "wrk"}


@contextmanager
def smtp_sink() -> Iterator[int]:
    """The port of a running smtp-sink."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    as_user = ["-u", "postfix"] if os.geteuid() == 0 else []
    process = subprocess.Popen([program("smtp-sink"), *as_user, f"127.0.0.1:{port}", "1000"])
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def smtp_source(port: int, letters: int, size: int) -> float:
    """Letters a second that smtp-source sends over SESSIONS kept connections."""
    source = program("smtp-source")
    command = [source, "-d", "-s", str(SESSIONS), "-l", str(size), "-m", str(letters)]
    addresses = ["-f", "from@sink.example", "-t", "to@sink.example", f"127.0.0.1:{port}"]
    started = time.perf_counter()
    subprocess.run([*command, *addresses], check=True, timeout=600)
    return letters / (time.perf_counter() - started)


@contextmanager
def postgres_database() -> Iterator[str]:
    """The address of a new, empty PostgreSQL database, dropped at the end."""
    name = f"outreach_bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    try:
        yield POSTGRES.rpartition("/")[0] + f"/{name}"
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]


def program(name: str) -> str:
    """Where a program is that Debian keeps out of the way of ordinary users."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    places = [os.environ["PATH"], "/usr/sbin", "/sbin", *map(str, versions)]
    found = shutil.which(name, path=":".join(places))
    if found is None:
        package = _PACKAGES.get(name, "postgresql")
        raise SystemExit(f"{name} is missing. Install the Debian package {package}.")
    return found


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("smtp-sink did not start")
