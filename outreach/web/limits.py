"""How many signatures by form one address, one visitor and one network may send.

Counts are kept where OUTREACH_LIMITS_URL says: in Redis for all processes, else in the memory of
each. Keys are hashed; a store that is away is replaced by memory meanwhile.
"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import request
from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address
from redis.backoff import NoBackoff
from redis.retry import Retry

from outreach.core import address
from outreach.core.errors import BadInput, TooMany
from outreach.core.languages import gettext as _
from outreach.tracking.network import network_hash
from outreach.web.context import services

ADDRESS_LIMIT = "6 per hour; 20 per day"  # also what one mailbox may be bothered with
NETWORK_TIMES = 10  # a network of 256 addresses against one of them
HOUR_TIMES = 10
STORE_ANSWERS_S = 0.5

limiter = Limiter(
    get_remote_address, strategy="moving-window", in_memory_fallback_enabled=True, key_prefix="o"
)


def store_options(url: str) -> dict[str, Any]:
    """How the store at this address is asked: once, and for a moment. Where Redis is silent the
    next one who signs would else wait for 20 seconds."""
    if not url.startswith(("redis", "valkey")):
        return {}
    return {
        "socket_connect_timeout": STORE_ANSWERS_S,
        "socket_timeout": STORE_ANSWERS_S,
        "retry": Retry(NoBackoff(), 0),
    }


def must_be_within_limits(email: str = "") -> None:
    """Count this request as one that signs or reports. Raises TooMany where there were too many.

    `email`: the address that was typed, in whatever spelling.
    """
    request.environ["outreach.typed"] = email
    try:
        _of_visitor()
        _of_network()
        if email:
            _of_mailbox()
    except RateLimitExceeded:
        raise TooMany(
            _("Too many came from here in a short time. Nothing was stored."),
            hint=_("Try again in a few minutes."),
        ) from None


def _per_minute(times: int) -> str:
    number = services().sign_per_minute * times
    return f"{number} per minute; {number * HOUR_TIMES} per hour"


def _hashed(kind: str, text: str) -> str:
    key = services().secret.encode()[:64]
    return kind + hashlib.blake2b(text.encode(), key=key, digest_size=12).hexdigest()


def _visitor() -> str:
    return _hashed("v", request.remote_addr or "")


def _network() -> str:
    return "n" + network_hash(request.remote_addr, services().secret)


def _mailbox() -> str:
    typed = request.environ["outreach.typed"]
    try:
        return _hashed("m", address.mailbox(address.canonical(typed)))
    except BadInput:
        return _hashed("m", typed)  # refused later, with a sentence of its own


def _unbounded() -> bool:
    return not services().sign_per_minute


@limiter.shared_limit(
    lambda: _per_minute(1), scope="visitor", key_func=_visitor, exempt_when=_unbounded
)
def _of_visitor() -> None:
    """Counted by the decorator."""


@limiter.shared_limit(
    lambda: _per_minute(NETWORK_TIMES), scope="network", key_func=_network, exempt_when=_unbounded
)
def _of_network() -> None:
    """Counted by the decorator."""


@limiter.shared_limit(ADDRESS_LIMIT, scope="mailbox", key_func=_mailbox, exempt_when=_unbounded)
def _of_mailbox() -> None:
    """Counted by the decorator."""
