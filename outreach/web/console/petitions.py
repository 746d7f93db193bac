"""Petitions: the list, and one page for each."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup as SafeHtml
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.analytics.report import wording
from outreach.petitions import (
    checking,
    citations,
    comments,
    exports,
    grades,
    history,
    note_lines,
    operations,
    queries,
    tally,
)
from outreach.petitions.differences import changes
from outreach.petitions.edition import NAMES
from outreach.petitions.library.styles import STYLES
from outreach.petitions.markup import Markup, without_markers
from outreach.petitions.models import Petition
from outreach.petitions.pages import Pages
from outreach.web.auth import actor, needs
from outreach.web.console.petition_sources import citation_checks
from outreach.web.context import services
from outreach.web.forms import Form, notice

SUSPICIOUS_SHOWN = 20
blueprint = Blueprint("console_petitions", __name__, url_prefix="/console/petitions")
ACTS = {"pause": operations.pause, "close": operations.close, "archive": operations.archive}
DONE = {
    "pause": ("The petition is paused", "All signatures are kept; its page takes none for now."),
    "close": ("The petition is closed", "All signatures are kept, and its page stays readable."),
    "archive": ("The petition is archived", "All is kept; search engines are asked to forget it."),
}


@blueprint.get("/")
@needs("read")
def index() -> ResponseReturnValue:
    """All petitions with state and count."""
    with services().db.reading() as session:
        counts = tally.counts(session)
        rows = [(one, counts.get(one.id, 0)) for one in queries.all_petitions(session)]
        return render_template("console/petitions.html", rows=rows)


@blueprint.get("/<slug>")
@needs("read")
def show(slug: str) -> ResponseReturnValue:
    """One petition: text, notes, state, count."""
    with services().db.reading() as session:
        petition = queries.by_slug(session, slug)
        return _page(session, petition)


def _page(session: Session, petition: Petition) -> str:
    version = queries.current_version(session, petition)
    notes = citations.notes_of(session, petition, version.text)
    markup = Markup(notes)
    return render_template(
        "console/petition.html",
        version=version,
        statement=SafeHtml(markup.html(version.statement)),
        body=SafeHtml(markup.html(version.body)),
        notes=notes,
        note_text=note_lines.note_text,
        sources=checking.by_label(session, petition),
        unused=citations.unused(session, petition, version.text),
        unchecked=checking.unchecked(session, petition),
        styles=STYLES,
        **citation_checks(session, petition),
        chapters=_chapters(history.chapters(session, petition)),
        names=NAMES,
        count=tally.count(session, petition.id),
        comment_counts=comments.counts(session, petition),
        grades=grades.counts(session, petition),
        graded=grades.GRADES,
        suspicious=grades.suspicious(session, petition)[:SUSPICIOUS_SHOWN],
        doubts_of=wording.doubts,
        public_url=Pages(services().tokens, services().base_url).petition(petition.slug),
    )


def _chapters(found: list[history.Chapter]) -> list[dict[str, Any]]:
    """The versions, the newest first, each with what its statement and text changed."""
    shown = []
    for chapter, before in zip(found, [*found[1:], None], strict=True):
        was = before.version if before else chapter.version
        shown.append(
            {
                **_chapter(chapter),
                "changes": changes(was.statement, chapter.version.statement),
                "changes_of_text": changes(was.body, chapter.version.body),
            }
        )
    return shown


def _chapter(chapter: history.Chapter) -> dict[str, Any]:
    """A version with its own notes, as it was signed; its markers lead nowhere else."""
    version = chapter.version
    notes = [citations.Note.of_json(note) for note in version.notes]
    return {
        "version": version,
        "signed": chapter.signed,
        "edits": chapter.edits,
        "statement": SafeHtml(Markup([]).html(without_markers(version.statement))),
        "notes": [(note.number, note_lines.note_text(note)) for note in notes],
    }


@blueprint.post("/<slug>/checked")
@needs("draft")
def checked(slug: str) -> ResponseReturnValue:
    """Vouch with one's name that the sources say what the text claims."""
    with services().db.transaction() as session:
        checking.mark_checked(session, queries.by_slug(session, slug), by=actor())
    notice("The sources are checked", "Your name and the day are kept with each of them.")
    return redirect(url_for("console_petitions.show", slug=slug))


@blueprint.post("/<slug>/publish")
@needs("draft")
def publish(slug: str) -> ResponseReturnValue:
    """Publish; what a check of its citations stops only with a reason, under one's name."""
    form = Form.sent()
    with form.judging(), services().db.transaction() as session:
        petition = queries.by_slug(session, slug)
        operations.publish(session, petition, by=actor(), reason=form.text("reason"))
        _record(session, "publish", slug)
    if form.faults:
        notice("It is not published", " ".join(said for _, said in form.faults), level="stop")
        return redirect(url_for("console_petitions.show", slug=slug) + "#checks")
    notice("The petition is published", "Its page takes signatures from now on.")
    return redirect(url_for("console_petitions.show", slug=slug))


@blueprint.post("/<slug>/<any(pause, close, archive):act>")
@needs("draft")
def move(slug: str, act: str) -> ResponseReturnValue:
    """Pause, close or archive; a repeat changes nothing."""
    with services().db.transaction() as session:
        ACTS[act](session, queries.by_slug(session, slug))
        _record(session, act, slug)
    notice(*DONE[act])
    return redirect(url_for("console_petitions.show", slug=slug))


@blueprint.get("/<slug>/signers.csv")
@needs("read")
def signers(slug: str) -> Response:
    """Verified signatures as CSV, for the petition's delivery to its targets."""
    with services().db.reading() as session:
        petition = queries.by_slug(session, slug)
        return Response(
            "".join(exports.signer_lines(session, petition)),
            mimetype="text/csv",
            headers={"Content-Disposition": f'attachment; filename="{slug}-signers.csv"'},
        )


def _record(session: Session, act: str, slug: str) -> None:
    audit.record(session, actor=actor(), action=f"petition.{act}", subject=f"petition:{slug}")
