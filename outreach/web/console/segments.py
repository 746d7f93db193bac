"""Segments: saved rules, with a live count, sample people, and what each part of a rule does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.audiences import operations, queries
from outreach.audiences.models import Segment
from outreach.audiences.queries import Person
from outreach.audiences.rules import parse
from outreach.core.errors import BadInput
from outreach.web.auth import actor, current_account, needs
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_segments", __name__, url_prefix="/console/segments")
SAMPLE = 5


@dataclass(frozen=True)
class Answer:
    """What rules choose: how many, some of them, and how many each part alone would choose."""

    count: int
    sample: Sequence[Person]
    parts: Sequence[tuple[str, int]]


@blueprint.get("/")
@needs("read")
def index() -> ResponseReturnValue:
    """All saved segments."""
    with services().db.reading() as session:
        return render_template("console/segments.html", segments=queries.all_segments(session))


@blueprint.get("/new")
@needs("draft")
def draft() -> ResponseReturnValue:
    """An empty segment."""
    with services().db.reading() as session:
        return _page(session, Form(), None)


@blueprint.get("/<int:segment_id>")
@needs("read")
def show(segment_id: int) -> ResponseReturnValue:
    """One segment with what its rules choose now."""
    with services().db.reading() as session:
        segment = queries.by_id(session, segment_id)
        form = Form({"name": segment.name, "rules": segment.rules})
        return _page(session, form, segment)


@blueprint.post("/new")
@needs("draft")
def create() -> ResponseReturnValue:
    """Store a new segment, or only count what its rules choose."""
    return _save(None)


@blueprint.post("/<int:segment_id>")
@needs("draft")
def save(segment_id: int) -> ResponseReturnValue:
    """Store changed rules or another name, or only count."""
    return _save(segment_id)


def _save(segment_id: int | None) -> ResponseReturnValue:
    form = Form.sent()
    if form.text("do") == "count":
        with services().db.reading() as session:
            segment = queries.by_id(session, segment_id) if segment_id else None
            return _page(session, form, segment)
    name = form.needed("name", "Enter a name for this segment.")
    if not form.faults:
        with form.judging(), services().db.transaction() as session:
            if segment_id:
                operations.rename(session, queries.by_id(session, segment_id), name)
            organisation = current_account().organisation
            saved = operations.save(session, organisation, name, form.text("rules"))
            audit.record(
                session, actor=actor(), action="segment.save", subject=f"segment:{saved.id}"
            )
    if form.faults:
        with services().db.reading() as session:
            segment = queries.by_id(session, segment_id) if segment_id else None
            return _page(session, form, segment), 400
    notice("The segment is saved", "Blasts that name it use the new rules when they start.")
    return redirect(url_for("console_segments.show", segment_id=saved.id))


@blueprint.post("/<int:segment_id>/delete")
@needs("draft")
def delete(segment_id: int) -> ResponseReturnValue:
    """Forget a segment; nobody leaves a list by it."""
    with services().db.transaction() as session:
        operations.delete(session, queries.by_id(session, segment_id))
        audit.record(
            session, actor=actor(), action="segment.delete", subject=f"segment:{segment_id}"
        )
    notice("The segment is deleted", "Its people are all still there.")
    return redirect(url_for("console_segments.index"))


@blueprint.post("/count")
@needs("read")
def count() -> ResponseReturnValue:
    """The answer alone; asked for while the rules are being written."""
    with services().db.reading() as session:
        return render_template(
            "console/_segment_answer.html", answer=_answer(session, Form.sent().text("rules"))
        )


def _page(session: Session, form: Form, segment: Segment | None) -> str:
    return render_template(
        "console/segment.html",
        form=form,
        segment=segment,
        answer=_answer(session, form.text("rules")),
    )


def _answer(session: Session, rules: str) -> Answer | str:
    """What the rules choose, or what is wrong with them."""
    if not rules:
        return "Write rules to see whom they choose."
    organisation = current_account().organisation
    try:
        rule = parse(rules)
        whole, *parts = queries.explain(session, rule, organisation)
        sample = queries.sample(session, rule, SAMPLE, organisation)
        return Answer(whole[1], sample, parts)
    except BadInput as error:
        return str(error)
