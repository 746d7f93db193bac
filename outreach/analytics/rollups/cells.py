"""Numbers by blast, variant, dimension and value: what is rolled up, and what a recount finds.

| dimension | value | measures |
| --- | --- | --- |
| "" | "" | a state of letters, `opened` and so on, `reached_opened`, `opens_human`, `signed` |
| skipped | the reason | letters |
| bounced, refused | the cause (causes.py) | letters |
| hour | its start, UTC, ISO 8601 | clicked (for the first time), signed |
| link | its id | clicked, raw_clicked, reached_clicked (people), events |
| device | a family of DEVICES | opened, clicked (people) |
| evidence | its name | events (clicks by machines) |
| mailbox, place, segment | its name | a state of letters, `reached_` and one of TRAIT_ACTS |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

WHOLE, SKIPPED, HOUR, LINK, DEVICE, EVIDENCE = "", "skipped", "hour", "link", "device", "evidence"
# Traits: what was known of the person when the blast was frozen.
MAILBOX, PLACE, SEGMENT = "mailbox", "place", "segment"
TRAITS = (MAILBOX, PLACE, SEGMENT)
NO_VARIANT = 0

# What a person did, once for each letter; the same with `reached_` for letters that arrived.
ACTS = ("opened", "clicked", "signed", "unsubscribed", "raw_opened", "raw_clicked")
CLASSES = ("human", "proxy", "machine", "unknown")
TRAFFIC = tuple(f"{kind}_{shown}" for kind in ("opens", "clicks") for shown in CLASSES)
FACETS = ("clicked", "raw_clicked", "events")
REACHED_CLICKED = "reached_clicked"
TRAIT_ACTS = ("opened", "clicked", "signed", "unsubscribed")

TABLET, PHONE, COMPUTER, OTHER = "tablet", "phone", "computer", "other"
# A device is what its agent names first here; an agent in lower case holds one of the words.
DEVICES = (
    (TABLET, ("ipad", "tablet", "kindle", "silk/")),
    (PHONE, ("iphone", "ipod", "mobile", "phone")),
    (TABLET, ("android",)),
    (COMPUTER, ("windows", "macintosh", "cros", "x11", "linux")),
)
DEVICE_BITS = {name: 1 << place for place, name in enumerate((TABLET, PHONE, COMPUTER, OTHER))}


class Cell(NamedTuple):
    """One number's place; `variant_id` NO_VARIANT for what no variant can be said to have done."""

    blast_id: int
    variant_id: int
    dimension: str
    value: str
    measure: str


Cells = Counter[Cell]


def differences(said: Cells, found: Cells) -> list[tuple[Cell, int, int]]:
    """Where two of them differ: the place, and both numbers."""
    places: Iterable[Cell] = sorted(said.keys() | found.keys())
    return [(at, said[at], found[at]) for at in places if said[at] != found[at]]
