"""Checks of a blast's letters, variant by variant, and of what comparing them can tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import sqrt

from outreach.blasts.checks import Case, Finding
from outreach.blasts.checks_of_letter import CHECKS_OF_LETTER
from outreach.blasts.compose import Composed, Unreadable, links_of
from outreach.blasts.models import PARTS, REST
from outreach.blasts.split import sizes
from outreach.core.errors import BadInput, NotFound

SIGNING = 0.05  # of those who get a letter, where nothing else is known
_TOLD_APART = 2.8  # standard errors of a difference that shows four times out of five
FEW = 1_000


def of_letters(case: Case) -> list[Finding]:
    """What the checks find in each variant, once where they find it in all.

    With several, a finding names those that it is of.
    """
    found: dict[Finding, list[str]] = {}
    made: list[Composed] = []
    for variant in case.blast.variants:
        one = replace(case, letter=variant.letter, known=links_of(made))
        for finding in _of_letter(one, made):
            found.setdefault(finding, []).append(variant.letter)
    everywhere = len(case.blast.variants)
    return [
        finding
        if len(letters) == everywhere
        else replace(finding, title=f"{', '.join(letters)}: {finding.title}")
        for finding, letters in found.items()
    ]


def _of_letter(case: Case, made: list[Composed]) -> list[Finding]:
    try:
        found = [finding for check in CHECKS_OF_LETTER for finding in check(case)]
    except BadInput as error:
        said: set[str] = set()  # what several faults have in common to do is told once
        found = []
        for fault in error.faults if isinstance(error, Unreadable) else (error,):
            hint = "" if fault.hint in said else fault.hint
            said.add(hint)
            found.append(Finding("letter.unreadable", "stop", fault.message.rstrip("."), hint))
    else:
        made.append(case.composed)
    return found


def variants(case: Case) -> Iterator[Finding]:
    """Whether the variants differ, and whether the audience is large enough to see it."""
    if len(case.blast.variants) == 1:
        return
    yield from _twins(case)
    try:
        people = 0 if case.brief or not case.blast.audience.strip() else case.count.would_get
    except (BadInput, NotFound):
        return  # the check of the audience says so
    if people:
        yield _size(case, people)


def _twins(case: Case) -> Iterator[Finding]:
    seen: dict[tuple[str, ...], str] = {}
    for variant in case.blast.variants:
        texts = tuple(variant.says(part) for part in PARTS)
        twin = seen.setdefault(texts, variant.letter)
        if twin != variant.letter:
            yield Finding(
                "variants.same",
                "look",
                f"{variant.letter} says the same as {twin}",
                "Change its subject, preheader, sender or text, or remove it.",
            )


def _size(case: Case, people: int) -> Finding:
    letters = sizes(case.blast, people)
    rest = letters.pop(REST, 0)
    fewest = max(1, min(letters.values()))
    points = 100 * _TOLD_APART * sqrt(2 * SIGNING * (1 - SIGNING) / fewest)
    shares = ", ".join(f"{letter} {number:,}" for letter, number in letters.items())
    waiting = f", {rest:,} wait for the winner" if rest else ""
    return Finding(
        "variants",
        "look" if fewest < FEW else "ok",
        f"Letters by variant: {shares}{waiting}",
        f"Where 5 of 100 sign, a difference of {points:.1f} points or more is likely to show.",
    )
