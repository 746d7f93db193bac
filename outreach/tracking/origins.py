"""Whose network a request comes from, as far as that speaks of machines: a short list of our own.

Never complete, and meant to be so: whole companies and many private people browse through hosting
networks, so that being there is weak evidence, and only the networks of mail scanners are strong.

What is a fact here and what is not: docs/tracking.md, "Networks". A security network stands here
only where a source outside says whose it is: the routes that its AS announces (Mimecast 30031 and
42427, Proofpoint 22843, 26211 and 52129), the ranges that customers are told to allow (Barracuda),
or SPF records of its customers (MessageLabs, IronPort). That nobody browses out of it is our
inference. Hosting networks are rough and so weigh little. Others are an organisation's own rules
(own_rules.py).
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

SECURITY, HOSTING, APPLE = "security", "hosting", "apple"

_NETWORKS = {
    SECURITY: """
        205.139.110.0/23 207.211.30.0/23 91.220.42.0/24 195.130.217.0/24 146.101.78.0/24
        185.58.84.0/22 103.13.69.0/24 63.128.21.0/24 170.10.128.0/21
        67.231.144.0/20 148.163.128.0/19 205.220.160.0/19 208.84.64.0/24 91.207.212.0/23
        64.235.144.0/20 209.222.80.0/21
        68.232.128.0/19
        67.219.240.0/20 85.158.136.0/21 193.109.254.0/23 195.245.230.0/23 216.82.240.0/20
        """,
    HOSTING: """
        20.0.0.0/9 40.64.0.0/10 52.96.0.0/12 52.224.0.0/11 13.64.0.0/11 104.40.0.0/13
        3.0.0.0/8 18.128.0.0/9 34.192.0.0/10 52.0.0.0/10 54.64.0.0/10 54.144.0.0/12
        34.64.0.0/10 35.184.0.0/13 104.154.0.0/15 104.196.0.0/14 66.249.64.0/19
        159.65.0.0/16 167.99.0.0/16 165.22.0.0/16 138.68.0.0/16 64.225.0.0/16
        5.9.0.0/16 65.108.0.0/15 88.198.0.0/16 95.216.0.0/15 116.202.0.0/15 144.76.0.0/16
        51.68.0.0/16 54.36.0.0/14 137.74.0.0/16 145.239.0.0/16 45.33.0.0/17 172.104.0.0/15
        45.76.0.0/15 149.28.0.0/16 51.158.0.0/15 129.146.0.0/16 2600:1f00::/24 2a01:4f8::/29
        """,
    APPLE: "17.0.0.0/8 172.224.0.0/12 2620:149::/32 2a02:26f7::/32",
}
_SYSTEMS = {
    SECURITY: "30031 34440 42427 22843 26211 13916 52129 15324 16417 21345 16880",
    HOSTING: "8075 14618 16509 15169 396982 14061 16276 24940 63949 20473 9009 60781 28753 12876 "
    "31898 45102 132203 51167 197540 62240 36352 212238 60068",
    APPLE: "714 6185",
}
# Zscaler, Netskope, Forcepoint and Cloudflare WARP carry people's own browsing and stand nowhere.
_NAMES = {
    SECURITY: re.compile(
        r"mimecast|proofpoint|barracuda|iron ?port|messagelabs|symantec e?mail|trend ?micro|fireeye"
        r"|trellix|sophos|safe ?links|fortimail|vade ?secure|hornet ?security|cloudmark|virustotal",
        re.IGNORECASE,
    ),
    APPLE: re.compile(r"apple|icloud", re.IGNORECASE),
    HOSTING: re.compile(
        r"amazon|\baws\b|azure|microsoft|google cloud|digital ?ocean|\bovh|hetzner|linode|vultr"
        r"|choopa|m247|leaseweb|scaleway|oracle|contabo|alibaba|tencent|datacamp|hosting"
        r"|data ?cent(?:er|re)|\bcolo",
        re.IGNORECASE,
    ),
}
_RANGES = [(ip_network(each), kind) for kind, text in _NETWORKS.items() for each in text.split()]
_KINDS = {number: kind for kind, text in _SYSTEMS.items() for number in text.split()}
_ADDRESS = re.compile(r"[0-9a-fA-F.:]{3,}(?=/|\b)")


@lru_cache(maxsize=4096)
def of_address(address: str) -> str:
    """SECURITY, HOSTING, APPLE or "" for an IP address; "" for what is none."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return next((kind for network, kind in _RANGES if parsed in network), "")


def of_words(text: str) -> str:
    """The same for what a log notes of an address: the address, its AS number, its owner's name."""
    kinds = {_KINDS.get(number, "") for number in re.findall(r"\bAS[ -]?(\d+)", text)}
    kinds |= {kind for kind, names in _NAMES.items() if names.search(text)}
    kinds |= {of_address(found) for found in _ADDRESS.findall(text)}
    return next((kind for kind in (SECURITY, APPLE, HOSTING) if kind in kinds), "")
