"""Who brought whom to a petition through share links: generations, sharers, one signer's tree."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from outreach.petitions import queries, referrals
from outreach.web.auth import needs
from outreach.web.context import services

blueprint = Blueprint(
    "console_petitions_referrals", __name__, url_prefix="/console/petitions/<slug>/referrals"
)


@blueprint.get("/")
@needs("read")
def show(slug: str) -> ResponseReturnValue:
    """The most effective sharers, and the tree of the one who is asked for (`of`), or the first."""
    with services().db.reading() as session:
        petition = queries.by_slug(session, slug)
        page = referrals.most_effective(session, petition, request.args.get("page", 1, type=int))
        first = page.rows[0].signature_id if page.rows else None
        root = request.args.get("of", first, type=int)
        return render_template(
            "console/petition_referrals.html",
            petition=petition,
            generations=referrals.generations(session, petition),
            page=page,
            tree=None if root is None else referrals.tree(session, petition, root),
        )
