"""What the script of a petition's page tells: that somebody touches, types or points there."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.petitions.models import Petition
from outreach.tracking import visits
from outreach.tracking.evidence import READ
from outreach.tracking.record import observe
from outreach.web.context import services
from outreach.web.errors import DATABASE_AWAY
from outreach.web.limits import limiter
from outreach.web.public.petitions import open_to_all
from outreach.web.public.seen import is_machine, observation, reading_request
from outreach.web.public.visitor import Visitor, visitor_of

blueprint = Blueprint("public_reading", __name__)
LIMIT = "60 per minute"  # of one address, behind which many may sit


@blueprint.post("/petitions/<slug>/reading")
@limiter.limit(LIMIT)
def tell(slug: str) -> ResponseReturnValue:
    """Record that a person is at the page: once for each visit, and for the letter that led here
    once an hour for each visitor.

    Nothing is answered, and nothing said of a token that is mangled; with the database away the
    sign is lost, which costs no one anything.
    """
    try:
        with services().db.transaction() as session:
            petition = open_to_all(session, slug)
            sent = {name: request.form.get(name, "") for name in ("from", "share")}
            visitor = visitor_of(session, services().tokens, petition, sent)
            _visit(session, petition, visitor)
            if visitor.delivery_id is not None:
                seen = observation(READ, visitor.delivery_id, detail={"touched": True})
                who = f"{seen.agent}\n{seen.network}\n{seen.at:%Y-%m-%d %H}".encode()
                digest = hashlib.blake2b(who, digest_size=8).hexdigest()
                observe(session, replace(seen, key=f"read-{visitor.delivery_id}-{digest}"))
    except DATABASE_AWAY:
        pass
    return "", 204


def _visit(session: Session, petition: Petition, visitor: Visitor) -> None:
    organisation = session.get_one(Organisation, petition.organisation_id)
    visits.record(
        session,
        petition.id,
        request.form.get("visit", ""),
        by_machine=is_machine(organisation, reading_request()),
        delivery_id=visitor.delivery_id,
        is_shared=visitor.shared_by_id is not None,
    )
