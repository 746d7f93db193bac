"""Many machines: Celery calls the same jobs. Redis or RabbitMQ as broker, by URL.

Tasks carry only a job's name. They are acknowledged late and handed out again when a worker is
lost; the leases and states in the database make a second call harmless.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import lru_cache

from celery import Celery

from outreach.engines.engine import run_job
from outreach.jobs import JOBS
from outreach.services import Services

_STOP = threading.Event()


def build(broker_url: str, services: Callable[[], Services]) -> Celery:
    """The Celery application; `services` is called once in each worker process."""
    app = Celery("outreach", broker=broker_url or "memory://")
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        timezone="UTC",
        broker_connection_retry_on_startup=True,
        # A killed worker's task comes back at once after its visibility time-out.
        broker_transport_options={
            "visibility_timeout": 120,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
        }
        if broker_url.startswith("redis")
        else {},
        task_routes={job.name: {"queue": job.queue} for job in JOBS},
        beat_schedule={
            # Expired turns are dropped: after a stop, beat's backlog is one turn, not thousands.
            job.name: {
                "task": job.name,
                "schedule": job.every_s,
                "options": {"queue": job.queue, "expires": max(job.every_s, 1.0) * 2},
            }
            for job in JOBS
        },
        task_queues=None,
        task_create_missing_queues=True,
    )

    @lru_cache(maxsize=1)
    def of_process(_pid: int) -> Services:
        # A forked child must not share its parent's database connections.
        return services()

    for job in JOBS:
        app.task(name=job.name)(_task(job.name, of_process))
    return app


def _task(name: str, of_process: Callable[[int], Services]) -> Callable[[], bool]:
    job = next(job for job in JOBS if job.name == name)

    def task() -> bool:
        return run_job(job, of_process(os.getpid()), _STOP)

    return task
