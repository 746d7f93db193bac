"""Every background job on one page: its name, what it does, how often, on which queue.

An engine (engines/) calls `run`; what is to be done stands in the database, so that a job that is
called twice, or on two machines at once, does no harm.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from outreach.analytics import (
    cohorts,
    conversion,
    days,
    digest,
    growth,
    provider_figures,
    rollup,
    sender_readings,
)
from outreach.analytics.counting import figures_of
from outreach.blasts import (
    automatic_pause,
    delivery,
    domains,
    holding,
    origins,
    queries,
    schedule,
    starting,
    turn,
    winner,
)
from outreach.blasts.checks_of_citations import quoted_anywhere
from outreach.blasts.recovering import recover_lost
from outreach.blasts.sender import Sender
from outreach.consent.exchange import KeepsSuppressions, exchange
from outreach.core import log, process
from outreach.core.clock import now
from outreach.core.errors import TryLater
from outreach.petitions import tally
from outreach.petitions.library import look
from outreach.services import ALIVE_EVERY_S, Services
from outreach.supporters import imports
from outreach.tracking import (
    bounce_imap,
    bounce_maildir,
    bounces,
    catch_up,
    partitions,
    spool,
)

_log = log.get(__name__)

STAY_HERE = ("mailbox", "null")  # providers that send nothing anywhere


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


def start_due_blasts(services: Services, stop: threading.Event) -> None:
    """Freeze the blasts whose time has come."""
    starting.start_due(
        services.db, stop, base_url=services.base_url, batch_size=services.batch_size
    )


def send(services: Services, stop: threading.Event) -> None:
    """Send every batch that is due, then end the blasts of which nothing is open any more.

    First of all, people leave who asked for it while the database was away.
    """
    spool.replay(services.db, spool.leavings_in(services.data_dir))
    delivery.send_all(_sender(services), stop)
    with services.db.transaction() as session:
        schedule.close_finished(session)


def batches_due(services: Services, number: int) -> Sequence[int]:
    """End the blasts that are done, and name batches that wait for a sender."""
    with services.db.transaction() as session:
        schedule.close_finished(session)
    return delivery.offer(services.db, number)


def send_batch(services: Services, stop: threading.Event, batch_id: int) -> None:
    """Send one batch; as in `send`, people who left come first."""
    spool.replay(services.db, spool.leavings_in(services.data_dir))
    delivery.send_one(_sender(services), batch_id, stop)


def let_go(services: Services, stop: threading.Event) -> None:
    """Let held letters wait again whose domain is stopped no longer."""
    with services.db.reading() as session:
        blasts = domains.with_letters_to_let_go(session)
    for blast_id in blasts:
        with services.db.transaction() as session:
            domains.let_go(session, blast_id)


def choose_winners(services: Services, stop: threading.Event) -> None:
    """Let the rest of a blast leave with the variant that did best, when its time has come."""
    with services.db.reading() as session:
        due = [(blast.id, blast.winner_by) for blast in winner.due(session)]
    for blast_id, by in due:
        catch_up.catch_up(services.db, stop)
        rollup.advance(services.db, stop)
        with services.db.transaction() as session:
            blast = queries.by_id(session, blast_id, lock=True)
            if winner.waits(blast) and blast.state == "sending":
                best = figures_of(session, blast_id).details.contest.leader(by)
                winner.choose(session, blast, best, actor=winner.BY_ITSELF)


def pause_bad(services: Services, stop: threading.Event) -> None:
    """Pause blasts of which too much bounces, is complained of or is refused."""
    with services.db.reading() as session:
        blasts = automatic_pause.sending(session)
    for blast_id in blasts:
        with services.db.transaction() as session:
            cause = automatic_pause.pause_if_bad(
                session, blast_id, services.pause_limits, base_url=services.base_url
            )
        if cause:
            holding.reach(services.db, services.provider, blast_id, "pause")


def recover(services: Services, stop: threading.Event) -> None:
    """Take batches from senders that fell silent, and name what is unknown."""
    recover_lost(_sender(services))
    with services.db.transaction() as session:
        turn.let_go_after_the_clock_was_set_back(session)


def count_signatures(services: Services, stop: threading.Event) -> None:
    """Move the petitions' counts forward."""
    with services.db.transaction() as session:
        tally.advance(session)


def roll_up(services: Services, stop: threading.Event) -> None:
    """Count what has changed since: screens read nothing else."""
    rollup.advance(services.db, stop)


def count_providers(services: Services, stop: threading.Event) -> None:
    """Count letters by mailbox domain, for the deliverability score card."""
    provider_figures.count_moved(services.db, stop)


def count_days(services: Services, stop: threading.Event) -> None:
    """Count the days of which something changed: how the list grew, who came to pages."""
    for subject in (growth.PEOPLE, conversion.VISITS):
        days.advance(services.db, subject, stop)


def count_months(services: Services, stop: threading.Event) -> None:
    """Count the months whose letters moved: how those who joined together go on."""
    days.advance(services.db, cohorts.COHORTS, stop)


