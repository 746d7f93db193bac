"""Merge fields: what campaigners may write, and errors that name the place."""

from __future__ import annotations

import pytest

from outreach.core.errors import BadInput
from outreach.mail.fields import Field, read_field


def read(written: str) -> Field | str:
    return read_field(written, "Body, line 3", {"petition.headline": "Count them"})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (" first_name ", Field("first_name")),
        ('first_name or "friend"', Field("first_name", "friend")),
        (" first_name or 'a friend' ", Field("first_name", "a friend")),
        (" first_name or “friend” | title ", Field("first_name", "friend", ("title",))),
        (" field.Favourite_Park | upper | lower ",
         Field("field.Favourite_Park", "", ("upper", "lower"))),
        (" joined | date ", Field("joined_on", "", ("date",))),
        (" petition.headline | upper ", "COUNT THEM"),
    ],
)  # fmt: skip
def test_fields(written: str, meant: Field | str) -> None:
    assert read(written) == meant


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (" frist_name ", "Body, line 3: there is no merge field “frist_name”"),
        (" first_name | shout ", "there is no filter “shout”"),
        (" first_name or friend ", "can’t be read"),
        ("", "can’t be read"),
        (" supporter.__class__ ", "there is no merge field"),
    ],
)
def test_errors_name_the_place_and_what_is_possible(written: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        read(written)
    assert "first_name" in refused.value.hint or "title" in refused.value.hint


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(BadInput) as refused:
        read("frist_name")
    assert refused.value.hint.startswith("Did you mean first_name? Known: first_name, ")


@pytest.mark.parametrize(
    ("field", "known", "printed"),
    [
        (Field("first_name", "friend"), "", "friend"),
        (Field("first_name", "friend"), "Ada", "Ada"),
        (Field("first_name", "dear friend", ("title",)), "", "Dear Friend"),
        (Field("first_name", filters=("upper",)), "ada", "ADA"),
        (Field("field.due", filters=("date",)), "2026-01-31", "31 January 2026"),
        (Field("field.due", filters=("date",)), "2026-01-31T09:30:00", "31 January 2026"),
        (Field("field.due", filters=("date",), language="de"), "2026-03-01", "1. März 2026"),
        (Field("field.due", filters=("date",), language="fr-CA"), "2026-03-01", "1er mars 2026"),
        (Field("field.due", filters=("date",), language="eo"), "2026-03-01", "1 March 2026"),
        (Field("field.due", filters=("date", "upper")), "2026-05-09", "9 MAY 2026"),
        (Field("field.gift", filters=("number",)), "1234567.5", "1,234,567.5"),
        (Field("field.gift", filters=("number",)), "-999", "-999"),
        (Field("field.gift", filters=("number",), language="de"), "1234.50", "1.234,50"),
    ],
)
def test_values(field: Field, known: str, printed: str) -> None:
    assert field.value(known) == printed


@pytest.mark.parametrize("filter_name", ["date", "number"])
@pytest.mark.parametrize(
    "known", ["soon", "31/01/2026", "2026-02-30", "2026-01-311", "1,000", "١٢", "1e3", "12 km"]
)
def test_what_is_no_date_and_no_number_is_printed_as_it_is(filter_name: str, known: str) -> None:
    assert Field("field.x", filters=(filter_name,)).value(known) == known
    assert Field("field.x", "later", (filter_name,)).value("") == "later"
