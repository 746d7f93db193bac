"""One supporter at a time."""

from __future__ import annotations

import pytest

from outreach.core.db import Database
from outreach.core.errors import BadInput
from outreach.supporters import operations, queries


def test_a_person_is_made_once(db: Database) -> None:
    with db.transaction() as session:
        ann, created = operations.find_or_create(
            session, email=" Ann@Example.org", first_name="Ann", country="us", source="form"
        )
        assert created and (ann.email, ann.address) == ("Ann@Example.org", "ann@example.org")
        assert (ann.country, ann.fields) == ("US", {})
        again, created = operations.find_or_create(session, email="ann@example.org", source="form")
        assert not created and again.id == ann.id


def test_a_form_fills_gaps_but_overwrites_nothing(db: Database) -> None:
    with db.transaction() as session:
        operations.find_or_create(session, email="a@example.org", first_name="Ann", source="form")
    with db.transaction() as session:
        operations.find_or_create(
            session, email="a@example.org", first_name="Mallory", last_name="Hara", source="form"
        )
    with db.reading() as session:
        ann = queries.by_address(session, "a@example.org")
        assert (ann.first_name, ann.last_name) == ("Ann", "Hara")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("first_name", "Ann\r\nBcc: all@example.org"),
        ("last_name", "x" * 121),
        ("country", "Nowhere"),
    ],
)
def test_a_bad_value_names_its_field(db: Database, field: str, value: str) -> None:
    given = {"email": "a@example.org", field: value}
    with pytest.raises(BadInput) as caught, db.transaction() as session:
        operations.find_or_create(session, source="form", **given)
    assert caught.value.field == field


def test_tags_go_on_and_off(db: Database) -> None:
    with db.transaction() as session:
        ann, _ = operations.find_or_create(session, email="a@example.org", source="form")
        for name in ("volunteer", " volunteer ", "boat owner"):
            operations.tag(session, ann, name)
        operations.untag(session, ann, "boat owner")
        operations.untag(session, ann, "never there")
        with pytest.raises(BadInput):
            operations.tag(session, ann, " ")
    with db.reading() as session:
        assert queries.profile(session, "A@example.org").tags == ["volunteer"]
