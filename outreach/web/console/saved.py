"""Views of the reports by name: the list, and keeping, sharing and deleting them."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.analytics.overview import saved
from outreach.web.auth import current_account, needs
from outreach.web.context import services
from outreach.web.forms import notice

blueprint = Blueprint("console_saved", __name__, url_prefix="/console/reports/views")


@blueprint.get("/")
@needs("read")
def index() -> ResponseReturnValue:
    """One's own views and the shared ones."""
    with services().db.reading() as session:
        found = saved.views(session, current_account())
    return render_template("console/reports_views.html", views=found)


@blueprint.post("/")
@needs("read")
def keep() -> ResponseReturnValue:
    """Keep the view that the form names, and lead back to it."""
    with services().db.transaction() as session:
        view = saved.save(
            session,
            current_account(),
            name=request.form.get("name", ""),
            screen=request.form.get("screen", ""),
            query=request.form.get("query", ""),
            shared=request.form.get("shared") == "1",
        )
        name = view.name
        [made] = [one for one in saved.views(session, current_account()) if one.id == view.id]
    notice("The view is kept", f"“{name}” stands under Views.")
    return redirect(made.address)


@blueprint.post("/<int:view_id>/share")
@needs("read")
def share(view_id: int) -> ResponseReturnValue:
    """Share it with everybody here (`shared` is 1), or no more."""
    shared = request.form.get("shared") == "1"
    with services().db.transaction() as session:
        saved.share(session, saved.own(session, current_account(), view_id), shared=shared)
    notice("The view is shared" if shared else "The view is yours alone", "Nothing else changed.")
    return redirect(url_for("console_saved.index"))


@blueprint.post("/<int:view_id>/delete")
@needs("read")
def delete(view_id: int) -> ResponseReturnValue:
    """Delete it."""
    with services().db.transaction() as session:
        view = saved.own(session, current_account(), view_id)
        name = view.name
        saved.delete(session, view)
    notice("The view is deleted", f"“{name}” is gone; what it showed stays where it is.")
    return redirect(url_for("console_saved.index"))
