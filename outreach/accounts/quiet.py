"""Quiet hours: when an organisation's blasts don't leave, such as 21:00-08:00 in its time zone."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

_HOURS = re.compile(r"(\d{1,2}:\d{2})\s*[-–—]\s*(\d{1,2}:\d{2})")


def judged(text: str) -> str | None:
    """As they are stored, "21:00-08:00"; None for none. Raises ValueError."""
    if not text.strip():
        return None
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    begin, end = (time.fromisoformat(part.zfill(5)) for part in found.groups())
    if begin == end:
        raise ValueError(text)
    return f"{begin:%H:%M}-{end:%H:%M}"


def end_of(quiet_hours: str | None, zone: ZoneInfo, at: datetime) -> datetime | None:
    """When the quiet hours end that this instant is in; None: it is in none."""
    if not quiet_hours:
        return None
    begin, end = map(time.fromisoformat, quiet_hours.split("-"))
    local = at.astimezone(zone)
    present = local.time()
    over_midnight = begin > end
    later, earlier = present >= begin, present < end
    if not (later or earlier if over_midnight else later and earlier):
        return None
    day = local.date() + timedelta(days=int(over_midnight and later))
    return datetime.combine(day, end, zone)
