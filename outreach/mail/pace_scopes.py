"""What a pace holds for, and how it is written: `domain:gmail.com`, 50/s, 3,000 an hour."""

from __future__ import annotations

import re

from outreach.core.errors import BadInput
from outreach.mail.provider import HasWays, Provider

_PACE = re.compile(r"([\d.,]+)\s*(?:/|per|a|an)\s*(s|second|min|minute|h|hour)", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3600}
FASTEST = 1_000_000.0
_HOW = {"domain": "to", "sender": "from", "relay": "by", "blast": "of blast"}


def parsed(text: str) -> float | None:
    """`50/s`, `600/min` or `3000/h` as letters a second; None for `none`. Raises BadInput."""
    if text.strip().lower() in ("none", ""):
        return None
    found = _PACE.fullmatch(text.strip())
    try:
        number = float(found[1].replace(",", "")) if found else 0.0
    except ValueError:
        number = 0.0
    per_s = number / _SECONDS[found[2][0].lower()] if found else 0.0
    if not 0 < per_s <= FASTEST:
        raise BadInput(
            f"“{text}” is no pace. Nothing was changed.",
            hint="Write 50/s, 600/min, 3000/h or none.",
            field="pace",
        )
    return per_s


def typed(per_s: float | None) -> str:
    """A pace as `parsed` reads it; "" for none."""
    if not per_s:
        return ""
    return f"{per_s:.10g}/s" if per_s >= 1 else f"{per_s * 3600:.10g}/h"


def of_blast(blast_id: int) -> str:
    """The scope of one blast."""
    return f"blast:{blast_id}"


def of_relay(name: str) -> str:
    """The scope of a relay, or of a provider of another kind, by its name."""
    return f"relay:{name}"


def of_sender(address: str) -> str:
    """The scope of a sender's address."""
    return f"sender:{address.lower()}"


def of_domain(name: str) -> str:
    """The scope of the recipients at one domain."""
    return f"domain:{name.lower()}"


def domain_of(scope: str) -> str:
    """The domain of a domain's scope; "" for other scopes."""
    kind, _, name = scope.partition(":")
    return name if kind == "domain" else ""


def letters(scope: str) -> str:
    """Which letters a scope holds for: Letters to gmail.com, from an address, by a relay."""
    kind, _, name = scope.partition(":")
    return f"Letters {_HOW[kind]} {name}"


def in_words(per_s: float) -> str:
    """A pace as people say it: by the second, or by the hour where it is less than one."""
    number, unit = (per_s, "a second") if per_s >= 1 else (per_s * 3600, "an hour")
    exact = number < 100 and round(number, 1) != round(number)
    return f"{number:,.{int(exact)}f} {unit}"


def configured(provider: Provider) -> dict[str, float]:
    """Letters a second by scope of the relays whose pace stands in the settings."""
    paces = provider.paces if isinstance(provider, HasWays) else {}
    return {of_relay(name): per_s for name, per_s in paces.items()}
