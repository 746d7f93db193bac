"""Notes that people followed from letters, by source."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from outreach.analytics.intervals import Rate
from outreach.analytics.overview import cited
from outreach.analytics.report.counting import figures_of
from outreach.analytics.rollups import rollup
from outreach.core.db import Database
from outreach.petitions.models import Source
from outreach.tracking.models import Link
from tests.analytics.worlds import World

Build = Callable[..., World]


def notes(session: Session, made: World, number: int, url: str = "") -> None:
    """Links to a note's place on the page, and to its source where that has an address."""
    page = f"https://x.example/petition#n{number}"
    for kind, address in (("note", page), *([("source", url)] if url else [])):
        name = f"{kind} {number}"
        link = Link(
            blast_id=made.blast.id, slot=40 + len(made.links), kind="citation",
            url=address, label=name,
        )  # fmt: skip
        session.add(link)
        session.flush()
        made.links[name] = link


def test_notes_stand_by_petition_and_source_and_never_as_clicks(db: Database, world: Build) -> None:
    with db.transaction() as session:
        first, second = world(session), world(session)
        for made in (first, second):
            session.delete(made.links.pop("citation"))
        source = Source(title="Harbour at night", publisher="Harbour Herald")
        source.url = "https://news.example/harbour"
        session.add(source)
        notes(session, first, 1, "https://news.example/harbour")
        notes(session, first, 2)
        notes(session, second, 3, "https://news.example/harbour")
        letters = [first.letter() for _ in range(4)]
        for letter in letters[:2]:
            first.clicked(letter, link="note 1")
        first.clicked(letters[0], link="note 1")
        first.clicked(letters[0], link="source 1")
        first.clicked(letters[3], "machine", link="source 1")
        first.clicked(letters[2], link="note 2")
        later = second.letter()
        second.clicked(later, link="source 3")
    rollup.advance(db)
    with db.reading() as session:
        apart = cited.cited(session)
        together = cited.cited_anywhere(session)
    name = "Harbour at night, Harbour Herald"
    assert [(one.petition_id, one.title, one.note, one.source) for one in apart] == [
        (first.petition.id, name, Rate(2, 4), Rate(1, 4)),
        (second.petition.id, name, Rate(0, 1), Rate(1, 1)),
        (first.petition.id, "note 2", Rate(1, 4), Rate(0, 0)),
    ]
    assert [(one.title, one.note, one.source) for one in together] == [
        (name, Rate(2, 5), Rate(2, 5)),
        (f"{first.petition.headline}: note 2", Rate(1, 4), Rate(0, 0)),
    ]
    with db.reading() as session:
        assert figures_of(session, first.blast.id).people.clicked == 0
