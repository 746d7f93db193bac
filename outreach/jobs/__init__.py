"""Every background job on one page: its name, what it does, how often, on which queue.

An engine (engines/) calls `run`; what is to be done stands in the database, so that a job that is
called twice, or on two machines at once, does no harm.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from outreach.jobs import figures, sending, upkeep
from outreach.services import ALIVE_EVERY_S, Services


@dataclass(frozen=True)
class Pieces:
    """A job's work as many ids, for an engine of many processes.

    `due(services, number)` names up to so many pieces; `run(services, stop, id)` does one, and
    nothing where it was done meanwhile or is in other hands.
    """

    name: str
    due: Callable[[Services, int], Sequence[int]]
    run: Callable[[Services, threading.Event, int], object]
    queue: str


@dataclass(frozen=True)
class Job:
    """`run(services, stop)` every `every_s` seconds; long ones end soon after `stop` is set.

    An engine of many machines runs it once at a time, and of a job that has `pieces` it hands out
    these instead.
    """

    name: str
    run: Callable[[Services, threading.Event], object]
    every_s: float
    queue: str
    pieces: Pieces | None = None


JOBS = (
    Job("blasts.start", sending.start_due_blasts, 1.0, "blasts"),
    Job(
        "mail.send",
        sending.send,
        0.5,
        "mail",
        # A queue of their own: turns of other jobs do not wait behind a blast.
        Pieces("mail.send_batch", sending.batches_due, sending.send_batch, "letters"),
    ),
    Job("blasts.let_go", sending.let_go, 2.0, "blasts"),
    Job("blasts.choose_winners", sending.choose_winners, 30.0, "blasts"),
    Job("blasts.pause", sending.pause_bad, 10.0, "blasts"),
    Job("mail.recover", sending.recover, 5.0, "mail"),
    Job("petitions.count", figures.count_signatures, 2.0, "petitions"),
    Job("sources.look", upkeep.look_at_sources, 3.0, "sources"),
    Job("figures.count", figures.roll_up, 1.0, "events"),
    Job("figures.providers", figures.count_providers, 60.0, "events"),
    Job("figures.days", figures.count_days, 30.0, "events"),
    Job("figures.months", figures.count_months, 300.0, "events"),
    Job("figures.origins", figures.learn_origins, 3600.0, "events"),
    Job("digests.post", figures.post_digests, 300.0, "mail"),
    Job("senders.read", figures.read_senders, 600.0, "events"),
    Job("events.replay", upkeep.replay_events, 5.0, "events"),
    Job("events.judge", upkeep.judge_events, 1.0, "events"),
    Job("events.months", upkeep.keep_months, 3600.0, "events"),
    Job("events.bounces", upkeep.read_bounces, 30.0, "events"),
    Job("supporters.import", upkeep.run_imports, 1.0, "supporters"),
    Job("suppressions.exchange", upkeep.exchange_suppressions, 900.0, "events"),
    Job("worker.alive", upkeep.say_alive, ALIVE_EVERY_S, "mail"),
)
