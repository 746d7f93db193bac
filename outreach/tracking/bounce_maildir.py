"""Bounce mail from a Maildir that the mail server delivers to: from `new` to `cur`, seen.

What a person should look at is flagged besides. Nothing is ever deleted.
"""

from __future__ import annotations

import threading
from pathlib import Path

from outreach.core import log
from outreach.core.errors import TryLater
from outreach.mail.dsn import MAX_BYTES
from outreach.tracking.bounces import Take

_log = log.get(__name__)
UNREADABLE = "bounces.file_unreadable"


def read(folder: Path, take: Take, stop: threading.Event) -> int:
    """Take every new message; how many there were.

    A message is moved after `take` has committed: killed in between, it is taken again, which
    changes nothing. Raises TryLater without the folder.
    """
    new, seen = folder / "new", folder / "cur"
    if not new.is_dir():
        raise TryLater(
            f"There is no Maildir at {folder}. No bounce mail was read.",
            hint="Check OUTREACH_BOUNCE_MAILDIR; a Maildir has the folders new, cur and tmp.",
        )
    seen.mkdir(exist_ok=True)
    taken = 0
    for path in sorted(new.iterdir()):
        if stop.is_set():
            break
        try:
            with path.open("rb") as file:
                source = file.read(MAX_BYTES)
            flags = "S" if take(source).is_settled else "FS"
            path.rename(seen / f"{path.name.partition(':')[0]}:2,{flags}")
        except FileNotFoundError:  # another process was first
            continue
        except OSError as error:
            _log.error(UNREADABLE, file=path.name, error=error.strerror)
            continue
        taken += 1
    return taken
