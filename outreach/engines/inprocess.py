"""One worker process: APScheduler calls the jobs in its threads."""

from __future__ import annotations

import threading
from datetime import timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from outreach.core import log
from outreach.core.clock import now
from outreach.engines.engine import run_job
from outreach.jobs import JOBS
from outreach.services import Services

LOOK_S = 1.0
SLACK_S = 1.0

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
    while not stop.wait(LOOK_S):
        _come_nearer(scheduler)
    scheduler.shutdown(wait=True)
    services.provider.close()
    services.db.close()
    _log.info("worker.stopped")


def _come_nearer(scheduler: BackgroundScheduler) -> None:
    """After the clock was set back, turns that were due by the old time are due now."""
    instant = now()
    for job in scheduler.get_jobs():
        furthest = instant + job.trigger.interval + timedelta(seconds=SLACK_S)
        if job.next_run_time > furthest:
            _log.warning("clock.set_back", job=job.id)
            scheduler.modify_job(job.id, next_run_time=instant)
