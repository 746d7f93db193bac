"""The day: what needs somebody, what goes out now, what is scheduled, what was just sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.analytics.overview.dashboard import headlines
from outreach.blasts import preflight, queries
from outreach.blasts.models import Blast
from outreach.core.clock import now
from outreach.mail.models import Delivery
from outreach.mail.outcomes import UNKNOWN
from outreach.petitions.library import queries as library
from outreach.petitions.library.look import LOOKS
from outreach.web.auth import allowed, needs
from outreach.web.console.first_steps import first_steps
from outreach.web.console.formats import plural
from outreach.web.context import services

blueprint = Blueprint("console_home", __name__, url_prefix="/console")
DRAFTS_CHECKED = 5  # each check composes the letter
JUST_SENT = 5
SOURCES_SHOWN = 5
MOVING = ("freezing", "sending")


@dataclass(frozen=True)
class Need:
    """One thing that waits for a person. `level` is stop or warn; `verb` names the way to it."""

    level: str
    title: str
    detail: str
    url: str
    verb: str


@blueprint.get("/")
@needs("read")
def show() -> ResponseReturnValue:
    """The home of the console."""
    with services().db.reading() as session:
        look = services().lookout.look
        blasts = queries.all_blasts(session)
        sent = [b for b in blasts if b.state in ("finished", "paused", "cancelled") and b.frozen_at]
        sent = sent[:JUST_SENT]
        return render_template(
            "console/home.html",
            now=now(),
            steps=first_steps(session, blasts) if allowed("draft") else [],
            needs=list(_needs(session, blasts)),
            going=[(b, look(session, b)) for b in blasts if b.state in MOVING],
            scheduled=sorted((b for b in blasts if b.state == "scheduled"), key=_leaves),
            sent=sent,
            headlines=headlines(session, [blast.id for blast in sent]),
        )


def _leaves(blast: Blast) -> datetime:
    return blast.scheduled_for or now()


def _needs(session: Session, blasts: Sequence[Blast]) -> Iterator[Need]:
    unknown = _unknown(session)
    for blast in blasts:
        url = url_for("console_blasts.show", blast_id=blast.id)
        reason = queries.reason_of(session, blast)
        if blast.state in ("paused", "failed"):
            yield Need("stop", f"{blast.name} is {blast.state}", reason, url, "See it")
        elif blast.state == "sending" and reason:
            title, tried = f"{blast.name} waits for the provider", " It is tried again by itself."
            if queries.is_held(blast):
                title, tried = f"{blast.name} waits", ""
            yield Need("warn", title, reason + tried, url, "See it")
        if count := unknown.get(blast.id):
            yield Need(
                "warn",
                f"{plural(count, 'delivery is', 'deliveries are')} unknown",
                f"Of {blast.name}. They are not sent again without a person’s word.",
                url_for("console_deliveries.unknown", blast=blast.id),
                "See them",
            )
    yield from _sources(session)
    drafts = [blast for blast in blasts if blast.state == "draft"]
    for blast in drafts[:DRAFTS_CHECKED]:
        yield from _stopped(session, blast)


def _unknown(session: Session) -> dict[int, int]:
    """How many deliveries of each blast are unknown."""
    query = select(Delivery.blast_id, func.count()).where(UNKNOWN)
    rows = session.execute(query.group_by(Delivery.blast_id))
    return {blast_id: count for blast_id, count in rows if blast_id is not None}


def _sources(session: Session) -> Iterator[Need]:
    """Sources of open petitions and of what was sent that died or changed since."""
    for source in library.troubled(session)[:SOURCES_SHOWN]:
        changed = f"It no longer says “{source.lost[0]}”." if source.lost else source.look_detail
        petitions = {use.petition.slug: use.petition for use in library.uses(session, source)}
        where = ", ".join(f"“{one.headline}”" for one in petitions.values())
        gone = "no longer says what is quoted" if source.lost else LOOKS[source.look]
        yield Need(
            "warn",
            f"A source {gone}: {source.title or source.url}",
            f"{changed} Cited by {where}.".strip(),
            url_for("console_sources.show", source_id=source.id),
            "See it",
        )


def _stopped(session: Session, blast: Blast) -> Iterator[Need]:
    stops = preflight.stops(session, blast, services().base_url)
    if stops:
        more = f" {plural(len(stops) - 1, 'more check stops', 'more checks stop')} it."
        yield Need(
            "warn",
            f"{blast.name}: {stops[0].title}",
            f"{stops[0].detail}{more if len(stops) > 1 else ''}".strip(),
            url_for("console_compose.show", blast_id=blast.id),
            "Mend it",
        )
