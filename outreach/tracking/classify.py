"""Human or machine: the verdict over each request of a letter, by the evidence of evidence.py.

Pure: given all requests of one letter it says for each what made it, and why. What a request is
held to be depends on requests at most REACH away from it, so that a later one can change the
verdict of an earlier one, and a recount needs no more than that neighbourhood.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from outreach.tracking import agents
from outreach.tracking.evidence import (
    ACTS,
    BURST_PLACES,
    BURST_S,
    CLICKED,
    EVERY_LINK_FROM,
    EVIDENCE,
    MACHINE_OPEN,
    OPENED,
    PROXY_OPEN,
    READ,
    SHADOW_S,
    SIGNED,
    SOON_S,
    UNSUBSCRIBED,
    VIEWED,
    WEIGHTS,
    Evidence,
    Facts,
)
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
    "UNKNOWN",
    "UNSUBSCRIBED",
    "VIEWED",
    "WEIGHTS",
    "Facts",
    "Request",
    "Verdict",
    "judge",
    "weigh",
]

HUMAN, MACHINE, UNKNOWN = "human", "machine", "unknown"

JUDGED = frozenset((OPENED, CLICKED, VIEWED, READ)) | ACTS

VISIT = timedelta(minutes=15)  # how long what one visitor did sheds light on the rest
ACT_REACH = timedelta(hours=1)  # between a click and the signature that it led to
SHADOW = timedelta(seconds=SHADOW_S)
REACH = ACT_REACH + SHADOW

# Summed weight; what is below UNKNOWN_FROM is a person's.
UNKNOWN_FROM, MACHINE_FROM = 2, 3


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a letter. `place` names what was followed ("" for the image of an open).

    `noted` is what the event keeps beside (`Event.detail`): `signs` and `origin` (signs.py),
    `touched` (of a READ), `machine_open` (the provider's flag).
    """

    kind: str
    at: datetime
    method: str = "GET"
    agent: str = ""
    network: str = ""
    place: str = ""
    hidden: bool = False  # the link that no reader sees
    noted: Mapping[str, Any] = field(default_factory=dict)

    @property
    def visitor(self) -> tuple[str, str]:
        """Who seems to be asking."""
        return self.agent, self.network


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


def weigh(facts: Facts, rules: Rules = AS_THEY_COME) -> Verdict:
    """The verdict over one request: human, machine, machine_open, proxy_open or unknown."""
    found = [each for each in _seen(facts) if rules.weight(each.name)]
    names = tuple(each.name for each in found)
    weights = tuple(rules.weight(name) for name in names)
    settled = next((each.open_is for each in found if each.open_is), "")
    if facts.opened and settled:
        return Verdict(settled, names, weights)
    weight = sum(weights)
    if weight >= MACHINE_FROM:
        return Verdict(MACHINE_OPEN if facts.opened else MACHINE, names, weights)
    return Verdict(UNKNOWN if weight >= UNKNOWN_FROM else HUMAN, names, weights)


@lru_cache(maxsize=16_384)  # most requests are like others: same agent, nothing else to say
def _seen(facts: Facts) -> Sequence[Evidence]:
    return [each for each in EVIDENCE if each.seen(facts)]


def judge(
    requests: Sequence[Request],
    *,
    delivered_at: datetime | None = None,
    links: int = 0,
    rules: Rules = AS_THEY_COME,
) -> list[Verdict]:
    """A verdict for each request of one letter, in their order.

    `links`: how many links a reader can follow in it (0: not known).
    """
    facts = _facts(requests, delivered_at, links, rules)
    verdicts = [weigh(each, rules) for each in facts]
    for index in _shadows(requests, verdicts):
        verdicts[index] = weigh(replace(facts[index], shadow=True), rules)
    return verdicts


