"""What mail systems write back about a letter: delivery reports (RFC 3464), complaints (RFC 5965),
and the ones in forms of their own; and what only looks like one.

Whose letter it is about is not looked for here: that is the return path's to say (mail/verp).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, message_from_string
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from enum import StrEnum

from outreach.core.clock import now
from outreach.mail import dsn_plain, dsn_status

# Reports quote the letter; what lies beyond is of no use, and whoever reads stops there.
MAX_BYTES = 1_000_000
_KIND_OF_CODE = re.compile(r"^\s*[\w.-]+\s*;")  # "smtp;"
# An older date is a clock gone wrong.
_LATE = timedelta(days=60)
_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")
# auth-failure and not-spam are feedback, too, but nobody complains.
_COMPLAINTS = frozenset(("abuse", "fraud", "opt-out", "opt-out-list"))
_ADDRESSED = (
    "Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "X-Envelope-To",
    "X-Delivered-To",
    "To",
    "Cc",
)


class Kind(StrEnum):
    """What a message says about a letter."""

    BOUNCED = "bounced"  # it did not arrive, and nobody tries any more
    DELAYED = "delayed"  # it is still being tried
    DELIVERED = "delivered"
    COMPLAINED = "complained"
    AUTOMATIC = "automatic"  # out of office, a receipt: of no consequence
    UNCLEAR = "unclear"  # for a person to look at


@dataclass(frozen=True, slots=True)
class Report:
    """One message, understood. `text` is the other side's wording and may hold addresses."""

    kind: Kind
    status: str  # RFC 3463, such as "5.1.1", or ""
    text: str
    id: str  # the same whenever and by whatever way the message comes in
    at: datetime
    addressed: str  # the headers that say to whom it was sent

    @property
    def is_hard(self) -> bool:
        """Whether letters to this address will never arrive."""
        return self.kind is Kind.BOUNCED and dsn_status.is_hard(self.status, self.text)


def read(source: bytes) -> Report:
    """What a message says; never fails, whatever it is given."""
    source = source[:MAX_BYTES]
    try:
        message = message_from_bytes(source)
        kind, status, text = _judged(message)
    except RecursionError:  # parts in parts in parts: nothing that a mail system wrote
        message = BytesHeaderParser().parsebytes(source)
        kind, status, text = Kind.UNCLEAR, "", ""
    return Report(
        kind,
        status,
        " ".join(text.encode("utf-8", "replace").decode().split()),
        _identity(message, source),
        _date(message),
        "\n".join(header(message, name) for name in _ADDRESSED),
    )


def header(message: Message, name: str) -> str:
    """All headers of this name as one text."""
    return "\n".join(str(value) for value in message.get_all(name, ()))


def _judged(message: Message) -> tuple[Kind, str, str]:
    for part in message.walk():
        if part.get_content_type() in _STATUS_PARTS:
            found = _delivery_status(part)
            if found:
                return found
        elif part.get_content_type() == "message/feedback-report":
            return _feedback(part)
        elif part.get_content_type() == "message/disposition-notification":
            return Kind.AUTOMATIC, "", "A receipt."
    said = dsn_plain.judged(message)
    return Kind(said.kind), said.status, said.text


def _delivery_status(part: Message) -> tuple[Kind, str, str] | None:
    """The worst that the report says of a recipient; None when it says nothing."""
    worst: dict[Kind, tuple[Kind, str, str]] = {}
    for group in _groups(part):
        action = header(group, "Action").strip().casefold()
        diagnostic = _KIND_OF_CODE.sub("", header(group, "Diagnostic-Code")).strip()
        status = dsn_status.best_of(header(group, "Status"), diagnostic)
        kind = _kind(action, status)
        if kind:
            worst.setdefault(kind, (kind, status, diagnostic or status))
    reached = worst.get(Kind.DELIVERED)
    if reached and Kind.BOUNCED in worst:
        # An address that leads to several mailboxes: some got the letter.
        return reached
    return next((worst[kind] for kind in Kind if kind in worst), None)


def _groups(part: Message) -> Iterator[Message]:
    """The groups of fields of a status part, however far the library took it apart."""
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else [part]:
        if not isinstance(block, Message):
            continue
        yield block
        rest = block.get_payload()
        if isinstance(rest, str):
            for text in rest.replace("\r\n", "\n").split("\n\n"):
                yield message_from_string(text.lstrip("\n"))


def _kind(action: str, status: str) -> Kind | None:
    if action == "failed":
        return Kind.BOUNCED
    if action == "delayed":
        return Kind.DELAYED
    if action == "delivered":
        return Kind.DELIVERED
    if action in ("relayed", "expanded"):  # it went on to where nobody reports
        return Kind.AUTOMATIC
    if not status:
        return None
    return {"5": Kind.BOUNCED, "4": Kind.DELAYED, "2": Kind.DELIVERED}[status[0]]


def _feedback(part: Message) -> tuple[Kind, str, str]:
    fields = next(_groups(part))
    what = header(fields, "Feedback-Type").strip().casefold()
    kind = Kind.COMPLAINED if what in _COMPLAINTS else Kind.AUTOMATIC
    return kind, "", f"Feedback: {what or 'unnamed'}."


def _identity(message: Message, source: bytes) -> str:
    own = header(message, "Message-ID").strip()
    if own:
        return own
    # Without a name of its own: by what does not change on its way to us.
    _, _, body = source.replace(b"\r\n", b"\n").partition(b"\n\n")
    dated = header(message, "Date").encode("utf-8", "replace")
    return hashlib.blake2b(dated + b"\n" + body, digest_size=16).hexdigest()


def _date(message: Message) -> datetime:
    present = now()
    try:
        written = parsedate_to_datetime(header(message, "Date"))
    except (TypeError, ValueError, OverflowError):
        return present
    if written.tzinfo is None:  # "-0000": UTC, from an unknown zone
        written = written.replace(tzinfo=UTC)
    return written if timedelta(0) <= present - written <= _LATE else present
