"""Merge fields: what campaigners may write, and errors that name the place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.core.errors import BadInput
from outreach.mail.fields import Field, parse


def read(text: str) -> list[str | Field]:
    return [piece for piece in parse(text, where="body") if piece != ""]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{{ first_name }}", Field("first_name")),
        ('{{first_name or "friend"}}', Field("first_name", "friend")),
        ("{{ first_name or 'a friend' }}", Field("first_name", "a friend")),
        ("{{ first_name or “friend” | title }}", Field("first_name", "friend", ("title",))),
        ("{{ field.Favourite_Park | upper | lower }}",
         Field("field.Favourite_Park", "", ("upper", "lower"))),
    ],
)  # fmt: skip
def test_fields(written: str, meant: Field) -> None:
    assert read(f"Dear {written},") == ["Dear ", meant, ","]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Hello\n\n{{ frist_name }}", "body, line 3: there is no merge field “frist_name”"),
        ("{{ first_name | shout }}", "there is no filter “shout”"),
        ("{{ first_name", "is not closed"),
        ("{% if first_name %}", "body, line 1"),
        ("{{ first_name or friend }}", "can’t be read"),
        ("{{ }}", "can’t be read"),
        ("{{ supporter.__class__ }}", "there is no merge field"),
    ],
)
def test_errors_name_the_place(written: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read(written)


@pytest.mark.parametrize(
    ("field", "known", "printed"),
    [
        (Field("first_name", "friend"), "", "friend"),
        (Field("first_name", "friend"), "Ada", "Ada"),
        (Field("first_name", "dear friend", ("title",)), "", "Dear Friend"),
        (Field("first_name", filters=("upper",)), "ada", "ADA"),
    ],
)
def test_values(field: Field, known: str, printed: str) -> None:
    assert field.value(known) == printed


@given(st.text(alphabet=st.characters(exclude_characters="{"), max_size=50))
def test_text_without_fields_stays_as_it_is(text: str) -> None:
    assert "".join(str(piece) for piece in parse(text, where="body")) == text


def test_constants_are_plain_text() -> None:
    found = list(
        parse("{{ petition.headline }}", where="body", constants={"petition.headline": "X"})
    )
    assert found == ["", "X", ""]
