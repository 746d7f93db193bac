"""Drafting the variants of a blast: added, removed, and their shares of the audience."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase

from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.blasts.models import PARTS, Blast, Variant
from outreach.blasts.split import weights
from outreach.core.errors import BadInput, Conflict, NotFound

MOST = 8
SHARES = range(1, 101)


def named(blast: Blast, letter: str | None) -> Variant:
    """The variant of that letter, None: the first; raises NotFound that says which there are."""
    if letter is None:
        return blast.variants[0]
    for variant in blast.variants:
        if variant.letter == letter.strip().upper():
            return variant
    there = ", ".join(variant.letter for variant in blast.variants)
    raise NotFound(f"This blast has no variant “{letter}”.", hint=f"It has: {there}.")


def add(session: Session, blast: Blast, *, actor: str) -> Variant:
    """One more variant, as the first one until something else is written in it.

    Its share is what the others have on average. Raises Conflict where the blast is no draft or
    has MOST variants already.
    """
    must_be_draft(blast)
    if len(blast.variants) == MOST:
        raise Conflict(
            f"A blast has {MOST} variants at most; nothing was added.",
            hint="Each of them needs enough people to tell it from the others.",
        )
    shares = [variant.share for variant in blast.variants]
    added = Variant(
        letter=ascii_uppercase[len(shares)],
        share=max(1, round(sum(shares) / len(shares))),
        subject="",
        body="",
    )
    blast.variants.append(added)
    _note(session, blast, actor, "add", variant=added.letter)
    return added


def remove(session: Session, blast: Blast, letter: str, *, actor: str) -> None:
    """Take a variant away; those behind it move up by a letter.

    What they took over from the first one they keep. Raises Conflict for the only one.
    """
    must_be_draft(blast)
    if len(blast.variants) == 1:
        raise Conflict(
            "A blast needs one variant; nothing was removed.", hint="Cancel the blast instead."
        )
    gone = named(blast, letter)
    if gone is blast.variants[0]:
        _let_the_second_lead(blast)
    blast.variants.remove(gone)
    session.delete(gone)
    session.flush()
    for letter_now, variant in zip(ascii_uppercase, blast.variants, strict=False):
        variant.letter = letter_now
        session.flush()  # one after the other: no two may have the same letter
    _note(session, blast, actor, "remove", variant=gone.letter)


def share(session: Session, blast: Blast, shares: Mapping[str, int], *, actor: str) -> None:
    """Give variants, by letter, other shares of the audience: 2 gets twice as many as 1.

    Raises BadInput for a share out of SHARES, NotFound for a letter that is not there; then
    nothing was changed.
    """
    must_be_draft(blast)
    changed = [(named(blast, letter), number) for letter, number in shares.items()]
    for variant, number in changed:
        if number not in SHARES:
            raise BadInput(
                f"The share of {variant.letter} is a whole number from {SHARES[0]} to "
                f"{SHARES[-1]}; none was changed.",
                hint="50 and 50 is half and half, and so is 1 and 1.",
                field=f"share-{variant.letter}",
            )
    for variant, number in changed:
        variant.share = number
    _note(session, blast, actor, "share", shares={v.letter: v.share for v in blast.variants})


def parts_of(blast: Blast) -> dict[str, float]:
    """Each variant's part of the audience, by letter, from 0 to 1; REST: who wait."""
    found = weights(blast)
    return {letter: number / sum(found.values()) for letter, number in found.items()}


def copy(session: Session, source: Blast, into: Blast) -> None:
    """Give a new draft the variants of a blast: texts and shares."""
    first, *others = source.variants
    into.variants[0].share = first.share
    into.tried_percent, into.winner_by = source.tried_percent, source.winner_by
    into.winner_after_h = source.winner_after_h
    for one in others:
        into.variants.append(Variant(letter=one.letter, share=one.share, **_beside(first, one)))
    session.flush()


def _let_the_second_lead(blast: Blast) -> None:
    """Have the others say what they say now when the second variant is the first."""
    _, leader, *others = blast.variants
    texts = {part: leader.says(part) for part in PARTS}
    kept = [_beside(leader, one) for one in others]
    blast.sender_name, texts["sender_name"] = texts["sender_name"], ""
    for variant, its in zip((leader, *others), (texts, *kept), strict=True):
        for part, text in its.items():
            setattr(variant, part, text)


def _beside(first: Variant, other: Variant) -> dict[str, str]:
    """What another variant says where it differs from the first one, "" where it does not."""
    return {
        part: "" if other.says(part) == first.says(part) else other.says(part) for part in PARTS
    }


def must_be_draft(blast: Blast) -> None:
    """Raise Conflict where the letter can't change any more."""
    if blast.state != "draft":
        raise Conflict(
            f"This blast is {blast.state}: its text can’t change any more.",
            hint="Take it back to a draft first, or start a new one.",
        )


def _note(session: Session, blast: Blast, actor: str, what: str, **detail: object) -> None:
    session.flush()
    audit.record(
        session, actor=actor, action=f"variant.{what}", subject=f"blast:{blast.id}", **detail
    )
