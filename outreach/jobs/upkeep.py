"""Jobs that take in what arrived, and keep what is here in order."""

from __future__ import annotations

import threading
from functools import partial

from outreach.blasts import (
    origins,
)
from outreach.blasts.checks_of_citations import quoted_anywhere
from outreach.consent.exchange import KeepsSuppressions, exchange
from outreach.core import log
from outreach.core.clock import now
from outreach.core.errors import TryLater
from outreach.petitions.library import look
from outreach.services import Services
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


def say_alive(services: Services, stop: threading.Event) -> None:
    """Touch a file that /readyz looks at."""
    services.alive_file.touch()
