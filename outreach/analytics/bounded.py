"""Work that takes a processor for itself (drawing, setting a page): one at a time, in bounds."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from outreach.core.errors import TryLater

Made = TypeVar("Made")
_turn = threading.Semaphore(1)


def bounded(work: Callable[[], Made], *, seconds: float) -> Made:
    """What `work` returns or raises. Raises TryLater when a turn or the work takes longer.

    Nothing can end a drawing in the middle; one that is left behind keeps its turn until it ends,
    so that no second one is started beside it. Its thread never holds up the end of the process.
    """
    if not _turn.acquire(timeout=seconds):
        raise TryLater("Other pictures are being drawn.", hint="Try again in a minute.")
    made: queue.SimpleQueue[tuple[Made | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            made.put((work(), None))
        except BaseException as error:  # raised where it was asked for
            made.put((None, error))
        finally:
            _turn.release()

    threading.Thread(target=run, daemon=True, name="drawing").start()
    try:
        result, fault = made.get(timeout=seconds)
    except queue.Empty:
        raise TryLater(
            f"This took longer than {seconds:g} seconds and was given up.",
            hint="Try again in a minute; the tables have the same figures.",
        ) from None
    if fault is not None:
        raise fault
    return result  # type: ignore[return-value]
