"""Letters to one person: a confirmation, thanks, a notice. They leave ahead of blasts."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.mail.models import Batch, Delivery, SingleLetter
from outreach.mail.render import Rendered, render


def write(letter: str, organisation: Organisation, **context: Any) -> Rendered:
    """One of our own letters in an organisation's name: its templates get the organisation's name,
    postal address on one line and language beside `context`. Errors as `mail.render.render`."""
    return render(
        letter,
        organisation={
            "name": organisation.name,
            "postal_address": ", ".join(organisation.postal_address.splitlines()),
        },
        language=organisation.language,
        **context,
    )


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

    It leaves after the commit, ahead of blasts. `way_out`: where one POST ends letters of this
    kind, for the header that mail programs make a button of (RFC 8058).
    """
    delivery = Delivery(kind=kind, supporter_id=supporter_id)
    session.add(delivery)
    session.flush()
    session.add(
        SingleLetter(
            delivery_id=delivery.id,
            organisation_id=organisation_id,
            to_address=to_address,
            to_name=to_name,
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
            way_out=way_out,
        )
    )
    session.add(Batch(first_id=delivery.id, last_id=delivery.id))
    session.flush()
    return delivery
