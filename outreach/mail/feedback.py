"""What is told of a letter after it was handed over: by a provider's events, by bounce mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Word(StrEnum):
    """What became of a letter; each is the kind of the event that is kept of it."""

    ACCEPTED = "accepted"  # the provider has it
    DEFERRED = "deferred"  # the mailbox's server asked for patience; the provider tries again
    DELIVERED = "delivered"
    DROPPED = "dropped"  # the provider accepted it and then did not send it
    BOUNCED = "bounced"  # not delivered this time: blocked, full, too large
    GONE = "gone"  # bounced because there is no such mailbox: never write to it again
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    # What the provider itself saw of the reader. Ours are `opened` and `clicked`; these are kept
    # and never counted, because both are of the same act.
    PROVIDER_OPENED = "provider_opened"
    PROVIDER_CLICKED = "provider_clicked"
    OTHER = "other"  # a kind that we don't know; `detail` says what it was called


@dataclass(slots=True)  # not frozen: to make one takes a third of the time, and thousands come
class Feedback:
    """One report about one letter. `key` names it for ever: telling it twice changes nothing.

    `delivery_id` is our own id where it came back, `ref` the provider's id of the letter or of the
    request that held it, as in Outcome. `address` is only used to find and to suppress; `reason`
    and `detail` are kept and hold no personal data. `suppress`: why the address must not be
    written to again (consent.suppression), "" for no such reason.
    """

    key: str
    word: Word
    at: datetime
    source: str  # who tells it: "sendgrid", "bounce mail"
    delivery_id: int | None = None
    ref: str = ""
    address: str = ""
    reason: str = ""
    suppress: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
