"""Blasts: the list, a new draft, and one page for each from schedule to end."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.audiences import queries as segments
from outreach.audiences.terms import InSegment, to_text
from outreach.blasts import domains, operations, queries, standing, winner
from outreach.blasts import pace as paces
from outreach.blasts.models import Blast
from outreach.petitions import queries as petitions
from outreach.petitions.models import Petition
from outreach.web.auth import actor, current_account, needs
from outreach.web.console.pausing import pauses
from outreach.web.console.sheet import pane
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_blasts", __name__, url_prefix="/console/blasts")
# The order in which the list groups them: what asks for attention first.
GROUPS = (
    ("Going out", ("freezing", "sending")),
    ("Paused", ("paused",)),
    ("Scheduled", ("scheduled",)),
    ("Drafts", ("draft",)),
    ("Done", ("finished", "cancelled", "failed")),
)


@blueprint.get("/")
@needs("read")
def index() -> ResponseReturnValue:
    """All blasts, by state."""
    with services().db.reading() as session:
        blasts = [(b, queries.reason_of(session, b)) for b in queries.all_blasts(session)]
        groups = [(name, _in(blasts, states)) for name, states in GROUPS]
        return render_template("console/blasts.html", groups=[g for g in groups if g[1]])


def _in(blasts: Sequence[tuple[Blast, str]], states: Sequence[str]) -> list[tuple[Blast, str]]:
    return [(blast, reason) for blast, reason in blasts if blast.state in states]


@blueprint.get("/new")
@needs("draft")
def draft() -> ResponseReturnValue:
    """The form for a new draft; `petition` is the slug of the one it asks for."""
    form = Form({"petition": request.args.get("petition", "")})
    with services().db.reading() as session:
        chosen = _chosen(session, form)
        form.values["name"] = f"{chosen.headline[:80]}, first ask" if chosen else ""
        return _form(session, form)


@blueprint.post("/new")
@needs("draft")
def create() -> ResponseReturnValue:
    """Store a draft; its texts are drafted from the petition."""
    form = Form.sent()
    name = form.needed("name", "Enter a name; only people who work here see it.")
    slug = form.needed("petition", "Choose the petition that it asks for.")
    if not form.faults:
        with form.judging(), services().db.transaction() as session:
            blast = operations.create(
                session,
                organisation=current_account().organisation,
                petition=petitions.by_slug(session, slug),
                name=name,
                audience=_rules(session, form),
                actor=actor(),
            )
    if form.faults:
        with services().db.reading() as session:
            return _form(session, form), 400
    notice("The draft is stored", "Subject, text and notes come from the petition. Change them.")
    return redirect(url_for("console_compose.show", blast_id=blast.id))


def _rules(session: Session, form: Form) -> str:
    saved = form.text("segment")
    if not saved.isdigit():
        return ""
    return to_text(InSegment(segments.by_id(session, int(saved)).name))


def _chosen(session: Session, form: Form) -> Petition | None:
    slug = form.text("petition")
    return petitions.by_slug(session, slug) if slug else None


def _form(session: Session, form: Form) -> str:
    return render_template(
        "console/blast_new.html",
        form=form,
        petitions=petitions.all_petitions(session),
        segments=segments.all_segments(session),
    )


@blueprint.get("/<int:blast_id>")
@needs("read")
def show(blast_id: int) -> ResponseReturnValue:
    """One blast after its draft: progress, who did not get it, the letter."""
    with services().db.reading() as session:
        blast = queries.by_id(session, blast_id)
        if blast.state == "draft":
            return redirect(url_for("console_compose.show", blast_id=blast_id))
        form = Form({"pace": paces.typed(session, blast), "weight": f"{blast.weight:g}"})
        return page(session, blast, form)


def page(session: Session, blast: Blast, form: Form) -> str:
    """The page of a blast that is no draft; `form` holds its pace and weight."""
    return render_template(
        "console/blast.html",
        blast=blast,
        petition=session.get_one(Petition, blast.petition_id),
        progress=services().lookout.look(session, blast),
        standing=standing.standing(session, blast),
        stopped=domains.stopped(session, blast),
        pace=paces.of_blast(session, blast),
        pauses=pauses(),
        form=form,
        waits=winner.waits(blast),
        chosen_at=winner.chosen_at(session, blast) if winner.waits(blast) else None,
        pane=pane(session, blast, services()),
    )


@blueprint.get("/<int:blast_id>/progress")
@needs("read")
def progress(blast_id: int) -> ResponseReturnValue:
    """The progress alone; the page asks for it every few seconds while something moves."""
    with services().db.reading() as session:
        blast = queries.by_id(session, blast_id)
        return render_template(
            "console/_progress.html", blast=blast, progress=services().lookout.look(session, blast)
        )
