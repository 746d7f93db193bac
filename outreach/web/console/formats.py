"""How the console writes numbers, rates and times; template filters of the same names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from outreach.web.auth import zone

MINUS = "−"


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


def percent(value: float, low: float, high: float) -> str:
    """A share as 6.11 %, with as many decimals as its interval supports."""
    return f"{value * 100:.{_decimals(high - low)}f} %"


def interval(low: float, high: float) -> str:
    """The interval of a share: 5.90 to 6.33 %."""
    decimals = _decimals(high - low)
    return f"{low * 100:.{decimals}f} to {high * 100:.{decimals}f} %"


def _decimals(width: float) -> int:
    return 2 if width < 0.006 else 1 if width < 0.06 else 0


FILTERS: Mapping[str, Callable[..., Any]] = {
    "number": number,
    "plural": plural,
    "moment": moment,
    "short": short,
    "day": day,
    "clock_time": clock_time,
}
