"""Supporters: search, one page for each person, and the lists."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.supporters import lists, queries
from outreach.web.auth import actor, current_account, needs
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_supporters", __name__, url_prefix="/console/supporters")


@blueprint.route("/", methods=["GET", "POST"])
@needs("read")
def index() -> ResponseReturnValue:
    """Supporters, newest first; `q` searches addresses and names.

    A search comes by POST: what was searched for is personal and stays out of addresses and logs.
    """
    query = request.form.get("q", "").strip()
    with services().db.reading() as session:
        page = queries.search(session, query, request.values.get("page", 1, type=int))
        return render_template("console/supporters.html", page=page, query=query)


@blueprint.get("/<int:supporter_id>")
@needs("read")
def show(supporter_id: int) -> ResponseReturnValue:
    """One person: details, lists, tags, consent ledger, letters."""
    with services().db.reading() as session:
        return render_template(
            "console/supporter.html", profile=queries.profile(session, supporter_id)
        )


@blueprint.get("/lists")
@needs("read")
def all_lists() -> ResponseReturnValue:
    """All lists with the number of people on each."""
    with services().db.reading() as session:
        return _lists(session, Form())


@blueprint.post("/lists")
@needs("draft")
def create_list() -> ResponseReturnValue:
    """Make an empty list."""
    form = Form.sent()
    name = form.needed("name", "Enter a name for the list.")
    if not form.faults:
        with form.judging(), services().db.transaction() as session:
            made = lists.create(
                session, current_account().organisation, name, form.text("wording")
            )
            audit.record(session, actor=actor(), action="list.create", subject=f"list:{made.id}")
    if form.faults:
        with services().db.reading() as session:
            return _lists(session, form), 400
    notice("The list is made", "It is empty. Import a file to fill it.")
    return redirect(url_for("console_supporters.all_lists"))


def _lists(session: Session, form: Form) -> str:
    return render_template(
        "console/lists.html", form=form, lists=lists.summaries(session)
    )
