"""The local mailbox: every letter that was put there instead of being sent."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from outreach.core.errors import NotFound
from outreach.providers.mailbox import Mailbox
from outreach.web.auth import needs
from outreach.web.console import sheet
from outreach.web.context import services

blueprint = Blueprint("console_mailbox", __name__, url_prefix="/console/mailbox")
VIEWS = {
    "html": "Letter",
    "images-off": "Images off",
    "dark": "Dark",
    "text": "Text",
    "headers": "Headers",
    "source": "Source",
}


def _mailbox() -> Mailbox:
    return Mailbox(services().data_dir / "mailbox")


@blueprint.route("/", methods=["GET", "POST"])
@needs("read")
def index() -> ResponseReturnValue:
    """Letters, newest first; `q` searches addresses and subjects.

    A search comes by POST: what was searched for is personal and stays out of addresses and logs.
    """
    query = request.form.get("q", "").strip()
    page = _mailbox().letters(query, request.values.get("page", 1, type=int))
    return render_template("console/mailbox.html", page=page, query=query)


@blueprint.get("/<letter_id>")
@needs("read")
def letter(letter_id: str) -> ResponseReturnValue:
    """One letter, in one of its VIEWS."""
    view = request.args.get("view", "html")
    if view not in VIEWS:
        raise NotFound("A letter has no such view.", hint=f"It has: {', '.join(VIEWS)}.")
    found = _mailbox().letter(letter_id)
    return render_template("console/letter.html", letter=found, view=view, views=VIEWS)


@blueprint.get("/<letter_id>/html")
@needs("read")
def html(letter_id: str) -> Response:
    """The HTML part alone, for the frame."""
    return sheet.framed(_mailbox().letter(letter_id).html, request.args.get("view", "html"))
