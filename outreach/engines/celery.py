"""Many machines: Celery calls the same jobs. Redis or RabbitMQ as broker, by URL.

Beat gives each job its turns; a turn carries nothing, a piece of work its id. Both are acknowledged
late and handed out again when a worker is lost, and the leases and states in the database make a
second call harmless. What a broker forgets is handed out anew: a turn by beat, an id by the
database.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import lru_cache

from celery import Celery, signals
from celery.exceptions import Reject
from kombu.entity import Exchange, Queue
from kombu.exceptions import ChannelError

from outreach.engines.ending import Ending
from outreach.engines.engine import attempt
from outreach.engines.metrics_door import open_door
from outreach.engines.turns import turn
from outreach.jobs import JOBS, Job, Pieces
from outreach.services import Services

PIECES = [job.pieces for job in JOBS if job.pieces]
_WORK: list[Job | Pieces] = [*JOBS, *PIECES]
QUEUES = sorted({work.queue for work in _WORK})

# Ids that wait at the broker, at most: enough for half a second of any number of senders, and so
# few that a slow provider does not fill the queue with offers that were made anew.
AHEAD = 256


def build(
    broker_url: str,
    services: Callable[[], Services],
    *,
    watched_at: tuple[str, int] | None = None,
) -> Celery:
    """The Celery application; `services` is called once in each worker process.

    `watched_at`: host and port where a worker answers Prometheus.
    """
    app = Celery("outreach", broker=broker_url or "memory://")
    app.conf.update(_conf(broker_url))
    ending = Ending()

    @lru_cache(maxsize=1)
    def of_process(_pid: int) -> Services:
        # A forked child must not share its parent's database connections.
        return services()

    def here() -> Services:
        return of_process(os.getpid())

    if watched_at:
        host, port = watched_at

        def watch(**_: object) -> None:
            open_door(host, port, here)

        signals.worker_ready.connect(watch, weak=False)
    for job in JOBS:
        app.task(name=job.name, shared=False)(_turn_of(app, job, here, ending.stop))
        if job.pieces:
            app.task(name=job.pieces.name, shared=False)(_piece_of(job.pieces, here, ending.stop))
    return app


def _conf(broker_url: str) -> dict[str, object]:
    return {
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "timezone": "UTC",
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        # A killed worker's task comes back at once after its visibility time-out.
        "broker_transport_options": {
            "visibility_timeout": 120,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
        }
        if broker_url.startswith("redis")
        else {},
        "task_routes": {work.name: {"queue": work.queue} for work in _WORK},
        # What a worker takes that is not told its queues with -Q: all.
        "task_queues": [_queue(name) for name in QUEUES],
        "beat_scheduler": "outreach.engines.beat:Beat",
        "beat_schedule": {
            # Expired turns are dropped: after a stop, beat's backlog is one turn, not thousands.
            job.name: {
                "task": job.name,
                "schedule": job.every_s,
                "options": {"queue": job.queue, "expires": max(job.every_s, 1.0) * 2},
            }
            for job in JOBS
        },
    }


def _queue(name: str) -> Queue:
    # With an exchange and a key of its own: Celery’s defaults are the same for all queues, and each
    # message would reach every one of them.
    return Queue(name, Exchange(name), routing_key=name)  # type: ignore[no-untyped-call]


def _turn_of(
    app: Celery, job: Job, here: Callable[[], Services], stop: threading.Event
) -> Callable[[], None]:
    def work() -> None:
        services = here()
        # A turn that takes longer than the next one is far, or that came twice, runs once.
        with turn(services, job.name) as mine:
            if mine and job.pieces:
                _hand_out(app, job.pieces, services)
            elif mine:
                job.run(services, stop)

    def task() -> None:
        attempt(job.name, work, stop)

    return task


def _piece_of(
    pieces: Pieces, here: Callable[[], Services], stop: threading.Event
) -> Callable[[int], None]:
    def task(piece: int) -> None:
        if stop.is_set():
            raise Reject("this worker ends", requeue=True)
        attempt(pieces.name, lambda: pieces.run(here(), stop, piece), stop)

    return task


def _hand_out(app: Celery, pieces: Pieces, services: Services) -> None:
    task = app.tasks[pieces.name]
    for piece in pieces.due(services, AHEAD - _waiting(app, pieces.queue)):
        task.apply_async((piece,))


def _waiting(app: Celery, queue: str) -> int:
    """How many messages lie in a queue."""
    with app.connection_or_acquire() as connection, connection.channel() as channel:
        try:
            return int(channel.queue_declare(queue=queue, passive=True).message_count)
        except ChannelError:  # there is no such queue yet; Redis knows none that is empty
            return 0
