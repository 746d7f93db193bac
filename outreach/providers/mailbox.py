"""The local mailbox: letters as files in a folder, for the demo, development and rehearsals.

    <folder>/<thousand>/<delivery id>.eml     one letter; <delivery id>-2.eml had it been sent twice
    <folder>/<thousand>/index                 a line of JSON for each letter of that thousand
    <folder>/tmp/                             letters being written

A letter is written aside and then linked to its name, so that it is there whole or not at all. The
index only saves opening letters for a list: whatever it lacks after a kill is read from the
letters. Letters survive the end of any process; they are not synced against loss of power.
"""

from __future__ import annotations

import os
import secrets
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import orjson

from outreach.core import log
from outreach.core.clock import now
from outreach.mail.flight import Flight
from outreach.mail.plan import Plan, Recipient
from outreach.mail.provider import Fate, Outcome, ProviderDown
from outreach.providers.letters import letters
from outreach.providers.mailbox_reading import Mailbox, StoredLetter, Summary

__all__ = ["Mailbox", "MailboxProvider", "StoredLetter", "Summary"]

LOG = log.get(__name__)
WRITE_FAILED = "mailbox.write_failed"


class MailboxProvider:
    """Accepts a letter by storing it."""

    name = "mailbox"
    lanes = 1
    follows_letters = False
    part_size = 500

    def __init__(self, folder: Path) -> None:
        self._mailbox = Mailbox(folder)
        self._tmp = folder / "tmp"

    def send(
        self, plan: Plan, recipients: Sequence[Recipient], flight: Flight | None = None
    ) -> list[Outcome]:
        """Store each letter; when the disk refuses, those not stored are for later."""
        outcomes: list[Outcome] = []
        lines: defaultdict[Path, list[bytes]] = defaultdict(list)
        stored = 0
        try:
            self._tmp.mkdir(parents=True, exist_ok=True)
            for recipient, letter in letters(plan, recipients, outcomes):
                path = self._store(recipient.delivery_id, letter)
                lines[path.parent].append(_index_line(path.stem, plan, recipient))
                outcomes.append(Outcome(recipient.delivery_id, Fate.ACCEPTED, ref=path.name))
                stored += 1
            for folder, added in lines.items():
                _append(folder / "index", b"".join(added))
        except OSError as error:
            reason = f"The mailbox folder can’t be written: {error.strerror}."
            LOG.warning(WRITE_FAILED, error=error.strerror, stored=stored)
            if not stored:
                raise ProviderDown(reason) from None
            told = {outcome.delivery_id for outcome in outcomes}
            outcomes += [
                Outcome(recipient.delivery_id, Fate.LATER, reason)
                for recipient in recipients
                if recipient.delivery_id not in told
            ]
        return outcomes

    def settle(self, delivery_ids: Sequence[int]) -> list[Outcome]:
        """The folder knows for certain: a letter is there, or was not sent."""
        return [
            Outcome(delivery_id, Fate.ACCEPTED, ref=path.name)
            if (path := self._mailbox.path(delivery_id)).exists()
            else Outcome(delivery_id, Fate.LATER, "The letter is not in the mailbox.")
            for delivery_id in delivery_ids
        ]

    def close(self) -> None:
        """Nothing is held between two parts."""

    def _store(self, delivery_id: int, letter: bytes) -> Path:
        aside = self._tmp / secrets.token_hex(8)
        aside.write_bytes(letter)
        copy = 1
        while True:
            path = self._mailbox.path(delivery_id, copy)
            try:
                # A link, unlike a rename, never hides that a letter was sent twice.
                path.hardlink_to(aside)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
            except FileExistsError:
                copy += 1
            else:
                aside.unlink()
                return path


def _index_line(letter_id: str, plan: Plan, recipient: Recipient) -> bytes:
    summary = Summary(
        id=letter_id,
        to=f"{recipient.name} <{recipient.address}>" if recipient.name else recipient.address,
        subject=plan.filled(plan.forms[recipient.outcome].subject, recipient.values),
        at=now(),
    )
    return orjson.dumps(summary, option=orjson.OPT_APPEND_NEWLINE)


def _append(path: Path, lines: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, lines)
    finally:
        os.close(descriptor)
