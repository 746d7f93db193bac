"""The flight recorder: how far each letter of a part got, in memory that outlives its process.

The ledger says before a part leaves that all of it may leave, and afterwards what became of it.
When a sender is killed in between, the part would be unknown as a whole. So each part also has a
byte for every letter in a file that is mapped into memory: setting it costs nothing, and the kernel
keeps it when the process is gone. Whoever recovers the batch on the same machine then knows which
letters never left and which were taken; in doubt are those that were on the wire.

A file is named after its process and boot (core.process): what another process left, or what was
there before a power loss, is never taken for an answer.
"""

from __future__ import annotations

import mmap
import os
import secrets
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from enum import IntEnum
from math import inf
from pathlib import Path
from time import monotonic

from outreach.core import log, process

CAPACITY = 4096  # letters of a part
KEPT_S = 7 * 86_400  # what a dead process left; a batch is recovered minutes after its end
_HEAD, _ID = struct.Struct("<I"), 8
_SIZE = _HEAD.size + CAPACITY * (_ID + 1)

_log = log.get(__name__)


class Stage(IntEnum):
    """How far a letter got."""

    HERE = 0  # certainly not sent
    LEAVING = 1  # the last byte may have left
    TAKEN = 2  # the provider said yes


class Flight:
    """One part in the air. The provider says of each letter how far it got, and begins no further
    letter once it is stopped."""

    def __init__(self, delivery_ids: Sequence[int], file: mmap.mmap | None = None) -> None:
        self._until = inf
        self.way = ""  # by which it leaves (mail.provider.Way), chosen with the mark
        self.file = file
        self._stages: bytearray | mmap.mmap = bytearray(len(delivery_ids)) if file is None else file
        begin = 0 if file is None else _HEAD.size + len(delivery_ids) * _ID
        self._place = {delivery_id: begin + i for i, delivery_id in enumerate(delivery_ids)}

    @property
    def stopped(self) -> bool:
        """No further letter is to be begun: somebody said so, or the batch may no longer be ours
        because nobody could say so."""
        return monotonic() >= self._until

    def stop(self) -> None:
        """Begin no further letter."""
        self._until = -inf

    def go_on(self, seconds: float) -> None:
        """Letters may be begun for so long from now, unless it was stopped."""
        if self._until != -inf:
            self._until = monotonic() + seconds

    def leaving(self, delivery_id: int) -> None:
        """Say, before its last byte is written, that a letter leaves."""
        self._stages[self._place[delivery_id]] = Stage.LEAVING

    def taken(self, delivery_id: int) -> None:
        """The provider took the letter."""
        self._stages[self._place[delivery_id]] = Stage.TAKEN

    def back(self, delivery_id: int) -> None:
        """The provider certainly did not take the letter."""
        self._stages[self._place[delivery_id]] = Stage.HERE

    def stages(self) -> dict[int, Stage]:
        """How far each letter got."""
        return {i: Stage(self._stages[place]) for i, place in self._place.items()}


class FlightRecorder:
    """Keeps the flights of this process in files of `folder`; without room there they are not
    kept, and a crash leaves more unknown."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._free: list[mmap.mmap] = []
        self._pid = 0
        self._works = True

    def begin(self, delivery_ids: Sequence[int]) -> Flight:
        """A flight of these letters, all HERE.

        To be called before the ledger's mark is committed: what the ledger then calls in doubt is
        always in a file.
        """
        file = self._take() if len(delivery_ids) <= CAPACITY else None
        if file is not None:
            count = len(delivery_ids)
            ids_end = _HEAD.size + count * _ID
            file[: _HEAD.size] = _HEAD.pack(0)  # what follows is not complete
            file[_HEAD.size : ids_end] = struct.pack(f"<{count}q", *delivery_ids)
            file[ids_end : ids_end + count] = bytes(count)
            file[: _HEAD.size] = _HEAD.pack(count)
        return Flight(delivery_ids, file)

    def end(self, flight: Flight) -> None:
        """The ledger knows the outcomes: the flight is forgotten, for a letter of it may be sent
        again by a person's word."""
        if flight.file is not None:
            flight.file[: _HEAD.size] = _HEAD.pack(0)
            with self._lock:
                self._free.append(flight.file)

    def stages(self, delivery_ids: Sequence[int], owner: str) -> dict[int, Stage]:
        """How far these letters got, where the process `owner` (core.process.own_name) recorded
        it on this machine."""
        wanted, found = set(delivery_ids), dict[int, Stage]()
        for path in self.folder.glob(f"{process.key(owner)}-*.flight"):
            for delivery_id, stage in _read(path):
                if delivery_id in wanted:
                    # An earlier flight may have come to nothing: the furthest counts.
                    found[delivery_id] = max(stage, found.get(delivery_id, Stage.HERE))
        return found

    def _take(self) -> mmap.mmap | None:
        with self._lock:
            if self._pid != os.getpid():  # the first time, or after a fork
                self._pid, self._free = os.getpid(), []
                self._sweep()
            if self._free:
                return self._free.pop()
            if not self._works:
                return None
            try:
                return self._new()
            except OSError as error:
                self._works = False
                _log.warning("flight.not_recorded", error=error.strerror)
                return None

    def _new(self) -> mmap.mmap:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{process.key(process.own_name())}-{secrets.token_hex(4)}.flight"
        descriptor = os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            # A page that finds no room on the disk later would end the process.
            os.posix_fallocate(descriptor, 0, _SIZE)
            return mmap.mmap(descriptor, _SIZE)
        finally:
            os.close(descriptor)

    def _sweep(self) -> None:
        """Remove what long dead processes left, and whoever had this process's number before."""
        own = process.key(process.own_name())
        for path in self.folder.glob("*.flight"):
            old = time.time() - path.stat().st_mtime > KEPT_S
            if old or path.name.startswith(f"{own}-"):
                path.unlink(missing_ok=True)


def _read(path: Path) -> Iterator[tuple[int, Stage]]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    if len(content) != _SIZE:
        return
    (count,) = _HEAD.unpack_from(content)
    count = min(count, CAPACITY)
    ids_end = _HEAD.size + count * _ID
    stages = content[ids_end : ids_end + count]
    for delivery_id, stage in zip(
        struct.unpack_from(f"<{count}q", content, _HEAD.size), stages, strict=True
    ):
        if stage <= max(Stage):
            yield delivery_id, Stage(stage)
