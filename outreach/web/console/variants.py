"""The composer's variants: one more, one less, and how the audience is shared out among them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.blasts import queries, variants, winner
from outreach.blasts.models import Blast
from outreach.web.auth import actor, needs
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint(
    "console_variants", __name__, url_prefix="/console/blasts/<int:blast_id>/variants"
)

Told = tuple[str, str]  # what happened, and what to know of it


@blueprint.post("/add")
@needs("draft")
def add(blast_id: int) -> ResponseReturnValue:
    """One more variant, open to be written."""
    letter = None

    def change(session: Session, blast: Blast) -> Told:
        nonlocal letter
        letter = variants.add(session, blast, actor=actor()).letter
        empty = "What you leave empty in it is as in A. The checks say how many get it."
        return f"Variant {letter} is added", empty

    _change(blast_id, change, refused="No variant was added")
    return redirect(url_for("console_compose.show", blast_id=blast_id, variant=letter))


@blueprint.post("/<letter>/remove")
@needs("draft")
def remove(blast_id: int, letter: str) -> ResponseReturnValue:
    """Take a variant away."""

    def change(session: Session, blast: Blast) -> Told:
        variants.remove(session, blast, letter, actor=actor())
        return f"Variant {letter} is removed", "Those behind it moved up by a letter."

    _change(blast_id, change, refused="Nothing was removed")
    return redirect(url_for("console_compose.show", blast_id=blast_id))


@blueprint.post("/shares")
@needs("draft")
def shares(blast_id: int) -> ResponseReturnValue:
    """Share the audience out in another way: fields `share-A`, `share-B`, …, and those of the
    part that tries the variants first."""
    form = Form.sent()
    wanted = {
        name[-1]: _number(text) for name, text in form.values.items() if name.startswith("share-")
    }
    percent = form.text("tried_percent")

    def change(session: Session, blast: Blast) -> Told:
        variants.share(session, blast, wanted, actor=actor())
        winner.plan(
            session,
            blast,
            percent=_number(percent) if percent else None,
            by=form.text("winner_by") or blast.winner_by,
            after_h=_number(form.text("winner_after_h") or str(blast.winner_after_h)),
            actor=actor(),
        )
        return "The shares are changed", "Who gets which is drawn when the audience is frozen."

    _change(blast_id, change, refused="The shares are as they were")
    return redirect(url_for("console_compose.show", blast_id=blast_id))


@blueprint.post("/<letter>/choose")
@needs("send")
def choose(blast_id: int, letter: str) -> ResponseReturnValue:
    """Send this variant to those who wait for the winner."""

    def change(session: Session, blast: Blast) -> Told:
        winner.choose(session, blast, letter, actor=actor())
        return f"{letter} is chosen", "The rest of the audience gets it."

    _change(blast_id, change, refused="Nothing was chosen")
    return redirect(url_for("console_blasts.show", blast_id=blast_id))


def _change(blast_id: int, change: Callable[[Session, Blast], Told], *, refused: str) -> None:
    """Change the locked blast and tell what `change` says of it, or under `refused` what stands
    against it."""
    form, told = Form.sent(), ("", "")
    with form.judging(), services().db.transaction() as session:
        told = change(session, queries.by_id(session, blast_id, lock=True))
    if form.faults:
        notice(refused, form.faults[0][1], level="stop")
    else:
        notice(*told)


def _number(text: str) -> int:
    """What was typed; 0, which is refused, for what is no number."""
    return int(text) if text.isdecimal() else 0
