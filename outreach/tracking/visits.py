"""Looks at petitions' pages: kept once each, and tied to the signature that came of one."""

from __future__ import annotations

import re
import secrets

from sqlalchemy import update
from sqlalchemy.orm import Session

from outreach.core.bulk import insert_into
from outreach.core.clock import now
from outreach.tracking.models import PageVisit

LETTER, SHARE, PAGE, EMBED = "letter", "share", "page", "embed"
_NUMBER = re.compile(r"[0-9a-f]{32}")  # what a page calls its own visit


def record(
    session: Session,
    petition_id: int,
    number: str,
    *,
    by_machine: bool,
    delivery_id: int | None = None,
    is_shared: bool = False,
) -> None:
    """Keep a visit; a second word of the same one changes nothing, nor does a mangled number."""
    key = f"letter-{delivery_id}-{petition_id}" if delivery_id else _key(petition_id, number)
    if not key:
        return
    source = LETTER if delivery_id else SHARE if is_shared else PAGE
    statement = insert_into(session, PageVisit).values(
        petition_id=petition_id,
        key=key,
        at=now(),
        source=source,
        by_machine=by_machine,
        delivery_id=delivery_id,
    )
    session.execute(statement.on_conflict_do_nothing(index_elements=[PageVisit.key]))


def signed(session: Session, petition_id: int, number: str, signature_id: int) -> None:
    """Say which signature came of a visit; nothing where that visit is not known."""
    key = _key(petition_id, number)
    if key:
        session.execute(
            update(PageVisit).where(PageVisit.key == key).values(signature_id=signature_id),
            execution_options={"synchronize_session": False},
        )


def signed_elsewhere(session: Session, petition_id: int, signature_id: int) -> None:
    """Say that a signature came from the form in another site's page, which tells of no looks."""
    session.add(
        PageVisit(
            petition_id=petition_id,
            key=f"embed-{signature_id}-{secrets.token_hex(8)}",
            source=EMBED,
            by_machine=False,
            signature_id=signature_id,
        )
    )
    session.flush()


def _key(petition_id: int, number: str) -> str:
    return f"{petition_id}-{number}" if _NUMBER.fullmatch(number) else ""
