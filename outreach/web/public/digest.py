"""What a digest letter leads to from outside of the console: its pictures, and its end.

The way out asks for no sign-in. GET shows, POST acts, as for supporters' letters.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Account
from outreach.accounts.queries import the_organisation
from outreach.analytics.digest import digest
from outreach.analytics.digest import pictures as digest_pictures
from outreach.analytics.digest.models import DigestPicture
from outreach.core.errors import NotFound
from outreach.core.tokens import BadToken
from outreach.web.context import services
from outreach.web.public.letters import private
from outreach.web.public.page import frame

blueprint = Blueprint("public_digest", __name__, url_prefix="/digest")
blueprint.after_request(private)


@blueprint.get("/<token>")
def ask(token: str) -> ResponseReturnValue:
    """Show the button; looking changes nothing."""
    account_id = _one(digest.OFF, token)
    with services().db.reading() as session:
        on = digest.wants(session, account_id)
        about = frame(the_organisation(session))
    return render_template("public/digest.html", **about, state="asked" if on else "off")


@blueprint.post("/<token>")
def act(token: str) -> ResponseReturnValue:
    """Send no more digests to whom this letter went; asking again changes nothing more."""
    account_id = _one(digest.OFF, token)
    with services().db.transaction() as session:
        if session.get(Account, account_id) is not None:
            digest.stop(session, account_id)
        about = frame(the_organisation(session))
    return render_template("public/digest.html", **about, state="off")


@blueprint.get("/pictures/<token>.png")
def picture(token: str) -> ResponseReturnValue:
    """One chart of a letter; who has the letter has the address."""
    number = _one(digest_pictures.SEAL, token)
    with services().db.reading() as session:
        found = session.get(DigestPicture, number)
    if found is None:
        raise NotFound("This picture is no longer kept.", hint="The letter has its numbers.")
    return Response(found.png, mimetype="image/png")


def _one(purpose: str, token: str) -> int:
    ids = services().tokens.unseal(purpose, token)
    if len(ids) != 1:
        raise BadToken
    return ids[0]
