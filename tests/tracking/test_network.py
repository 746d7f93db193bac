"""Networks can be told apart, addresses can't be read back."""

from __future__ import annotations

import pytest

from outreach.tracking.network import network_hash


def test_one_household_is_one_network_and_the_next_is_another() -> None:
    home = network_hash("192.0.2.17", "secret")
    assert home == network_hash("192.0.2.200", "secret")
    assert home == network_hash("::ffff:192.0.2.17", "secret")
    assert home != network_hash("192.0.3.17", "secret")
    six = network_hash("2001:db8:1:2::5", "secret")
    assert six == network_hash("2001:db8:1:ffff::9", "secret")
    assert six != network_hash("2001:db8:2::5", "secret")
    assert len(home) == len(six) == 32


def test_without_the_secret_nobody_can_look_it_up() -> None:
    assert network_hash("192.0.2.17", "one") != network_hash("192.0.2.17", "two")


@pytest.mark.parametrize("address", [None, "", "unix:", "not an address", "999.1.1.1"])
def test_what_is_no_address_has_no_network(address: str | None) -> None:
    assert network_hash(address, "secret") == ""
