"""Who speaks: the organisation’s name, postal address, sender, time zone. Owners change it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts import operations
from outreach.accounts.models import Organisation
from outreach.web.auth import actor, current_account, needs
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_organisation", __name__, url_prefix="/console/organisation")


@blueprint.get("/")
@needs("read")
def show() -> ResponseReturnValue:
    """The organisation; a form for those who may change it."""
    values = operations.organisation_values(current_account().organisation)
    return render_template("console/organisation.html", form=Form(values))


@blueprint.post("/")
@needs("manage")
def save() -> ResponseReturnValue:
    """Store what was changed."""
    form = Form.sent()
    changes = {field: form.text(field) for field in operations.ORGANISATION_FIELDS}
    with form.judging(), services().db.transaction() as session:
        organisation = session.get_one(Organisation, current_account().organisation_id)
        operations.edit_organisation(session, organisation, changes, actor=actor())
    if form.faults:
        return render_template("console/organisation.html", form=form), 400
    notice("The organisation is saved", "Blasts that have started keep what they had.")
    return redirect(url_for("console_organisation.show"))
