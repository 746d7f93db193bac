"""A blast's letters by mailbox provider, place or segment, as known when it was frozen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outreach.analytics.intervals import Rate
from outreach.analytics.rollups.cells import MAILBOX, PLACE
from outreach.core.languages import country_names
from outreach.mail.models import SENT_STATES

Numbers = Mapping[tuple[str, str, str], int]  # by dimension, value and measure

SHOWN = 12  # in charts, on paper and at the terminal; tables to take away have all

REST = {MAILBOX: "Other domains", PLACE: "Elsewhere, or not known"}


@dataclass(frozen=True)
class Group:
    """What became of the letters of one group, and what its people did with those delivered.

    `warnings`: a sentence for each rate that is worse than chance explains (falls.py).
    """

    dimension: str
    value: str  # "": the rest
    audience: int = 0
    sent: int = 0
    bounced: int = 0
    refused: int = 0
    complained: int = 0
    opened: int = 0
    clicked: int = 0
    signed: int = 0
    unsubscribed: int = 0
    warnings: Sequence[str] = ()

    @property
    def name(self) -> str:
        """How it is called: United States, CA."""
        if not self.value:
            return REST[self.dimension]
        return _place(self.value) if self.dimension == PLACE else self.value

    @property
    def delivered(self) -> int:
        """Sent less bounced."""
        return self.sent - self.bounced

    @property
    def lost(self) -> Rate:
        """Bounced or refused, of those that were answered: sent and refused."""
        return Rate(self.bounced + self.refused, self.sent + self.refused)

    @property
    def rates(self) -> dict[str, Rate]:
        """Of sent: delivery and bounce; of delivered: all others."""
        return {
            "delivery": Rate(self.delivered, self.sent),
            "bounce": Rate(self.bounced, self.sent),
            "complaint": Rate(self.complained, self.delivered),
            "open": Rate(self.opened, self.delivered),
            "click": Rate(self.clicked, self.delivered),
            "sign": Rate(self.signed, self.delivered),
            "unsubscribe": Rate(self.unsubscribed, self.delivered),
        }

    def to_json(self) -> dict[str, Any]:
        """Counts, rates from 0 to 1 with intervals, and warnings."""
        return {
            "name": self.name,
            "audience": self.audience,
            "sent": self.sent,
            "delivered": self.delivered,
            "bounced": self.bounced,
            "refused": self.refused,
            "complained": self.complained,
            "rates": {name: rate.to_json() for name, rate in self.rates.items()},
            "warnings": list(self.warnings),
        }


def groups_of(of: Numbers, dimension: str) -> list[Group]:
    """The groups of one dimension, the largest first; the rest stands at the end."""
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (kind, value, measure), number in of.items():
        if kind == dimension and number:
            found[value][measure] = number
    groups = [_group(dimension, value, numbers) for value, numbers in found.items()]
    return sorted(groups, key=lambda one: (not one.value, -one.audience, one.value))


def _group(dimension: str, value: str, numbers: Mapping[str, int]) -> Group:
    return Group(
        dimension,
        value,
        audience=sum(n for measure, n in numbers.items() if not measure.startswith("reached_")),
        sent=sum(numbers.get(state, 0) for state in SENT_STATES),
        bounced=numbers.get("bounced", 0),
        refused=numbers.get("refused", 0),
        complained=numbers.get("complained", 0),
        opened=numbers.get("reached_opened", 0),
        clicked=numbers.get("reached_clicked", 0),
        signed=numbers.get("reached_signed", 0),
        unsubscribed=numbers.get("reached_unsubscribed", 0),
    )


def _place(value: str) -> str:
    country, _, region = value.partition("-")
    named = country_names().get(country, country)
    return ", ".join(filter(None, (named, region)))
