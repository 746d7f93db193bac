"""Segments under a name, and what is told about a rule."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.audiences import operations, queries
from outreach.audiences.rules import parse
from outreach.blasts.models import Blast
from outreach.core.db import Database
from outreach.core.errors import BadInput, Conflict, NotFound
from outreach.petitions.models import Petition
from outreach.supporters.models import Supporter, SupporterTag, Tag


def _people(session: Session) -> None:
    tag = Tag(name="volunteer")
    session.add(tag)
    for number, place in enumerate([("01234", "MA", "US"), ("", "", "GB"), ("", "", "")]):
        person = Supporter(
            address=f"p{number}@riverton.example",
            email=f"P{number}@riverton.example",
            first_name=f"Ada{number}",
            last_name="" if number else "Moss",
            postal_code=place[0],
            region=place[1],
            country=place[2],
        )
        session.add(person)
        session.flush()
        if number < 2:
            session.add(SupporterTag(tag_id=tag.id, supporter_id=person.id))
    session.flush()


def test_a_rule_is_counted_sampled_and_explained(db: Database, organisation: Organisation) -> None:
    with db.transaction() as session:
        _people(session)
        rule = parse("tag volunteer and not country = US")
        assert queries.count(session, rule) == 1
        assert [(p.name, p.email, p.place) for p in queries.sample(session, rule, 5)] == [
            ("Ada1", "P1@riverton.example", "GB")
        ]
        assert queries.explain(session, rule) == [
            ("tag volunteer and not country = US", 1),
            ("tag volunteer", 2),
            ("not country = US", 2),
            ("country = US", 1),
        ]
        [ada] = queries.sample(session, parse("country = us"), 5)
        assert (ada.name, ada.place) == ("Ada0 Moss", "01234 MA US")


def test_a_sample_holds_as_many_as_asked_and_no_one_else(
    db: Database, organisation: Organisation
) -> None:
    with db.transaction() as session:
        _people(session)
        everyone = parse("everyone")
        assert len(queries.sample(session, everyone, 2)) == 2
        assert queries.sample(session, everyone, 2) == queries.sample(session, everyone, 3)[:2]
        assert queries.count(session, parse("everyone sample 2")) == 2
        assert len(queries.sample(session, parse("everyone sample 2"), 10)) == 2
        assert queries.explain(session, parse("everyone sample 1")) == [
            ("everyone sample 1 seed 1", 1),
            ("everyone", 3),
        ]


def test_saving_keeps_the_words_and_replaces_earlier_ones(
    db: Database, organisation: Organisation
) -> None:
    with db.transaction() as session:
        _people(session)
        first = operations.save(session, organisation, "  Helpers ", "tag   volunteer\n")
        again = operations.save(session, organisation, "Helpers", "tag volunteer and country = US")
        assert first.id == again.id
        assert [s.name for s in queries.all_segments(session)] == ["Helpers"]
        assert queries.by_name(session, "Helpers").rules == "tag volunteer and country = US"
        assert queries.count(session, queries.rule_of(again)) == 1
        assert queries.by_id(session, first.id) is first
        with pytest.raises(NotFound):
            queries.by_id(session, first.id + 1)


@pytest.mark.parametrize(
    ("name", "rules", "field", "message"),
    [
        ("", "everyone", "name", "Give the segment a name."),
        ("x" * 121, "everyone", "name", "at most 120"),
        ("New", "tag nobody", "rules", "There is no tag “nobody”."),
        ("New", "tag", "rules", "expected a tag"),
        ("Helpers", "segment Helpers", "rules", "in a circle: “Helpers” → “Helpers”"),
        ("Helpers", "segment Others", "rules", "in a circle: “Helpers” → “Others” → “Helpers”"),
    ],
)
def test_what_cannot_work_is_not_saved(
    db: Database, organisation: Organisation, name: str, rules: str, field: str, message: str
) -> None:
    with db.transaction() as session:
        _people(session)
        operations.save(session, organisation, "Helpers", "tag volunteer")
        operations.save(session, organisation, "Others", "not segment Helpers")
        with pytest.raises(BadInput, match=message) as raised:
            operations.save(session, organisation, name, rules)
        assert raised.value.field == field
        assert [s.rules for s in queries.all_segments(session)] == [
            "tag volunteer",
            "not segment Helpers",
        ]


def test_renaming_takes_other_segments_along(db: Database, organisation: Organisation) -> None:
    with db.transaction() as session:
        _people(session)
        helpers = operations.save(session, organisation, "Helpers", "tag volunteer")
        others = operations.save(session, organisation, "Others", "not (segment Helpers)")
        operations.rename(session, helpers, "Phone bank")
        assert others.rules == 'not segment "Phone bank"'
        assert queries.count(session, queries.rule_of(others)) == 1
        with pytest.raises(Conflict, match="“Others” already"):
            operations.rename(session, helpers, "Others")


def test_a_used_segment_is_not_deleted(db: Database, organisation: Organisation) -> None:
    with db.transaction() as session:
        _people(session)
        helpers = operations.save(session, organisation, "Helpers", "tag volunteer")
        others = operations.save(session, organisation, "Others", "not segment Helpers")
        with pytest.raises(Conflict, match="used by “Others”"):
            operations.delete(session, helpers)
        operations.delete(session, others)
        operations.delete(session, helpers)
        assert queries.all_segments(session) == []


@pytest.mark.parametrize(("state", "kept"), [("scheduled", True), ("finished", False)])
def test_a_blast_that_still_has_to_ask_keeps_its_segment(
    db: Database, organisation: Organisation, state: str, kept: bool
) -> None:
    with db.transaction() as session:
        _people(session)
        helpers = operations.save(session, organisation, "Helpers", "tag volunteer")
        petition = Petition(organisation_id=organisation.id, slug="x", headline="X")
        session.add(petition)
        session.flush()
        session.add(
            Blast(
                organisation_id=organisation.id,
                petition_id=petition.id,
                name="First ask",
                state=state,
                audience='everyone and segment "Helpers"',
                sender_name="Mara",
                sender_address="mara@harbourlights.example",
            )
        )
        session.flush()
        if kept:
            with pytest.raises(Conflict, match="“First ask” asks for the segment “Helpers”"):
                operations.delete(session, helpers)
            with pytest.raises(Conflict, match="“First ask”"):
                operations.rename(session, helpers, "Phone bank")
        else:
            operations.delete(session, helpers)
        assert bool(queries.all_segments(session)) == kept
