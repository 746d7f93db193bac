"""Jobs that start blasts, send letters, and watch over both."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from outreach.analytics.report.counting import figures_of
from outreach.analytics.rollups import rollup
from outreach.blasts import (
    automatic_pause,
    delivery,
    domains,
    holding,
    schedule,
    set_back,
    starting,
    winner,
)
from outreach.blasts.recovering import recover_lost
from outreach.blasts.sender import Sender
from outreach.core import process
from outreach.services import Services
from outreach.tracking import (
    catch_up,
    spool,
)


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

    def count_anew() -> None:
        catch_up.catch_up(services.db, stop)
        rollup.advance(services.db, stop)

    winner.choose_due(
        services.db,
        count_anew,
        lambda session, blast: figures_of(session, blast.id).details.contest.leader(
            blast.winner_by
        ),
    )


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
    """Take batches from senders that fell silent, name what is unknown, and let nothing wait for a
    clock that was set back."""
    recover_lost(_sender(services))
    with services.db.transaction() as session:
        set_back.let_go(session, services.lease_s)


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
