"""Letters to one person: a confirmation, thanks, a notice. They leave ahead of blasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.core import languages
from outreach.core.bulk import insert_alike, reserve_ids
from outreach.core.clock import now
from outreach.core.db import Base
from outreach.mail.models import BATCHES, DELIVERIES, FIRST_TURN, Delivery
from outreach.mail.render import Rendered, render

LETTERS = Base.metadata.tables["single_letters"]


def write(letter: str, organisation: Organisation, **context: Any) -> Rendered:
    """One of our own letters in an organisation's name: its templates get the organisation's name,
    postal address on one line and language beside `context`, which may have another language; words
    of ours are said in it. Errors as `mail.render.render`."""
    given = {
        "organisation": {
            "name": organisation.name,
            "postal_address": ", ".join(organisation.postal_address.splitlines()),
        },
        "language": organisation.language,
        **context,
    }
    with languages.speaking(given["language"]):
        return render(letter, **given)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that is written, and whom it goes to."""

    to_address: str
    to_name: str
    rendered: Rendered
    supporter_id: int | None = None
    # Where one POST ends letters of this kind, for the header that mail programs make a button of
    # (RFC 8058).
    way_out: str = ""


def post(
    session: Session,
    *,
    organisation_id: int,
    kind: str,
    to_address: str,
    to_name: str,
    rendered: Rendered,
    supporter_id: int | None = None,
    way_out: str = "",
) -> Delivery:
    """Put a letter to one person into the outbox, in the transaction of its cause.

    It leaves after the commit, ahead of blasts.
    """
    letter = Letter(to_address, to_name, rendered, supporter_id, way_out)
    [delivery_id] = post_each(session, [letter], organisation_id=organisation_id, kind=kind)
    return session.get_one(Delivery, delivery_id)


def post_each(
    session: Session, letters: Sequence[Letter], *, organisation_id: int, kind: str
) -> list[int]:
    """The same for many, in as many statements as for one; the ids of their deliveries."""
    ids = reserve_ids(session, DELIVERIES, len(letters))
    posted = list(zip(ids, letters, strict=True))
    pending = {"kind": kind, "state": "pending", "attempts": 0}
    insert_alike(
        session,
        DELIVERIES,
        [{"id": i, "supporter_id": letter.supporter_id, **pending} for i, letter in posted],
    )
    insert_alike(
        session,
        LETTERS,
        [
            {
                "delivery_id": i,
                "organisation_id": organisation_id,
                "to_address": letter.to_address,
                "to_name": letter.to_name,
                "subject": letter.rendered.subject,
                "html": letter.rendered.html,
                "text": letter.rendered.text,
                "way_out": letter.way_out,
            }
            for i, letter in posted
        ],
    )
    waiting = {"state": "ready", "handed_after": 0, "handed_through": 0, "attempts": 0}
    waiting |= {"turn": FIRST_TURN, "created_at": now()}
    insert_alike(session, BATCHES, [{"first_id": i, "last_id": i, **waiting} for i in ids])
    return ids
