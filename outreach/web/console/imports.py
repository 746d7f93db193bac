"""Imports of supporters: a file is looked at, tried, taken in by the worker, stopped, undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.core.errors import BadInput
from outreach.supporters import csvfile, imports, lists, reports
from outreach.supporters.models import Import
from outreach.web.auth import actor, current_account, needs
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_imports", __name__, url_prefix="/console/supporters/imports")
NEW_LIST = "new"


@blueprint.get("/")
@needs("read")
def index() -> ResponseReturnValue:
    """All imports, newest first."""
    with services().db.reading() as session:
        page = imports.listed(session, request.args.get("page", 1, type=int))
        return render_template("console/imports.html", page=page)


@blueprint.get("/new")
@needs("draft")
def choose() -> ResponseReturnValue:
    """The form for a file."""
    with services().db.reading() as session:
        return _page(session, Form({"try": "yes"}))


@blueprint.post("/new")
@needs("draft")
def take() -> ResponseReturnValue:
    """Try the file, or queue it for the worker."""
    form = Form.sent()
    basis = form.needed("basis", "Enter why these people may be written to.")
    if form.text("list") == NEW_LIST:
        form.needed("list_name", "Enter a name for the new list.")
    if form.faults:
        with services().db.reading() as session:
            return _page(session, form), 400
    with form.judging(), _uploaded() as path:
        layout = csvfile.inspect(path)
        if form.text("try"):
            return render_template(
                "console/import_tried.html",
                filename=path.name,
                layout=layout,
                report=imports.dry_run(services().db, path, layout),
            )
        with services().db.transaction() as session:
            task = imports.start(
                session,
                services().data_dir,
                path=path,
                layout=layout,
                supporter_list=_list(session, form),
                basis=basis,
                filename=path.name,
                created_by=actor(),
            )
        return redirect(url_for("console_imports.show", import_id=task.id))
    with services().db.reading() as session:
        return _page(session, form), 400
