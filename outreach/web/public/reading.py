"""What the script of a petition's page tells: that somebody touches, types or points there."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from outreach.tracking.evidence import READ
from outreach.tracking.record import observe
from outreach.web.context import services
from outreach.web.errors import DATABASE_AWAY
from outreach.web.public.petitions import open_to_all
from outreach.web.public.seen import observation
from outreach.web.public.visitor import visitor_of

blueprint = Blueprint("public_reading", __name__)


@blueprint.post("/petitions/<slug>/reading")
def tell(slug: str) -> ResponseReturnValue:
    """Record for the letter that led here, once an hour for each visitor, that a person reads.

    Nothing is answered, and nothing said of a token that is mangled; with the database away the
    sign is lost, which costs no one anything.
    """
    try:
        with services().db.transaction() as session:
            petition = open_to_all(session, slug)
            sent = {"from": request.form.get("from", "")}
            letter = visitor_of(session, services().tokens, petition, sent).delivery_id
            if letter is not None:
                seen = observation(READ, letter, detail={"touched": True})
                who = f"{seen.agent}\n{seen.network}\n{seen.at:%Y-%m-%d %H}".encode()
                digest = hashlib.blake2b(who, digest_size=8).hexdigest()
                observe(session, replace(seen, key=f"read-{letter}-{digest}"))
    except DATABASE_AWAY:
        pass
    return "", 204
