"""A part of the audience tries the variants; the rest gets the one that does best there.

Who waits is frozen with everybody else: a variant of its own (REST) whose letter is not there yet,
so that no batch of it is claimed. To choose is to store that letter. Rates of the variants stay
those of the part that tried them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.blasts import queries, weights
from outreach.blasts.models import PARTS, Blast, FrozenLetter
from outreach.blasts.variants import must_be_draft, named
from outreach.core import log
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.core.errors import BadInput, Conflict
from outreach.mail.models import Batch

_log = log.get(__name__)
MEASURES = ("sign", "click", "open")
PERCENTS, HOURS = range(1, 100), range(1, 24 * 14 + 1)
BY_ITSELF = "by itself"


def plan(
    session: Session, blast: Blast, *, percent: int | None, by: str, after_h: int, actor: str
) -> None:
    """Have so many percent of the audience try the variants first; None: all of it.

    Raises BadInput for what can't be, Conflict where the blast is no draft.
    """
    must_be_draft(blast)
    if percent is not None and percent not in PERCENTS:
        raise BadInput(
            f"Between {PERCENTS[0]} and {PERCENTS[-1]} percent can try the variants.",
            field="tried_percent",
        )
    if by not in MEASURES:
        raise BadInput(f"A winner has the best rate of: {', '.join(MEASURES)}.", field="winner_by")
    if after_h not in HOURS:
        raise BadInput(
            f"The winner is chosen after {HOURS[0]} to {HOURS[-1]} hours.", field="winner_after_h"
        )
    blast.tried_percent, blast.winner_by, blast.winner_after_h = percent, by, after_h
    _note(session, blast, actor, "plan", percent=percent, by=by, after_h=after_h)


def choose(session: Session, blast: Blast, letter: str, *, actor: str) -> None:
    """Let the rest of a blast leave, with this variant's letter.

    Raises Conflict where nobody waits for it, or it was chosen before.
    """
    chosen, rest = named(blast, letter), blast.rest
    if blast.winner is not None:
        raise Conflict(f"{blast.winner} was chosen before: the rest gets it.")
    if rest is None or blast.state not in ("sending", "paused"):
        raise Conflict(
            "Nobody waits for a winner of this blast.",
            hint="It is chosen once the part that tries the variants is on its way.",
        )
    frozen = session.get_one(FrozenLetter, chosen.id)
    for part in PARTS:
        setattr(rest, part, getattr(chosen, part))
    session.add(FrozenLetter(variant_id=rest.id, plan=frozen.plan))
    blast.winner, blast.winner_at, blast.winner_chosen_by = chosen.letter, now(), actor
    session.flush()
    weights.join(session, blast)
    _note(session, blast, actor, "choose", variant=chosen.letter)
    _log.info("blast.winner", blast=blast.id, variant=chosen.letter, by=actor)


def waits(blast: Blast) -> bool:
    """Whether some of a frozen audience wait for the winner."""
    going = blast.state in ("sending", "paused")
    return going and blast.rest is not None and blast.winner is None


def chosen_at(session: Session, blast: Blast) -> datetime | None:
    """When the winner is chosen by itself; None while letters are to be tried yet.

    Where too few people are chosen for anybody to try, at once.
    """
    tried = [variant.id for variant in blast.variants]
    of_tried = select(func.count(), func.count(Batch.done_at), func.max(Batch.done_at)).where(
        Batch.blast_id == blast.id, Batch.variant_id.in_(tried)
    )
    batches, done, last = session.execute(of_tried).one()
    if not batches:
        return blast.frozen_at
    if done < batches or last is None:
        return None
    return last + timedelta(hours=blast.winner_after_h)


def choose_due(
    db: Database, count_anew: Callable[[], object], best: Callable[[Session, Blast], str]
) -> None:
    """Let the rest of each blast leave whose time has come, with the variant that did best.

    `count_anew` brings the figures up to now; `best` reads from them which variant leads.
    """
    with db.reading() as session:
        blasts = [blast.id for blast in due(session)]
    for blast_id in blasts:
        count_anew()
        with db.transaction() as session:
            blast = queries.by_id(session, blast_id, lock=True)
            if waits(blast) and blast.state == "sending":
                choose(session, blast, best(session, blast), actor=BY_ITSELF)


def due(session: Session) -> list[Blast]:
    """Blasts whose winner is to be chosen now."""
    waiting = select(Blast).where(
        Blast.state == "sending", Blast.tried_percent.is_not(None), Blast.winner.is_(None)
    )
    found = [(blast, chosen_at(session, blast)) for blast in session.scalars(waiting) if blast.rest]
    return [blast for blast, at in found if at is not None and at <= now()]


def _note(session: Session, blast: Blast, actor: str, what: str, **detail: object) -> None:
    session.flush()
    audit.record(
        session, actor=actor, action=f"winner.{what}", subject=f"blast:{blast.id}", **detail
    )
