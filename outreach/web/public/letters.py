"""The doors of a letter: its links, its pixel, the way out, and the letter in a browser.

GET and HEAD only observe; scanners follow every link. A token that is mangled or not ours is a 404
page, and nothing is recorded. Links of a letter never expire; only being known by name does.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, redirect, render_template
from flask import request as asked
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.blasts.compose import as_sent
from outreach.blasts.models import FrozenLetter
from outreach.core.clock import now
from outreach.core.errors import NotFound, TryLater
from outreach.core.tokens import BadToken, LetterToken, Slot, is_trial
from outreach.mail.models import Delivery
from outreach.mail.plan import Plan
from outreach.petitions.pages import CREDIT, RECOGNISE
from outreach.tracking import link_copy, links
from outreach.tracking.classify import CLICKED, OPENED, VIEWED
from outreach.tracking.models import Link
from outreach.tracking.record import observe
from outreach.web.context import services
from outreach.web.errors import DATABASE_AWAY
from outreach.web.headers import LETTER_POLICY
from outreach.web.public.seen import keep_for_later, observation

blueprint = Blueprint("public_letters", __name__)

# 1 × 1, transparent
PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)


@blueprint.after_request
def private(response: Response) -> Response:
    """Nobody in between keeps the answer, and the next site does not learn the token."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("/c/<token>")
def follow(token: str) -> ResponseReturnValue:
    """Record a click and redirect, only ever to the link stored for that blast and slot.

    With the database away it redirects by this machine's copy of the links, and the click is kept
    in the spool.
    """
    letter = services().tokens.read_letter(token)
    if letter.slot < Slot.FIRST_LINK and letter.slot != Slot.TRAP:
        raise BadToken
    seen = observation(CLICKED, letter.delivery_id)
    try:
        with services().db.transaction() as session:
            link = links.by_slot(session, letter.blast_id, letter.slot)
            if link is None:
                raise BadToken
            observe(session, replace(seen, link_id=link.id))
            target = _target(link, session.get(Delivery, letter.delivery_id))
    except DATABASE_AWAY:
        copy = link_copy.folder_in(services().data_dir)
        link = link_copy.find(copy, letter.blast_id, letter.slot)
        if link is None:
            raise TryLater(
                "This link can’t be followed at the moment.", hint="Try again in a minute."
            ) from None
        keep_for_later(replace(seen, link_id=link.id))
        target = _target_unasked(link, letter)
    return redirect(target, code=302)


@blueprint.get("/o/<token>.gif")
def opened(token: str) -> ResponseReturnValue:
    """The image of a letter: whatever happens, those who ask for it rightly get it."""
    letter = letter_of(token, Slot.OPEN)
    seen = observation(OPENED, letter.delivery_id)
    try:
        with services().db.transaction() as session:
            observe(session, seen)
    except DATABASE_AWAY:
        keep_for_later(seen)
    return Response(PIXEL, mimetype="image/gif")


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


def _target(link: Link, delivery: Delivery | None) -> str:
    """Where a click leads: an ask tells the petition's page whose letter brought the reader.

    A young letter lets the page know its reader by name; an old one only keeps the credit. HEAD
    gets neither: nothing that only looks needs a token with power.
    """
    if link.kind != links.ASK or delivery is None or asked.method == "HEAD":
        return link.url
    # The click may be faster than the sender's own note that the letter was accepted.
    sent_at = delivery.accepted_at or now()
    until = sent_at + timedelta(days=services().recognise_days)
    if delivery.supporter_id is None or until <= now():
        return _with_query(link.url, **{"from": services().tokens.seal(CREDIT, delivery.id)})
    return _with_query(
        link.url, letter=services().tokens.seal(RECOGNISE, delivery.id, expires=until)
    )


def _target_unasked(link: Link, letter: LetterToken) -> str:
    """The same without a database to ask how old the letter is: the credit is safe to give."""
    if link.kind != links.ASK or asked.method == "HEAD":
        return link.url
    return _with_query(link.url, **{"from": services().tokens.seal(CREDIT, letter.delivery_id)})


def _with_query(url: str, **more: str) -> str:
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(more))))
    return urlunsplit(parts._replace(query=query))
