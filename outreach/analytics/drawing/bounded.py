"""Drawing and setting pages, in bounds: in a process of its own, one at a time, ended when slow.

vl-convert holds Python's lock as long as it draws: in a web process every click would wait for it,
and nothing could end it. A process costs half a second to begin, and can be killed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path

from outreach.core import log
from outreach.core.errors import TryLater

DRAWER = Path(__file__).with_name("drawer.py")
_turn = threading.Semaphore(1)
_log = log.get(__name__)


class Missing(Exception):
    """A library that was to be used can't be loaded; its own words."""


def made(wanted: Sequence[tuple[str, str]], *, seconds: float) -> list[bytes]:
    """Pictures and pages of (svg, png or pdf; spec or HTML), all or none.

    Raises TryLater when a turn or the work takes longer, or fails; Missing where a library is not
    there.
    """
    if not _turn.acquire(timeout=seconds):
        raise TryLater("Other pictures are being drawn.", hint="Try again in a minute.")
    try:
        done = subprocess.run(
            # -P: modules of ours that lie beside it hide none of a library's.
            [sys.executable, "-P", str(DRAWER)],
            input=json.dumps(list(wanted)).encode(),
            capture_output=True,
            timeout=seconds,
            env={name: value for name, value in os.environ.items() if not _is_ours(name)},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TryLater(
            f"This took longer than {seconds:g} seconds and was given up.",
            hint="Try again in a minute; the tables have the same figures.",
        ) from None
    finally:
        _turn.release()
    if done.returncode:
        _log.error("drawing.failed", said=done.stderr.decode(errors="replace")[-1000:])
        raise TryLater(
            "This could not be drawn, because of a fault. It has been written down.",
            hint="Try again in a minute; the tables have the same figures.",
        )
    answer = json.loads(done.stdout)
    if "missing" in answer:
        raise Missing(answer["missing"])
    return [b64decode(one) for one in answer["made"]]


def _is_ours(name: str) -> bool:
    return name.startswith("OUTREACH_")  # passwords and keys that drawing has no need of
