"""One spelling for each mailbox; the quick path and the library agree."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from outreach.core.address import canonical, domain, masked
from outreach.core.errors import BadInput


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("  Jane.Rivera@Example.ORG ", "jane.rivera@example.org"),
        ("o'neill@example.org", "o'neill@example.org"),
        ("jane+list@mail.example.org", "jane+list@mail.example.org"),
        ("büro@bücher.example", "büro@xn--bcher-kva.example"),
    ],
)
def test_the_canonical_spelling(given_: str, kept: str) -> None:
    assert canonical(given_) == kept


@pytest.mark.parametrize(
    "bad",
    ["", "jane", "jane@", "@example.org", "jane@@example.org", "jane..r@example.org",
     ".jane@example.org", "jane.@example.org", "jane@localhost", "jane@-example.org",
     "jane@example.org\nBcc: all@example.org", "jane rivera@example.org",
     "x" * 65 + "@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused(bad: str) -> None:
    with pytest.raises(BadInput) as refused:
        canonical(bad)
    assert refused.value.field == "email"


@given(st.from_regex(r"[a-z0-9._+'-]{1,20}@[a-z0-9.-]{1,20}\.[a-z]{2,6}", fullmatch=True))
def test_the_quick_path_takes_nothing_that_the_library_refuses(address: str) -> None:
    try:
        found = canonical(address)
    except BadInput:
        return
    try:
        parts = validate_email(
            address, check_deliverability=False, test_environment=True, strict=True
        )
    except EmailNotValidError as error:
        pytest.fail(f"{address} was taken, but {error}")
    assert found == parts.normalized.lower()


def test_a_forwarded_page_shows_a_mask() -> None:
    assert masked("jane@example.org") == "j•••@example.org"
    assert domain("jane@mail.example.org") == "mail.example.org"
