"""Pace: how fast letters leave to a domain, from a sender, by a relay, and how many a day."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.blasts import pace
from outreach.blasts.models import Blast
from outreach.blasts.pace import Limit
from outreach.core.errors import NotFound
from outreach.mail import pace_scopes
from outreach.web.auth import actor, current_account, needs
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_pace", __name__, url_prefix="/console/pace")
OVER = ("finished", "cancelled", "failed")
NAMES_NEEDED = {
    "domain": "Enter a domain such as gmail.com.",
    "sender": "Enter the sender’s address.",
    "relay": "Choose a relay.",
}


@blueprint.get("/")
@needs("read")
def show() -> ResponseReturnValue:
    """Every limit that holds, and what it lets through today."""
    with services().db.reading() as session:
        found = _limits(session)
        return render_template(
            "console/pace.html",
            limits=[limit for limit in found if limit.kind != "blast"],
            blasts=_blasts(session, found),
            quiet_hours=current_account().organisation.quiet_hours,
        )


@blueprint.get("/<any(domain, sender, relay):kind>")
@needs("send")
def change(kind: str) -> ResponseReturnValue:
    """The form for one scope; `name` is that of one whose limits are to be changed."""
    with services().db.reading() as session:
        limit = _known(session, kind)
    if limit is None:
        return _form(kind, Form({"name": _only_relay() if kind == "relay" else ""}))
    values = {
        "pace": limit.typed,
        "daily": " ".join(map(str, limit.daily)),
        "starts_on": limit.starts_on.isoformat() if limit.starts_on else "",
    }
    return _form(kind, Form(values), limit)


@blueprint.post("/<any(domain, sender, relay):kind>")
@needs("send")
def save(kind: str) -> ResponseReturnValue:
    """Set the pace and the warm-up plan of a scope."""
    form = Form.sent()
    with services().db.reading() as session:
        limit = _known(session, kind)
    name = limit.name if limit else form.needed("name", NAMES_NEEDED[kind])
    if limit is None and not form.text("pace") and not form.text("daily"):
        form.refuse("pace", "Enter a pace." if kind == "domain" else "Enter a pace or a plan.")
    with form.judging():
        per_s = pace_scopes.parsed(form.text("pace"))
    with form.judging():
        daily = pace.plan(form.text("daily"))
    if not form.faults:
        with form.judging(), services().db.transaction() as session:
            scope = pace.named(session, kind, name, services().provider)
            first = pace.first_day(session, form.text("starts_on"))
            changed = pace.set_limits(session, scope, per_s, daily, first, actor=actor())
    if form.faults:
        return _form(kind, form, limit), 400
    _told(scope, changed)
    return redirect(url_for("console_pace.show"))


@blueprint.post("/<any(domain, sender, relay):kind>/remove")
@needs("send")
def remove(kind: str) -> ResponseReturnValue:
    """Take the limits of a scope away; a repeat changes nothing."""
    with services().db.transaction() as session:
        scope = pace.named(session, kind, Form.sent().text("name"), services().provider)
        pace.set_limits(session, scope, None, [], None, actor=actor())
    _told(scope, changed=True)
    return redirect(url_for("console_pace.show"))


def _limits(session: Session) -> list[Limit]:
    return pace.limits(session, configured=pace_scopes.configured(services().provider))


def _known(session: Session, kind: str) -> Limit | None:
    """The limits that the address of the page names; None where it names none."""
    name = request.args.get("name")
    if name is None:
        return None
    for limit in _limits(session):
        if (limit.kind, limit.name) == (kind, name):
            return limit
    raise NotFound("Nothing is set there any more.", hint="See what is set on the page “Pace”.")


def _blasts(session: Session, limits: Sequence[Limit]) -> list[tuple[Blast, Limit]]:
    """Those that are not over."""
    found = [
        (session.get(Blast, int(limit.name)), limit) for limit in limits if limit.kind == "blast"
    ]
    return [(blast, limit) for blast, limit in found if blast and blast.state not in OVER]


def _only_relay() -> str:
    names = pace.relays(services().provider)
    return names[0] if len(names) == 1 else ""


def _form(kind: str, form: Form, limit: Limit | None = None) -> str:
    return render_template(
        "console/pace_edit.html",
        kind=kind,
        form=form,
        limit=limit,
        relays=pace.relays(services().provider),
    )


def _told(scope: str, changed: bool) -> None:
    with services().db.reading() as session:
        now = next((limit for limit in _limits(session) if limit.scope == scope), None)
    letters = pace_scopes.letters(scope)
    if not changed:
        notice("Nothing was different", f"{letters} have these limits already.")
    elif now is None:
        notice("No limit holds any more", f"{letters} leave as fast as they are taken.")
    else:
        said = f"{letters} leave at {now.pace}." if now.pace else f"{letters} have a warm-up plan."
        notice("The limits are saved", f"{said} It is felt within a second or two.")
