"""A petition for paper: the words, their notes with whole addresses, and where to sign."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from outreach.web.context import services
from outreach.web.public.page import petition_page
from outreach.web.public.petitions import open_to_all
from outreach.web.public.visitor import Visitor

blueprint = Blueprint("public_printed", __name__)


@blueprint.get("/petitions/<slug>/print")
def show(slug: str) -> ResponseReturnValue:
    """The same page for everybody: what is printed is passed on."""
    with services().db.reading() as session:
        petition = open_to_all(session, slug)
        return petition_page(session, petition, Visitor(), template="public/printed.html")
