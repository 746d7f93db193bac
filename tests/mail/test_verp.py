"""Return paths: each letter's own, read back in any case, never made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.core.errors import BadInput
from outreach.mail.plan import Recipient
from outreach.mail.verp import ReturnPaths

PATHS = ReturnPaths("a secret for tests", "bounces@act.example.org")
ids = st.integers(1, 2**48 - 1)


def path(delivery_id: int, paths: ReturnPaths = PATHS) -> str:
    return paths.maker()(Recipient(delivery_id, "zoe@mail.example", "Zoë", ()))


@given(ids)
def test_every_letter_is_found_again_whatever_becomes_of_the_case(delivery_id: int) -> None:
    made = path(delivery_id)
    local, _, host = made.partition("@")
    assert (host, local.partition("+")[0], len(local)) == ("act.example.org", "bounces", 38)
    for text in (made, made.upper(), f"for <{made}>; {made}", f"SRS0=x=y=a.example={made}"):
        assert PATHS.read(text) == delivery_id


def test_neighbouring_letters_have_nothing_in_common() -> None:
    first, second = path(1), path(2)
    assert sum(a == b for a, b in zip(first[8:38], second[8:38], strict=True)) < 10
    assert "zoe" not in first


@given(ids, st.integers(0, 29), st.sampled_from("0123456789abcdef"))
def test_a_changed_digit_is_refused(delivery_id: int, place: int, digit: str) -> None:
    made = path(delivery_id)
    changed = f"{made[: 8 + place]}{digit}{made[9 + place :]}"
    assert PATHS.read(changed) == (delivery_id if changed == made else None)


def test_other_installations_and_other_texts_are_refused() -> None:
    assert PATHS.read(path(7, ReturnPaths("another secret", "bounces@act.example.org"))) is None
    assert PATHS.read("bounces@act.example.org, a commit 0123456789abcdef0123456789abcd") is None
    assert PATHS.read("") is None


def test_a_message_about_two_letters_is_about_none() -> None:
    assert PATHS.read(f"{path(7)}, {path(8)}") is None


@pytest.mark.parametrize(
    "address", ["", "bounces", "bounces@", f"{'b' * 40}@act.example.org", "bouncés@act.example.org"]
)
def test_addresses_that_cannot_be_return_paths_are_named(address: str) -> None:
    with pytest.raises(BadInput, match="OUTREACH_BOUNCE_ADDRESS"):
        ReturnPaths("a secret for tests", address)
