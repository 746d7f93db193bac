"""The variants of a blast beside each other: figures of each, and which of them to choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from outreach.analytics.intervals import SMALL, Rate
from outreach.analytics.report.posterior import Standing, standings
from outreach.core.errors import NotFound

MEASURES: Mapping[str, str] = {"sign": "Signed", "click": "Clicked", "open": "Opened by people"}
COUNTS = (
    *("audience", "sent", "delivered", "opened", "clicked", "signed"),
    *("new", "unsubscribed", "complained"),
)
CLEAR = 0.95  # probability from which one is said to be the best
_ALIKE = 0.01  # of its rate: whose loss is below is as good as any


def measure(by: str | None) -> str:
    """A key of MEASURES, None: the sign rate. Raises NotFound for anything else."""
    if by is None:
        return "sign"
    if by not in MEASURES:
        raise NotFound(f"Variants are not compared by “{by}”.", hint=f"By: {', '.join(MEASURES)}.")
    return by


@dataclass(frozen=True)
class VariantFigures:
    """One variant: what it said, its part of the audience (0 to 1), people by what became of them
    or what they did (COUNTS), and rates over those delivered, as of a whole blast."""

    letter: str
    subject: str
    sender_name: str
    part: float
    counts: Mapping[str, int]
    rates: Mapping[str, Rate]

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return {
            "variant": self.letter,
            "subject": self.subject,
            "sender_name": self.sender_name,
            "part": self.part,
            **self.counts,
            "rates": {name: rate.to_json() for name, rate in self.rates.items()},
        }


@dataclass(frozen=True)
class Verdict:
    """Variants compared by one rate; `standings` in their order, empty where they are too few."""

    by: str
    letters: Sequence[str]
    rates: Sequence[Rate]

    @property
    def too_few(self) -> bool:
        """Some variant was delivered to fewer than SMALL people."""
        return min(rate.of for rate in self.rates) < SMALL

    @cached_property
    def standings(self) -> Sequence[Standing]:
        """Probability of being best and expected loss of each."""
        if self.too_few:
            return []
        return standings([(rate.count, rate.of) for rate in self.rates])

    @property
    def told(self) -> list[tuple[str, str]]:
        """The standings in words."""
        return [(percent(one.best), points(one.loss)) for one in self.standings]

    @property
    def leader(self) -> int | None:
        """The place of the one with the least expected loss."""
        if self.too_few:
            return None
        return min(range(len(self.letters)), key=lambda i: self.standings[i].loss)

    @property
    def is_clear(self) -> bool:
        """The leader is the best with a probability of CLEAR or more."""
        return self.leader is not None and self.standings[self.leader].best >= CLEAR

    @property
    def said(self) -> str:
        """What it comes to, in a sentence or two."""
        if self.leader is None:
            return (
                f"Too few to tell: a variant was delivered to fewer than {SMALL} people. "
                "Go by the counts and intervals."
            )
        letter, standing = self.letters[self.leader], self.standings[self.leader]
        what = f"{self.by} rate"
        risk = f"{points(standing.loss)} of the {what} on average"
        if self.is_clear:
            word = "better" if len(self.letters) == 2 else "the best"
            return (
                f"{letter} is {word} with {percent(standing.best)}; choosing it now risks {risk}."
            )
        share = self.rates[self.leader].share or 0.0
        if standing.loss <= share * _ALIKE:
            return (
                f"By the {what} it hardly matters: {letter} leads with {percent(standing.best)}, "
                f"and choosing it now risks {risk}."
            )
        return (
            f"No variant is clearly better by the {what} so far: {letter} leads with "
            f"{percent(standing.best)}; choosing it now risks {risk}."
        )

    def to_json(self) -> dict[str, Any]:
        """By letter, from 0 to 1; None of each where they are too few."""
        chances: Sequence[tuple[float | None, float | None]] = [
            (one.best, one.loss) for one in self.standings
        ] or [(None, None)] * len(self.letters)
        return {
            "too_few": self.too_few,
            "leader": None if self.leader is None else self.letters[self.leader],
            "clear": self.is_clear,
            "best": {letter: best for letter, (best, _) in zip(self.letters, chances, strict=True)},
            "loss": {letter: loss for letter, (_, loss) in zip(self.letters, chances, strict=True)},
            "said": self.said,
        }


@dataclass(frozen=True)
class Contest:
    """The variants of a blast that has several; of one that has not, none. `rest`: what became of
    those who waited for the winner, in a sentence."""

    variants: Sequence[VariantFigures] = ()
    rest: str = ""

    def by(self, measure: str) -> Verdict | None:
        """Compared by one of MEASURES; None where there is nothing to compare."""
        if not self.variants:
            return None
        letters = [one.letter for one in self.variants]
        return Verdict(measure, letters, [one.rates[measure] for one in self.variants])

    def leader(self, measure: str) -> str:
        """The letter of the variant with the least expected loss, however few they are."""
        rates = [one.rates[measure] for one in self.variants]
        losses = [one.loss for one in standings([(rate.count, rate.of) for rate in rates])]
        return self.variants[losses.index(min(losses))].letter

    def to_json(self) -> dict[str, Any]:
        """Each variant with counts and rates, and the verdict by each of MEASURES."""
        return {
            "variants": [one.to_json() for one in self.variants],
            "rest": self.rest or None,
            "verdicts": {
                by: verdict.to_json() for by in MEASURES if (verdict := self.by(by)) is not None
            },
        }


def percent(probability: float) -> str:
    """A probability in words; never 0 % or 100 %."""
    if probability < 0.01:
        return "under 1 %"
    if probability > 0.99:
        return "over 99 %" if probability < 0.999 else "over 99.9 %"
    return f"{probability * 100:.0f} %"


def points(loss: float) -> str:
    """An expected loss in points."""
    return f"{loss * 100:.2f} points" if loss >= 0.00005 else "less than 0.01 points"