def learn_origins(services: Services, stop: threading.Event) -> None:
    """Take in the mailbox domains and places that enough people have by now."""
    origins.learn(services.db)


def read_senders(services: Services, stop: threading.Event) -> None:
    """Read what the DNS says of the sending domains, where letters leave this machine at all."""
    if services.provider.name in STAY_HERE:
        return
    with services.db.reading() as session:
        due = sender_readings.is_due(session)
    if due:
        sender_readings.refresh(services.db, services.sending)


def post_digests(services: Services, stop: threading.Event) -> None:
    """Post the week's digests on Mondays to those who asked for them."""
    digest.post_due(services.db, services.tokens, services.base_url, services.digest_hour, stop)


def look_at_sources(services: Services, stop: threading.Event) -> None:
    """Open the addresses of cited sources that are due, and keep what they say."""
    with services.db.reading() as session:
        due = look.due(session, days=services.sources_days)
    look.look_now(
        services.db,
        due,
        by=look.BY_ITSELF,
        days=services.sources_days,
        loopback=services.sources_loopback,
        quotations=quoted_anywhere,
        stop=stop,
    )


def replay_events(services: Services, stop: threading.Event) -> None:
    """Store the events that were kept in a file while the database was away."""
    spool.replay(services.db, spool.path_in(services.data_dir))


def judge_events(services: Services, stop: threading.Event) -> None:
    """Judge the events that came since: figures follow within seconds."""
    catch_up.catch_up(services.db, stop)


def keep_months(services: Services, stop: threading.Event) -> None:
    """Make room for the events of the next months, and forget those of old ones."""
    partitions.keep(services.db, now(), months=services.events_keep_months)


def read_bounces(services: Services, stop: threading.Event) -> None:
    """Take the bounce mail that came in; what can't be reached now is asked again."""
    if services.return_paths is None:
        return
    take = bounces.Bounces(services.db, services.tokens, services.return_paths).take
    ways = []
    if services.bounce_maildir:
        ways.append(partial(bounce_maildir.read, services.bounce_maildir))
    if services.bounce_imap:
        ways.append(partial(bounce_imap.read, services.bounce_imap))
    for read in ways:
        try:
            read(take, stop)
        except TryLater as error:
            _log.warning("bounces.not_read", reason=str(error))


def run_imports(services: Services, stop: threading.Event) -> None:
    """Take in the files that wait; the next blast knows their domains and places."""
    if imports.run_waiting(services.db, stop):
        origins.learn(services.db)


def exchange_suppressions(services: Services, stop: threading.Event) -> None:
    """Keep suppressions alike here and at a provider that has lists of its own."""
    if isinstance(services.provider, KeepsSuppressions):
        try:
            exchange(services.db, services.provider.suppression_lists())
        except TryLater as error:
            _log.warning("suppressions.not_exchanged", reason=str(error))


def say_alive(services: Services, stop: threading.Event) -> None:
    """Touch a file that /readyz looks at."""
    services.alive_file.touch()


JOBS = (
    Job("blasts.start", start_due_blasts, 1.0, "blasts"),
    Job(
        "mail.send",
        send,
        0.5,
        "mail",
        # A queue of their own: turns of other jobs do not wait behind a blast.
        Pieces("mail.send_batch", batches_due, send_batch, "letters"),
    ),
    Job("blasts.let_go", let_go, 2.0, "blasts"),
    Job("blasts.choose_winners", choose_winners, 30.0, "blasts"),
    Job("blasts.pause", pause_bad, 10.0, "blasts"),
    Job("mail.recover", recover, 5.0, "mail"),
    Job("petitions.count", count_signatures, 2.0, "petitions"),
    Job("sources.look", look_at_sources, 3.0, "sources"),
    Job("figures.count", roll_up, 1.0, "events"),
    Job("figures.providers", count_providers, 60.0, "events"),
    Job("figures.days", count_days, 30.0, "events"),
    Job("figures.months", count_months, 300.0, "events"),
    Job("figures.origins", learn_origins, 3600.0, "events"),
    Job("digests.post", post_digests, 300.0, "mail"),
    Job("senders.read", read_senders, 600.0, "events"),
    Job("events.replay", replay_events, 5.0, "events"),
    Job("events.judge", judge_events, 1.0, "events"),
    Job("events.months", keep_months, 3600.0, "events"),
    Job("events.bounces", read_bounces, 30.0, "events"),
    Job("supporters.import", run_imports, 1.0, "supporters"),
    Job("suppressions.exchange", exchange_suppressions, 900.0, "events"),
    Job("worker.alive", say_alive, ALIVE_EVERY_S, "mail"),
)


def _sender(services: Services) -> Sender:
    return Sender(
        name=process.own_name(),
        db=services.db,
        tokens=services.tokens,
        provider=services.provider,
        flights=services.flights,
        base_url=services.base_url,
        lease_s=services.lease_s,
    )
