"""A petition about night buses: six markers, a repeated source, an “Ibid.”."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.core.db import Database
from outreach.petitions import operations
from outreach.petitions.edition import edition_of
from outreach.petitions.intake.understanding import Citation, Marker, Paragraph, Understanding
from outreach.petitions.models import Petition
from outreach.petitions.revising import Revision, revise
from outreach.supporters.models import Supporter

STATEMENT = "Keep every night bus that runs today.[^1]"
BODY = (
    "The board wants to end all buses after eleven.[^2] It has tried that on line 4.[^3]",
    "## Who rides",
    "Two riders in three had no other way home[^3] and 143 shifts start then.[^4]",
)
NOTES = (
    Citation(
        number=1,
        line=1,
        raw="Harbour Gazette, “What runs at night?” March 3, 2026",
        title="What runs at night?",
        publisher="Harbour Gazette",
        date="2026-03-03",
    ),
    Citation(
        number=2,
        line=2,
        raw='Transport Board, "Night services: options," agenda item 7, 3 March 2026.',
        author="Transport Board",
        title="Night services: options",
        date="2026-03-03",
        url="https://board.example/7",
    ),
    Citation(
        number=3,
        line=3,
        raw='City Auditor, "The "late" riders," City of Westhaven, 11 February 2026, pp. 8–12',
        author="City Auditor",
        title='The "late" riders',
        publisher="City of Westhaven",
        date="2026-02-11",
        url="https://auditor.example/late",
    ),
    Citation(number=4, line=4, raw="Ibid., p. 14.", same_as=3),
)


def understanding(
    statement: str = STATEMENT,
    body: tuple[str, ...] = BODY,
    notes: tuple[Citation, ...] = NOTES,
    headline: str = "Westhaven: keep the night buses",
) -> Understanding:
    """The text as the intake would hand it over; markers are written as `[^1]`."""
    texts = [_cut(text, i, "body") for i, text in enumerate(body)]
    said, of_statement = _cut(statement, None, "statement")
    return Understanding(
        organisation=None,
        headline=headline,
        targets=("the Transport Board",),
        statement=said,
        paragraphs=tuple(Paragraph(text=text, line=1) for text, _ in texts),
        citations=notes,
        markers=tuple(marker for _, markers in texts for marker in markers) + of_statement,
        consent_line=None,
        thanks="The board meets on 5 May.",
        partners=("Lantern Project", "East Quay Neighbours"),
        warnings=(),
    )


def _cut(text: str, paragraph: int | None, place: str) -> tuple[str, tuple[Marker, ...]]:
    markers: list[Marker] = []
    clean = ""
    for i, part in enumerate(re.split(r"\[\^(\d+)\]", text)):
        if i % 2 == 0:
            clean += part
            continue
        after = clean.split()[-1]
        markers.append(
            Marker(
                citation=int(part),
                paragraph=paragraph,
                after=after,
                offset=len(clean),
                line=1,
                place=place,
            )
        )
    return clean, tuple(markers)


@dataclass
class World:
    """A published petition and people who may sign it."""

    db: Database
    organisation: Organisation
    petition: Petition

    def supporter(self, name: str = "Jane Rivera", **fields: str) -> Supporter:
        """A stored supporter; the address is made of the name."""
        first, _, last = name.partition(" ")
        address = f"{first.lower()}@example.org"
        with self.db.transaction() as session:
            stored = Supporter(
                address=address, email=address, first_name=first, last_name=last, **fields
            )
            session.add(stored)
        return stored


def published(session: Session, organisation: Organisation, **changes: str) -> Petition:
    """The petition, open for signatures."""
    petition = operations.create_from(session, organisation, understanding(**changes))  # type: ignore[arg-type]
    operations.publish(session, petition)
    return petition


def revised(
    session: Session, petition: Petition, reason: str = "The board asked", **changes: Any
) -> Revision:
    """Some fields of the petition changed, as somebody would who opened it and saved."""
    edition = replace(edition_of(session, petition), **changes)
    return revise(session, petition, edition, by="mara@harbourlights.example", reason=reason)
