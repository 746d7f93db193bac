"""Presses of people whom their letters' links recognise: many sign in one transaction.

A petition that spreads brings a thousand presses a second. One by one each would take some twenty
statements and a commit; together they take as many for a hundred people as for one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.core import address, log
from outreach.core.clock import now
from outreach.petitions import agreeing, grades, saying, translations
from outreach.petitions.grades import Press
from outreach.petitions.models import SIGNATURE_STATES, Petition, Signature
from outreach.petitions.queries import current_version
from outreach.petitions.saying import NOTHING_SAID, Said
from outreach.petitions.signing import NO_CREDIT, Credit, hold_wording
from outreach.supporters.models import Supporter

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class FirstPress:
    """A press without a comment, perhaps the first of this person here. `fingerprint`: of the
    wording that was shown; "": not said."""

    supporter_id: int
    fingerprint: str = ""
    partners: Sequence[str] = ()
    press: Press = grades.UNSEEN
    credit: Credit = NO_CREDIT
    said: Said = NOTHING_SAID


def sign_first(
    session: Session,
    petition: Petition,
    presses: Sequence[FirstPress],
    on_verified: Callable[[Session, Sequence[Signature]], None],
) -> list[Signature | None]:
    """Sign for all to whom nothing stands in the way; the signature of each press, in order.

    None for the others: who signed here before, in whatever state, a second press of one person,
    another wording than the one in force, a petition that takes no signatures. For these
    `signing.sign_recognised` knows what to do and to say. `on_verified` is called once.
    """
    hold_wording(session, petition)
    version = current_version(session, petition)
    readings = translations.in_force(session, petition) | {"": None}
    good = {
        press.supporter_id: press
        for press in reversed(presses)  # of two the first stays
        if petition.state == "published" and press.fingerprint in readings
    }
    people = _locked(session, good)
    here, anywhere = _signed_before(session, petition, list(people.values()))
    organisation = session.get_one(Organisation, petition.organisation_id)
    signed = dict[int, Signature]()
    for person in people.values():
        mailbox = address.mailbox(person.address)
        if person.id in here or mailbox in here:
            continue
        here.add(mailbox)
        press = good[person.id]
        said = replace(press.said, reading=readings[press.fingerprint])
        kept = saying.as_kept(person, organisation, said)
        signed[person.id] = _signature(petition, version.id, person, press, anywhere, kept)
    session.add_all(signed.values())
    session.flush()
    if signed:
        _agree(session, petition, list(signed.values()))
        on_verified(session, list(signed.values()))
        _log.info("signatures_verified", petition_id=petition.id, signatures=len(signed))
    return [
        signed.get(press.supporter_id) if good.get(press.supporter_id) is press else None
        for press in presses
    ]


def _locked(session: Session, good: dict[int, FirstPress]) -> dict[int, Supporter]:
    # By id: two groups that hold each other's people would wait for ever. On SQLite writers queue.
    query = select(Supporter).where(Supporter.id.in_(good)).order_by(Supporter.id)
    return {person.id: person for person in session.scalars(query.with_for_update())}


def _signed_before(
    session: Session, petition: Petition, people: Sequence[Supporter]
) -> tuple[set[int | str], set[int]]:
    """Of these people who signed here, whatever became of it (ids, and mailboxes that anybody
    signed from), and whose signature ever counted."""
    query = select(Signature.supporter_id, Signature.petition_id, Signature.verified_at)
    ids = [person.id for person in people]
    rows = session.execute(query.where(Signature.supporter_id.in_(ids))).all()
    boxes = [address.mailbox(person.address) for person in people]
    taken = select(Signature.mailbox).where(
        Signature.petition_id == petition.id, Signature.mailbox.in_(boxes)
    )
    here = {row.supporter_id for row in rows if row.petition_id == petition.id}
    return (
        {*here, *(box for box in session.scalars(taken) if box)},
        {row.supporter_id for row in rows if row.verified_at is not None},
    )


def _signature(
    petition: Petition,
    version_id: int,
    person: Supporter,
    press: FirstPress,
    anywhere: set[int],
    kept: Mapping[str, Any],
) -> Signature:
    return Signature(
        petition_id=petition.id,
        version_id=version_id,
        supporter_id=person.id,
        state=SIGNATURE_STATES.after("pending", "verify"),
        grade=grades.RECOGNISED,
        doubts=list(press.press.doubts),
        network=press.press.network,
        name=f"{person.first_name} {person.last_name}".strip(),
        postal_code=person.postal_code,
        partners=[name for name in petition.partners if name in press.partners],
        is_new=person.id not in anywhere,
        verified_at=now(),
        first_delivery_id=press.credit.first_delivery_id,
        last_delivery_id=press.credit.last_delivery_id,
        shared_by_id=press.credit.shared_by_id,
        **kept,
    )


def _agree(session: Session, petition: Petition, signatures: Sequence[Signature]) -> None:
    agreeing.to_updates(session, petition, signatures, proven=False)
    for partner in petition.partners:
        ticked = [each.supporter_id for each in signatures if partner in each.partners]
        if ticked:
            agreeing.to_partner(session, petition, ticked, partner, proven=False)
