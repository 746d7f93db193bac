"""The lists, tags, petitions, blasts and segments that rules speak of by name."""

from __future__ import annotations

from difflib import get_close_matches

from sqlalchemy import Select, column, select, table
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.audiences.models import Segment
from outreach.core.db import BIG
from outreach.core.errors import BadInput
from outreach.petitions.models import Petition
from outreach.supporters.models import SupporterList, Tag

# Blasts stand a floor above segments: their table is known here by name alone.
_BLASTS = table("blasts", column("id", BIG), column("name"), column("organisation_id", BIG))


class Names:
    """Finds what a name stands for within one organisation (None: whichever has it).

    Every method raises BadInput with the nearest names where there is none.
    """

    def __init__(self, session: Session, organisation: Organisation | None) -> None:
        self._session = session
        self._organisation = organisation

    def list_id(self, name: str) -> int:
        """The list of this name."""
        return self._one("list", name, select(SupporterList.id, SupporterList.name))

    def tag_id(self, name: str) -> int:
        """The tag of this name."""
        return self._one("tag", name, select(Tag.id, Tag.name), ours=False)

    def petition_id(self, slug: str) -> int:
        """The petition with this slug."""
        return self._one("petition", slug, select(Petition.id, Petition.slug))

    def blast_id(self, name: str) -> int:
        """The blast of this name."""
        return self._one("blast", name, select(_BLASTS.c.id, _BLASTS.c.name))

    def segment(self, name: str) -> Segment:
        """The saved segment of this name."""
        found = self._one("saved segment", name, select(Segment.id, Segment.name))
        return self._session.get_one(Segment, found)

    def _one(self, noun: str, name: str, query: Select[int, str], *, ours: bool = True) -> int:
        called = query.selected_columns[1]
        if ours and self._organisation is not None:
            owner = called.table.c.organisation_id
            query = query.where(owner == self._organisation.id)
        found = self._session.execute(query.where(called == name)).first()
        if found is not None:
            return found[0]
        known = {str(row[1]).casefold(): str(row[1]) for row in self._session.execute(query)}
        close = get_close_matches(name.casefold(), known, n=3, cutoff=0.5)
        meant = " or ".join(f"“{known[nearest]}”" for nearest in close)
        raise BadInput(
            f"There is no {noun} “{name}”.",
            hint=f"Did you mean {meant}?" if meant else _nothing_near(noun, len(known)),
            field="rules",
        )


def _nothing_near(noun: str, known: int) -> str:
    return f"No other {noun} has a name near it." if known else f"Make a {noun} first."
