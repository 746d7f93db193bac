"""Bounce mail from a mailbox over IMAP and TLS: unseen messages, seen afterwards.

What a person should look at is flagged besides. Nothing is ever deleted.
"""

from __future__ import annotations

import imaplib
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from outreach.core.errors import TryLater
from outreach.mail.dsn import MAX_BYTES
from outreach.tracking.bounces import Take


@dataclass(frozen=True)
class Account:
    """A mailbox that holds bounce mail and nothing else. Certificates are checked."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    timeout_s: float = 30.0

    def __str__(self) -> str:
        return f"the mailbox {self.folder} at {self.host}:{self.port}"


def read(account: Account, take: Take, stop: threading.Event) -> int:
    """Take every unseen message; how many there were.

    A message is marked after `take` has committed: cut off in between, it is taken again, which
    changes nothing. Raises TryLater when the mailbox can't be read.
    """
    taken = 0
    with _opened(account) as box:
        for number in _ask(box, "SEARCH", "UNSEEN")[0].split():
            if stop.is_set():
                break
            uid = number.decode("ascii")
            source = _message(_ask(box, "FETCH", uid, f"(BODY.PEEK[]<0.{MAX_BYTES}>)"))
            if source is None:  # somebody removed it meanwhile
                continue
            flags = r"(\Seen)" if take(source).is_settled else r"(\Seen \Flagged)"
            _ask(box, "STORE", uid, "+FLAGS.SILENT", flags)
            taken += 1
    return taken


@contextmanager
def _opened(account: Account) -> Iterator[imaplib.IMAP4_SSL]:
    try:
        with imaplib.IMAP4_SSL(
            account.host,
            account.port,
            ssl_context=ssl.create_default_context(),
            timeout=account.timeout_s,
        ) as box:
            box.login(account.username, account.password)
            # A name is quoted as RFC 3501 has it; the library leaves that to us.
            name = account.folder.replace("\\", "\\\\").replace('"', '\\"')
            answer, said = box.select(f'"{name}"')
            if answer != "OK":
                raise imaplib.IMAP4.error(_text(said))
            yield box
    except (imaplib.IMAP4.error, OSError) as error:
        why = _text(error.args) if isinstance(error, imaplib.IMAP4.error) else str(error)
        raise TryLater(
            f"{account} can’t be read: {why.rstrip('.')}. Its messages stay there.",
            hint="Check the settings OUTREACH_BOUNCE_IMAP_….",
        ) from None


def _ask(box: imaplib.IMAP4_SSL, command: str, *words: str) -> list[Any]:
    answer, said = box.uid(command, *words)
    if answer != "OK":
        raise imaplib.IMAP4.error(_text(said))
    return [part for part in said if part is not None] or [b""]


def _message(answer: Sequence[Any]) -> bytes | None:
    return next((part[1] for part in answer if isinstance(part, tuple)), None)


def _text(said: Sequence[Any]) -> str:
    """What a server said, on one line."""
    words = (
        part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in said
    )
    return " ".join(" ".join(words).split())[:200]
