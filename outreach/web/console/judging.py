"""Human or machine: the evidence with its weights, and the organisation’s own rules over them."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Organisation
from outreach.tracking import own_rules, rules
from outreach.tracking.classify import MACHINE_FROM, UNKNOWN_FROM
from outreach.tracking.evidence import EVIDENCE
from outreach.web.auth import actor, current_account, needs
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_judging", __name__, url_prefix="/console/organisation/judging")


@blueprint.get("/")
@needs("read")
def show() -> ResponseReturnValue:
    """The table of evidence, and a form for those who may change the rules."""
    return _page(Form(own_rules.values(current_account().organisation)))


@blueprint.post("/")
@needs("manage")
def save() -> ResponseReturnValue:
    """Store the rules that were changed."""
    form = Form.sent()
    changes = {field: form.text(field) for field in own_rules.FIELDS}
    with form.judging(), services().db.transaction() as session:
        organisation = session.get_one(Organisation, current_account().organisation_id)
        secret = services().secret
        own_rules.edit(session, organisation, changes, secret=secret, actor=actor())
    if form.faults:
        return _page(form), 400
    notice(
        "The rules are saved", "Events to come are judged so. History: outreach tracking rejudge"
    )
    return redirect(url_for("console_judging.show"))


def _page(form: Form) -> str:
    return render_template(
        "console/judging.html",
        form=form,
        evidence=EVIDENCE,
        own=rules.of_organisation(current_account().organisation),
        machine_from=MACHINE_FROM,
        unknown_from=UNKNOWN_FROM,
    )
