"""The doors of a letter: its links, its pixel, the way out, and the letter in a browser.

GET and HEAD only observe; scanners follow every link. A token that is mangled or not ours is a 404
page, and nothing is recorded. Links of a letter never expire; only being known by name does.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask import request as asked
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.blasts.compose import as_sent
from outreach.blasts.models import FrozenLetter
from outreach.core.errors import NotFound, TryLater
from outreach.core.tokens import BadToken, LetterToken, Slot, is_trial
from outreach.mail.models import Delivery
from outreach.mail.plan import Plan
from outreach.tracking.classify import VIEWED
from outreach.tracking.door import TRY_LATER
from outreach.tracking.record import observe
from outreach.web.context import services
from outreach.web.errors import DATABASE_AWAY
from outreach.web.headers import LETTER_POLICY
from outreach.web.public.seen import keep_for_later, observation

blueprint = Blueprint("public_letters", __name__)


# Nobody in between keeps the answer, and the next site does not learn the token.
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


@blueprint.after_request
def private(response: Response) -> Response:
    """Keep the letter’s address and answer to its reader."""
    response.headers.update(PRIVATE)
    return response


@blueprint.get("/c/<token>")
def follow(token: str) -> ResponseReturnValue:
    """What the door (tracking/door.py) does not answer: the page for a link that leads nowhere."""
    if asked.environ.get(TRY_LATER):
        raise TryLater("This link can’t be followed at the moment.", hint="Try again in a minute.")
    raise BadToken


@blueprint.get("/o/<token>.gif")
def opened(token: str) -> ResponseReturnValue:
    """The same for an image."""
    raise BadToken


@blueprint.get("/v/<token>")
def view(token: str) -> ResponseReturnValue:
    """The letter as a page, as it was sent but for the person: the link may be forwarded."""
    if is_trial(token):
        return render_template("public/letter_trial.html")
    letter = letter_of(token, Slot.VIEW)
    seen = observation(VIEWED, letter.delivery_id, detail={"place": "view"})
    try:
        with services().db.transaction() as session:
            observe(session, seen)
            html = _html(session, letter)
    except DATABASE_AWAY:
        keep_for_later(seen)
        raise
    if html is None:
        raise NotFound("This letter is no longer kept here.")
    return Response(html, mimetype="text/html", headers={"Content-Security-Policy": LETTER_POLICY})


def letter_of(token: str, slot: Slot) -> LetterToken:
    """Which letter a token of this slot belongs to; raises BadToken."""
    letter = services().tokens.read_letter(token)
    if letter.slot != slot:
        raise BadToken
    return letter


def _html(session: Session, letter: LetterToken) -> str | None:
    delivery = session.get(Delivery, letter.delivery_id)
    if delivery is None or delivery.variant_id is None:
        return None
    frozen = session.get(FrozenLetter, delivery.variant_id)
    if frozen is None:
        return None
    return as_sent(Plan.from_json(frozen.plan), services().tokens, letter.delivery_id)
