"""Signatures as a file: all of them for ourselves, and an instalment for a target."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import chain

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.petitions import instalments
from outreach.petitions.instalment_models import Instalment
from outreach.petitions.models import Petition, PetitionVersion, Signature
from outreach.supporters.models import Supporter

HEADER = (
    "number",
    "name",
    "email",
    "postal_code",
    "signed_at",
    "statement_version",
    "verified_by",
    "partners",
)
# What a target gets: no address, and a comment only where everybody may read it.
DELIVERED_HEADER = (
    "number",
    "name",
    "postal_code",
    "signed_at",
    "statement_version",
    "comment",
    "instalment",
    "taken_off_at",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ROWS_AT_ONCE = 1000


def signer_lines(session: Session, petition: Petition) -> Iterator[str]:
    """Lines of a CSV file (UTF-8, with header): every signature that counts, in its order.

    Times are UTC. A cell that a spreadsheet would run as a formula starts with an apostrophe.
    """
    yield _line(HEADER)
    query = (
        select(Signature, Supporter.email, PetitionVersion.number)
        .join(Supporter, Supporter.id == Signature.supporter_id)
        .join(PetitionVersion, PetitionVersion.id == Signature.version_id)
        .where(
            Signature.petition_id == petition.id,
            Signature.verified_at.is_not(None),
            Signature.invalidated_at.is_(None),
        )
        .order_by(Signature.verified_at, Signature.id)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    for number, (signature, email, version) in enumerate(session.execute(query), start=1):
        yield _line(
            (
                str(number),
                signature.name,
                email,
                signature.postal_code,
                f"{signature.verified_at:%Y-%m-%dT%H:%M:%SZ}",
                str(version),
                signature.grade,
                "; ".join(signature.partners),
            )
        )


def instalment_lines(session: Session, instalment: Instalment) -> Iterator[str]:
    """Lines of a CSV file (UTF-8, with header): the names of an instalment, then those of earlier
    ones that were taken off since, which `taken_off_at` tells apart."""
    yield _line(DELIVERED_HEADER)
    for one in chain(
        instalments.names(session, instalment), instalments.taken_off_since(session, instalment)
    ):
        yield _line(
            (
                str(one.place),
                one.name,
                one.postal_code,
                f"{one.signed_at:%Y-%m-%dT%H:%M:%SZ}",
                str(one.version),
                one.comment,
                str(one.instalment),
                f"{one.taken_off_at:%Y-%m-%dT%H:%M:%SZ}" if one.taken_off_at else "",
            )
        )


def _line(cells: tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)
    return text.getvalue()
