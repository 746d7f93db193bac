"""One's own account: password, weekly digest, and the browsers that are signed in."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.accounts import queries, sign_ins
from outreach.analytics.digest import digest
from outreach.web.auth import COOKIE, actor, current_account, needs
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_account", __name__, url_prefix="/console/account")


@blueprint.get("/")
@needs("read")
def show() -> ResponseReturnValue:
    """Who is signed in, where, and the form for another password."""
    with services().db.reading() as session:
        return _page(session, Form())


@blueprint.post("/password")
@needs("read")
def change_password() -> ResponseReturnValue:
    """Set another password; every other browser is signed out."""
    form = Form.sent()
    if form.values.get("new") != form.values.get("again"):
        form.refuse("again", "Enter the new password twice, the same both times.")
    if not form.faults:
        with form.judging():
            sign_ins.change_password(
                services().db,
                account_id=current_account().id,
                old=form.values.get("old", ""),
                new=form.values.get("new", ""),
                keep=request.cookies.get(COOKIE, ""),
            )
    if form.faults:
        with services().db.reading() as session:
            return _page(session, form), 400
    notice("Your password is changed", "Every other browser was signed out; this one stays.")
    return redirect(url_for("console_account.show"))


@blueprint.post("/digest")
@needs("read")
def change_digest() -> ResponseReturnValue:
    """Ask for the weekly digest (`wanted` is 1), or for no more of it."""
    account = current_account()
    wanted = request.form.get("wanted") == "1"
    with services().db.transaction() as session:
        if wanted:
            digest.ask(session, account, actor=actor())
        else:
            digest.stop(session, account.id, actor=actor())
    if wanted:
        notice("You get the weekly digest", f"It leaves on Mondays for {account.email}.")
    else:
        notice("You get no weekly digest", "You can ask for it again here.")
    return redirect(url_for("console_account.show"))


@blueprint.post("/sign-ins/<int:sign_in_id>/revoke")
@needs("read")
def revoke(sign_in_id: int) -> ResponseReturnValue:
    """Sign another browser out."""
    with services().db.transaction() as session:
        sign_ins.revoke(session, account_id=current_account().id, sign_in_id=sign_in_id)
    notice("That browser is signed out", "What was saved there is kept.")
    return redirect(url_for("console_account.show"))


def _page(session: Session, form: Form) -> str:
    return render_template(
        "console/account.html",
        form=form,
        digest=digest.wants(session, current_account().id),
        digest_hour=services().digest_hour,
        sign_ins=queries.open_sign_ins(session, current_account().id),
        here=queries.sign_in_of(session, request.cookies.get(COOKIE, "")),
    )
