"""Who of a frozen audience gets which variant: drawn by lot, by the shares, to the letter."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, select

from outreach.audiences.select import shuffled
from outreach.blasts.models import REST, Blast


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
    ids = {variant.letter: variant.id for variant in blast.variants}
    if blast.rest is not None:
        ids[REST] = blast.rest.id
    variant_id = _by_place(ids, weights(blast), place, people)
    return select(supporter_id, reason, variant_id, *others)


def weights(blast: Blast) -> dict[str, int]:
    """How many parts of the audience each variant gets, by its letter; REST: who wait for the
    winner."""
    shares = {variant.letter: variant.share for variant in blast.variants}
    if blast.tried_percent is None or not blast.keeps_a_rest:
        return shares
    tried = {letter: share * blast.tried_percent for letter, share in shares.items()}
    return tried | {REST: sum(shares.values()) * (100 - blast.tried_percent)}


def sizes(blast: Blast, people: int) -> dict[str, int]:
    """How many of so many people get each variant, by its letter."""
    *_, whole = edges = list(accumulate(weights(blast).values()))
    ends = [people * edge // whole for edge in edges]
    numbers = (end - begin for begin, end in pairwise([0, *ends]))
    return dict(zip(weights(blast), numbers, strict=True))


def _by_place(
    ids: Mapping[str, int],
    weights: Mapping[str, int],
    place: ColumnElement[int],
    people: ColumnElement[int],
) -> ColumnElement[int]:
    *edges, whole = accumulate(weights.values())
    *first, last = (ids[letter] for letter in weights)
    upto = ((place * whole <= people * edge, id_) for id_, edge in zip(first, edges, strict=True))
    return case(*upto, else_=last)
