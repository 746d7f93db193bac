"""Which addresses are the same place."""

from __future__ import annotations

import pytest

from outreach.petitions.library.addresses import address_key, is_front_page


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://Courier.example/a", "https://www.courier.example/a/"),
        ("https://courier.example:443/a#top", "https://courier.example/a"),
        ("https://courier.example/a?utm_source=x&id=7&fbclid=9", "https://courier.example/a?id=7"),
        ("https://courier.example/a?b=2&a=1", "https://courier.example/a?a=1&b=2"),
        ("https://courier.example/caf%C3%A9", "https://courier.example/café"),
        ("https://courier.example", "https://courier.example/"),
    ],
)
def test_the_same_place(one: str, other: str) -> None:
    assert address_key(one) == address_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://courier.example/a", "https://courier.example/A"),
        ("https://courier.example/a?id=7", "https://courier.example/a?id=8"),
        ("https://courier.example/a", "https://courier.example:8080/a"),
        ("https://board.example/a", "https://courier.example/a"),
        ("https://courier.example/a%2Fb", "https://courier.example/a?b"),
    ],
)
def test_different_places(one: str, other: str) -> None:
    assert address_key(one) != address_key(other)


def test_what_is_no_address_is_still_compared() -> None:
    assert address_key("http://[broken") != address_key("http://host:port/")


@pytest.mark.parametrize(
    ("url", "front"),
    [
        ("https://courier.example/", True),
        ("https://courier.example", True),
        ("https://courier.example/index.html", True),
        ("https://courier.example/2026/story", False),
        ("https://courier.example/?p=17", False),
    ],
)
def test_front_pages(url: str, front: bool) -> None:
    assert is_front_page(url) is front
