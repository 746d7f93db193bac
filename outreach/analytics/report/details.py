"""What a blast's figures are made of: its links one by one, and why letters came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from outreach.analytics.intervals import SMALL, Rate
from outreach.analytics.report.contest import Contest
from outreach.analytics.report.groups import Group
from outreach.analytics.rollups import causes

_KINDS = {"ask": "ask", "link": "other link", "citation": "note", "trap": "hidden link"}


@dataclass(frozen=True)
class LinkFigures:
    """One tracked link: people who followed it, and everybody's clicks counted in as `raw`.

    `rate` is over delivered people; it leaves out who clicked in a letter not counted as delivered.
    """

    slot: int  # the link's number in the letter
    kind: str
    url: str
    label: str
    clicked: int
    raw: int
    rate: Rate

    @property
    def name(self) -> str:
        """What the link says in the letter, or else where it leads."""
        return self.label or self.url

    @property
    def what(self) -> str:
        """Its kind in words."""
        return _KINDS.get(self.kind, self.kind)


@dataclass(frozen=True)
class LinksOf:
    """The links of one letter, over the people to whom it was delivered. `variant`: its letter;
    None: all variants together."""

    links: Sequence[LinkFigures]
    delivered: int
    variant: str | None = None

    @property
    def small(self) -> bool:
        """Too few delivered for rates."""
        return self.delivered < SMALL


@dataclass(frozen=True)
class Returned:
    """Letters that were refused (`state`) or came back for one cause; `rate` is of all that the
    provider answered: sent and refused."""

    state: str  # bounced, refused
    cause: str  # causes.cause_of
    rate: Rate

    @property
    def meaning(self) -> str:
        """The cause in words."""
        return causes.meaning(self.cause)


@dataclass(frozen=True)
class Details:
    """Links in the order of their clicks by people; those that nobody followed stand, too. Of the
    causes the most frequent comes first."""

    links: Sequence[LinkFigures] = ()
    returned: Sequence[Returned] = ()
    generations: Sequence[tuple[int, int]] = ()  # of shares, from 1: how many signed
    contest: Contest = field(default_factory=Contest)
    # As known at the freeze; none where a blast was frozen before that was kept.
    mailboxes: Sequence[Group] = ()
    places: Sequence[Group] = ()
    segments: Sequence[Group] = ()

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return {
            "links": [
                {
                    "label": link.label,
                    "kind": link.kind,
                    "url": link.url,
                    "clicked": link.clicked,
                    "raw_clicked": link.raw,
                    "click_rate": link.rate.to_json(),
                }
                for link in self.links
            ],
            "returned": [
                {"state": one.state, "cause": one.cause, "meaning": one.meaning}
                | {"letters": one.rate.count}
                for one in self.returned
            ],
            "shared_by_generation": [number for _, number in self.generations],
            **self.contest.to_json(),
            "mailbox_providers": [one.to_json() for one in self.mailboxes],
            "places": [one.to_json() for one in self.places],
            "segments": [one.to_json() for one in self.segments],
        }
