"""One worker process: APScheduler calls the jobs in its threads."""

from __future__ import annotations

import threading

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from outreach.core import log
from outreach.core.clock import now
from outreach.engines.engine import run_job
from outreach.jobs import JOBS
from outreach.services import Services

_log = log.get(__name__)


def run(services: Services, stop: threading.Event) -> None:
    """Run all jobs at their cadence until `stop` is set; a running batch part ends first."""
    # One thread for each job: none waits for another, and none runs twice at a time.
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(len(JOBS))}, timezone="UTC"
    )
    for job in JOBS:
        scheduler.add_job(
            run_job,
            "interval",
            args=(job, services, stop),
            seconds=job.every_s,
            id=job.name,
            next_run_time=now(),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
    # It warns of each turn that a long `mail.send` skips, and repeats what run_job has logged.
    log.quiet("apscheduler")
    scheduler.start()
    _log.info("worker.started", jobs=len(JOBS))
    stop.wait()
    scheduler.shutdown(wait=True)
    services.provider.close()
    services.db.close()
    _log.info("worker.stopped")
