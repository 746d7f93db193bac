"""A name for this process, from which others on the same machine can tell that it has ended."""

from __future__ import annotations

import os
import socket
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")


def own_name() -> str:
    """`host:boot.namespace.pid`, at most 70 characters; the same as long as the process lives."""
    return f"{socket.gethostname()[:30]}:{key(f':{_place()}.{os.getpid()}')}"


def key(name: str) -> str:
    """The part of a process's name (or of what was written behind it and a "/") that tells it
    from all others of this machine, as a file may be called."""
    return name.rpartition(":")[2].partition("/")[0]


def has_ended(name: str) -> bool:
    """Whether the process of this name is certainly gone. False also where that can't be known: on
    another machine, in another container, or without /proc."""
    place, _, number = key(name).rpartition(".")
    if not _BOOT.exists() or place != _place() or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _place() -> str:
    """This boot of this machine, and the container: process numbers mean something within."""
    if not _BOOT.exists():
        return "unknown.0"
    boot = _BOOT.read_text().replace("-", "")[:12]
    namespace = "".join(filter(str.isdigit, str(_NAMESPACE.readlink())))
    return f"{boot}.{namespace}"
