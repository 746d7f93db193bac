"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import TooManyRequests

from outreach.accounts import sign_ins
from outreach.web import auth
from outreach.web.auth import EVERYONE, needs
from outreach.web.context import services
from outreach.web.forms import Form, notice
from outreach.web.limits import limiter

blueprint = Blueprint("console_sign_in", __name__, url_prefix="/console")


@blueprint.errorhandler(TooManyRequests)
def wait(_error: TooManyRequests) -> ResponseReturnValue:
    """Stop guessing, on the same page."""
    form = Form.sent()
    form.refuse("", "Too many attempts from this place. Wait five minutes, then try again.")
    return _page(form), 429


@blueprint.get("/sign-in")
@needs(EVERYONE)
def show() -> ResponseReturnValue:
    """The form; `next` is the path that was asked for."""
    return _page(Form({"next": request.args.get("next", "")}))


@blueprint.post("/sign-in")
@needs(EVERYONE)
@limiter.limit(auth.SIGN_IN_LIMIT)
def enter() -> ResponseReturnValue:
    """Check the password and hand out the cookie."""
    form = Form.sent()
    email = form.needed("email", "Enter the email address of your account.")
    password = form.values.get("password", "")
    if not password:
        form.refuse("password", "Enter your password.")
    if form.faults:
        return _page(form), 400
    with form.judging():
        signed_in, cookie = sign_ins.sign_in(services().db, email=email, password=password)
        response = make_response(redirect(auth.local_path(form.text("next"))))
        auth.keep_cookie(response, cookie, signed_in.expires_at)
        return response
    return _page(form), 400


@blueprint.post("/sign-out")
@needs(EVERYONE)
def leave() -> ResponseReturnValue:
    """End this browser's sign-in; pressing twice is harmless."""
    with services().db.transaction() as session:
        sign_ins.sign_out(session, request.cookies.get(auth.COOKIE, ""))
    notice("You are signed out", "Nothing that you saved is lost.")
    response = make_response(redirect(url_for("console_sign_in.show")))
    auth.drop_cookie(response)
    return response


def _page(form: Form) -> str:
    return render_template("console/sign_in.html", form=form, account=None)
