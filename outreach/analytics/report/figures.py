"""What a blast's report says: its figures, with the definitions that docs/figures.md explains.

The unit is the delivery: one letter to one person. It stays when the person is erased, so figures
of the past do not move.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

from outreach.analytics.definitions import UNKNOWN
from outreach.analytics.intervals import SMALL, Rate
from outreach.analytics.report.details import Details


@dataclass(frozen=True)
class Letters:
    """Deliveries by what became of them: one field for each state; `skipped` by reason."""

    skipped: Mapping[str, int]
    pending: int = 0
    accepted: int = 0
    delivered: int = 0
    bounced: int = 0
    complained: int = 0
    refused: int = 0
    unknown: int = 0
    cancelled: int = 0

    @classmethod
    def counted(cls, counts: Mapping[tuple[str, str], int]) -> Self:
        """From counts by (state, reason); the reason is "" but for those skipped."""
        skipped = {
            why or UNKNOWN: n for (state, why), n in sorted(counts.items()) if state == "skipped"
        }
        others = {state: n for (state, _), n in counts.items() if state != "skipped"}
        return cls(skipped, **others)

    @property
    def skipped_total(self) -> int:
        """Those left out at the gate, for whatever reason."""
        return sum(self.skipped.values())

    @property
    def sent(self) -> int:
        """Taken by the provider, whatever was heard of them afterwards."""
        return self.accepted + self.delivered + self.bounced + self.complained

    @property
    def reached(self) -> int:
        """Sent less bounced: the people over whom rates are taken."""
        return self.sent - self.bounced

    @property
    def audience(self) -> int:
        """Everybody who was frozen into this blast."""
        return (
            self.skipped_total
            + self.pending
            + self.sent
            + self.refused
            + self.unknown
            + self.cancelled
        )


@dataclass(frozen=True)
class People:
    """Unique people by what they did; `raw_` with machines, proxies and the unknown counted in."""

    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0
    raw_opened: int = 0
    raw_clicked: int = 0


@dataclass(frozen=True)
class Signed:
    """Signatures that a blast's letters brought themselves.

    `people` signed; `reached` delivered letters led to one or more of them (a forwarded letter may
    bring several); `new` had never signed anything before.
    """

    people: int = 0
    reached: int = 0
    new: int = 0


@dataclass(frozen=True)
class Traffic:
    """Events of one kind by who or what caused them."""

    human: int = 0
    proxy: int = 0
    machine: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        """All of them: the raw record."""
        return self.human + self.proxy + self.machine + self.unknown


@dataclass(frozen=True, order=True)
class Hour:
    """People who first clicked, and who signed, in the hour that begins at `hour` (UTC)."""

    hour: datetime
    clicked: int = 0
    signed: int = 0


@dataclass(frozen=True)
class Figures:
    """All counts of one blast. `reached` repeats `people` for those whose letter was delivered."""

    letters: Letters
    people: People
    reached: People
    signed: Signed
    shared: int  # signatures through shares of those, over all generations
    opens: Traffic
    clicks: Traffic
    machine_events: int
    evidence: Sequence[tuple[str, int]]  # why clicks count as a machine's, most frequent first
    timeline: Sequence[Hour]  # hours in which somebody clicked or signed
    details: Details = field(default_factory=Details)

    @property
    def rates(self) -> dict[str, Rate]:
        """Rates over delivered people."""
        of, reached = self.letters.reached, self.reached
        return {
            "open": Rate(reached.opened, of),
            "click": Rate(reached.clicked, of),
            "sign": Rate(self.signed.reached, of),
            "unsubscribe": Rate(reached.unsubscribed, of),
            "complaint": Rate(self.letters.complained, of),
        }

    @property
    def delivery(self) -> Rate:
        """Delivered of sent."""
        return Rate(self.letters.reached, self.letters.sent)

    @property
    def raw_rates(self) -> dict[str, Rate]:
        """Open and click rate as they would read with machines counted in."""
        of = self.letters.reached
        return {
            "open": Rate(self.reached.raw_opened, of),
            "click": Rate(self.reached.raw_clicked, of),
        }

    @property
    def small(self) -> bool:
        """Too few delivered for a verdict."""
        return self.letters.reached < SMALL


@dataclass(frozen=True)
class BlastReport:
    """One blast and its figures; `figures` is None where nobody's letter exists yet."""

    blast_id: int
    name: str
    state: str
    reason: str
    petition: str
    zone: str
    scheduled_for: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    as_of: datetime
    figures: Figures | None

    def to_json(self) -> dict[str, Any]:
        """The report for machines: counts, rates from 0 to 1, instants as UTC ISO 8601.

        A blast that has not run has the same keys with None for each figure, never a zero.
        """
        head = {
            "blast": self.blast_id,
            "name": self.name,
            "state": self.state,
            "reason": self.reason or None,
            "petition": self.petition,
            "scheduled_for": _iso(self.scheduled_for),
            "started_at": _iso(self.started_at),
            "finished_at": _iso(self.finished_at),
            "as_of": _iso(self.as_of),
            "has_run": self.figures is not None,
        }
        if self.figures is None:
            return head | dict.fromkeys(_figures_json(_NOTHING))
        return head | _figures_json(self.figures)


def _figures_json(figures: Figures) -> dict[str, Any]:
    letters, people, raw = figures.letters, figures.people, figures.raw_rates
    return {
        "audience": letters.audience,
        "skipped": dict(letters.skipped),
        "skipped_total": letters.skipped_total,
        "accepted": letters.sent,
        "refused": letters.refused,
        "unknown": letters.unknown,
        "cancelled": letters.cancelled,
        "pending": letters.pending,
        "delivered": letters.reached,
        "bounced": letters.bounced,
        "opened": people.opened,
        "clicked": people.clicked,
        "signed": figures.signed.people,
        "new": figures.signed.new,
        "shared": figures.shared,
        "unsubscribed": people.unsubscribed,
        "complained": letters.complained,
        "machine_events": figures.machine_events,
        "opens": asdict(figures.opens),
        "clicks": asdict(figures.clicks),
        "rates": {
            "delivery": figures.delivery.to_json(),
            **{name: rate.to_json() for name, rate in figures.rates.items()},
        },
        "raw": {
            "opened": people.raw_opened,
            "clicked": people.raw_clicked,
            "open_rate": raw["open"].share,
            "click_rate": raw["click"].share,
        },
        "evidence": [{"name": name, "events": events} for name, events in figures.evidence],
        "timeline": [
            {"hour": _iso(hour.hour), "clicked": hour.clicked, "signed": hour.signed}
            for hour in figures.timeline
        ],
        **figures.details.to_json(),
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


# Only its keys are used: a report of a blast that has not run names each figure as None.
_NOTHING = Figures(Letters({}), People(), People(), Signed(), 0, Traffic(), Traffic(), 0, (), ())
