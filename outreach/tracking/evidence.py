"""The evidence that speaks about a request, each with a name and a weight, in one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from outreach.tracking import agents, origins, signs

MACHINE_OPEN, PROXY_OPEN = "machine_open", "proxy_open"

OPENED, CLICKED, VIEWED = "opened", "clicked", "viewed"
READ = "read"  # the script of a page that a letter led to saw somebody at it
SIGNED, UNSUBSCRIBED = "signed", "unsubscribed"
ACTS = frozenset((SIGNED, UNSUBSCRIBED))  # POSTs that only a person sends

BURST_S, BURST_PLACES = 10, 3
EARLY_S, SOON_S = 2, 10
SHADOW_S = 60
TOLD_S = 60  # between an open that the provider saw and ours of the same letter
EVERY_LINK_FROM = 4  # links; following all of a shorter letter is no sign of anything


class Facts(NamedTuple):
    """What is known of one request, and of its letter's other requests, when it is weighed."""

    kind: str
    agent: str
    delay_s: float | None = None  # since the letter was accepted; None where that is not known
    head: bool = False  # the visitor asked with HEAD
    hidden_link: bool = False  # the visitor followed the hidden link
    burst: bool = False
    every_link: bool = False
    shadow: bool = False  # of a person's click, from elsewhere
    acted: bool = False
    signs: frozenset[str] = frozenset()  # of signs.py
    origin: str = ""  # of origins.py
    ran_script: bool | None = None  # whether the page's script ran; None: not known
    touched: bool = False  # the page’s script saw the visitor touch, type or point
    flagged: bool = False  # the provider says that it was a machine
    # What the organisation's own rules say of the agent and the network
    own_machine: bool = False
    own_reader: bool = False
    own_network: bool = False

    @property
    def opened(self) -> bool:
        """Whether it is an open's image; otherwise a link was followed, or a press sent."""
        return self.kind == OPENED

    @property
    def followed(self) -> bool:
        """Whether a link was followed."""
        return self.kind in (CLICKED, VIEWED)

    def within(self, start_s: float, end_s: float) -> bool:
        """Whether it came so long after the letter was accepted."""
        return self.delay_s is not None and start_s <= self.delay_s < end_s


@dataclass(frozen=True, slots=True)
class Evidence:
    """One kind of evidence. A `weight` above 0 speaks for a machine, below 0 for a
    person; `open_is` settles what an open is, whatever else is known."""

    name: str
    weight: int
    why: str
    seen: Callable[[Facts], bool]
    open_is: str = ""


def _proxy(facts: Facts, whose: str) -> bool:
    return agents.privacy_proxy(facts.agent) == whose


def _apple(facts: Facts) -> bool:
    through_relay = facts.origin == origins.APPLE and agents.is_apple_mail(facts.agent)
    return _proxy(facts, agents.APPLE) or (facts.opened and through_relay)


def _sign(name: str) -> Callable[[Facts], bool]:
    return lambda facts: name in facts.signs


