"""From which rates on blasts pause by themselves. Owners set it for their organisation."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Organisation
from outreach.blasts import pause_limits
from outreach.web.auth import actor, current_account, needs
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_pausing", __name__, url_prefix="/console/pace/pausing")


@blueprint.get("/")
@needs("read")
def show() -> ResponseReturnValue:
    """What holds, and a form for those who may change it."""
    return _page(Form(pause_limits.values(current_account().organisation)))


@blueprint.post("/")
@needs("manage")
def save() -> ResponseReturnValue:
    """Store the organisation’s own limits."""
    form, changed = Form.sent(), list[str]()
    changes = {field: form.text(field) for field in pause_limits.FIELDS}
    with form.judging(), services().db.transaction() as session:
        organisation = session.get_one(Organisation, current_account().organisation_id)
        changed = pause_limits.edit(session, organisation, changes, actor=actor())
        holds = pause_limits.of_organisation(organisation, services().pause_limits)
    if form.faults:
        return _page(form), 400
    if changed:
        notice("The limits are saved", f"{holds} Blasts that are sending are looked at so, too.")
    else:
        notice("Nothing was different", "These limits hold already.")
    return redirect(url_for("console_pausing.show"))


def _page(form: Form) -> str:
    return render_template(
        "console/pausing.html",
        form=form,
        states=pause_limits.STATES,
        settings=services().pause_limits,
        holds=pauses(),
    )


def pauses() -> pause_limits.Limits:
    """What holds for the blasts of whoever is signed in."""
    organisation = current_account().organisation
    return pause_limits.of_organisation(organisation, services().pause_limits)
