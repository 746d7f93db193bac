"""What machines that watch us read: counters and times of all processes on this data folder.

Web servers and workers are many processes, and whoever asks reaches one of them. So each process
counts into files of its own in a folder that they share, and the one that is asked adds them up
(prometheus-client's multi-process mode). Values carry our own words only: never a person, an
address or a link.

Without `begin` everything is counted in memory and nobody sees it.
"""

from __future__ import annotations

import fcntl
import hmac
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from time import perf_counter

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from outreach.core import log, process

CONTENT_TYPE = CONTENT_TYPE_LATEST
_ROOM = 1 << 20  # bytes for the values of one process; a growing file could end it on a full disk
_KINDS = ("counter", "histogram")
_ENDED = "ended"
_SILENT_S = 7 * 86_400
_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

LETTERS = Counter(
    "outreach_letters", "Letters by provider and what became of them there.", ["provider", "fate"]
)
PARTS = Histogram(
    "outreach_part_seconds",
    "Time that a provider took for a part of a batch.",
    ["provider"],
    buckets=_QUICK,
)
CLAIMS = Histogram(
    "outreach_claim_seconds",
    "Time until a sender had its next batch.",
    ["provider"],
    buckets=_QUICK,
)
REQUESTS = Histogram(
    "outreach_request_seconds",
    "Time that an answer took.",
    ["door", "method", "status"],
    buckets=_QUICK,
)
EVENTS = Counter(
    "outreach_events", "Events that were stored: clicks, opens, signatures and so on.", ["kind"]
)
JOBS = Histogram(
    "outreach_job_seconds", "Time that a turn of a job took.", ["job", "end"], buckets=_QUICK
)

_log = log.get(__name__)


def begin(folder: Path) -> None:
    """Count where others can read it; before anything was counted in this process."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _lock(folder, fcntl.LOCK_EX):
            _fold_ended(folder)
    except OSError as error:
        _log.warning("metrics.not_kept", error=error.strerror)
        return
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    values.ValueClass = values.MultiProcessValue(  # type: ignore[no-untyped-call]
        lambda: _file_of(folder, os.getpid())
    )


def text(folder: Path, *others: Collector) -> bytes:
    """Everything that the processes on this folder counted, and what `others` say, to be read by
    Prometheus."""
    registry = CollectorRegistry()
    for other in others:
        registry.register(other)
    if not folder.is_dir():
        return generate_latest(registry)
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    with _lock(folder, fcntl.LOCK_SH):
        return generate_latest(registry)


def allowed(token: str, authorization: str) -> bool:
    """Whether an Authorization header carries the token; without a token nobody is let in."""
    return bool(token) and hmac.compare_digest(
        authorization.encode(errors="replace"), f"Bearer {token}".encode()
    )


@contextmanager
def timed(histogram: Histogram, *labels: str) -> Iterator[None]:
    """Count how long the block takes."""
    began = perf_counter()
    try:
        yield
    finally:
        observe(histogram, perf_counter() - began, *labels)


def observe(histogram: Histogram, seconds: float, *labels: str) -> None:
    """Count one time; whoever counts goes on where there is no room for it."""
    with suppress(OSError):
        histogram.labels(*labels).observe(seconds)


def count(counter: Counter, number: float, *labels: str) -> None:
    """Count so many more, likewise."""
    with suppress(OSError):
        counter.labels(*labels).inc(number)


@lru_cache(maxsize=1)
def _file_of(folder: Path, _pid: int) -> str:
    name = process.key(process.own_name())
    for kind in _KINDS:
        _give_room(folder / f"{kind}_{name}.db")
    return name


def _give_room(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, _ROOM)
    finally:
        os.close(descriptor)


@contextmanager
def _lock(folder: Path, kind: int) -> Iterator[None]:
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, kind)
        yield


def _fold_ended(folder: Path) -> None:
    """Add the counts of processes that have ended to one file, so that files don't pile up.

    A counter that fell would look like a restart, and be counted twice.
    """
    for kind in _KINDS:
        together = folder / f"{kind}_{_ENDED}.db"
        ended = [path for path in folder.glob(f"{kind}_*.db") if _has_ended(path, kind)]
        if not ended:
            continue
        _give_room(together)
        sums = MmapedDict(str(together))  # type: ignore[no-untyped-call]
        for path in ended:
            for key, value, _, _ in MmapedDict.read_all_values_from_file(str(path)):  # type: ignore[no-untyped-call]
                sums.write_value(key, sums.read_value(key)[0] + value, 0.0)  # type: ignore[no-untyped-call]
            path.unlink()
        sums.close()  # type: ignore[no-untyped-call]


def _has_ended(path: Path, kind: str) -> bool:
    name = path.stem.removeprefix(f"{kind}_")
    if name == _ENDED:
        return False
    # Of a process in another container or before a restart of the machine nothing can be asked.
    return process.has_ended(name) or time.time() - path.stat().st_mtime > _SILENT_S