# fmt: off
EVIDENCE = (
    # Who it says it is
    Evidence("crawler_agent", 4, "The agent is on the list of crawler-user-agents.",
             lambda f: agents.is_crawler(f.agent)),
    Evidence("scanner_agent", 4, "The agent names software that inspects mail and links.",
             lambda f: agents.is_scanner(f.agent)),
    Evidence("program_agent", 4,
             "The agent is a script or a library: neither a browser nor a mail program.",
             lambda f: agents.is_program(f.agent)),
    Evidence("blank_agent", 4, "No agent was given; every browser gives one.",
             lambda f: not f.agent and f.kind not in ACTS),
    Evidence("impossible_agent", 3,
             "No such browser gets here: too old to connect, or never made for that system.",
             lambda f: agents.is_impossible(f.agent)),
    Evidence("mail_program_fetch", 3,
             "A mail or office program fetched the link by itself, without a browser.",
             lambda f: f.followed and agents.is_mail_reader(f.agent)),
    Evidence("outdated_agent", 1,
             "A browser that updates itself, and has not for years; weak alone.",
             lambda f: agents.is_outdated(f.agent)),
    # Proxies of the mailbox providers, a class of their own
    Evidence("provider_flag", 4, "The provider’s own flag says that a machine opened it.",
             lambda f: f.flagged, open_is=MACHINE_OPEN),
    Evidence("apple_proxy", 4,
             "Apple Mail Privacy Protection fetched the images, read or not.",
             _apple, open_is=MACHINE_OPEN),
    Evidence("google_proxy", 4, "Gmail’s image proxy asked in the reader’s place.",
             lambda f: _proxy(f, agents.GOOGLE), open_is=PROXY_OPEN),
    Evidence("yahoo_proxy", 4, "Yahoo’s image proxy asked in the reader’s place.",
             lambda f: _proxy(f, agents.YAHOO), open_is=PROXY_OPEN),
    Evidence("image_proxy", 4,
             "The image proxy of another mailbox provider asked in the reader’s place.",
             lambda f: _proxy(f, agents.ANOTHER), open_is=PROXY_OPEN),
    # How it asks
    Evidence("head", 4, "Asked with HEAD, as checkers do and readers do not.", lambda f: f.head),
    Evidence("prefetch", 4, "A browser looked ahead, and says so; nobody had pressed yet.",
             _sign(signs.PREFETCH)),
    Evidence("headless", 4, "The browser’s hints say that it runs without a screen.",
             _sign(signs.HEADLESS)),
    Evidence("names_owner", 4, "The request names an owner to write to, as robots do.",
             _sign(signs.NAMES_OWNER)),
    Evidence("script_fetch", 3, "Fetched by a script or as an image, not opened as a page.",
             _sign(signs.SCRIPT_FETCH)),
    Evidence("other_platform", 3, "The agent names one system, the browser’s hints another.",
             _sign(signs.OTHER_PLATFORM)),
    Evidence("any_answer", 2, "Takes any kind of answer; browsers ask for a page.",
             _sign(signs.ANY_ANSWER)),
    Evidence("mail_program", 1, "A mail program says that it asks itself; weak alone.",
             _sign(signs.MAIL_PROGRAM)),
    Evidence("no_script", 1, "The page’s script did not run; weak alone.",
             lambda f: f.followed and f.ran_script is False),
    Evidence("phone_script", -1,
             "On a phone, where the page’s script ran; scanners seldom do that.",
             lambda f: f.ran_script is True and agents.is_phone(f.agent)),
    # From where
    Evidence("security_network", 3,
             "From the network of a mail scanner, out of which nobody browses.",
             lambda f: f.origin == origins.SECURITY),
    Evidence("hosting_network", 1, "From a hosting network; weak alone, people’s VPNs end there.",
             lambda f: f.origin == origins.HOSTING),
    Evidence("own_network", 4, "From a network that the organisation’s own rules name.",
             lambda f: f.own_network),
    Evidence("own_machine", 4, "The organisation’s own rules say that this agent is a machine’s.",
             lambda f: f.own_machine),
    Evidence("own_reader", -4, "The organisation’s own rules say that this agent is a person’s.",
             lambda f: f.own_reader),
    # What it does, and when
    Evidence("hidden_link", 4, "Followed the link that no reader can see.",
             lambda f: f.hidden_link),
    Evidence("burst", 4,
             f"At least {BURST_PLACES} different links were followed within {BURST_S} seconds.",
             lambda f: f.burst),
    Evidence("every_link", 3,
             "The same visitor followed every link of the letter within a quarter of an hour.",
             lambda f: f.every_link),
    Evidence("shadow", 3,
             f"Within {SHADOW_S} seconds of a person’s click, on the same link, from another "
             "network and system.", lambda f: f.shadow),
    Evidence("early_open", 3,
             f"The image was fetched under {EARLY_S} seconds after delivery, before anybody could "
             "look.", lambda f: f.opened and f.within(0, EARLY_S)),
    Evidence("early", 2,
             f"Under {EARLY_S} seconds after delivery; weak alone, since our clock and the "
             "mailbox’s may differ.", lambda f: not f.opened and f.within(0, EARLY_S)),
    Evidence("soon", 1, f"Under {SOON_S} seconds after delivery; a person can be so quick.",
             lambda f: f.within(EARLY_S, SOON_S)),
    Evidence("soon_from_hosting", 1,
             f"From a hosting network and under {SOON_S} seconds after delivery, both at once.",
             lambda f: f.origin == origins.HOSTING and f.within(0, SOON_S)),
    Evidence("touched", -2,
             "The script of the page behind the link saw a finger, keys or the pointer.",
             lambda f: f.touched),
    Evidence("acted", -20, "Signed or unsubscribed, which takes a person.", lambda f: f.acted),
)
# fmt: on

WEIGHTS = {evidence.name: evidence.weight for evidence in EVIDENCE}
WHY = {evidence.name: evidence.why for evidence in EVIDENCE}
