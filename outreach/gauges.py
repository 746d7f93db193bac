"""What stands in the database and in the data folder, for those who watch us.

Read when somebody asks, in a few statements over short tables: no delivery is counted but the
unknown ones, which have an index of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from outreach.blasts.models import Blast
from outreach.blasts.standing import unknown_count
from outreach.core import metrics
from outreach.core.clock import now
from outreach.mail.models import Batch
from outreach.services import Services
from outreach.supporters.models import Import
from outreach.tracking import spool


def page(services: Services) -> bytes:
    """Everything that there is to know, to be read by Prometheus."""
    return metrics.text(services.metrics_folder, Gauges(services))


class Gauges(Collector):
    """How things stand now; without the database, what the data folder tells."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        """The gauges, for prometheus-client."""
        yield self._spools()
        yield from self._sign_of_life()
        try:
            with self._services.db.reading() as session:
                found = [look(session) for look in _LOOKS]
        except SQLAlchemyError:
            found = []
        yield GaugeMetricFamily(
            "outreach_database_up", "Whether the database answers.", value=float(bool(found))
        )
        yield from found

    def _spools(self) -> Metric:
        family = GaugeMetricFamily(
            "outreach_spool_bytes",
            "What is kept in files until the database is back.",
            labels=["spool"],
        )
        data_dir = self._services.data_dir
        for path in (spool.leavings_in(data_dir), spool.path_in(data_dir)):
            family.add_metric([path.stem], spool.size(path))
        return family

    def _sign_of_life(self) -> Iterator[Metric]:
        if self._services.watches_worker and self._services.alive_file.exists():
            yield GaugeMetricFamily(
                "outreach_worker_silent_seconds",
                "Time since the worker’s last sign of life.",
                value=max(0.0, time.time() - self._services.alive_file.stat().st_mtime),
            )


def _blasts(session: Session) -> Metric:
    return _by_state(session, Blast, "outreach_blasts", "Blasts by state.")


def _batches(session: Session) -> Metric:
    return _by_state(session, Batch, "outreach_batches", "Batches of letters by state.")


def _imports(session: Session) -> Metric:
    return _by_state(session, Import, "outreach_imports", "Imports by state.")


def _by_state(
    session: Session, model: type[Blast] | type[Batch] | type[Import], name: str, words: str
) -> Metric:
    family = GaugeMetricFamily(name, words, labels=["state"])
    for state, number in session.execute(
        select(model.state, func.count()).group_by(model.state).order_by(model.state)
    ):
        family.add_metric([state], number)
    return family


def _unknown(session: Session) -> Metric:
    return GaugeMetricFamily(
        "outreach_letters_unknown",
        "Letters of which nobody can say whether they left.",
        value=unknown_count(session),
    )


def _overdue(session: Session) -> Metric:
    due = select(func.min(Blast.scheduled_for)).where(
        Blast.state == "scheduled", Blast.scheduled_for <= now()
    )
    since = session.scalar(due)
    return GaugeMetricFamily(
        "outreach_blast_overdue_seconds",
        "How long the longest waiting blast has been due without being started.",
        value=(now() - since).total_seconds() if since else 0.0,
    )


def _lost(session: Session) -> Metric:
    held = Batch.state.in_(("claimed", "submitting"))
    return GaugeMetricFamily(
        "outreach_batches_lost",
        "Batches whose sender fell silent and that nobody has taken up yet.",
        value=session.scalar(select(func.count()).where(held, Batch.lease_until < now())) or 0,
    )


_LOOKS: tuple[Callable[[Session], Metric], ...] = (
    _blasts,
    _batches,
    _imports,
    _unknown,
    _overdue,
    _lost,
)
