"""Human or machine: the verdict over each request of a letter, by the evidence of evidence.py.

Pure: given all requests of one letter it says for each what made it, and why. What a request is
held to be depends on requests at most REACH away from it, so that a later one can change the
verdict of an earlier one, and a recount needs no more than that neighbourhood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any

from outreach.tracking.evidence import (
    ACTS,
    BURST_PLACES,
    CLICKED,
    EVERY_LINK_FROM,
    EVIDENCE,
    MACHINE_OPEN,
    OPENED,
    PROXY_OPEN,
    READ,
    SIGNED,
    UNSUBSCRIBED,
    VIEWED,
    WEIGHTS,
    Facts,
)
from outreach.tracking.neighbours import REACH, SHADOW, TOLD, Request, delay_s, facts_of, shadows
from outreach.tracking.rules import AS_THEY_COME, Rules

__all__ = [
    "ACTS",
    "CLICKED",
    "EVIDENCE",
    "HUMAN",
    "JUDGED",
    "MACHINE",
    "MACHINE_OPEN",
    "OPENED",
    "PROXY_OPEN",
    "REACH",
    "SIGNED",
    "TOLD",
    "UNKNOWN",
    "UNSUBSCRIBED",
    "VIEWED",
    "WEIGHTS",
    "Facts",
    "Request",
    "Verdict",
    "judge",
    "judge_together",
    "weigh",
]

HUMAN, MACHINE, UNKNOWN = "human", "machine", "unknown"

JUDGED = frozenset((OPENED, CLICKED, VIEWED, READ)) | ACTS

# How many different requests are remembered, with what they were held to be.
REMEMBERED = 16_384

# Summed weight; what is below UNKNOWN_FROM is a person's.
UNKNOWN_FROM, MACHINE_FROM = 2, 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What made a request, and the names of the evidence for it, with what each weighed."""

    verdict: str
    evidence: tuple[str, ...]
    weights: tuple[int, ...] = field(default=(), compare=False)

    def as_json(self) -> list[dict[str, Any]]:
        """The evidence as it is stored: [{name, weight}]."""
        pairs = zip(self.evidence, self.weights, strict=True)
        return [{"name": name, "weight": weight} for name, weight in pairs]


@lru_cache(maxsize=REMEMBERED)
def weigh(facts: Facts, rules: Rules = AS_THEY_COME) -> Verdict:
    """The verdict over one request: human, machine, machine_open, proxy_open or unknown."""
    found = [each for each in EVIDENCE if each.seen(facts) and rules.weight(each.name)]
    names = tuple(each.name for each in found)
    weights = tuple(rules.weight(name) for name in names)
    settled = next((each.open_is for each in found if each.open_is), "")
    if facts.opened and settled:
        return Verdict(settled, names, weights)
    weight = sum(weights)
    if weight >= MACHINE_FROM:
        return Verdict(MACHINE_OPEN if facts.opened else MACHINE, names, weights)
    return Verdict(UNKNOWN if weight >= UNKNOWN_FROM else HUMAN, names, weights)


def judge(
    requests: Sequence[Request],
    *,
    delivered_at: datetime | None = None,
    links: int = 0,
    rules: Rules = AS_THEY_COME,
    told: Sequence[datetime] = (),
) -> list[Verdict]:
    """A verdict for each request of one letter, in their order.

    `links`: how many links a reader can follow in it (0: not known). `told`: when the provider saw
    opens of it and said that a machine did them.

    Most letters have a request or two that shed no light on each other. What such a one is held to
    be is remembered by the little that it depends on: most are like others.
    """
    if told or not _strangers(requests):
        return judge_together(
            requests, delivered_at=delivered_at, links=links, rules=rules, told=told
        )
    return [_alone(each, delivered_at, rules) for each in requests]


def judge_together(
    requests: Sequence[Request],
    *,
    delivered_at: datetime | None = None,
    links: int = 0,
    rules: Rules = AS_THEY_COME,
    told: Sequence[datetime] = (),
) -> list[Verdict]:
    """The same, with every request weighed beside all others, whatever they are."""
    facts = facts_of(requests, delivered_at, links, rules, told)
    verdicts = [weigh(each, rules) for each in facts]
    human = [i for i, found in enumerate(verdicts) if found.verdict == HUMAN]
    acted = {i for i in human if "acted" in verdicts[i].evidence}
    for index in shadows(requests, human, acted):
        verdicts[index] = weigh(facts[index]._replace(shadow=True), rules)
    return verdicts


def _strangers(requests: Sequence[Request]) -> bool:
    """Whether none of these requests bears on another."""
    if len(requests) == 1:
        return True
    places, networks, clicked = set(), set(), []
    for each in requests:
        if each.method == "HEAD" or each.hidden or each.kind in ACTS or each.noted.get("touched"):
            return False
        if each.place:
            places.add(each.place)
        if each.kind == CLICKED:
            networks.add(each.network)
            clicked.append(each.at)
    if len(places) >= min(BURST_PLACES, EVERY_LINK_FROM - 1):
        return False
    clicked.sort()
    return len(networks) <= 1 or all(b - a > SHADOW for a, b in pairwise(clicked))


def _alone(request: Request, delivered_at: datetime | None, rules: Rules) -> Verdict:
    noted = request.noted
    key = (
        request.kind,
        request.agent,
        request.method == "HEAD",
        request.hidden,
        delay_s(request, delivered_at),
        request.network in rules.networks,
        bool(noted)
        and (
            tuple(noted.get("signs", ())),
            str(noted.get("origin", "")),
            bool(noted.get("touched")),
            bool(noted.get("machine_open")),
        ),
    )
    verdict = rules.remembered.get(key)
    if verdict is None:
        if len(rules.remembered) >= REMEMBERED:
            rules.remembered.clear()
        [verdict] = judge_together([request], delivered_at=delivered_at, rules=rules)
        rules.remembered[key] = verdict
    return verdict