def _facts(
    requests: Sequence[Request], delivered_at: datetime | None, links: int, rules: Rules
) -> list[Facts]:
    visits = defaultdict(list)
    for index, request in enumerate(requests):
        visits[request.visitor].append(index)
    bursts, people = _bursts(requests), _people(requests)
    facts = []
    for index, request in enumerate(requests):
        visit = [i for i in visits[request.visitor] if abs(requests[i].at - request.at) <= VISIT]
        followed = {requests[i].place for i in visit if requests[i].kind == CLICKED}
        facts.append(
            Facts(
                kind=request.kind,
                agent=request.agent,
                delay_s=_delay_s(request, delivered_at),
                head=any(requests[i].method == "HEAD" for i in visit),
                hidden_link=any(requests[i].hidden for i in visit),
                burst=not bursts.isdisjoint(visit),
                every_link=EVERY_LINK_FROM <= links <= len(followed),
                acted=index in people,
                signs=frozenset(request.noted.get("signs", ())),
                origin=str(request.noted.get("origin", "")),
                touched=any(requests[i].noted.get("touched") for i in visit),
                flagged=bool(request.noted.get("machine_open")),
                own_machine=rules.is_machine(request.agent),
                own_reader=rules.is_reader(request.agent),
                own_network=request.network in rules.networks,
            )
        )
    return facts


def _delay_s(request: Request, delivered_at: datetime | None) -> float | None:
    """As far as a delay says anything: later ones are all alike."""
    delay_s = (request.at - delivered_at).total_seconds() if delivered_at else SOON_S
    return delay_s if 0 <= delay_s < SOON_S else None


def _bursts(requests: Sequence[Request]) -> set[int]:
    """Indexes of requests that belong to a burst, whoever asked: scanners spread over addresses."""
    followed = sorted(
        (i for i, request in enumerate(requests) if request.place), key=lambda i: requests[i].at
    )
    found: set[int] = set()
    start = 0
    for end, last in enumerate(followed):
        while (requests[last].at - requests[followed[start]].at).total_seconds() > BURST_S:
            start += 1
        window = followed[start : end + 1]
        if len({requests[i].place for i in window}) >= BURST_PLACES:
            found.update(window)
    return found


def _people(requests: Sequence[Request]) -> set[int]:
    """Indexes of acts, and of the last open, click and view by which the actor came to each."""
    found = set()
    for index, act in enumerate(requests):
        if act.kind not in ACTS:
            continue
        found.add(index)
        for kind in (OPENED, CLICKED, VIEWED):
            led = [i for i, request in enumerate(requests) if _led_to(request, act, kind)]
            found.update(sorted(led, key=lambda i: _order(requests[i]))[-1:])
    return found


def _led_to(request: Request, act: Request, kind: str) -> bool:
    return (
        request.kind == kind
        and request.visitor == act.visitor
        and timedelta(0) <= act.at - request.at <= ACT_REACH
        and request.method != "HEAD"
        and not request.hidden
    )


def _shadows(requests: Sequence[Request], verdicts: Sequence[Verdict]) -> Iterable[int]:
    """Indexes of a person's clicks that follow another on the same link at once, from elsewhere.

    Services that check what somebody presses come behind them like that. The click before it counts
    as the person's, so that nobody is lost where two people share a letter. Which of the two is the
    person can't be told where the check comes first; the letter then still counts one person.
    """
    clicks = sorted(
        (
            i
            for i, request in enumerate(requests)
            if request.kind == CLICKED and request.network and verdicts[i].verdict == HUMAN
        ),
        key=lambda i: _order(requests[i]),
    )
    for place, later in enumerate(clicks):
        if "acted" in verdicts[later].evidence:
            continue
        for earlier in reversed(clicks[:place]):
            if requests[later].at - requests[earlier].at > SHADOW:
                break
            if _elsewhere(requests[earlier], requests[later]):
                yield later
                break


def _order(request: Request) -> tuple[object, ...]:
    """By time; and at the same instant by what does not depend on how they were read."""
    return request.at, request.place, request.visitor


def _elsewhere(earlier: Request, later: Request) -> bool:
    systems = {agents.platform(earlier.agent), agents.platform(later.agent)}
    return (
        earlier.place == later.place
        and earlier.network != later.network
        and len(systems) == 2
        and "" not in systems
    )
