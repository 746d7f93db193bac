"""How public pages write numbers and times: exact, in the organisation's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from outreach.core import languages
from outreach.core.clock import now
from outreach.core.languages import gettext as _
from outreach.core.languages import ngettext


@dataclass(frozen=True, slots=True)
class Shown:
    """The forms of one page, in the language that is spoken."""

    zone: ZoneInfo

    def number(self, value: int) -> str:
        """18,426."""
        return languages.number(value)

    def names(self, names: list[str]) -> str:
        """“the council, the mayor and the board”."""
        return languages.listed(names)

    def day(self, at: datetime) -> str:
        """14 April 2026."""
        return languages.day(at.astimezone(self.zone))

    def moment(self, at: datetime) -> str:
        """14 April 2026, 10:42."""
        return f"{self.day(at)}, {at.astimezone(self.zone):%H:%M}"

    def ago(self, at: datetime) -> str:
        """2 minutes ago under an hour; then the time, then the day."""
        minutes = int((now() - at).total_seconds()) // 60
        if minutes < 1:
            return _("under a minute ago")
        if minutes < 60:
            said = ngettext("%(number)s minute ago", "%(number)s minutes ago", minutes)
            return said % {"number": minutes}
        local, today = at.astimezone(self.zone), now().astimezone(self.zone)
        if local.date() == today.date():
            return f"{local:%H:%M}"
        return languages.day_and_month(local)

    def yesterday(self) -> str:
        """The same time yesterday: “yesterday, 10:00”."""
        time = (now() - timedelta(days=1)).astimezone(self.zone)
        return _("yesterday, %(time)s") % {"time": f"{time:%H:%M}"}
