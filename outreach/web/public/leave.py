"""The way out of all lists: a page with one button, RFC 8058's one-click POST, and an undo.

GET shows, POST acts. The link never expires and asks for nothing: no cookie, no sign-in, no reason.
With the database away leaving is kept on this machine's disk, and stored when it is back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.accounts.queries import the_organisation
from outreach.consent import ledger
from outreach.consent.models import EMAIL, WITHDRAWN, ConsentStanding
from outreach.core.address import masked
from outreach.core.clock import now
from outreach.core.errors import Conflict
from outreach.core.tokens import BadToken, Slot, is_trial
from outreach.mail.models import Delivery
from outreach.supporters.models import Supporter
from outreach.tracking import leaving
from outreach.tracking.classify import VIEWED
from outreach.tracking.record import Observation, observe
from outreach.web.context import services
from outreach.web.errors import DATABASE_AWAY
from outreach.web.public.letters import letter_of, private
from outreach.web.public.page import frame
from outreach.web.public.seen import keep_for_later, keep_leaving, observation, press

blueprint = Blueprint("public_leave", __name__)
blueprint.after_request(private)

STAY = "stay"  # purpose of the token that takes leaving back; a forwarded letter must not hold it
UNDO_FOR = timedelta(hours=1)
ONE_CLICK = "One-Click"  # RFC 8058, section 3.1


@blueprint.get("/u/<token>")
def ask(token: str) -> ResponseReturnValue:
    """Show the button; looking changes nothing."""
    if is_trial(token):
        return render_template("public/letter_trial.html")
    letter = letter_of(token, Slot.UNSUBSCRIBE)
    seen = observation(VIEWED, letter.delivery_id, detail={"place": "unsubscribe"})
    try:
        with services().db.transaction() as session:
            observe(session, seen)
            supporter = _supporter(session, letter.delivery_id)
            return _page(session, _standing(session, supporter), supporter)
    except DATABASE_AWAY:
        keep_for_later(seen)
        return render_template("public/leave.html", state="asked", address="")


@blueprint.post("/u/<token>")
def act(token: str) -> ResponseReturnValue:
    """Leave, by mailbox button or by the page's; or stay, with the token that leaving gave."""
    if is_trial(token):
        return render_template("public/letter_trial.html")
    letter = letter_of(token, Slot.UNSUBSCRIBE)
    undo = request.form.get(STAY, "")
    if undo:
        with services().db.transaction() as session:
            supporter = _supporter(session, letter.delivery_id)
            return _stay(session, supporter, letter.delivery_id, undo)
    one_click = request.form.get("List-Unsubscribe") == ONE_CLICK
    wish = press(letter.delivery_id, one_click=one_click)
    try:
        with services().db.transaction() as session:
            return _leave(session, letter.delivery_id, wish)
    except DATABASE_AWAY:
        if not keep_leaving(wish):
            raise
        return render_template("public/leave.html", state="kept")


def _leave(session: Session, delivery_id: int, wish: Observation) -> str:
    """Take the consent back; asking again changes nothing more and gets the same answer."""
    supporter = _supporter(session, delivery_id)
    observe(session, wish)
    if supporter is None or _standing(session, supporter) == "left":
        # No undo for an earlier leaving: whoever holds the letter could put the person back.
        return _page(session, _standing(session, supporter), supporter)
    entry = leaving.withdraw(session, wish, supporter.id)
    undo = services().tokens.seal(STAY, delivery_id, entry.id, expires=now() + UNDO_FOR)
    return _page(session, _standing(session, supporter), supporter, undo=undo)


def _stay(session: Session, supporter: Supporter | None, delivery_id: int, undo: str) -> str:
    """Take back the leaving that gave this token, and no other: the person may have left anew."""
    try:
        sealed = services().tokens.unseal(STAY, undo)
    except BadToken:
        sealed = ()
    if len(sealed) != 2 or sealed[0] != delivery_id:
        raise Conflict(
            "Leaving can be taken back for an hour. You are off the lists, as you asked.",
            hint="To get letters again, sign a petition or ask us.",
        )
    state = _standing(session, supporter)
    if supporter is not None and state == "left":
        if _last_entry(session, supporter) != sealed[1]:
            return _page(session, state, supporter)
        ledger.grant(
            session,
            supporter.id,
            basis="asked to stay on the unsubscribe page",
            source=f"letter:{delivery_id}",
        )
    return _page(session, "stayed" if supporter else "gone", supporter)


def _supporter(session: Session, delivery_id: int) -> Supporter | None:
    """Whose letter it is; None for one who was erased, and for letters to nobody in particular."""
    delivery = session.get(Delivery, delivery_id)
    if delivery is None or delivery.supporter_id is None:
        return None
    return session.get(Supporter, delivery.supporter_id)


def _standing(session: Session, supporter: Supporter | None) -> str:
    """What the page has to say: gone (nobody to write to), left, or asked."""
    if supporter is None:
        return "gone"
    standing = session.get(ConsentStanding, (supporter.id, EMAIL), populate_existing=True)
    return "left" if standing is not None and standing.status == WITHDRAWN else "asked"


def _last_entry(session: Session, supporter: Supporter) -> int:
    return session.get_one(ConsentStanding, (supporter.id, EMAIL)).entry_id


def _page(session: Session, state: str, supporter: Supporter | None, **more: Any) -> str:
    return render_template(
        "public/leave.html",
        **frame(the_organisation(session)),
        state=state,
        address=masked(supporter.address) if supporter else "",
        **more,
    )
