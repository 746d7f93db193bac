"""Editing a petition: its fields, what saving would mean, and the words of two who edit at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.blasts.revised import TakenBack, take_back
from outreach.core.errors import BadInput
from outreach.petitions import queries, revising
from outreach.petitions.edition import (
    NAMES,
    Edition,
    edition_of,
    notes_as_markdown,
    notes_from_markdown,
)
from outreach.petitions.models import Petition
from outreach.petitions.revising import ChangedMeanwhile, Revision
from outreach.web.auth import actor, needs
from outreach.web.console.formats import moment
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_petitions_edit", __name__, url_prefix="/console/petitions")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What saving does, shown before it is done. `key` tells whether a confirmed outcome is still
    the one that would come; that more people have signed meanwhile is no other outcome."""

    revision: Revision
    taken: list[TakenBack]

    @property
    def key(self) -> str:
        """Version and blasts, for the form."""
        return " ".join(map(str, (self.revision.version, *(one.blast_id for one in self.taken))))

    @property
    def asks(self) -> bool:
        """Whether it is to be read before it is done."""
        return bool(self.revision.changed and (self.revision.signed.ever or self.taken))


@blueprint.get("/<slug>/edit")
@needs("draft")
def show(slug: str) -> ResponseReturnValue:
    """The petition's fields as they are stored."""
    with services().db.reading() as session:
        petition = queries.by_slug(session, slug)
        form = Form(_filled(edition_of(session, petition).tidied()))
        return _page(session, petition, form)


@blueprint.post("/<slug>/edit")
@needs("draft")
def save(slug: str) -> ResponseReturnValue:
    """Store the fields; where people have signed, or a blast waits, first say what that means."""
    form, theirs = Form.sent(), dict[str, str]()
    outcome, stored = None, False
    with form.judging():
        try:
            with services().db.transaction() as session:
                outcome = _revised(session, queries.by_slug(session, slug), form)
                stored = not outcome.asks or form.text("confirmed") == outcome.key
                if not stored:
                    session.rollback()
        except ChangedMeanwhile as changed:
            theirs = _put_together(form, changed)
            raise
    form.faults.sort(key=lambda fault: bool(fault[0]))  # who saved meanwhile stands first
    if stored and outcome:
        _tell(outcome)
        return redirect(url_for("console_petitions.show", slug=slug))
    with services().db.reading() as session:
        page = _page(session, queries.by_slug(session, slug), form, outcome, theirs)
        return page, 400 if form.faults else 200


def _revised(session: Session, petition: Petition, form: Form) -> Outcome:
    revision = revising.revise(
        session,
        petition,
        _typed(form),
        by=actor(),
        reason=form.text("reason"),
        seen=form.text("seen"),
    )
    taken = take_back(session, petition, revision, actor=actor(), base_url=services().base_url)
    return Outcome(revision, taken)


def _typed(form: Form) -> Edition:
    """The edition that was typed; raises BadInput where goal or notes can't be read."""
    goal = form.text("goal").replace(",", "").replace(" ", "") or "0"
    if not (goal.isascii() and goal.isdigit()):
        raise BadInput(
            "Enter the goal as a number, for example 25,000.",
            hint="Leave it empty to let the count choose it.",
            field="goal",
        )
    return Edition(
        headline=form.text("headline"),
        targets=tuple(form.text("targets").split("\n")),
        statement=form.text("statement"),
        body=form.text("body"),
        notes=notes_from_markdown(form.text("notes")),
        goal=int(goal),
        partners=tuple(form.text("partners").split("\n")),
        consent_line=form.text("consent_line"),
        thanks=form.text("thanks"),
        share_text=form.text("share_text"),
    ).tidied()


def _filled(edition: Edition) -> dict[str, str]:
    """The edition as its form shows it, with the marks of what was shown."""
    return {
        "headline": edition.headline,
        "targets": "\n".join(edition.targets),
        "statement": edition.statement,
        "body": edition.body,
        "notes": notes_as_markdown(edition.notes),
        "goal": f"{edition.goal:,}" if edition.goal else "",
        "partners": "\n".join(edition.partners),
        "consent_line": edition.consent_line,
        "thanks": edition.thanks,
        "share_text": edition.share_text,
        "seen": edition.marks,
    }


def _put_together(form: Form, changed: ChangedMeanwhile) -> dict[str, str]:
    """Take over what only the other person changed; returns their words where both did.

    The form has then seen the other edition: the next press stores what stands in it.
    """
    mine = _typed(form)
    both = set(mine.changed_since(form.text("seen"))) & set(changed.fields)
    both &= set(mine.changed_since(changed.edition.marks))
    stored = _filled(changed.edition)
    for name in changed.fields:
        if name in both:
            form.refuse(name, f"Both of you changed the {NAMES[name]}. Theirs stands below yours.")
        else:
            form.values[name] = stored[name]
    form.values["seen"] = stored["seen"]
    return {name: stored[name] or "(empty)" for name in both}


def _tell(outcome: Outcome) -> None:
    revision = outcome.revision
    if not revision.changed:
        notice("Nothing was changed", "The petition stands as it was.")
        return
    title = f"Version {revision.version} is in force" if revision.is_new_version else "It is saved"
    notice(title, f"Changed: {revision.fields}. {revision.about_signatures}")
    for blast in outcome.taken:
        due = f"It was due {moment(blast.due)}. " if blast.due else ""
        notice(
            f"“{blast.name}” is a draft again",
            f"{due}Nothing was sent: {blast.why}. Read it, then schedule it anew.",
            level="warn",
        )
    if revision.doubts:
        notice("Look at the notes", "; ".join(revision.doubts) + ".", level="warn")


def _page(
    session: Session,
    petition: Petition,
    form: Form,
    outcome: Outcome | None = None,
    theirs: Mapping[str, str] | None = None,
) -> str:
    return render_template(
        "console/petition_edit.html",
        petition=petition,
        version=queries.current_version(session, petition),
        form=form,
        outcome=outcome,
        theirs=theirs or {},
    )
