"""Where a request came from, kept so that two of them can be told apart but no one be found."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

PREFIX_V4, PREFIX_V6 = 24, 48


@lru_cache(maxsize=20_000)  # one visitor asks for several things
def network_hash(address: str | None, secret: str) -> str:
    """A keyed hash (32 hex digits) of the network of an IP address; "" where there is none.

    The address is cut to its /24 or /48 first: even who knows the secret finds a network, not a
    household.
    """
    try:
        parsed = ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    prefix = PREFIX_V4 if parsed.version == 4 else PREFIX_V6
    network = ip_network(f"{parsed}/{prefix}", strict=False)
    key = hashlib.blake2b(secret.encode(), person=b"outreach network").digest()
    return hashlib.blake2b(str(network).encode(), key=key, digest_size=16).hexdigest()
