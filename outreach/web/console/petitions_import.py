"""A pasted text on its way in: beside it what was understood, each guess in a field of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts import audit
from outreach.core.errors import BadInput
from outreach.petitions import operations, queries
from outreach.petitions.edition import names_of
from outreach.petitions.intake.formats import as_text, text_of
from outreach.petitions.intake.html import html_to_markdown
from outreach.petitions.intake.read import read_whatever
from outreach.petitions.intake.sources import SOURCE_PARTS, Source
from outreach.petitions.intake.understanding import Citation, Paragraph, Understanding
from outreach.web.auth import actor, current_account, needs
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_petitions_import", __name__, url_prefix="/console/petitions/import")


@blueprint.get("")
@needs("draft")
def paste() -> ResponseReturnValue:
    """The form for a pasted text or a file."""
    return render_template("console/petition_import.html", form=Form(), read=None)


@blueprint.post("/clipboard")
@needs("draft")
def clipboard() -> ResponseReturnValue:
    """HTML from a clipboard as the Markdown that takes its place in the text."""
    text = html_to_markdown(request.form.get("html", ""))
    return Response(text, mimetype="text/plain")


@blueprint.post("")
@needs("draft")
def take() -> ResponseReturnValue:
    """Show what is understood of a text; store it, as it was corrected, when `do` says so."""
    form, do = Form.sent(), request.form.get("do", "read")
    read: Understanding | None = None
    with form.judging():
        form.values["text"] = text = _text_of(form)
        read, missing = read_whatever(text)
        corrected = do != "read" and "headline" in form.values
        if not corrected:
            form.values |= _filled(read, text)
        elif form.text("read_from") != _mark(text):
            raise BadInput(
                "The text was changed after it was read.",
                hint="Press “Read it again”, or take the change back.",
                field="text",
            )
        if missing and do != "keep" and not corrected:
            raise missing
        final = _corrected(read, form)
        if do in ("store", "publish", "keep") and not form.faults:
            return _store(final, text, do)
    status = 400 if form.faults else 200
    page = render_template(
        "console/petition_import.html",
        form=form,
        read=read,
        rows=_rows,
        found={finding.part: finding for finding in read.findings} if read else {},
    )
    return page, status


def _text_of(form: Form) -> str:
    file = request.files.get("file")
    if file and file.filename:
        return text_of(file.stream, file.filename)
    text = form.values.get("text", "").replace("\r\n", "\n")
    if not text.strip():
        raise BadInput(
            "Paste the petition’s text, or choose its file.", field="text", hint="Nothing was kept."
        )
    return as_text(text)


def _filled(read: Understanding, text: str) -> dict[str, str]:
    """What was understood as the form shows it, with the mark of the text that it was read from."""
    fields = {
        "headline": read.headline,
        "targets": "\n".join(read.targets),
        "statement": read.markdown_statement(),
        "body": "\n\n".join(read.markdown_paragraphs()),
        "partners": "\n".join(read.partners),
        "consent_line": read.consent_line or "",
        "thanks": read.thanks or "",
    }
    for at, note in enumerate(read.citations):
        fields[f"note-{at}-raw"] = note.raw
        fields[f"note-{at}-same_as"] = str(note.same_as or "")
        for row, source in [(f"note-{at}-", note), *_rows(at, note.more)]:
            fields |= {f"{row}{part}": getattr(source, part) or "" for part in SOURCE_PARTS}
    return fields | {"read_from": _mark(text)}


def _corrected(read: Understanding, form: Form) -> Understanding:
    """The understanding with every field as the person left it; an emptied note is left out."""
    body = [part for part in re.split(r"\n\s*\n", form.text("body")) if part.strip()]
    notes = [_note(form, at, note) for at, note in enumerate(read.citations)]
    return replace(
        read,
        headline=" ".join(form.text("headline").split()),
        targets=names_of(form.text("targets")),
        statement=form.text("statement"),
        paragraphs=tuple(Paragraph(part.strip(), 0) for part in body),
        markers=(),
        citations=tuple(note for note in notes if note.raw),
        partners=names_of(form.text("partners")),
        consent_line=form.text("consent_line") or None,
        thanks=form.text("thanks") or None,
    )


def _note(form: Form, at: int, note: Citation) -> Citation:
    parts, same_as = _parts(form, f"note-{at}-"), form.text(f"note-{at}-same_as")
    more = [_parts(form, row) for row, _ in _rows(at, note.more)]
    if same_as and not same_as.isdigit():
        form.refuse(f"note-{at}-same_as", "Enter the number of the note that it repeats.")
        same_as = ""
    raw = " ".join(form.text(f"note-{at}-raw").split())
    return replace(
        note,
        raw=raw,
        same_as=int(same_as) if same_as else None,
        more=tuple(Source(**each) for each in more if any(each.values())),  # type: ignore[arg-type]
        **parts,  # type: ignore[arg-type]
    )


def _rows(at: int, more: Sequence[Source]) -> list[tuple[str, Source]]:
    """Where the fields of the sources behind a note's first begin; there is room for one more."""
    room = [*more, Source()]
    return [(f"note-{at}-more-{number}-", source) for number, source in enumerate(room, start=2)]


def _parts(form: Form, row: str) -> dict[str, str | None]:
    parts = {part: form.text(f"{row}{part}") or None for part in SOURCE_PARTS}
    date = parts["date"]
    if date and not re.fullmatch(r"[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-[0-3][0-9])?)?", date):
        form.refuse(f"{row}date", f"Write {date} as 2027-03-21, 2027-03 or 2027.")
    return parts


def _store(read: Understanding, text: str, do: str) -> ResponseReturnValue:
    with services().db.transaction() as session:
        petition = operations.create_from(
            session, current_account().organisation, read, pasted=text, unfinished=do == "keep"
        )
        subject = f"petition:{petition.slug}"
        audit.record(session, actor=actor(), action="petition.import", subject=subject)
        if do == "publish":
            operations.publish(session, petition)
            audit.record(session, actor=actor(), action="petition.publish", subject=subject)
        twins = queries.twins(session, petition)
    if do == "publish":
        notice("The petition is published", "Its page takes signatures from now on.")
    elif do == "keep":
        notice("All that was pasted is kept", "Edit it: it needs a headline and a statement.")
    else:
        notice("The petition is stored as a draft", "Publish it when it reads right.")
    if twins:
        also = f"Also that of {', '.join(twins)}. Close the one that you do not want."
        notice("This headline is there twice", also, level="warn")
    return redirect(url_for("console_petitions.show", slug=petition.slug))


def _mark(text: str) -> str:
    return blake2b(text.strip().encode(), digest_size=8).hexdigest()
