"""Headers and addresses, told in a few words."""

from __future__ import annotations

import pytest

from outreach.tracking import origins, signs

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/136.0.0.0 Safari/537.36"
)


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"Sec-Purpose": "prefetch;prerender"}, [signs.PREFETCH]),
        ({"X-Moz": "prefetch"}, [signs.PREFETCH]),
        ({"sec-fetch-mode": "cors"}, [signs.SCRIPT_FETCH]),
        ({"Sec-CH-UA-Platform": '"Linux"'}, [signs.OTHER_PLATFORM]),
        ({"Sec-CH-UA-Platform": '"Windows"', "Sec-Fetch-Mode": "navigate"}, []),
        ({"Accept": "*/*", "From": "a@b.example"}, [signs.ANY_ANSWER, signs.NAMES_OWNER]),
        ({"Via": "1.1 proxy", "DNT": "1", "Referer": "https://mail.example/"}, []),
        ({}, []),
    ],
)
def test_headers_become_words(headers: dict[str, str], found: list[str]) -> None:
    assert signs.of_headers(headers, CHROME) == found


def test_the_image_of_an_open_is_fetched_as_an_image() -> None:
    headers = {"Sec-Fetch-Mode": "no-cors", "Accept": "*/*"}
    assert signs.noted(headers, CHROME, None, part=True) == {}
    assert signs.noted(headers, CHROME, "67.231.152.9") == {
        "signs": [signs.ANY_ANSWER, signs.SCRIPT_FETCH],
        "origin": origins.SECURITY,
    }


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("AS30031 Mimecast", origins.SECURITY),
        ("208.84.64.10", origins.SECURITY),
        ("208.84.65.10", ""),  # a neighbour of it, and a company's own desktops: nobody says so
        ("150.70.1.1", ""),
        ("20.72.100.79 (AS8075)", origins.HOSTING),
        ("::ffff:20.72.100.79", origins.HOSTING),
        ("Apple relay egress", origins.APPLE),
        ("198.51.100.7", ""),
        ("AS62044 Zscaler", ""),
        ("", ""),
        ("2001:db8::1", ""),
    ],
)
def test_networks_are_known_by_address_number_and_name(words: str, kind: str) -> None:
    assert origins.of_words(words) == kind
