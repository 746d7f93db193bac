"""The library of sources: the list, one source with what it says, imports, and repairs."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.blasts.checks_of_citations import blasts_citing, quoted_anywhere
from outreach.core.errors import BadInput
from outreach.petitions.library import (
    checks,
    copies,
    exchange,
    look,
    operations,
    queries,
    quotes,
    repairs,
)
from outreach.petitions.library.reading import MAX_FILE, decoded
from outreach.petitions.models import Source
from outreach.web.auth import actor, local_path, needs
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_sources", __name__, url_prefix="/console/sources")
ONLY = {"attention": "Need attention", "unchecked": "Not checked", "unused": "Not used"}


@blueprint.get("/")
@needs("read")
def index() -> ResponseReturnValue:
    """Sources, newest first; `q` searches them, `only` narrows them."""
    words, only = request.args.get("q", "").strip(), request.args.get("only", "")
    with services().db.reading() as session:
        page = queries.search(session, words, request.args.get("page", 1, type=int), only)
        return render_template(
            "console/sources.html", page=page, query=words, only=only, filters=ONLY, **_words()
        )


@blueprint.get("/new")
@needs("draft")
def draft() -> ResponseReturnValue:
    """The form for one source, and for a file of many."""
    return render_template("console/source_new.html", form=Form(), fields=operations.FIELDS)


@blueprint.post("/new")
@needs("draft")
def create() -> ResponseReturnValue:
    """Store one source."""
    form = Form.sent()
    with form.judging(), services().db.transaction() as session:
        source = operations.add(session, _parts(form), by=actor())
        look.ask(source)
    if form.faults:
        page = render_template("console/source_new.html", form=form, fields=operations.FIELDS)
        return page, 400
    notice("The source is stored", "Its address is opened within seconds.")
    return redirect(url_for("console_sources.show", source_id=source.id))


@blueprint.post("/import")
@needs("draft")
def bring() -> ResponseReturnValue:
    """Take sources from a file or a pasted text: CSL-JSON, or plain notes."""
    form = Form.sent()
    with form.judging():
        content = _file() or form.text("list").encode()
        if not content.strip():
            raise BadInput("Paste sources, or choose a file.", field="list")
        text = decoded(content)
        read = exchange.from_csl if text.lstrip()[:1] in ("[", "{") else exchange.from_plain
        with services().db.transaction() as session:
            outcome = read(session, text, by=actor())
    if form.faults:
        page = render_template("console/source_new.html", form=form, fields=operations.FIELDS)
        return page, 400
    refused = "".join(f" Number {place} was refused: {why}." for place, why in outcome.refused[:5])
    more = len(outcome.refused) - 5
    detail = f"{len(outcome.known):,} known already.{refused}"
    detail += f" And {more:,} more were refused." if more > 0 else ""
    level = "warn" if outcome.refused else "ok"
    added = len(outcome.added)
    notice(f"{added:,} source{'' if added == 1 else 's'} added", detail, level=level)
    return redirect(url_for("console_sources.index"))


@blueprint.get("/sources.<any(json, txt):kind>")
@needs("read")
def export(kind: str) -> Response:
    """All sources as CSL-JSON, or as notes, one on each line."""
    with services().db.reading() as session:
        found = session.scalars(queries.found().order_by(None).order_by(Source.id)).all()
        if kind == "json":
            content = orjson.dumps([exchange.to_csl(one) for one in found]).decode()
        else:
            content = exchange.to_plain(found)
    mimetype = "application/vnd.citationstyles.csl+json" if kind == "json" else "text/plain"
    named = {"Content-Disposition": f'attachment; filename="sources.{kind}"'}
    return Response(content, mimetype=mimetype, headers=named)


@blueprint.get("/<int:source_id>")
@needs("read")
def show(source_id: int) -> ResponseReturnValue:
    """One source: parts, uses, what was seen at its address, kept texts, quotations."""
    with services().db.reading() as session:
        source = queries.by_id(session, source_id)
        form = Form({name: getattr(source, name) or "" for name in operations.FIELDS})
        return _page(session, source, form)


@blueprint.get("/<int:source_id>/seen")
@needs("read")
def seen(source_id: int) -> ResponseReturnValue:
    """What was seen at its address, for a screen that waits for it."""
    with services().db.reading() as session:
        source = queries.by_id(session, source_id)
        return render_template("console/_source_seen.html", **_seen(session, source))


@blueprint.post("/<int:source_id>")
@needs("draft")
def save(source_id: int) -> ResponseReturnValue:
    """Change its parts."""
    form = Form.sent()
    with form.judging(), services().db.transaction() as session:
        source = queries.by_id(session, source_id, lock=True)
        changed = operations.edit(session, source, _parts(form), by=actor())
        if "address" in changed:
            look.ask(source)
    if form.faults:
        return _again(source_id, form)
    notice("The source is saved", f"Changed: {', '.join(changed) or 'nothing'}.")
    return redirect(url_for("console_sources.show", source_id=source_id))


@blueprint.post("/<int:source_id>/text")
@needs("draft")
def keep(source_id: int) -> ResponseReturnValue:
    """Keep a text that a person pasted or uploaded as what the source says."""
    form = Form.sent()
    sent = request.files.get("file")
    with form.judging():
        file = _file()
        with services().db.transaction() as session:
            source = queries.by_id(session, source_id, lock=True)
            name = sent.filename or "" if sent and file else ""
            copies.keep_brought(
                session, source, by=actor(), text=form.text("text"), file=file, name=name[:200]
            )
    if form.faults:
        return _again(source_id, form)
    notice("The text is kept", "Quotations and numbers are held against it from now on.")
    return redirect(url_for("console_sources.show", source_id=source_id))


@blueprint.get("/<int:source_id>/text/<int:copy_id>")
@needs("read")
def text(source_id: int, copy_id: int) -> Response:
    """A kept text as it is, as plain text."""
    with services().db.reading() as session:
        source = queries.by_id(session, source_id)
        found = [one.text for one in copies.copies(session, source) if one.id == copy_id]
    return Response(found[0] if found else "", 200 if found else 404, mimetype="text/plain")


@blueprint.post("/<int:source_id>/do/<verb>")
@needs("draft")
def mend(source_id: int, verb: str) -> ResponseReturnValue:
    """One press: look at it now, vouch for it, or mend what a check found."""
    back = url_for("console_sources.show", source_id=source_id)
    with services().db.transaction() as session:
        source = queries.by_id(session, source_id, lock=True)
        if verb == "look":
            look.ask(source)
        elif verb == "remove":
            operations.remove(session, source, by=actor())
            back = url_for("console_sources.index")
        else:
            other = request.form.get("other", type=int)
            repairs.mend(session, source, verb, by=actor(), other=other)
            if verb == "merge" and other is not None:
                back = url_for("console_sources.show", source_id=min(source_id, other))
    if verb != "look":
        notice(*DONE.get(verb, ("It is mended", "What stood there before is in the audit log.")))
    wanted = request.form.get("back", "")
    return redirect(local_path(wanted) if wanted else back)


DONE = {
    "vouch": ("The source is checked", "Your name and the day are kept with it."),
    "merge": ("They are one source", "What led to either leads to it; gaps were filled."),
    "remove": ("The source is removed", "No note led to it."),
}


def _seen(session: Session, source: Source) -> dict[str, Any]:
    found = list(checks.of_source(session, checks.Cited(source, ())))
    return {"source": source, "findings": found, **_words()}


def _page(session: Session, source: Source, form: Form) -> str:
    quoted = quoted_anywhere(session, source)
    texts = [copies.words_of(copy.text) for copy in copies.newest(session, source.id)]
    held = [(one, any(quotes.holds(text, one) for text in texts)) for one in quoted]
    return render_template(
        "console/source.html",
        form=form,
        fields=operations.FIELDS,
        uses=queries.uses(session, source),
        blasts=blasts_citing(session, source),
        twins=queries.twins(session, source),
        kept=copies.copies(session, source),
        held=held if texts else [],
        **_seen(session, source),
    )


def _again(source_id: int, form: Form) -> ResponseReturnValue:
    with services().db.reading() as session:
        source = queries.by_id(session, source_id)
        form.values = {
            name: getattr(source, name) or "" for name in operations.FIELDS
        } | form.values
        return _page(session, source, form), 400


def _words() -> dict[str, Any]:
    return {"looks": look.LOOKS, "bad": look.BAD, "shown": queries.shown, "asked": look.is_asked}


def _parts(form: Form) -> dict[str, str]:
    return {name: form.text(name) for name in operations.FIELDS if name in form.values}


def _file() -> bytes:
    sent = request.files.get("file")
    return sent.stream.read(MAX_FILE + 1) if sent is not None and sent.filename else b""
