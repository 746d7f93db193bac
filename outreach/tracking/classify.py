"""Human or machine: the evidence that speaks about a request, its weights, and the verdict.

Pure: given all requests of one letter it says for each what made it, and why. What a request is
held to be depends on requests at most REACH away from it, so that a later one can change the
verdict of an earlier one, and a recount needs no more than that neighbourhood.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.tracking import agents

HUMAN, MACHINE, UNKNOWN = "human", "machine", "unknown"
MACHINE_OPEN, PROXY_OPEN = "machine_open", "proxy_open"

OPENED, CLICKED, VIEWED = "opened", "clicked", "viewed"
SIGNED, UNSUBSCRIBED = "signed", "unsubscribed"
ACTS = frozenset((SIGNED, UNSUBSCRIBED))  # POSTs that only a person sends
JUDGED = frozenset((OPENED, CLICKED, VIEWED)) | ACTS

BURST_S, BURST_PLACES = 10, 3
EARLY_S = 2
VISIT = timedelta(minutes=15)  # how long what one visitor did sheds light on the rest
EVERY_LINK_FROM = 4  # links; following all of a shorter letter is no sign of anything
REACH = timedelta(hours=1)  # between a click and the signature that it led to

MACHINE_FROM = 3  # summed weight; less, but above 0, is "unknown"


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a letter. `place` names what was followed ("" for the image of an open)."""

    kind: str
    at: datetime
    method: str = "GET"
    agent: str = ""
    network: str = ""
    place: str = ""
    hidden: bool = False  # the link that no reader sees

    @property
    def visitor(self) -> tuple[str, str]:
        """Who seems to be asking."""
        return self.agent, self.network


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one request, and of its letter's other requests, when it is weighed."""

    kind: str
    agent: str
    delay_s: float | None = None  # since the letter was accepted; None where that is not known
    head: bool = False  # the visitor asked with HEAD
    hidden_link: bool = False  # the visitor followed the hidden link
    burst: bool = False
    every_link: bool = False
    acted: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """One kind of evidence. A `weight` above 0 speaks for a machine, below 0 for a
    person; `open_is` settles what an open is, whatever else is known."""

    name: str
    weight: int
    why: str
    seen: Callable[[Facts], bool]
    open_is: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What made a request, and the names of the evidence for it."""

    verdict: str
    evidence: tuple[str, ...]


EVIDENCE = (
    Evidence(
        "crawler_agent",
        4,
        "The agent is on the list of crawler-user-agents.",
        lambda f: agents.is_crawler(f.agent),
    ),
    Evidence(
        "scanner_agent",
        4,
        "The agent names software that inspects mail and links.",
        lambda f: agents.is_scanner(f.agent),
    ),
    Evidence(
        "program_agent",
        4,
        "The agent is a script or a library: neither a browser nor a mail program.",
        lambda f: agents.is_program(f.agent),
    ),
    Evidence(
        "blank_agent",
        4,
        "No agent was given; every browser gives one.",
        lambda f: not f.agent and f.kind not in ACTS,
    ),
    Evidence(
        "apple_proxy",
        4,
        "Apple Mail Privacy Protection fetched the images, read or not.",
        lambda f: agents.privacy_proxy(f.agent) == agents.APPLE,
        open_is=MACHINE_OPEN,
    ),
    Evidence(
        "google_proxy",
        4,
        "Gmail’s image proxy asked in the reader’s place.",
        lambda f: agents.privacy_proxy(f.agent) == agents.GOOGLE,
        open_is=PROXY_OPEN,
    ),
    Evidence(
        "yahoo_proxy",
        4,
        "Yahoo’s image proxy asked in the reader’s place.",
        lambda f: agents.privacy_proxy(f.agent) == agents.YAHOO,
        open_is=PROXY_OPEN,
    ),
    Evidence("head", 4, "Asked with HEAD, as checkers do and readers do not.", lambda f: f.head),
    Evidence(
        "hidden_link", 4, "Followed the link that no reader can see.", lambda f: f.hidden_link
    ),
    Evidence(
        "burst",
        4,
        f"At least {BURST_PLACES} different links were followed within {BURST_S} seconds.",
        lambda f: f.burst,
    ),
    Evidence(
        "every_link",
        3,
        "The same visitor followed every link of the letter within a quarter of an hour.",
        lambda f: f.every_link,
    ),
    Evidence(
        "early_open",
        3,
        f"The image was fetched under {EARLY_S} seconds after delivery, before anybody could look.",
        lambda f: f.kind == OPENED and _early(f),
    ),
    Evidence(
        "early",
        2,
        f"Under {EARLY_S} seconds after delivery; weak alone, since our clock and the mailbox’s "
        "may differ.",
        lambda f: f.kind != OPENED and _early(f),
    ),
    Evidence(
        "acted",
        -20,
        "Signed or unsubscribed, which takes a person.",
        lambda f: f.acted,
    ),
)

WEIGHTS = {evidence.name: evidence.weight for evidence in EVIDENCE}


def _early(facts: Facts) -> bool:
    return facts.delay_s is not None and 0 <= facts.delay_s < EARLY_S


def weigh(facts: Facts) -> Verdict:
    """The verdict over one request: human, machine, machine_open, proxy_open or unknown."""
    found = [evidence for evidence in EVIDENCE if evidence.seen(facts)]
    names = tuple(evidence.name for evidence in found)
    weight = sum(evidence.weight for evidence in found)
    if facts.kind == OPENED:
        settled = next((evidence.open_is for evidence in found if evidence.open_is), "")
        if settled:
            return Verdict(settled, names)
    if weight >= MACHINE_FROM:
        return Verdict(MACHINE_OPEN if facts.kind == OPENED else MACHINE, names)
    return Verdict(UNKNOWN if weight > 0 else HUMAN, names)


def judge(
    requests: Sequence[Request], *, delivered_at: datetime | None = None, links: int = 0
) -> list[Verdict]:
    """A verdict for each request of one letter, in their order.

    `links`: how many links a reader can follow in it (0: not known).
    """
    visits = defaultdict(list)
    for index, request in enumerate(requests):
        visits[request.visitor].append(index)
    bursts, people = _bursts(requests), _people(requests)
    verdicts = []
    for index, request in enumerate(requests):
        visit = [i for i in visits[request.visitor] if abs(requests[i].at - request.at) <= VISIT]
        followed = {requests[i].place for i in visit if requests[i].kind == CLICKED}
        facts = Facts(
            kind=request.kind,
            agent=request.agent,
            delay_s=(request.at - delivered_at).total_seconds() if delivered_at else None,
            head=any(requests[i].method == "HEAD" for i in visit),
            hidden_link=any(requests[i].hidden for i in visit),
            burst=not bursts.isdisjoint(visit),
            every_link=EVERY_LINK_FROM <= links <= len(followed),
            acted=index in people,
        )
        verdicts.append(weigh(facts))
    return verdicts


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
            found.update(sorted(led, key=lambda i: requests[i].at)[-1:])
    return found


def _led_to(request: Request, act: Request, kind: str) -> bool:
    return (
        request.kind == kind
        and request.visitor == act.visitor
        and timedelta(0) <= act.at - request.at <= REACH
        and request.method != "HEAD"
        and not request.hidden
    )
