"""Tokens: bound to letter, slot and purpose; anything mangled is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.core.tokens import TOKEN_CHARS, BadToken, LetterToken, Tokens

TOKENS = Tokens("a secret")
IDS = st.integers(1, 2**48 - 1)
BLASTS = st.integers(0, 2**24 - 1)
SLOTS = st.lists(st.integers(0, 255), min_size=1, max_size=12, unique=True)


@given(IDS, BLASTS, SLOTS)
def test_letter_tokens_come_back(delivery: int, blast: int, slots: list[int]) -> None:
    made = TOKENS.letter(delivery, blast, slots)
    assert [TOKENS.read_letter(token) for token in made] == [
        LetterToken(delivery, blast, slot) for slot in slots
    ]
    assert {len(token) for token in made} == {TOKEN_CHARS}


@given(IDS, st.integers(0, TOKEN_CHARS - 1), st.sampled_from("AZaz09-_"))
def test_one_changed_character_is_refused(delivery: int, place: int, character: str) -> None:
    (token,) = TOKENS.letter(delivery, 3, [9])
    mangled = token[:place] + character + token[place + 1 :]
    if mangled == token:
        return
    with pytest.raises(BadToken):
        TOKENS.read_letter(mangled)


def test_neighbours_have_tokens_of_their_own_in_whatever_order_they_are_made() -> None:
    make = TOKENS.letter_maker(7, [0, 1, 40])
    ids = [*range(40), 3, 17, 2**48 - 1]
    parts = [make(delivery_id) for delivery_id in ids]
    assert parts[3] == parts[40]
    assert len({tag for one in parts[:40] for tag in one}) == 40 * 4
    for delivery_id, (head, *tags) in zip(ids, parts, strict=True):
        for slot, tag in zip((0, 1, 40), tags, strict=True):
            assert TOKENS.read_letter(f"{slot:02x}{head}{tag}") == LetterToken(delivery_id, 7, slot)


@pytest.mark.parametrize("token", ["", "x", "é" * 24, "A" * 23, "A" * 24, "A" * 25, "=" * 24])
def test_rubbish_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        TOKENS.read_letter(token)
    with pytest.raises(BadToken):
        TOKENS.unseal("credit", token)


def test_another_installation_can_not_read_it() -> None:
    with pytest.raises(BadToken):
        Tokens("another secret").read_letter(TOKENS.letter(5, 1, [8])[0])


@given(st.lists(st.integers(0, 2**62), max_size=4))
def test_sealed_ids_come_back_for_their_purpose_only(ids: list[int]) -> None:
    token = TOKENS.seal("credit", *ids)
    assert TOKENS.unseal("credit", token) == tuple(ids)
    with pytest.raises(BadToken):
        TOKENS.unseal("recognise", token)


def test_power_expires() -> None:
    now = datetime.now(UTC)
    fresh = TOKENS.seal("recognise", 7, expires=now + timedelta(minutes=1))
    stale = TOKENS.seal("recognise", 7, expires=now - timedelta(seconds=2))
    assert TOKENS.unseal("recognise", fresh) == (7,)
    with pytest.raises(BadToken):
        TOKENS.unseal("recognise", stale)
