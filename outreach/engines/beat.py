"""Beat: the clock of Celery, which gives each job its turns."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery.beat import PersistentScheduler

from outreach.core import log
from outreach.core.clock import now

SLACK = timedelta(seconds=1)

_log = log.get(__name__)


class Beat(PersistentScheduler):  # type: ignore[misc]
    """Celery’s own, which after its clock was set back would give no turn before the old time."""

    def tick(self, *words: Any, **named: Any) -> float:
        """Give the next turn that is due; returns the seconds until there is another one."""
        instant = now()
        ahead = [one for one in self.schedule.values() if one.last_run_at > instant + SLACK]
        if ahead:
            _log.warning("clock.set_back", jobs=len(ahead))
            for one in ahead:
                one.last_run_at = instant
            self._heap = None  # it is in the order of the old time
        return float(super().tick(*words, **named))
