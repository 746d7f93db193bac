"""Presses of people whom their letters' links recognise: many sign in one transaction.

A petition that spreads brings a thousand presses a second. One by one each would take some twenty
statements and a commit; together they take as many for a hundred people as for one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.core import address, log
from outreach.core.bulk import any_of, insert_few
from outreach.core.clock import now
from outreach.core.db import Base
from outreach.petitions import agreeing, grades, saying, translations
from outreach.petitions.grades import Press
from outreach.petitions.models import SIGNATURE_STATES, Petition, Signature
from outreach.petitions.queries import current_version
from outreach.petitions.saying import NOTHING_SAID, Said
from outreach.petitions.signing import NO_CREDIT, Credit
from outreach.supporters.models import Supporter

_log = log.get(__name__)
_TABLE = Base.metadata.tables["signatures"]


@dataclass(frozen=True, slots=True)
class FirstPress:
    """A press without a comment, perhaps the first of this person here, whose row is locked.
    `fingerprint`: of the wording that was shown; "": not said."""

    person: Supporter
    fingerprint: str = ""
    partners: Sequence[str] = ()
    press: Press = grades.UNSEEN
    credit: Credit = NO_CREDIT
    said: Said = NOTHING_SAID


def held(session: Session, slug: str) -> tuple[Petition, Organisation] | None:
    """The petition at this address, and in whose name it is. Nobody changes its wording until this
    transaction ends."""
    query = (
        select(Petition, Organisation)
        .join(Organisation, Organisation.id == Petition.organisation_id)
        .where(Petition.slug == slug)
        .with_for_update(of=Petition, read=True, key_share=True)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else (row[0], row[1])


def sign_first(
    session: Session,
    petition: Petition,
    organisation: Organisation,
    presses: Sequence[FirstPress],
    on_verified: Callable[[Session, Sequence[Signature]], None],
) -> list[Signature | None]:
    """Sign for all to whom nothing stands in the way, under a petition that is `held`; the
    signature of each press, in order, as it was stored (no object of the session).

    None for the others: who signed here before, in whatever state, a second press of one person,
    another wording than the one in force, a petition that takes no signatures. For these
    `signing.sign_recognised` knows what to do and to say. `on_verified` is called once.
    """
    version = current_version(session, petition)
    readings = translations.in_force(session, petition, version) | {"": None}
    good = {
        press.person.id: press
        for press in reversed(presses)  # of two the first stays
        if petition.state == "published" and press.fingerprint in readings
    }
    here, anywhere = _signed_before(session, petition, [each.person for each in good.values()])
    rows = []
    for press in sorted(good.values(), key=lambda press: press.person.id):
        person = press.person
        mailbox = address.mailbox(person.address)
        if person.id in here or mailbox in here:
            continue
        here.add(mailbox)
        said = replace(press.said, reading=readings[press.fingerprint])
        kept = saying.as_kept(person, organisation, said)
        rows.append(_columns(petition, version.id, press, anywhere, kept))
    ids = {
        person: number
        for number, person in insert_few(session, _TABLE, rows, returning=("id", "supporter_id"))
    }
    signed = {row["supporter_id"]: Signature(id=ids[row["supporter_id"]], **row) for row in rows}
    if signed:
        _agree(session, petition, list(signed.values()))
        on_verified(session, list(signed.values()))
        _log.info("signatures_verified", petition_id=petition.id, signatures=len(signed))
    return [
        signed.get(press.person.id) if good.get(press.person.id) is press else None
        for press in presses
    ]


def _signed_before(
    session: Session, petition: Petition, people: Sequence[Supporter]
) -> tuple[set[int | str | None], set[int]]:
    """Of these people who signed here, whatever became of it (ids, and mailboxes that anybody
    signed from), and whose signature ever counted."""
    people_ids = {person.id for person in people}
    boxes = {address.mailbox(person.address) for person in people}
    rows = session.execute(
        select(
            Signature.supporter_id, Signature.petition_id, Signature.mailbox, Signature.verified_at
        ).where(
            or_(
                any_of(session, Signature.supporter_id, people_ids),
                (Signature.petition_id == petition.id) & any_of(session, Signature.mailbox, boxes),
            )
        )
    ).all()
    here = [row for row in rows if row.petition_id == petition.id]
    return (
        {*(row.supporter_id for row in here), *(row.mailbox for row in here)} - {None},
        {row.supporter_id for row in rows if row.verified_at is not None},
    )


def _columns(
    petition: Petition,
    version_id: int,
    press: FirstPress,
    anywhere: set[int],
    kept: Mapping[str, Any],
) -> dict[str, Any]:
    person, at = press.person, now()
    return {
        "petition_id": petition.id,
        "version_id": version_id,
        "supporter_id": person.id,
        "state": SIGNATURE_STATES.after("pending", "verify"),
        "grade": grades.RECOGNISED,
        "doubts": list(press.press.doubts),
        "network": press.press.network,
        "name": f"{person.first_name} {person.last_name}".strip(),
        "postal_code": person.postal_code,
        "partners": [name for name in petition.partners if name in press.partners],
        "is_new": person.id not in anywhere,
        "created_at": at,
        "verified_at": at,
        "first_delivery_id": press.credit.first_delivery_id,
        "last_delivery_id": press.credit.last_delivery_id,
        "shared_by_id": press.credit.shared_by_id,
        **kept,
    }


def _agree(session: Session, petition: Petition, signatures: Sequence[Signature]) -> None:
    agreeing.to_updates(session, petition, signatures, proven=False)
    for partner in petition.partners:
        ticked = [each.supporter_id for each in signatures if partner in each.partners]
        if ticked:
            agreeing.to_partner(session, petition, ticked, partner, proven=False)
