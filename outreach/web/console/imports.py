"""Imports of supporters: a file is looked at, tried, taken in by the worker, stopped, undone."""

from __future__ import annotations

import io
from pathlib import Path

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.supporters import csvfile, exports, imports, lists, queries, reports, undo
from outreach.web.auth import actor, current_account, needs
from outreach.web.console import uploads
from outreach.web.console.formats import number, plural
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_imports", __name__, url_prefix="/console/supporters/imports")
NEW_LIST = "new"  # the form's choice for a list that is made with the import
ACTS = {"stop": imports.stop, "resume": imports.resume}
DONE = {
    "stop": ("The import is stopped", "What is stored stays. It can go on, or be undone."),
    "resume": ("The import goes on", "It goes on behind the last row that is stored."),
}


@blueprint.get("/")
@needs("read")
def index() -> ResponseReturnValue:
    """All imports, newest first."""
    with services().db.reading() as session:
        page = queries.imports(session, request.args.get("page", 1, type=int))
        return render_template("console/imports.html", page=page)


@blueprint.get("/new")
@needs("draft")
def choose() -> ResponseReturnValue:
    """The form for a file."""
    with services().db.reading() as session:
        return _page(session, Form())


@blueprint.post("/new")
@needs("draft")
def take() -> ResponseReturnValue:
    """Try the file, or queue it for the worker. It is kept for a day, so that it is sent once."""
    form = Form.sent()
    basis = form.needed("basis", "Enter why these people may be written to.")
    if form.text("list") == NEW_LIST:
        form.needed("list_name", "Enter a name for the new list.")
    with form.judging():
        path = uploads.received(services().data_dir, form)
        layout = csvfile.inspect(path)
        if form.text("do") == "try" and not form.faults:
            report = imports.dry_run(services().db, path, layout)
            return render_template(
                "console/import_tried.html", form=form, layout=layout, report=report
            )
        if not form.faults:
            import_id = _queue(form, path, layout, basis)
            path.unlink(missing_ok=True)
            return redirect(url_for("console_imports.show", import_id=import_id))
    with services().db.reading() as session:
        return _page(session, form), 400


def _queue(form: Form, path: Path, layout: csvfile.Layout, basis: str) -> int:
    with services().db.transaction() as session:
        if form.text("list") == NEW_LIST:
            organisation = current_account().organisation
            chosen = lists.create(
                session, organisation, form.text("list_name"), form.text("wording")
            )
        else:
            chosen = lists.by_name(session, form.text("list"))
        task = imports.start(
            session,
            services().data_dir,
            path=path,
            layout=layout,
            supporter_list=chosen,
            basis=basis,
            filename=form.text("filename"),
            created_by=actor(),
        )
        return task.id


def _page(session: Session, form: Form) -> str:
    return render_template("console/import_new.html", form=form, lists=lists.summaries(session))


@blueprint.get("/<int:import_id>")
@needs("read")
def show(import_id: int) -> ResponseReturnValue:
    """One import: progress while it runs, then what became of its rows."""
    with services().db.reading() as session:
        task = queries.import_by_id(session, import_id)
        report = reports.report_of(session, import_id)
        return render_template("console/import.html", task=task, report=report)


@blueprint.get("/<int:import_id>/progress")
@needs("read")
def progress(import_id: int) -> ResponseReturnValue:
    """The progress alone; the page asks for it every few seconds."""
    with services().db.reading() as session:
        task = queries.import_by_id(session, import_id)
        report = reports.report_of(session, import_id)
        return render_template("console/_import_progress.html", task=task, report=report)


@blueprint.get("/<int:import_id>/refusals.csv")
@needs("read")
def refusals(import_id: int) -> Response:
    """The rows with a remark, as a file that can be mended and imported again."""
    text = io.StringIO()
    with services().db.reading() as session:
        exports.export_refusals(session, text, import_id)
    return Response(
        text.getvalue().encode(exports.ENCODING),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="import-{import_id}-refused.csv"'},
    )


@blueprint.post("/<int:import_id>/<any(stop, resume):act>")
@needs("draft")
def move(import_id: int, act: str) -> ResponseReturnValue:
    """Stop behind the present slice, or go on from there."""
    with services().db.transaction() as session:
        ACTS[act](session, import_id)
        audit.record(session, actor=actor(), action=f"import.{act}", subject=f"import:{import_id}")
    notice(*DONE[act])
    return redirect(url_for("console_imports.show", import_id=import_id))


@blueprint.post("/<int:import_id>/undo")
@needs("draft")
def take_back(import_id: int) -> ResponseReturnValue:
    """Take back what an import stored."""
    undone = undo.undo(services().db, import_id, actor=actor())
    kept = f"{plural(undone.kept, 'person stays', 'people stay')}, known from elsewhere by now."
    notice(
        "The import is undone",
        f"{plural(undone.supporters, 'person is', 'people are')} gone from the supporters, "
        f"{number(undone.memberships)} from the list. {kept if undone.kept else ''}",
    )
    return redirect(url_for("console_imports.show", import_id=import_id))
