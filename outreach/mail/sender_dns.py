"""What the DNS says of a sender's domain, to those who decide whether to believe its letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.resolver

TIMEOUT_S = 5.0


class NoAnswer(Exception):
    """The DNS can't be asked from here, or does not answer now."""


@dataclass(frozen=True)
class SenderRecords:
    """The records of one domain; "" where there is none."""

    domain: str
    spf: str
    dmarc: str


def of(domain: str) -> SenderRecords:
    """Look the domain's SPF (RFC 7208) and DMARC (RFC 7489) records up; raises NoAnswer."""
    return SenderRecords(domain, next(iter(spf_records(domain)), ""), dmarc_record(domain))


def spf_records(domain: str) -> list[str]:
    """The domain's SPF records; receivers take none where there are several. Raises NoAnswer."""
    return _starting("v=spf1", domain)


def dmarc_record(domain: str) -> str:
    """The DMARC record that a domain goes by: its own, or else that of the domains above it."""
    labels = domain.split(".")
    for first in range(max(1, len(labels) - 1)):
        for found in _starting("v=DMARC1", f"_dmarc.{'.'.join(labels[first:])}"):
            return found
    return ""


def mail_servers(name: str) -> list[str]:
    """The hosts that take mail for a name, best first; raises NoAnswer.

    One that takes none says so by a single dot (RFC 7505), and has none here.
    """
    records = _records(name, "MX")
    hosts = sorted((record.preference, record.exchange.to_text()) for record in records)
    return [host.rstrip(".") for _, host in hosts if host != "."]


def texts(name: str) -> list[str]:
    """The TXT records of a name, each as one text; raises NoAnswer."""
    found = _records(name, "TXT")
    return [b"".join(record.strings).decode("utf-8", "replace") for record in found]


def _records(name: str, kind: str) -> list[Any]:
    try:
        return list(dns.resolver.resolve(name, kind, lifetime=TIMEOUT_S))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise NoAnswer(f"{name}: {type(error).__name__}") from None


def _starting(words: str, name: str) -> list[str]:
    return [one for one in texts(name) if one.lower().startswith(words.lower())]
