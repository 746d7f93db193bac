"""From draft to sending and back: schedule with a confirmed number, pause, resume, cancel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.blasts import holding, preflight, queries, schedule, weights
from outreach.blasts import pace as paces
from outreach.blasts.audience import audience_count
from outreach.blasts.models import Blast
from outreach.core.clock import now
from outreach.core.errors import BadInput
from outreach.mail import pace_scopes
from outreach.web.auth import actor, needs, zone
from outreach.web.console.blasts import page as blast_page
from outreach.web.console.pausing import pauses
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_schedule", __name__, url_prefix="/console/blasts/<int:blast_id>")
ACTS: dict[str, Callable[..., int | None]] = {
    "unschedule": schedule.unschedule,
    "pause": schedule.pause,
    "resume": schedule.resume,
    "cancel": schedule.cancel,
}
DONE = {
    "unschedule": ("It is a draft again", "Nothing was sent. Change it, then schedule it anew."),
    "pause": ("The blast is paused", "What has left has left; all others wait in their place."),
    "resume": ("The blast goes on", "It goes on where it stopped; nobody gets it twice."),
    "cancel": ("The blast is cancelled", "Nobody gets it any more; what was sent is kept."),
}


@blueprint.get("/schedule")
@needs("send")
def show(blast_id: int) -> ResponseReturnValue:
    """The form for the time; a blast that a check stops goes back to its draft."""
    with services().db.reading() as session:
        blast = queries.by_id(session, blast_id)
        if not preflight.stops(session, blast, services().base_url):
            return _page(session, blast, Form({"when": "at"}))
    notice("A check stops this blast", "The draft is kept. Mend what is red.", level="stop")
    return redirect(url_for("console_blasts.show", blast_id=blast_id))


@blueprint.post("/schedule")
@needs("send")
def take(blast_id: int) -> ResponseReturnValue:
    """First ask again, with the number; schedule when that was confirmed."""
    form = Form.sent()
    at = _time(form)
    if form.text("confirmed") and not form.faults:
        with form.judging(), services().db.transaction() as session:
            blast = queries.by_id(session, blast_id)
            schedule.schedule(session, blast, at=at, actor=actor(), base_url=services().base_url)
        if not form.faults:
            notice("The blast is scheduled", "Until it starts it can be taken back to a draft.")
            return redirect(url_for("console_blasts.show", blast_id=blast_id))
    with services().db.reading() as session:
        blast = queries.by_id(session, blast_id)
        if form.faults:
            return _page(session, blast, form), 400
        return render_template(
            "console/blast_confirm.html",
            blast=blast,
            form=form,
            at=at,
            audience=audience_count(session, blast),
            pauses=pauses(),
        )


def _time(form: Form) -> datetime | None:
    """The chosen instant; None is now."""
    if form.text("when") == "now":
        return None
    local = form.instant("at")
    if local is None:
        return None
    at = local.replace(tzinfo=zone())
    if at <= now():
        form.refuse("at", "This time has passed. Enter a later one, or choose “now”.")
    return at


def _page(session: Session, blast: Blast, form: Form) -> str:
    return render_template(
        "console/blast_schedule.html",
        blast=blast,
        form=form,
        zone=zone().key,
        audience=audience_count(session, blast),
    )


@blueprint.post("/pace")
@needs("send")
def set_pace(blast_id: int) -> ResponseReturnValue:
    """Give a blast another pace and weight."""
    form = Form.sent()
    with form.judging(), services().db.transaction() as session:
        blast = queries.by_id(session, blast_id)
        scope, per_s = pace_scopes.of_blast(blast_id), pace_scopes.parsed(form.text("pace"))
        paces.set_pace(session, scope, per_s, actor=actor())
        weights.set_weight(session, blast, _weight(form), actor=actor())
    if form.faults:
        with services().db.reading() as session:
            return blast_page(session, queries.by_id(session, blast_id), form), 400
    notice("The pace is saved", "It is felt within a second or two.")
    return redirect(url_for("console_blasts.show", blast_id=blast_id))


def _weight(form: Form) -> float:
    try:
        return float(form.text("weight") or 1)
    except ValueError:
        raise BadInput("Enter a weight as a number, such as 1 or 2.5.", field="weight") from None


@blueprint.post("/<any(unschedule, pause, resume, cancel):act>")
@needs("send")
def move(blast_id: int, act: str) -> ResponseReturnValue:
    """Unschedule, pause, resume or cancel; a repeat changes nothing."""
    with services().db.transaction() as session:
        blast = queries.by_id(session, blast_id, lock=True)
        in_flight = ACTS[act](session, blast, actor=actor())
    title, detail = DONE[act]
    if act == "pause" and in_flight:
        flying = "letter was" if in_flight == 1 else "letters were"
        detail = f"{in_flight:,} {flying} in flight at that moment; all others wait in their place."
    reached = ""
    if act != "unschedule":  # nothing of it has left
        reached = holding.reach(services().db, services().provider, blast_id, act)
    notice(title, f"{detail} {reached}".strip())
    return redirect(url_for("console_blasts.show", blast_id=blast_id))
