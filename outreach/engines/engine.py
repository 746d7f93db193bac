"""What all engines do with a job: call it, and make a failure visible without stopping the rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

from outreach.core import log, metrics
from outreach.core.db import AWAY
from outreach.jobs import Job
from outreach.services import Services

_log = log.get(__name__)


def run_job(job: Job, services: Services, stop: threading.Event) -> bool:
    """Run a job once; False while the database is away.

    What it works on is in the database, so the next turn goes on where this one ended.
    """
    return attempt(job.name, partial(job.run, services, stop), stop)


def attempt(name: str, work: Callable[[], object], stop: threading.Event) -> bool:
    """Do a job's work unless this process is to end; False while the database is away."""
    if stop.is_set():
        return True
    started, end = time.monotonic(), "done"
    try:
        work()
    except AWAY as error:
        end = "database_away"
        _log.warning("job.database_away", job=name, error=type(error).__name__)
        return False
    except Exception:
        end = "failed"
        _log.exception("job.failed", job=name, seconds=round(time.monotonic() - started, 3))
        raise  # both engines take note and call the job again at its next turn
    finally:
        metrics.observe(metrics.JOBS, time.monotonic() - started, name, end)
    return True
