"""How the console writes numbers and times; template filters of the same names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from outreach.web.auth import zone

MINUS = "−"
_MERGED = re.compile(r"\{\{\s*([\w.]+)[^}]*\}\}")


def number(value: int) -> str:
    """Exact, with thousands separators: 46,988."""
    return f"{value:,}".replace("-", MINUS)


def plural(value: int, one: str, many: str = "") -> str:
    """A number with what it counts: 1 person, 46,988 people."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def moment(at: datetime) -> str:
    """Tuesday 14 April 2026, 09:00 UTC, in the organisation's zone, which is named."""
    local = at.astimezone(zone())
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M %Z}"


def short(at: datetime) -> str:
    """14 April 2026, 09:00, in the organisation's zone."""
    local = at.astimezone(zone())
    return f"{local.day} {local:%B %Y, %H:%M}"


def day(at: datetime) -> str:
    """Thursday 16 April, in the organisation's zone."""
    local = at.astimezone(zone())
    return f"{local:%A} {local.day} {local:%B}"


def clock_time(at: datetime) -> str:
    """09:00, in the organisation's zone."""
    return f"{at.astimezone(zone()):%H:%M}"


def subject(text: str) -> str:
    """A subject with [first name] where each person’s own stands."""
    return _MERGED.sub(lambda found: f"[{found[1].replace('_', ' ')}]", text)


def duration(seconds: float) -> str:
    """About how long something still takes: 40 seconds, 4 minutes, 2 hours."""
    if seconds < 90:
        return plural(max(1, round(seconds)), "second")
    if seconds < 90 * 60:
        return plural(round(seconds / 60), "minute")
    return plural(round(seconds / 3600), "hour")


FILTERS: Mapping[str, Callable[..., Any]] = {
    "number": number,
    "plural": plural,
    "moment": moment,
    "short": short,
    "day": day,
    "clock_time": clock_time,
    "duration": duration,
    "subject": subject,
}
