"""Which sources people looked at from letters: clicks on notes, kept apart from clicks on the ask.

A note's number leads to the note on the petition's page, the list of notes below a letter to the
source itself. A person stands once for each letter and link; rates are over the people to whom a
letter with that link was delivered. Read from the rollups' numbers by link.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session

from outreach.analytics.definitions import DELIVERED_STATES
from outreach.analytics.intervals import SMALL, Rate
from outreach.analytics.rollups.cells import LINK, REACHED_CLICKED, WHOLE
from outreach.analytics.rollups.models import Rollup
from outreach.blasts.models import Blast
from outreach.petitions.library.addresses import address_key
from outreach.petitions.models import Petition, Source
from outreach.tracking.links import CITATION
from outreach.tracking.models import Link

NOTE, SOURCE = "note", "source"  # what a link's label begins with (blasts/links.py)


@dataclass(frozen=True)
class Cited:
    """One source in the letters of one petition, or of all with `petition_id` 0. `note` and
    `source` are rates of people who followed its number, and its own address."""

    petition_id: int
    headline: str
    title: str
    url: str
    note: Rate
    source: Rate

    @property
    def people(self) -> int:
        """Both together; who followed both stands twice."""
        return self.note.count + self.source.count

    @property
    def small(self) -> bool:
        """Too few delivered for a verdict."""
        return max(self.note.of, self.source.of) < SMALL


def cited(session: Session) -> list[Cited]:
    """Every source of every petition whose letters led to it, the most followed first."""
    return _lines(session, apart=True)


def cited_anywhere(session: Session) -> list[Cited]:
    """The same by source alone, whatever petitions lean on it."""
    return _lines(session, apart=False)


def _lines(session: Session, *, apart: bool) -> list[Cited]:
    links = session.execute(_LINKS).all()
    clicked = _clicked(session)
    delivered = _delivered(session)
    titles = _titles(session, {link.url for link in links})
    addresses = {
        (link.blast_id, _number(link.label)): link.url
        for link in links
        if link.label.startswith(SOURCE)
    }
    counts: defaultdict[tuple[int, str, str], Counter[str]] = defaultdict(Counter)
    headlines = {0: "All petitions"}
    for link in links:
        kind = SOURCE if link.label.startswith(SOURCE) else NOTE
        petition = link.petition_id if apart else 0
        if apart:
            headlines[link.petition_id] = link.headline
        # A note without an address of its own is known by its number in its petition alone.
        url = addresses.get((link.blast_id, _number(link.label)), "")
        own = (
            (url, "")
            if url
            else ("", f"{link.headline}: {link.label}" if not apart else link.label)
        )
        of = counts[petition, *own]
        of[kind] += clicked[link.id]
        of[f"{kind} of"] += delivered[link.blast_id]
    found = [
        Cited(
            petition_id=petition,
            headline=headlines[petition],
            title=titles.get(url, "") or name or url,
            url=url,
            note=Rate(of[NOTE], of[f"{NOTE} of"]),
            source=Rate(of[SOURCE], of[f"{SOURCE} of"]),
        )
        for (petition, url, name), of in counts.items()
    ]
    return sorted(found, key=lambda one: (-one.people, one.headline, one.title))


_LINKS = (
    select(Link.id, Link.blast_id, Link.label, Link.url, Blast.petition_id, Petition.headline)
    .join(Blast, Blast.id == Link.blast_id)
    .join(Petition, Petition.id == Blast.petition_id)
    .where(Link.kind == CITATION, Blast.frozen_at.is_not(None))
)


def _clicked(session: Session) -> Counter[int]:
    """People of delivered letters who followed each link, by its id."""
    # Written out, as in overview.py: both databases know the index of these rows by it.
    rows = session.execute(
        select(Rollup.value, func.sum(Rollup.number))
        .where(Rollup.dimension == literal_column(f"'{LINK}'"), Rollup.measure == REACHED_CLICKED)
        .group_by(Rollup.value)
    )
    return Counter({int(value): int(number) for value, number in rows})


def _delivered(session: Session) -> Counter[int]:
    """Letters of each blast that count as delivered."""
    whole = Rollup.dimension == literal_column(f"'{WHOLE}'")
    query = select(Rollup.blast_id, func.sum(Rollup.number)).group_by(Rollup.blast_id)
    rows = session.execute(query.where(whole, Rollup.measure.in_(DELIVERED_STATES)))
    return Counter({blast_id: int(number) for blast_id, number in rows})


def _titles(session: Session, urls: Iterable[str]) -> dict[str, str]:
    keys: dict[str, list[str]] = defaultdict(list)
    for url in urls:
        keys[address_key(url)].append(url)
    named: Sequence[Any] = session.execute(
        select(Source.url_key, Source.title, Source.publisher).where(Source.url_key.in_(keys))
    ).all()
    return {
        url: ", ".join(filter(None, (row.title, row.publisher)))
        for row in named
        for url in keys[row.url_key]
    }


def _number(label: str) -> str:
    return label.rpartition(" ")[2]
