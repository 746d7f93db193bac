"""Supporters: search, one page for each person, and the lists."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.analytics.report import wording
from outreach.blasts.models import Blast
from outreach.mail.models import Delivery
from outreach.petitions import grades
from outreach.petitions.models import Petition, Signature
from outreach.supporters import lists, queries
from outreach.tracking import history
from outreach.web.auth import actor, current_account, needs
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_supporters", __name__, url_prefix="/console/supporters")
LETTERS = 100
PERSON = ("email", "first_name", "last_name", "postal_code", "country")


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


@blueprint.get("/new")
@needs("draft")
def draft() -> ResponseReturnValue:
    """The form for one person."""
    with services().db.reading() as session:
        return _new(session, Form())


@blueprint.post("/new")
@needs("draft")
def add() -> ResponseReturnValue:
    """Put one person on a list, with why they may be written to."""
    form = Form.sent()
    person = {field: form.text(field) for field in PERSON}
    with form.judging(), services().db.transaction() as session:
        joined = lists.by_name(session, form.text("list"))
        supporter, is_new = lists.add_by_hand(
            session, joined, basis=form.text("basis"), actor=actor(), **person
        )
    if form.faults:
        with services().db.reading() as session:
            return _new(session, form), 400
    known = "" if is_new else " Details that were known stay as they were."
    notice("This person is on the list", f"The consent ledger says why.{known}")
    return redirect(url_for("console_supporters.show", supporter_id=supporter.id))


def _new(session: Session, form: Form) -> str:
    return render_template("console/supporter_new.html", form=form, lists=lists.summaries(session))


@blueprint.get("/<int:supporter_id>")
@needs("read")
def show(supporter_id: int) -> ResponseReturnValue:
    """One person: details, lists, tags, consent ledger, letters."""
    with services().db.reading() as session:
        supporter = queries.by_id(session, supporter_id)
        return render_template(
            "console/supporter.html",
            supporter=supporter,
            profile=queries.profile(session, supporter.address),
            letters=_letters(session, supporter_id),
            signatures=_signatures(session, supporter_id),
            seen=history.of_supporter(session, supporter_id),
            grade_of=grades.grade_of,
            doubts_of=wording.doubts,
        )


def _letters(session: Session, supporter_id: int) -> Sequence[Row[Delivery, str]]:
    """The latest deliveries to a person, with the names of their blasts."""
    return session.execute(
        select(Delivery, Blast.name)
        .outerjoin(Blast, Blast.id == Delivery.blast_id)
        .where(Delivery.supporter_id == supporter_id)
        .order_by(Delivery.id.desc())
        .limit(LETTERS)
    ).all()


def _signatures(session: Session, supporter_id: int) -> Sequence[Row[Signature, Petition]]:
    return session.execute(
        select(Signature, Petition)
        .join(Petition, Petition.id == Signature.petition_id)
        .where(Signature.supporter_id == supporter_id)
        .order_by(Signature.id.desc())
    ).all()


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
            made = lists.create(session, current_account().organisation, name, form.text("wording"))
            audit.record(session, actor=actor(), action="list.create", subject=f"list:{made.id}")
    if form.faults:
        with services().db.reading() as session:
            return _lists(session, form), 400
    notice("The list is made", "It is empty. Import a file to fill it.")
    return redirect(url_for("console_supporters.all_lists"))


def _lists(session: Session, form: Form) -> str:
    return render_template("console/lists.html", form=form, lists=lists.summaries(session))
