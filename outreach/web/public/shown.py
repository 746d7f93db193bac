"""How public pages write numbers and times: exact, in the organisation's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from outreach.core.clock import now


@dataclass(frozen=True, slots=True)
class Shown:
    """The forms of one page."""

    zone: ZoneInfo

    def number(self, value: int) -> str:
        """18,426."""
        return f"{value:,}"

    def day(self, at: datetime) -> str:
        """14 April 2026."""
        local = at.astimezone(self.zone)
        return f"{local.day} {local:%B %Y}"

    def moment(self, at: datetime) -> str:
        """14 April 2026, 10:42."""
        return f"{self.day(at)}, {at.astimezone(self.zone):%H:%M}"

    def ago(self, at: datetime) -> str:
        """2 minutes ago under an hour; then the time, then the day."""
        minutes = int((now() - at).total_seconds()) // 60
        if minutes < 1:
            return "under a minute ago"
        if minutes < 60:
            return f"{minutes} minute{'' if minutes == 1 else 's'} ago"
        local, today = at.astimezone(self.zone), now().astimezone(self.zone)
        return f"{local:%H:%M}" if local.date() == today.date() else f"{local.day} {local:%B}"

    def yesterday(self) -> str:
        """The same time yesterday: “yesterday, 10:00”."""
        return f"yesterday, {(now() - timedelta(days=1)).astimezone(self.zone):%H:%M}"
