"""What a signer typed: as the domain takes it, and what it tells of who filled it in.

A filled trap or a form that came back at once never refuses anybody: it is kept as evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.core.clock import now
from outreach.core.tokens import BadToken
from outreach.petitions import grades, signing
from outreach.petitions.grades import Press
from outreach.petitions.models import Petition, Signature
from outreach.petitions.saying import Said
from outreach.petitions.signing import NO_CREDIT, Credit
from outreach.web.context import services
from outreach.web.public.page import SHOWN_AT, pages
from outreach.web.public.seen import judged, signing_request

TRAP_FIELD = "website"  # people do not see it


def said(typed: Mapping[str, str]) -> Said:
    """What a form says beside the name."""
    return Said(
        comment=typed.get("comment", ""),
        country=typed.get("country", "").upper(),
        updates=bool(typed.get("updates")),
        is_hidden=bool(typed.get("hidden")),
    )


def said_of_reading(session: Session, petition: Petition, typed: Mapping[str, str]) -> Said:
    """The same with the words that were read; raises FormErrors where they are not in force."""
    if "wording" not in typed:
        return said(typed)
    reading = signing.must_be_read(session, petition, typed["wording"])
    return replace(said(typed), reading=reading)


def press_of(organisation: Organisation, typed: Mapping[str, str]) -> Press:
    """What is known of this request as one that signs, and of its form."""
    press = judged(organisation, signing_request())
    found = [
        (grades.TRAP, grades.TRAP_WEIGHT, bool(typed.get(TRAP_FIELD))),
        (grades.HASTY, grades.HASTY_WEIGHT, _seconds(typed) < grades.HASTY_UNDER_S),
        (grades.COMMENTED, grades.COMMENTED_WEIGHT, bool(typed.get("comment", "").strip())),
    ]
    doubts = [{"name": name, "weight": weight} for name, weight, there in found if there]
    return replace(press, doubts=[*press.doubts, *doubts])


def sign_by_form(
    session: Session,
    petition: Petition,
    typed: Mapping[str, str],
    partners: Sequence[str],
    credit: Credit = NO_CREDIT,
) -> Signature:
    """Sign as somebody whom no letter's link knows; errors as `signing.sign_by_form`."""
    organisation = session.get_one(Organisation, petition.organisation_id)
    return signing.sign_by_form(
        session,
        petition,
        email=typed.get("email", ""),
        name=typed.get("name", ""),
        postal_code=typed.get("postal_code", ""),
        credit=credit,
        partners=partners,
        press=press_of(organisation, typed),
        said=said_of_reading(session, petition, typed),
        pages=pages(),
    )


def _seconds(typed: Mapping[str, str]) -> float:
    """How long the form was filled in; for ever where nothing says when it was shown."""
    try:
        [shown] = services().tokens.unseal(SHOWN_AT, typed.get("shown", ""))
    except (BadToken, ValueError):
        return float("inf")
    return now().timestamp() - shown
