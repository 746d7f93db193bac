"""The deliverability score card: what mailbox providers go by when they take letters, or don’t."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from outreach.analytics import downloads
from outreach.analytics.deliverability import scorecard, sender_readings
from outreach.analytics.deliverability import tables as scorecard_tables
from outreach.analytics.deliverability import wording as scorecard_words
from outreach.core.errors import NotFound
from outreach.web.auth import needs
from outreach.web.console.reports import table_answer
from outreach.web.context import services
from outreach.web.forms import notice

blueprint = Blueprint(
    "console_deliverability", __name__, url_prefix="/console/reports/deliverability"
)
SHOWN = 20  # mailbox domains; the command prints all


@blueprint.get("/")
@needs("read")
def show() -> ResponseReturnValue:
    """The score card, from what is counted and kept; no DNS is asked."""
    with services().db.reading() as session:
        card = scorecard.score_card(session)
    return render_template(
        "console/deliverability.html",
        card=card,
        words=scorecard_words,
        verdict=scorecard.verdict,
        providers=card.providers[:SHOWN],
        more=len(card.providers) - SHOWN,
        reasons=scorecard_words.REASONS,
        kinds=("csv", "parquet") if downloads.writes_parquet() else ("csv",),
    )


@blueprint.get("/<name>.<any(csv, parquet):kind>")
@needs("read")
def table_file(name: str, kind: str) -> ResponseReturnValue:
    """One table of the score card as a file, all of its rows."""
    if name not in scorecard_tables.TABLES:
        raise NotFound(
            "The score card has no such table.",
            hint=f"There are: {', '.join(scorecard_tables.TABLES)}.",
        )
    with services().db.reading() as session:
        card = scorecard.score_card(session)
    return table_answer(scorecard_tables.table_of(card, name), kind)


@blueprint.post("/read")
@needs("draft")
def read() -> ResponseReturnValue:
    """Read the records of the sending domains now; it ends within seconds, answered or not."""
    sender_readings.refresh(services().db, services().sending)
    with services().db.reading() as session:
        unread = [
            one for one in sender_readings.readings(session) if one.level == sender_readings.UNREAD
        ]
    if unread:
        notice("Not all records were read", unread[0].todo, level="warn")
    else:
        notice("The records were read", "They stand below as the DNS has them now.")
    return redirect(url_for("console_deliverability.show"))
