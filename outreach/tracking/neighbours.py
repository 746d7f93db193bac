"""What a letter's requests say about each other: visits, bursts, acts, shadows, flags.

Pure. None of it reaches further than REACH.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from outreach.tracking import agents
from outreach.tracking.evidence import (
    ACTS,
    BURST_PLACES,
    BURST_S,
    CLICKED,
    EARLY_S,
    EVERY_LINK_FROM,
    OPENED,
    SHADOW_S,
    SOON_S,
    TOLD_S,
    VIEWED,
    Facts,
)
from outreach.tracking.rules import Rules

VISIT = timedelta(minutes=15)  # how long what one visitor did sheds light on the rest
ACT_REACH = timedelta(hours=1)  # between a click and the signature that it led to
SHADOW = timedelta(seconds=SHADOW_S)
TOLD = timedelta(seconds=TOLD_S)
REACH = ACT_REACH + SHADOW


class Request(NamedTuple):
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
    noted: Mapping[str, Any] = MappingProxyType({})

    @property
    def visitor(self) -> tuple[str, str]:
        """Who seems to be asking."""
        return self.agent, self.network


def facts_of(
    requests: Sequence[Request],
    delivered_at: datetime | None,
    links: int,
    rules: Rules,
    told: Sequence[datetime],
) -> list[Facts]:
    """What is known of each request of a letter, beside its others."""
    visits = defaultdict(list)
    for index, request in enumerate(requests):
        visits[request.visitor].append(index)
    bursts, people, flagged = _bursts(requests), _people(requests), _flagged(requests, told)
    facts = []
    for index, request in enumerate(requests):
        visit = [i for i in visits[request.visitor] if abs(requests[i].at - request.at) <= VISIT]
        followed = {requests[i].place for i in visit if requests[i].kind == CLICKED}
        facts.append(
            Facts(
                kind=request.kind,
                agent=request.agent,
                delay_s=delay_s(request, delivered_at),
                head=any(requests[i].method == "HEAD" for i in visit),
                hidden_link=any(requests[i].hidden for i in visit),
                burst=not bursts.isdisjoint(visit),
                every_link=EVERY_LINK_FROM <= links <= len(followed),
                acted=index in people,
                signs=frozenset(request.noted.get("signs", ())),
                origin=str(request.noted.get("origin", "")),
                touched=any(requests[i].noted.get("touched") for i in visit),
                flagged=index in flagged,
                own_machine=rules.is_machine(request.agent),
                own_reader=rules.is_reader(request.agent),
                own_network=request.network in rules.networks,
            )
        )
    return facts


def _flagged(requests: Sequence[Request], told: Sequence[datetime]) -> set[int]:
    """Indexes of the opens that the provider says a machine did: of each that it saw itself, ours
    that was nearest to it, since both images are fetched at once."""
    found = {i for i, request in enumerate(requests) if request.noted.get("machine_open")}
    opens = [i for i, request in enumerate(requests) if request.kind == OPENED]
    for at in told:
        near = [(abs(requests[i].at - at), _order(requests[i]), i) for i in opens]
        found.update(i for apart, _, i in sorted(near)[:1] if apart <= TOLD)
    return found


def delay_s(request: Request, delivered_at: datetime | None) -> float | None:
    """As far as a delay says anything: those that say the same are the same."""
    after_s = (request.at - delivered_at).total_seconds() if delivered_at else SOON_S
    if 0 <= after_s < SOON_S:
        return 0.0 if after_s < EARLY_S else float(EARLY_S)
    return None


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


def shadows(
    requests: Sequence[Request], human: Sequence[int], acted: Container[int]
) -> Iterable[int]:
    """Indexes of a person's clicks that follow another on the same link at once, from elsewhere.

    `human`: indexes of what is held to be a person's; `acted`: those that an act speaks for.

    Services that check what somebody presses come behind them like that. The click before it counts
    as the person's, so that nobody is lost where two people share a letter. Which of the two is the
    person can't be told where the check comes first; the letter then still counts one person.
    """
    clicks = sorted(
        (i for i in human if requests[i].kind == CLICKED and requests[i].network),
        key=lambda i: _order(requests[i]),
    )
    for place, later in enumerate(clicks):
        if later in acted:
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
