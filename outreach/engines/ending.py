"""How the processes of a Celery worker learn that it ends: a pipe that closes.

Celery waits for its tasks when it is told to stop, and tells them nothing. A sender lets go of its
batch between two parts once its stop event is set, so the event has to reach the forked children.
The main process holds the only writing end of a pipe: it closes it when it is asked to end, and
the kernel does when it is killed.
"""

from __future__ import annotations

import os
import threading
from typing import Any

from celery import signals


class Ending:
    """`stop` is set in every process of this worker when it is to end."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._pipe: tuple[int, int] | None = None
        # Celery keeps weak references only, and calls with keywords of its own.
        signals.worker_init.connect(self._prepare, weak=False)
        signals.worker_process_init.connect(self._listen, weak=False)
        signals.worker_shutting_down.connect(self._tell, weak=False)

    def _prepare(self, **_: Any) -> None:
        self._pipe = os.pipe()

    def _listen(self, **_: Any) -> None:
        if self._pipe is None:
            return
        reading, writing = self._pipe
        os.close(writing)
        threading.Thread(target=self._wait, args=(reading,), name="ending", daemon=True).start()

    def _wait(self, reading: int) -> None:
        os.read(reading, 1)  # nothing is ever written: it returns when the pipe is closed
        self.stop.set()

    def _tell(self, **_: Any) -> None:
        self.stop.set()
        if self._pipe is not None:
            os.close(self._pipe[1])
            self._pipe = None
