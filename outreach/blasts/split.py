"""Who of a frozen audience gets which variant: drawn by lot, by the shares, to the letter."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, select

from outreach.audiences.select import shuffled
from outreach.blasts.models import Blast, Variant


def drawn(blast: Blast, members: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """The members (supporter id, reason), each with the id of their variant and whatever else
    comes with them.

    The lot depends on the blast and the person alone, on both databases, and never on what is known
    of them. Whoever gets a letter and whoever is held back is shared out apart, so the letters of
    two equal shares differ by one at most.
    """
    supporter_id, reason, *others = members.subquery("members").c
    if len(blast.variants) == 1:
        return select(supporter_id, reason, literal(blast.variants[0].id), *others)
    is_held = reason.is_not(None)
    # No sample of a segment has a seed below zero.
    lot = (shuffled(supporter_id, -blast.id), supporter_id)
    place = func.row_number().over(partition_by=is_held, order_by=lot)
    people = func.count().over(partition_by=is_held)
    return select(supporter_id, reason, _by_place(blast.variants, place, people), *others)


def sizes(variants: Sequence[Variant], people: int) -> dict[str, int]:
    """How many of so many people get each variant, by its letter."""
    *_, whole = edges = list(accumulate(variant.share for variant in variants))
    ends = [people * edge // whole for edge in edges]
    numbers = (end - begin for begin, end in pairwise([0, *ends]))
    return {variant.letter: n for variant, n in zip(variants, numbers, strict=True)}


def _by_place(
    variants: Sequence[Variant], place: ColumnElement[int], people: ColumnElement[int]
) -> ColumnElement[int]:
    *edges, whole = accumulate(variant.share for variant in variants)
    return case(
        *(
            (place * whole <= people * edge, variant.id)
            for variant, edge in zip(variants, edges, strict=False)
        ),
        else_=variants[-1].id,
    )
