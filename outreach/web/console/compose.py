"""The composer of a draft: text, preview as any supporter, audience, checks, test letters."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.audiences import queries as segments
from outreach.audiences.terms import InSegment, to_text
from outreach.blasts import operations, preflight, queries, schedule
from outreach.blasts.audience import AudienceCount, audience_count
from outreach.blasts.models import Blast
from outreach.blasts.source import snippets
from outreach.blasts.variants import named, parts_of
from outreach.core.errors import BadInput, NotFound
from outreach.petitions.citations import notes_of
from outreach.petitions.models import Petition
from outreach.petitions.note_lines import note_text
from outreach.petitions.queries import current_version
from outreach.supporters.models import Supporter
from outreach.supporters.queries import by_address
from outreach.web.auth import actor, needs
from outreach.web.console import sheet
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_compose", __name__, url_prefix="/console/blasts/<int:blast_id>")
TEXTS = ("name", "sender_name", "sender_address", "subject", "preheader", "body")


@blueprint.get("/compose")
@needs("read")
def show(blast_id: int) -> ResponseReturnValue:
    """The composer; a blast that is no draft any more has its own page."""
    with services().db.reading() as session:
        blast = queries.by_id(session, blast_id)
        if blast.state != "draft":
            return redirect(url_for("console_blasts.show", blast_id=blast_id))
        variant = named(blast, request.args.get("variant"))
        form = Form(
            {
                "name": blast.name,
                "sender_name": variant.sender_name if variant.letter != "A" else blast.sender_name,
                "sender_address": blast.sender_address,
                "audience": blast.audience,
                "subject": variant.subject,
                "preheader": variant.preheader,
                "body": variant.says("body") if "whole" in request.args else variant.body,
            }
        )
        return _page(session, blast, form)


@blueprint.post("/compose")
@needs("draft")
def save(blast_id: int) -> ResponseReturnValue:
    """Store the texts and the audience of a draft."""
    form = Form.sent()
    with form.judging(), services().db.transaction() as session:
        texts = {name: form.text(name) for name in TEXTS}
        operations.edit(
            session,
            queries.by_id(session, blast_id),
            variant=request.args.get("variant"),
            actor=actor(),
            audience=_rules(session, form),
            **texts,
        )
    if form.faults:
        with services().db.reading() as session:
            return _page(session, queries.by_id(session, blast_id), form), 400
    notice("The draft is saved", "Preview, audience and checks are of these words.")
    return redirect(url_for("console_compose.show", blast_id=blast_id, **_same_view()))


def _same_view() -> dict[str, Any]:
    """The preview's view, person and variant, for the address of the next page."""
    return {name: request.args[name] for name in ("view", "as", "variant") if name in request.args}


def _page(session: Session, blast: Blast, form: Form) -> str:
    petition = session.get_one(Petition, blast.petition_id)
    findings = preflight.run(session, blast, services().base_url, provider=services().provider)
    return render_template(
        "console/compose.html",
        blast=blast,
        parts=parts_of(blast),
        form=form,
        segments=segments.all_segments(session),
        audience=_audience(session, blast, form),
        notes=notes_of(session, petition, current_version(session, petition).text),
        note_text=note_text,
        snippets=snippets(),
        findings=findings,
        stops=sum(finding.level == "stop" for finding in findings),
        looks=sum(finding.level == "look" for finding in findings),
        pane=sheet.pane(session, blast, services()),
        test_address=services().test_sends_to,
    )


@blueprint.post("/audience")
@needs("read")
def count(blast_id: int) -> ResponseReturnValue:
    """How many would get it by the rules in the form, which stay as unsaved as they are."""
    with services().db.reading() as session:
        blast = queries.by_id(session, blast_id)
        return render_template(
            "console/_audience.html", audience=_audience(session, blast, Form.sent())
        )


def _audience(session: Session, blast: Blast, form: Form) -> AudienceCount | str:
    """The count, or what is wrong with the rules."""
    try:
        rules = _rules(session, form)
        if not rules:
            return "Nobody is chosen yet. Pick a segment, or write rules."
        asked = Blast(organisation_id=blast.organisation_id, audience=rules)
        return audience_count(session, asked)
    except (BadInput, NotFound) as error:
        return str(error)


def _rules(session: Session, form: Form) -> str:
    """The audience that the form asks for: a saved segment's rules, or those in the field."""
    saved = form.text("segment")
    if not saved.isdigit():
        return form.text("audience")
    return to_text(InSegment(segments.by_id(session, int(saved)).name))


@blueprint.get("/letter")
@needs("read")
def letter(blast_id: int) -> Response:
    """The HTML part as the chosen supporter would get it, for the frame."""
    with services().db.reading() as session:
        shown = sheet.pane(session, queries.by_id(session, blast_id), services())
    if shown.preview is None:
        return Response(shown.fault, 400, mimetype="text/plain")
    return sheet.framed(shown.preview.html, shown.view)


@blueprint.post("/as")
@needs("read")
def preview_as(blast_id: int) -> ResponseReturnValue:
    """Find the person to preview as by their address, which stays out of the page's own."""
    form, person = Form.sent(), None
    with form.judging(), services().db.reading() as session:
        person = by_address(session, form.text("address")).id
    if form.faults:
        notice("The preview stays as it was", form.faults[0][1], level="warn")
    with services().db.reading() as session:
        blast = queries.by_id(session, blast_id)
    page = "console_compose.show" if blast.state == "draft" else "console_blasts.show"
    shown: dict[str, Any] = {**_same_view(), "as": person}
    return redirect(url_for(page, blast_id=blast_id, **shown))


@blueprint.post("/test")
@needs("draft")
def test(blast_id: int) -> ResponseReturnValue:
    """Post one letter to an address, marked as a test, as the person of the preview."""
    form = Form.sent()
    address = form.needed("address", "Enter the address that the test goes to.")
    if not form.faults:
        with form.judging(), services().db.transaction() as session:
            person = request.args.get("as", type=int)
            schedule.send_test(
                session,
                queries.by_id(session, blast_id),
                variant=request.args.get("variant"),
                address=address,
                like=session.get(Supporter, person) if person else None,
                base_url=services().base_url,
            )
    if form.faults:
        notice("No test was sent", form.faults[0][1], level="stop")
    else:
        notice("The test is on its way", "It is marked as a test, and counted nowhere.")
    return redirect(url_for("console_compose.show", blast_id=blast_id, **_same_view()))


@blueprint.post("/override")
@needs("send")
def override(blast_id: int) -> ResponseReturnValue:
    """Pass over a failed check, with one's name and the reason."""
    form = Form.sent()
    reason = form.needed("reason", "Enter why this check may be passed over.")
    if not form.faults:
        with form.judging(), services().db.transaction() as session:
            preflight.override(
                session,
                queries.by_id(session, blast_id),
                check=form.text("check"),
                reason=reason,
                actor=actor(),
            )
    if form.faults:
        notice("The check still stands", form.faults[0][1], level="stop")
    else:
        notice("The check is passed over", "Your name and the reason are kept with the blast.")
    return redirect(url_for("console_compose.show", blast_id=blast_id))
