"""Who does what in the demo, and so what its report must say: the known truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/136.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Gecko/20100101 Firefox/138.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)
GMAIL_PROXY = (
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
)
APPLE_PROXY = "Mozilla/5.0"
SCANNERS = ("Barracuda Sentinel (EE)", CHROME)  # the second is known by what it does alone


@dataclass(frozen=True)
class Role:
    """What `number` of the recipients do with their letter, one after the other.

    Acts: open, click, sign, leave (by the page), one_click, not_me (say so, sign as somebody else,
    confirm it), not_me_silent (the same, never confirmed), scan (fetch everything, GET and HEAD).
    """

    number: int
    acts: tuple[str, ...]
    agent: str


SUPPRESSED = 15
LEFT_BEFORE = 10

CAST = (
    Role(24, ("open",), FIREFOX),
    Role(14, ("open",), GMAIL_PROXY),
    Role(14, ("open",), APPLE_PROXY),
    Role(18, ("open", "click"), CHROME),
    Role(16, ("open", "click", "sign"), IPHONE),
    Role(10, ("click", "sign"), FIREFOX),
    Role(3, ("click", "sign", "sign"), CHROME),  # press twice: thanked twice, counted once
    Role(4, ("open", "click", "not_me"), IPHONE),
    Role(2, ("open", "click", "not_me_silent"), CHROME),
    Role(4, ("open", "leave"), FIREFOX),
    Role(4, ("one_click",), "Mozilla/5.0 (compatible; Google-List-Unsubscribe)"),
    Role(2, ("scan",), SCANNERS[0]),
    Role(2, ("scan",), SCANNERS[1]),
)

_HUMAN_AGENTS = (CHROME, FIREFOX, IPHONE)


@dataclass(frozen=True)
class Part:
    """One recipient's part: their address, what they do, with which program."""

    address: str
    role: Role


def assign(addresses: Sequence[str]) -> Iterator[Part]:
    """Give out the roles over the recipients, in the order of the cast."""
    people = iter(addresses)
    for role in CAST:
        for _ in range(role.number):
            yield Part(next(people), role)


def truth(supporters: int, scanned_links: int) -> dict[str, int]:
    """What the report must say, worked out from the cast alone.

    `scanned_links`: observed addresses in one letter, each fetched by GET and by HEAD.
    """

    def people(*acts: str) -> int:
        return sum(
            role.number
            for role in CAST
            if role.agent in _HUMAN_AGENTS and any(act in role.acts for act in acts)
        )

    skipped = SUPPRESSED + LEFT_BEFORE
    scans = sum(role.number for role in CAST if "scan" in role.acts)
    apple = sum(role.number for role in CAST if role.agent == APPLE_PROXY)
    return {
        "audience": supporters,
        "skipped": skipped,
        "accepted": supporters - skipped,
        "opened": people("open"),
        "clicked": people("click"),
        "signed": people("sign", "not_me"),
        "unsubscribed": sum(
            role.number for role in CAST if {"leave", "one_click"} & set(role.acts)
        ),
        "machine_events": scans * scanned_links * 2 + apple,
    }
