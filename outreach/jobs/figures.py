"""Jobs that count, and that tell people what was counted."""

from __future__ import annotations

import threading

from outreach.analytics.days import cohorts, conversion, days, growth
from outreach.analytics.deliverability import provider_figures, sender_readings
from outreach.analytics.digest import digest
from outreach.analytics.rollups import rollup
from outreach.blasts import (
    origins,
)
from outreach.petitions import tally
from outreach.services import Services

STAY_HERE = ("mailbox", "null")  # providers that send nothing anywhere


def roll_up(services: Services, stop: threading.Event) -> None:
    """Count what has changed since: screens read nothing else."""
    rollup.advance(services.db, stop)


def count_signatures(services: Services, stop: threading.Event) -> None:
    """Move the petitions' counts forward."""
    with services.db.transaction() as session:
        tally.advance(session)


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
